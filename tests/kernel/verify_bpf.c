/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_bpf OBJECT: loads every program of a BPF object and attaches none.
 * Prints a line for each, "NAME us=TIME insns=N states=N", with what the
 * verifier had to do; what it says about a refused one goes to stderr.
 */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/util.h"

DEFINE_CLEANUP(struct bpf_object *, bpf_object__close)

#define PROGRAMS_MAX 32
#define LOG_STATS 4		/* BPF_LOG_STATS of the kernel */
#define LOG_SIZE 65536

static char logs[PROGRAMS_MAX][LOG_SIZE];

static _printf_(2, 0) int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, ap);
}

/* The number that follows @what in the verifier's statistics; -1: there is none. */
static long number(const char *log, const char *what)
{
	const char *at = strstr(log, what);

	return at ? atol(at + strlen(what)) : -1;
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
		if (n == PROGRAMS_MAX)
			return 2;
		bpf_program__set_autoload(program, true);
		bpf_program__set_log_level(program, LOG_STATS);
		bpf_program__set_log_buf(program, logs[n++], LOG_SIZE);
	}
	if (!n || bpf_object__load(object)) {
		for (unsigned int i = 0; i < n; i++)
			fputs(logs[i], stderr);
		return 1;
	}
	n = 0;
	bpf_object__for_each_program(program, object) {
		printf("%s us=%ld insns=%ld states=%ld\n", bpf_program__name(program),
		       number(logs[n], "verification time "), number(logs[n], "processed "),
		       number(logs[n], "total_states "));
		n++;
	}
	return 0;
}
