// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the command that a command line names. Names are taken whole: a
 * prefix that is unique today names something else tomorrow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_list.h"
#include "opt.h"
#include "out.h"

#define NAMES_MAX 64
#define VERB_MAX 32
#define USAGE "usage: keyctl-bpf [OPTION]... COMMAND [ARGUMENT]..."

/* Walks over the commands of @noun, or with NULL over all. */
static const struct cmd *next_cmd(const struct cmd_list *list, const char *noun, size_t *i)
{
	while (*i < list->n) {
		const struct cmd *c = list->v[(*i)++];

		if (!noun || (c->noun && !strcmp(c->noun, noun)))
			return c;
	}
	return NULL;
}

static const struct cmd *find(const struct cmd_list *list, const char *noun, const char *verb)
{
	const struct cmd *c;
	size_t i = 0;

	while ((c = next_cmd(list, noun, &i))) {
		if (!strcmp(c->verb, verb) && (noun || !c->noun))
			return c;
	}
	return NULL;
}

static void put_list(FILE *f, const struct cmd_list *list, const char *noun)
{
	const struct cmd *c;
	char name[CMD_NAME_MAX];
	size_t i = 0;

	while ((c = next_cmd(list, noun, &i)))
		fprintf(f, "  %-16s %s\n", cmd_name(c, name), c->summary);
}

static void put_help(FILE *f, const struct cmd_list *list, const char *noun)
{
	if (noun)
		fprintf(f, "usage: keyctl-bpf %s VERB [OPTION]... [ARGUMENT]...\n\n", noun);
	else
		fputs(USAGE "\n\nkeys and trust for signed BPF programs\n\n", f);
	put_list(f, list, noun);
	fprintf(f, "\n'keyctl-bpf %s --help' shows the options of a command.\n",
		noun ? "NOUN VERB" : "COMMAND");
	fprintf(f, "See keyctl-bpf%s%s(1).\n", noun ? "-" : "", noun ? noun : "");
}

static void put_dump(FILE *f, const struct cmd_list *list)
{
	const struct cmd *c;
	size_t i = 0;

	while ((c = next_cmd(list, NULL, &i)))
		fprintf(f, "%s\t%s\t%s\t%s\n", c->noun ? c->noun : "-", c->verb,
			*c->args ? c->args : "-", c->summary);
}

static int give_help(const struct cmd_list *list, struct cli *cli, const char *noun, bool dump)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f && dump)
		put_dump(f, list);
	else if (f)
		put_help(f, list, noun);
	if (f && fclose(f) == 0)
		out_raw(cli->out, dump ? "commands" : "help", text);
	free(text);
	return f ? OPT_DONE : -BPFKEY_E_NOMEM;
}

static bool is_noun(const struct cmd_list *list, const char *word)
{
	size_t i = 0;

	return next_cmd(list, word, &i) != NULL;
}

static size_t add_name(const char **names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		continue;
	if (i == n && n < NAMES_MAX)
		names[n++] = name;
	return n;
}

/* @noun NULL: a wrong first word, else a wrong verb of that noun. */
static int refuse(const struct cmd_list *list, struct cli *cli, const char *noun,
		  const char *word)
{
	const char *names[NAMES_MAX], *near;
	const struct cmd *c;
	size_t i = 0, n = 0;

	while ((c = next_cmd(list, noun, &i)))
		n = add_name(names, n, !noun && c->noun ? c->noun : c->verb);
	near = opt_near(word, names, n);
	opt_set_usage(cli, USAGE);
	if (near)
		return bad_usage(cli, "no command '%s%s%s', did you mean '%s%s%s'?",
				 noun ? noun : "", noun ? " " : "", word, noun ? noun : "",
				 noun ? " " : "", near);
	return bad_usage(cli, "no command '%s%s%s'; 'keyctl-bpf%s%s --help' lists them",
			 noun ? noun : "", noun ? " " : "", word, noun ? " " : "",
			 noun ? noun : "");
}

/* The line ended before a command was named. */
static int incomplete(const struct cmd_list *list, struct cli *cli, const char *noun, int argc,
		      const char **argv)
{
	if (opt_is_given(argc, argv, "--help") || opt_is_given(argc, argv, "-h"))
		return give_help(list, cli, noun, false);
	if (opt_is_given(argc, argv, "--version")) {
		out_raw(cli->out, "version", "keyctl-bpf " BPFKEY_VERSION "\n");
		return OPT_DONE;
	}
	if (opt_is_given(argc, argv, "--dump-commands"))
		return give_help(list, cli, NULL, true);
	if (!cli->json)
		put_list(stderr, list, noun);
	opt_set_usage(cli, USAGE);
	if (noun)
		return bad_usage(cli, "'%s' needs a verb", noun);
	return bad_usage(cli, "no command is named; 'keyctl-bpf --help' lists them");
}

/* Is @word the first of two words that are a verb, as in "key policy sign"? */
static bool is_first(const struct cmd_list *list, const char *noun, const char *word)
{
	size_t i = 0, n = strlen(word);
	const struct cmd *c;

	while ((c = next_cmd(list, noun, &i)))
		if (c->noun && !strncmp(c->verb, word, n) && c->verb[n] == ' ')
			return true;
	return false;
}

/* find_verb - one word or two, from argv[j] on; OPT_DONE or a failure when there is none */
static int find_verb(const struct cmd_list *list, struct cli *cli, int argc, const char **argv,
		     struct cmd_words *w)
{
	const char *noun = argv[w->noun];
	char verb[VERB_MAX];

	if (!is_first(list, noun, argv[w->verb])) {
		cli->cmd = find(list, noun, argv[w->verb]);
		return cli->cmd ? 0 : refuse(list, cli, noun, argv[w->verb]);
	}
	w->more = opt_leading(cli, w->verb + 1, argc, argv);
	if (w->more < 0)
		return w->more;
	if (w->more == argc)
		return incomplete(list, cli, noun, argc, argv);
	snprintf(verb, sizeof(verb), "%s %s", argv[w->verb], argv[w->more]);
	cli->cmd = find(list, noun, verb);
	return cli->cmd ? 0 : refuse(list, cli, noun, verb);
}

int cmd_list_find(const struct cmd_list *list, struct cli *cli, int argc, const char **argv,
		  struct cmd_words *ret)
{
	struct cmd_words w = { 0 };
	int i, j, r;

	opt_set_usage(cli, USAGE);
	i = opt_leading(cli, 1, argc, argv);
	if (i < 0)
		return i;
	if (i == argc)
		return incomplete(list, cli, NULL, argc, argv);
	cli->cmd = find(list, NULL, argv[i]);
	if (cli->cmd) {
		*ret = (struct cmd_words){ .verb = i };
		return 0;
	}
	if (!is_noun(list, argv[i]))
		return refuse(list, cli, NULL, argv[i]);
	j = opt_leading(cli, i + 1, argc, argv);
	if (j < 0)
		return j;
	if (j == argc)
		return incomplete(list, cli, argv[i], argc, argv);
	w.noun = i;
	w.verb = j;
	r = find_verb(list, cli, argc, argv, &w);
	if (!r)
		*ret = w;
	return r;
}
