/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command: one file, one entry in main.c's list. Its options live in its run
 * function (opt.h); what it prints goes through out.h; a failure is returned
 * as the library's code with the sentence in the context. Commands use the
 * library's public headers only and never exit.
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>

#include <bpfkey.h>

struct out;

enum cmd_flags {
	CMD_CHANGES = 1 << 0,	/* takes --dry-run */
	CMD_KERNEL = 1 << 1,	/* needs the running kernel: --root is a usage error */
	CMD_TPM = 1 << 2,	/* may use a TPM: takes --tpm */
	CMD_KEY = 1 << 3,	/* takes a private key: and the options of key_opts.h */
};

struct cli;

struct cmd {
	const char *noun;	/* NULL for a command that stands alone */
	const char *verb;
	const char *args;	/* "OBJ..." as the synopsis shows it, "" for none */
	const char *summary;	/* one line, lower case, no full stop */
	int min, max;		/* number of arguments; max -1: any */
	unsigned int flags;
	int (*run)(struct cli *cli, int argc, const char **argv);
};

struct cli {
	struct bpfkey_ctx *ctx;
	struct out *out;
	const struct cmd *cmd;
	bool json, dry_run, quiet, verbose;
	int argc;		/* arguments left after opt_parse() */
	const char **argv;
	struct opt_state *opt;	/* opt.c's own */
};

/* bad_usage - say the one thing that is wrong; returns -BPFKEY_E_USAGE. */
int bad_usage(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * cmd_fail - a failure that the command itself found: says so, returns @r.
 * cmd_hint - the next command. Both go before what the library said.
 */
int cmd_fail(struct cli *cli, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void cmd_hint(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* cmd_worse - of several objects' results the one to end with: exit 3 before 4 before 1. */
int cmd_worse(int worst, int r);

#endif
