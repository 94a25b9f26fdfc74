// SPDX-License-Identifier: GPL-2.0-or-later
/* explain: what a code means and what to do next, from the library's one table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

#define BIT(kind) (1u << (kind))
#define ERRNO_KINDS                                                            \
	(BIT(BPFKEY_EXPLAIN_PROG_LOAD) | BIT(BPFKEY_EXPLAIN_ADD_KEY) |         \
	 BIT(BPFKEY_EXPLAIN_RESTRICT))

static const char *const titles[] = {
	[BPFKEY_EXPLAIN_ERROR] = "keyctl-bpf says it",
	[BPFKEY_EXPLAIN_PROG_LOAD] = "loading a program",
	[BPFKEY_EXPLAIN_ADD_KEY] = "enrolling a key",
	[BPFKEY_EXPLAIN_RESTRICT] = "sealing a keyring",
	[BPFKEY_EXPLAIN_TPM] = "the TPM answers it",
};

/* Which rows are asked for: those of @kinds that bear @name or, without one, @code. */
struct wanted {
	const char *name;
	unsigned int code, kinds;
	bool all;
};

static bool fits(const struct wanted *w, const struct bpfkey_explanation *e)
{
	if (!(w->kinds & BIT(e->kind)))
		return false;
	if (w->all)
		return true;
	return w->name ? !strcasecmp(w->name, e->name) : w->code == e->code;
}

static void put_row(struct out *o, const struct bpfkey_explanation *e)
{
	out_open(o, NULL);
	out_str(o, "code", e->name);
	if (BIT(e->kind) & ERRNO_KINDS)
		out_u64(o, "errno", e->code);
	if (e->kind == BPFKEY_EXPLAIN_ERROR)
		out_i64(o, "exit", bpfkey_err_exit(-(int)e->code));
	out_str(o, "when", titles[e->kind]);
	out_str(o, "cause", e->cause);
	out_str(o, "next", e->next);
	out_close(o);
}

static int parse_number(const char *s, int base, unsigned int *ret)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, base);
	if (errno || *end || end == s || v > UINT32_MAX)
		return -1;
	*ret = (unsigned int)v;
	return 0;
}

/* The spelling tells which kind of code it is; @w->kinds holds the contexts named. */
static int parse_code(struct cli *cli, const char *s, struct wanted *w)
{
	bool tpm = !strncasecmp(s, "0x", 2), own = !strncasecmp(s, "E_", 2);

	w->all = false;
	if (w->kinds && (tpm || own))
		return bad_usage(cli, "'%s' is no error number of the kernel: "
				 "'--load', '--enroll' and '--restrict' say nothing about it", s);
	if (!w->kinds)
		w->kinds = tpm ? BIT(BPFKEY_EXPLAIN_TPM) :
			   own ? BIT(BPFKEY_EXPLAIN_ERROR) : ERRNO_KINDS;
	if (!tpm && (*s < '0' || *s > '9')) {
		w->name = s;
		return 0;
	}
	if (parse_number(s, tpm ? 16 : 10, &w->code) < 0)
		return bad_usage(cli, "'%s' is not a number", s);
	return 0;
}

static int explain(struct cli *cli, struct wanted *w)
{
	const struct bpfkey_explanation *e = NULL;
	unsigned int found = 0;

	/* A TPM's answer carries numbers of handle and session; the table does not. */
	if (!w->all && w->kinds == BIT(BPFKEY_EXPLAIN_TPM)) {
		e = bpfkey_explain(BPFKEY_EXPLAIN_TPM, w->code);
		w->code = e ? e->code : w->code;
		e = NULL;
	}
	out_list(cli->out, "explanations");
	while ((e = bpfkey_explain_next(e))) {
		if (!fits(w, e))
			continue;
		put_row(cli->out, e);
		found++;
	}
	out_close(cli->out);
	if (found)
		return 0;
	cmd_hint(cli, "keyctl-bpf explain");
	return cmd_fail(cli, -BPFKEY_E_NOT_FOUND, "no explanation of '%s' is known",
			cli->argv[0]);
}

static int explain_run(struct cli *cli, int argc, const char **argv)
{
	bool load = false, enroll = false, restricting = false;
	const struct opt opts[] = {
		OPT_FLAG(0, "load", "the code came from loading a program", &load),
		OPT_FLAG(0, "enroll", "the code came from adding a key to a keyring", &enroll),
		OPT_FLAG(0, "restrict", "the code came from sealing a keyring", &restricting),
		OPT_END
	};
	struct wanted w = { .all = true };
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	w.kinds = (load ? BIT(BPFKEY_EXPLAIN_PROG_LOAD) : 0) |
		  (enroll ? BIT(BPFKEY_EXPLAIN_ADD_KEY) : 0) |
		  (restricting ? BIT(BPFKEY_EXPLAIN_RESTRICT) : 0);
	if (cli->argc)
		r = parse_code(cli, cli->argv[0], &w);
	else if (!w.kinds)
		w.kinds = ~0u;
	return r ? r : explain(cli, &w);
}

const struct cmd cmd_explain = {
	.verb = "explain", .args = "[CODE]", .max = 1, .run = explain_run,
	.summary = "say what an error code means and what to do next",
};
