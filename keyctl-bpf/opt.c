// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Option tables through popt. popt hands out copies that leak and lets a
 * later value replace an earlier one without a word, so it only ever splits
 * the words here: values, repetition, numbers and counts are judged below.
 */
#include <errno.h>
#include <popt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpfkey.h>

#include "cmd.h"
#include "key_opts.h"
#include "opt.h"
#include "opt_help.h"
#include "out.h"

#define MESSAGE_MAX 512

struct opt_state {
	char message[MESSAGE_MAX], hint[MESSAGE_MAX], usage[MESSAGE_MAX];
	poptContext popt;		/* cli->argv points into it */
	struct poptOption *table;
	char **values;			/* every value given, for as long as the command runs */
	const char ***lists;
	size_t n_values, n_lists;
};

/* What every command may be given, and what its flags say to that. */
struct globals {
	const char *tpm, *root;
	struct key_opts key;
	bool json, dry_run, quiet, verbose, help, version, dump, commands;
};

#define GLOBALS_N (10 + KEY_OPTS_N)
#define GLOBALS(g)                                                                              \
	OPT_FLAG(0, "json", "answer with one JSON object", &(g)->json),                         \
	OPT_FLAG(0, "dry-run", "show what would change, change nothing", &(g)->dry_run),        \
	OPT_STR(0, "tpm", "TCTI", "the TPM to use (default device:/dev/tpmrm0)", &(g)->tpm),    \
	OPT_STR(0, "root", "DIR", "take /etc, /var and /run below DIR", &(g)->root),            \
	KEY_OPTS(&(g)->key),                                                                    \
	OPT_FLAG('q', "quiet", "print errors only", &(g)->quiet),                               \
	OPT_FLAG('v', "verbose", "say what is done", &(g)->verbose),                            \
	OPT_FLAG('h', "help", "show this help", &(g)->help),                                    \
	OPT_FLAG(0, "version", "show the version", &(g)->version),                              \
	OPT_FLAG(0, "dump-options", "list the options for scripts", &(g)->dump),               \
	OPT_FLAG(0, "dump-commands", "list the commands for scripts", &(g)->commands), OPT_END

struct opt_state *opt_state_new(void)
{
	return calloc(1, sizeof(struct opt_state));
}

void opt_state_free(struct opt_state *st)
{
	size_t i;

	if (!st)
		return;
	for (i = 0; i < st->n_values; i++)
		free(st->values[i]);
	for (i = 0; i < st->n_lists; i++)
		free(st->lists[i]);
	free(st->values);
	free(st->lists);
	poptFreeContext(st->popt);
	free(st->table);
	free(st);
}

const char *opt_message(const struct cli *cli)
{
	return cli->opt->message;
}

const char *opt_hint(const struct cli *cli)
{
	return cli->opt->hint;
}

const char *opt_usage(const struct cli *cli)
{
	return cli->opt->usage;
}

void opt_set_usage(struct cli *cli, const char *line)
{
	snprintf(cli->opt->usage, sizeof(cli->opt->usage), "%s", line);
}

int bad_usage(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->opt->message, sizeof(cli->opt->message), fmt, ap);
	va_end(ap);
	return -BPFKEY_E_USAGE;
}

int cmd_fail(struct cli *cli, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->opt->message, sizeof(cli->opt->message), fmt, ap);
	va_end(ap);
	return r;
}

void cmd_hint(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->opt->hint, sizeof(cli->opt->hint), fmt, ap);
	va_end(ap);
}

int cmd_worse(int worst, int r)
{
	static const int weights[] = { 0, 1, 1, 3, 2 };	/* of each exit status */

	return weights[bpfkey_err_exit(r)] > weights[bpfkey_err_exit(worst)] ? r : worst;
}

static int no_memory(struct cli *cli)
{
	snprintf(cli->opt->message, sizeof(cli->opt->message), "out of memory");
	return -BPFKEY_E_NOMEM;
}

bool opt_is_given(int argc, const char **argv, const char *flag)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], flag))
			return true;
	}
	return false;
}

int opt_leading(struct cli *cli, int from, int argc, const char **argv)
{
	struct globals g = { 0 };
	const struct opt globals[] = { GLOBALS(&g) };
	const struct opt *o;
	const char *word;
	size_t n;
	int i;

	for (i = from; i < argc && argv[i][0] == '-'; i++) {
		word = argv[i] + 1;
		n = strcspn(word, "=");
		for (o = globals; o->name; o++) {
			if (*word == '-' && n == strlen(o->name) + 1 &&
			    !strncmp(o->name, word + 1, n - 1))
				break;
			if (o->key && word[0] == o->key && !word[1])
				break;
		}
		if (!o->name)
			return bad_usage(cli, "'%s' is no common option; a command's own options "
					 "stand after it", argv[i]);
		if (o->arg && !word[n])
			i++;
	}
	return i < argc ? i : argc;
}

static size_t count(const struct opt *opts)
{
	size_t n = 0;

	while (opts[n].kind != OPT_KIND_END)
		n++;
	return n;
}

/* The two tables behind one another, as popt's val counts them from 1. */
struct parse {
	struct cli *cli;
	const struct opt *own, *globals;
	size_t n_own, n;
	bool *given;
};

static const struct opt *opt_at(const struct parse *p, size_t i)
{
	return i < p->n_own ? &p->own[i] : &p->globals[i - p->n_own];
}

static int refuse_unknown(struct parse *p, const char *word)
{
	const char *names[64], *near;
	size_t i, n = 0;

	for (i = 0; i < p->n && n < 64; i++)
		names[n++] = opt_at(p, i)->name;
	near = strncmp(word, "--", 2) ? NULL : opt_near(word + 2, names, n);
	if (near)
		return bad_usage(p->cli, "unknown option '%s', did you mean '--%s'?", word, near);
	return bad_usage(p->cli, "unknown option '%s'", word);
}

static int refuse_word(struct parse *p, int code)
{
	const char *word = poptBadOption(p->cli->opt->popt, POPT_BADOPTION_NOALIAS);

	switch (code) {
	case POPT_ERROR_BADOPT:
		return refuse_unknown(p, word);
	case POPT_ERROR_NOARG:
		return bad_usage(p->cli, "option '%s' needs a value", word);
	case POPT_ERROR_UNWANTEDARG:
		return bad_usage(p->cli, "option '%.*s' takes no value",
				 (int)strcspn(word, "="), word);
	case POPT_ERROR_MALLOC:
		return no_memory(p->cli);
	default:
		return bad_usage(p->cli, "option '%s': %s", word, poptStrerror(code));
	}
}

/* Keeps @text (malloc'ed, may be NULL) until the end. */
static int keep_value(struct cli *cli, char *text)
{
	struct opt_state *st = cli->opt;
	char **grown = text ? reallocarray(st->values, st->n_values + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(text);
		return no_memory(cli);
	}
	st->values = grown;
	st->values[st->n_values++] = text;
	return 0;
}

/* number - digits only, at most @max. */
static bool number(const char *text, uint32_t max, uint32_t *ret)
{
	unsigned long long v = 0;
	const char *s;

	for (s = text; *s >= '0' && *s <= '9' && v <= max; s++)
		v = v * 10 + (unsigned int)(*s - '0');
	if (*s || s == text || v > max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int store_ring(struct cli *cli, const struct opt *o, const char *text)
{
	uint32_t v = 0;

	if (!strcmp(text, "-9"))
		*(int32_t *)o->dst = BPFKEY_SPEC_BPF_KEYRING;
	else if (number(text, INT32_MAX, &v) && v)
		*(int32_t *)o->dst = (int32_t)v;
	else
		return bad_usage(cli, "option '--%s' needs the serial number of a keyring, or -9 "
				 "for the kernel's own .bpf, not '%s'", o->name, text);
	return 0;
}

static int store_number(struct cli *cli, const struct opt *o, const char *text)
{
	uint32_t v;

	if (!number(text, UINT32_MAX, &v))
		return bad_usage(cli, "option '--%s' needs a number from 0 to 4294967295, not '%s'",
				 o->name, text);
	*(uint32_t *)o->dst = v;
	return 0;
}

static int store_list(struct cli *cli, struct opt_list *list, const char *text)
{
	struct opt_state *st = cli->opt;
	const char ***lists, **v;
	size_t i;

	for (i = 0; i < st->n_lists && st->lists[i] != list->v; i++)
		continue;
	if (i == st->n_lists) {
		lists = reallocarray(st->lists, st->n_lists + 1, sizeof(*lists));
		if (!lists)
			return no_memory(cli);
		st->lists = lists;
		st->lists[st->n_lists++] = NULL;
	}
	v = reallocarray(st->lists[i], list->n + 1, sizeof(*v));
	if (!v)
		return no_memory(cli);
	v[list->n++] = text;
	st->lists[i] = list->v = v;
	return 0;
}

static int store(struct parse *p, size_t i)
{
	const struct opt *o = opt_at(p, i);
	struct cli *cli = p->cli;
	char *text;
	int r;

	if (p->given[i] && o->kind != OPT_KIND_LIST)
		return bad_usage(cli, "option '--%s' is given twice", o->name);
	p->given[i] = true;
	if (o->kind == OPT_KIND_FLAG) {
		*(bool *)o->dst = true;
		return 0;
	}
	text = poptGetOptArg(cli->opt->popt);
	r = keep_value(cli, text);
	if (r < 0)
		return r;
	if (!*text)
		return bad_usage(cli, "option '--%s' needs a value that is not empty", o->name);
	if (o->kind == OPT_KIND_U32)
		return store_number(cli, o, text);
	if (o->kind == OPT_KIND_RING)
		return store_ring(cli, o, text);
	if (o->kind == OPT_KIND_LIST)
		return store_list(cli, o->dst, text);
	*(const char **)o->dst = text;
	return 0;
}

/* popt's table: no destinations, so that popt stores nothing itself. */
static int start_popt(struct parse *p, int argc, const char **argv)
{
	struct opt_state *st = p->cli->opt;
	const struct opt *o;
	size_t i;

	st->table = calloc(p->n + 1, sizeof(*st->table));
	if (!st->table)
		return no_memory(p->cli);
	for (i = 0; i < p->n; i++) {
		o = opt_at(p, i);
		st->table[i].longName = o->name;
		st->table[i].shortName = o->key;
		st->table[i].argInfo = o->arg ? POPT_ARG_STRING : POPT_ARG_NONE;
		st->table[i].val = (int)i + 1;
	}
	st->popt = poptGetContext("keyctl-bpf", argc, argv, st->table, 0);
	return st->popt ? 0 : no_memory(p->cli);
}

static int read_words(struct parse *p)
{
	int code, r;

	while ((code = poptGetNextOpt(p->cli->opt->popt)) > 0) {
		r = store(p, (size_t)code - 1);
		if (r < 0)
			return r;
	}
	return code < -1 ? refuse_word(p, code) : 0;
}

static int check_required(struct parse *p)
{
	size_t i;

	for (i = 0; i < p->n_own; i++) {
		if (p->own[i].required && !p->given[i])
			return bad_usage(p->cli, "option '--%s %s' is missing", p->own[i].name,
					 p->own[i].arg);
	}
	return 0;
}

static int take_arguments(struct cli *cli)
{
	static const char *none[] = { NULL };
	const char **args = poptGetArgs(cli->opt->popt);
	const struct cmd *cmd = cli->cmd;

	cli->argv = args ? args : none;
	for (cli->argc = 0; cli->argv[cli->argc]; cli->argc++)
		continue;
	if (cli->argc < cmd->min && cmd->min == cmd->max && cmd->min > 1)
		return bad_usage(cli, "needs %d arguments: %s", cmd->min, cmd->args);
	if (cli->argc < cmd->min)
		return bad_usage(cli, "missing argument: %s", cmd->args);
	if (cmd->max >= 0 && cli->argc > cmd->max)
		return bad_usage(cli, "unexpected argument '%s'", cli->argv[cmd->max]);
	return 0;
}

static int apply_globals(struct cli *cli, const struct globals *g)
{
	char name[CMD_NAME_MAX];
	int r;

	cmd_name(cli->cmd, name);
	if (g->dry_run && !(cli->cmd->flags & CMD_CHANGES))
		return bad_usage(cli, "'%s' changes nothing and takes no '--dry-run'", name);
	if (g->tpm && !(cli->cmd->flags & CMD_TPM))
		return bad_usage(cli, "'%s' uses no TPM and takes no '--tpm'", name);
	if (key_opts_given(&g->key) && !(cli->cmd->flags & CMD_KEY))
		return bad_usage(cli, "'%s' takes no private key and no '--%s'", name,
				 key_opts_given(&g->key));
	if (g->root && (cli->cmd->flags & CMD_KERNEL))
		return bad_usage(cli, "'%s' works on the running kernel and takes no '--root'",
				 name);
	if (g->quiet && g->verbose)
		return bad_usage(cli, "'--quiet' and '--verbose' exclude one another");

	cli->json = g->json;
	cli->dry_run = g->dry_run;
	cli->quiet = g->quiet;
	cli->verbose = g->verbose;
	r = g->root ? bpfkey_ctx_set_root(cli->ctx, g->root) : 0;
	if (r == 0 && g->tpm)
		r = bpfkey_ctx_set_tpm(cli->ctx, g->tpm);
	return r ? r : key_opts_apply(cli, &g->key);
}

/* --help and its like win over whatever else may be wrong, as long as it parses. */
static int answer_instead(struct cli *cli, const struct opt *own, const struct globals *g,
			  const struct opt *shown)
{
	cli->json = g->json;
	if (g->version)
		out_raw(cli->out, "version", "keyctl-bpf " BPFKEY_VERSION "\n");
	else if (g->dump)
		opt_help_dump(cli, own, shown);
	else if (g->help)
		opt_help(cli, own, shown);
	else
		return 0;
	return OPT_DONE;
}

/* The globals that @cmd takes, for help; what it does not take is left out. */
static void shown_globals(const struct cmd *cmd, const struct opt *all, struct opt *ret)
{
	for (; all->kind != OPT_KIND_END; all++) {
		if (!strcmp(all->name, "dry-run") && !(cmd->flags & CMD_CHANGES))
			continue;
		if (!strcmp(all->name, "tpm") && !(cmd->flags & CMD_TPM))
			continue;
		if (!strcmp(all->name, "root") && (cmd->flags & CMD_KERNEL))
			continue;
		if (key_opts_is(all->name) && !(cmd->flags & CMD_KEY))
			continue;
		if (!strncmp(all->name, "dump-", 5))
			continue;
		*ret++ = *all;
	}
	*ret = *all;
}

int opt_parse(struct cli *cli, const struct opt *opts, int argc, const char **argv)
{
	struct globals g = { 0 };
	const struct opt globals[] = { GLOBALS(&g) };
	struct opt shown[GLOBALS_N + 1];
	bool given[64] = { false };
	struct parse p = { .cli = cli, .own = opts, .globals = globals, .given = given,
			   .n_own = count(opts) };
	int r;

	_Static_assert(sizeof(globals) / sizeof(globals[0]) == GLOBALS_N + 1, "GLOBALS_N");
	p.n = p.n_own + GLOBALS_N;
	if (p.n > 64)
		return -BPFKEY_E_INTERNAL;
	opt_help_usage(cli, opts);
	shown_globals(cli->cmd, globals, shown);

	r = start_popt(&p, argc, argv);
	if (r == 0)
		r = read_words(&p);
	if (r == 0)
		r = answer_instead(cli, opts, &g, shown);
	if (r == 0)
		r = apply_globals(cli, &g);
	if (r == 0)
		r = check_required(&p);
	if (r == 0)
		r = take_arguments(cli);
	return r;
}
