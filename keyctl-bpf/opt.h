/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option table of one command, and the only user of popt. Help, usage,
 * completion and the manual page check all come from these tables.
 *
 *	static int key_new_run(struct cli *cli, int argc, const char **argv)
 *	{
 *		const char *alg = "p256", *out = NULL;
 *		const struct opt opts[] = {
 *			OPT_STR(0, "alg", "ALG", "p256 or rsa2048 (default p256)", &alg),
 *			OPT_REQ('o', "out", "FILE", "write the key to FILE", &out),
 *			OPT_END
 *		};
 *		int r = opt_parse(cli, opts, argc, argv);
 *
 *		return r ? r : ...;
 *	}
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;

enum opt_kind {
	OPT_KIND_END, OPT_KIND_FLAG, OPT_KIND_STR, OPT_KIND_U32, OPT_KIND_RING, OPT_KIND_LIST
};

/* Values of an option that may be given more than once. */
struct opt_list {
	const char **v;		/* borrowed from the command line's copy */
	size_t n;
};

struct opt {
	enum opt_kind kind;
	char key;		/* 0: no short form */
	const char *name, *arg, *help;
	void *dst;
	bool required;
};

#define OPT_FLAG(k, n, h, d)	{ OPT_KIND_FLAG, (k), (n), NULL, (h), (bool *){ d }, false }
#define OPT_STR(k, n, a, h, d)	{ OPT_KIND_STR, (k), (n), (a), (h), (const char **){ d }, false }
#define OPT_REQ(k, n, a, h, d)	{ OPT_KIND_STR, (k), (n), (a), (h), (const char **){ d }, true }
#define OPT_U32(k, n, a, h, d)	{ OPT_KIND_U32, (k), (n), (a), (h), (uint32_t *){ d }, false }
/* What loaders pass as keyring_id: a serial number, or -9 for the kernel's own .bpf. */
#define OPT_RING(k, n, a, h, d)	{ OPT_KIND_RING, (k), (n), (a), (h), (int32_t *){ d }, false }
#define OPT_LIST(k, n, a, h, d)                                                \
	{ OPT_KIND_LIST, (k), (n), (a), (h), (struct opt_list *){ d }, false }
#define OPT_END			{ OPT_KIND_END, 0, NULL, NULL, NULL, NULL, false }

/*
 * opt_parse - options into their variables, arguments into cli->argc/argv
 *
 * Global options (--json, --quiet, ... as the command's flags allow) are taken
 * here too and applied to @cli. An option given twice (but OPT_LIST), a missing
 * required one, a bad number and a wrong count of arguments are each one
 * sentence and the usage line.
 *
 * Returns 0; OPT_DONE when --help or --dump-options was answered: return it as
 * it is; or -BPFKEY_E_USAGE.
 */
int opt_parse(struct cli *cli, const struct opt *opts, int argc, const char **argv);

#define OPT_DONE 1

/*
 * For main.c. opt_leading() walks over global options in front of a word of
 * the command: it returns the index of that word (or argc), or
 * -BPFKEY_E_USAGE. opt_is_given() looks for a flag anywhere before "--",
 * because the answer to a wrong command line has to know about --json.
 */
int opt_leading(struct cli *cli, int from, int argc, const char **argv);
bool opt_is_given(int argc, const char **argv, const char *flag);

struct opt_state *opt_state_new(void);
void opt_state_free(struct opt_state *st);

/* What bad_usage(), cmd_fail() and cmd_hint() said, or ""; the usage line. */
const char *opt_message(const struct cli *cli);
const char *opt_hint(const struct cli *cli);
const char *opt_usage(const struct cli *cli);
void opt_set_usage(struct cli *cli, const char *line);

/* opt_near - of @n words the one that is most likely meant, or NULL. */
const char *opt_near(const char *word, const char *const *words, size_t n);

/* "key new", into @buf; returns @buf. */
#define CMD_NAME_MAX 64
struct cmd;
const char *cmd_name(const struct cmd *cmd, char buf[CMD_NAME_MAX]);

#endif
