/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_bpf OBJECT: loads every program of a BPF object and attaches none;
 * what the kernel's verifier says about a refused one goes to stderr.
 */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/util.h"

DEFINE_CLEANUP(struct bpf_object *, bpf_object__close)

static _printf_(2, 0) int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, ap);
}

int main(int argc, char **argv)
{
	_cleanup_(bpf_object__closep) struct bpf_object *object = NULL;
	struct bpf_program *program;
	unsigned int n = 0;

	if (argc != 2)
		return 2;
	libbpf_set_print(print);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object) {
		bpf_program__set_autoload(program, true);
		n++;
	}
	if (!n || bpf_object__load(object))
		return 1;
	printf("%u programs\n", n);
	return 0;
}
