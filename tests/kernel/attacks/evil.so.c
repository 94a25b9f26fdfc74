/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library that an attacker would have a trusted loader map: it loads an unsigned program. */
#include "attack.h"

#include <stdio.h>

__attribute__((constructor)) static void start(void)
{
	struct tiny t = { .type = BPF_PROG_TYPE_SOCKET_FILTER, .name = "evil" };

	printf("evil=%s\n", name_of(try_tiny(&t)));
	fflush(stdout);
}

/* What the dynamic linker asks of a library in LD_AUDIT. */
__attribute__((visibility("default"))) unsigned int la_version(unsigned int version);
unsigned int la_version(unsigned int version)
{
	return version;
}
