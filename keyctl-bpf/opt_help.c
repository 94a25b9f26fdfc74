// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Usage line, help text, the dump that completion and the manual page check
 * read, and the guess at what a mistyped word was meant to be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt_help.h"
#include "out.h"

#define USAGE_MAX 512
#define NEAR_MAX 32
#define NEAR_DISTANCE 2

const char *cmd_name(const struct cmd *cmd, char buf[CMD_NAME_MAX])
{
	snprintf(buf, CMD_NAME_MAX, "%s%s%s", cmd->noun ? cmd->noun : "", cmd->noun ? " " : "",
		 cmd->verb);
	return buf;
}

static const char *usage_line(const struct cmd *cmd, const struct opt *own, char buf[USAGE_MAX])
{
	char name[CMD_NAME_MAX];
	const struct opt *o;
	size_t n;

	n = (size_t)snprintf(buf, USAGE_MAX, "usage: keyctl-bpf %s", cmd_name(cmd, name));
	for (o = own; o->kind != OPT_KIND_END && n < USAGE_MAX; o++) {
		if (o->required)
			n += (size_t)snprintf(buf + n, USAGE_MAX - n, " --%s %s", o->name, o->arg);
	}
	if (n < USAGE_MAX)
		snprintf(buf + n, USAGE_MAX - n, " [OPTION]...%s%s", *cmd->args ? " " : "",
			 cmd->args);
	return buf;
}

void opt_help_usage(struct cli *cli, const struct opt *own)
{
	char line[USAGE_MAX];

	opt_set_usage(cli, usage_line(cli->cmd, own, line));
}

/* "-o, --out FILE"; returns its length, also with @f NULL. */
static int put_option(FILE *f, const struct opt *o)
{
	char text[128], key[8] = "    ";
	int n;

	if (o->key)
		snprintf(key, sizeof(key), "-%c, ", o->key);
	n = snprintf(text, sizeof(text), "%s--%s%s%s", key, o->name, o->arg ? " " : "",
		     o->arg ? o->arg : "");
	if (f)
		fputs(text, f);
	return n;
}

static int widest(const struct opt *o, int w)
{
	for (; o->kind != OPT_KIND_END; o++) {
		int n = put_option(NULL, o);

		if (n > w)
			w = n;
	}
	return w;
}

static void put_options(FILE *f, const struct opt *o, int width)
{
	for (; o->kind != OPT_KIND_END; o++) {
		fputs("  ", f);
		fprintf(f, "%*s", width - put_option(f, o) + 2, "");
		fprintf(f, "%s%s%s\n", o->help, o->required ? " (required)" : "",
			o->kind == OPT_KIND_LIST ? " (may be repeated)" : "");
	}
}

/* The text of a memory stream is there once it is closed. */
static void answer(struct cli *cli, const char *key, FILE *f, char **text)
{
	if (f && fclose(f) == 0)
		out_raw(cli->out, key, *text);
	free(*text);
}

void opt_help(struct cli *cli, const struct opt *own, const struct opt *globals)
{
	int width = widest(globals, widest(own, 0));
	const struct cmd *cmd = cli->cmd;
	char line[USAGE_MAX], *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f) {
		fprintf(f, "%s\n\n%s.\n\n", usage_line(cmd, own, line), cmd->summary);
		if (own->kind != OPT_KIND_END) {
			fputs("options:\n", f);
			put_options(f, own, width);
			fputc('\n', f);
		}
		fputs("common options:\n", f);
		put_options(f, globals, width);
		fprintf(f, "\nSee keyctl-bpf-%s(1).\n", cmd->noun ? cmd->noun : cmd->verb);
	}
	answer(cli, "help", f, &text);
}

/* "name TAB short or - TAB argument or - TAB own|common TAB help" */
static void dump_table(FILE *f, const struct opt *o, const char *whose)
{
	for (; o->kind != OPT_KIND_END; o++)
		fprintf(f, "%s\t%c\t%s\t%s\t%s\n", o->name, o->key ? o->key : '-',
			o->arg ? o->arg : "-", whose, o->help);
}

void opt_help_dump(struct cli *cli, const struct opt *own, const struct opt *globals)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f) {
		dump_table(f, own, "own");
		dump_table(f, globals, "common");
	}
	answer(cli, "options", f, &text);
}

/* Edits (insert, delete, replace) from @a to @b; words here are short. */
static unsigned int distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int row[NEAR_MAX + 1], old, up, best;

	if (la > NEAR_MAX || lb > NEAR_MAX)
		return NEAR_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		old = row[0];
		row[0] = (unsigned int)i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			best = old + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			old = up;
		}
	}
	return row[lb];
}

const char *opt_near(const char *word, const char *const *words, size_t n)
{
	unsigned int d, best = NEAR_DISTANCE + 1;
	const char *near = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		d = distance(word, words[i]);
		if (d < best && d < strlen(words[i])) {
			best = d;
			near = words[i];
		}
	}
	return near;
}
