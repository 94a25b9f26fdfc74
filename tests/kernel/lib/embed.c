/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that carries its BPF programs in the header that sign
 * --out-skeleton wrote (-DSKELETON='"tiny.h"'), in C and in C++: loads them
 * against the keyring of its argument, and says what came of it.
 */
#include SKELETON

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct tiny skel;
	int err = tiny_load(&skel, argc > 1 ? atoi(argv[1]) : 0);

	if (err) {
		printf("load=%s\n", strerror(-err));
		return 1;
	}
	printf("load=0 maps=%d programs=%d\n",
	       (skel.map_seen > 0) + (skel.map_rodata > 0) + (skel.map_data > 0),
	       (skel.prog_pass > 0) + (skel.prog_on_entry > 0) + (skel.prog_on_syscall > 0));
	tiny_close(&skel);
	return 0;
}
