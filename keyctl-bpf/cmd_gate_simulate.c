// SPDX-License-Identifier: GPL-2.0-or-later
/* gate simulate: what enforcement would deny, and what would allow it. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

static void put(struct cli *cli, const struct bpfkey_gate_would *w)
{
	out_open(cli->out, NULL);
	out_str(cli->out, "process", w->comm);
	out_str(cli->out, "binary", *w->binary ? w->binary : NULL);
	out_str(cli->out, "program", w->program);
	loader_put_types(cli, w->types, 0);
	out_u64(cli->out, "loads", w->loads);
	out_time(cli->out, "last", w->last);
	out_str(cli->out, "reason", w->reason);
	out_str(cli->out, "why", w->sentence);
	out_str(cli->out, "command", *w->command ? w->command : NULL);
	out_bool(cli->out, "lends_trust", w->lends_trust);
	out_close(cli->out);
}

/* What can be run as it is stands there as a command, all else as a comment. */
static void say_proposal(struct cli *cli, const struct bpfkey_gate_would *w)
{
	out_note(cli->out, "# '%s'%s%s: %llu load%s like '%s': %s", w->comm,
		 *w->binary ? " is " : " has ended", w->binary, (unsigned long long)w->loads,
		 w->loads > 1 ? "s" : "", w->program, w->sentence);
	if (w->full_power)
		out_note(cli->out, "# full power: its types have the whole kernel in hand");
	if (w->lends_trust)
		out_note(cli->out, "# it loads whatever its caller names: to allow it is to trust "
			 "everybody who may run it");
	if (w->ready)
		out_note(cli->out, "%s", w->command);
	else if (*w->command)
		out_note(cli->out, "# fill in and run: %s", w->command);
	else
		out_note(cli->out, "# sign what it loads: keyctl-bpf sign OBJ --key KEY --cert "
			 "CERT --out SIGNED");
}

static void say(struct cli *cli, const struct bpfkey_gate_would *w)
{
	out_note(cli->out, "'%s'%s%s%s would be denied %llu time%s, the last program being "
		 "'%s': %s", w->comm, *w->binary ? " (" : "", w->binary, *w->binary ? ")" : "",
		 (unsigned long long)w->loads, w->loads > 1 ? "s" : "", w->program, w->sentence);
	if (*w->command)
		out_note(cli->out, "  %s", w->command);
}

static int simulate_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	struct bpfkey_gate_would *v = NULL;
	const char *since_text = NULL;
	bool propose = false;
	int64_t since = 0;
	size_t n = 0;
	const struct opt opts[] = {
		OPT_STR(0, "since", "TIME", "only what is not older: 1h, or 2027-01-31T00:00:00Z",
			&since_text),
		OPT_FLAG(0, "propose", "print the commands that would allow it, to look at and run",
			 &propose),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r && since_text)
		r = policy_since(cli, since_text, &since);
	if (!r)
		r = bpfkey_gate_info(cli->ctx, &info);
	if (!r)
		r = bpfkey_gate_simulate(cli->ctx, since, &v, &n);
	if (r)
		return r;
	if (cli->json)
		out_list(cli->out, "would_deny");
	for (size_t i = 0; i < n; i++)
		(cli->json ? put : propose ? say_proposal : say)(cli, &v[i]);
	if (cli->json)
		out_close(cli->out);
	else if (!n)
		out_note(cli->out, "%snothing of what is on record would be denied",
			 propose ? "# " : "");
	if (cli->json)
		out_u64(cli->out, "lost", info.lost);
	else if (info.lost)
		out_note(cli->out, "%s%llu older decisions are not on record any more",
			 propose ? "# " : "", (unsigned long long)info.lost);
	free(v);
	return 0;
}

const struct cmd cmd_gate_simulate = {
	.noun = "gate", .verb = "simulate", .args = "", .run = simulate_run, .flags = CMD_KERNEL,
	.summary = "tell what enforcement would deny, and what would allow it",
};
