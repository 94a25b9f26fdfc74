// SPDX-License-Identifier: GPL-2.0-or-later
/* gate: what it is, what it decided, which programs it knows. Changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return !n;
}

/* "syscall xdp": what a rule names, or "all" when it names everything the gate lets through. */
static void put_types(struct cli *cli, uint64_t types)
{
	char text[512] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < 64 && n < sizeof(text); i++) {
		const char *name = bpfkey_prog_type_name(i);

		if (types >> i & 1 && strcmp(name, "unknown"))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
					      n ? " " : "", name);
	}
	out_str(cli->out, "signs", text);
}

static int put_rules(struct cli *cli)
{
	struct bpfkey_gate_rule *rules;
	size_t n;
	int r = bpfkey_gate_rules(cli->ctx, &rules, &n);

	if (r < 0)
		return r;
	out_list(cli->out, "rules");
	for (size_t i = 0; i < n; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "kind", rules[i].kind);
		out_str(cli->out, "name", rules[i].name[0] ? rules[i].name : NULL);
		out_str(cli->out, "about",
			rules[i].flags & BPFKEY_GATE_RULE_FILE ? "file" : "key");
		policy_put_hash(cli, "key", rules[i].fingerprint);
		out_i64(cli->out, "keyring", rules[i].ring);
		put_types(cli, rules[i].types);
		out_bool(cli->out, "full_power", rules[i].flags & BPFKEY_GATE_RULE_FULL);
		out_bool(cli->out, "lends_trust", rules[i].flags & BPFKEY_GATE_RULE_LENDS);
		if (rules[i].until)
			out_time(cli->out, "until", rules[i].until);
		else
			out_str(cli->out, "until", NULL);
		out_close(cli->out);
	}
	out_close(cli->out);
	free(rules);
	return 0;
}

static void put_hooks(struct cli *cli, const struct bpfkey_gate_info *info)
{
	out_list(cli->out, "hooks");
	for (size_t i = 0; i < info->n_hooks; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "hook", info->hooks[i].name);
		out_str(cli->out, "kind", info->hooks[i].deny ? "deny" : "grant");
		out_bool(cli->out, "attached", info->hooks[i].attached);
		out_close(cli->out);
	}
	out_close(cli->out);
}

/* A trial that is over left the gate in audit mode, and nobody has told it since. */
static void put_mode(struct cli *cli, const struct bpfkey_gate_info *info)
{
	bool tried = info->mode == BPFKEY_GATE_TRY;
	bool over = tried && !info->enforcing;

	out_str(cli->out, "mode",
		bpfkey_gate_mode_name(over ? BPFKEY_GATE_AUDIT : info->mode));
	out_str(cli->out, "trial", !tried ? "none" : over ? "ended" : "running");
	if (tried)
		out_time(cli->out, "trial_until", info->trial_until);
	else
		out_str(cli->out, "trial_until", NULL);
}

static int show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_gate_info(cli->ctx, &info);
	if (r)
		return r;
	put_mode(cli, &info);
	out_bool(cli->out, "enforcing", info.enforcing);
	out_time(cli->out, "installed", info.installed);
	out_bool(cli->out, "sealed", info.sealed);
	out_u64(cli->out, "threshold", info.threshold);
	out_u64(cli->out, "version", info.version);
	out_u64(cli->out, "generation", info.generation);
	out_u64(cli->out, "decisions", info.decisions);
	out_u64(cli->out, "denied", info.denied);
	out_u64(cli->out, "would_deny", info.would_deny);
	out_u64(cli->out, "lost", info.lost);
	out_u64(cli->out, "untracked_programs", info.untracked);
	out_u64(cli->out, "attempts_on_gate", info.attacks);
	put_hooks(cli, &info);
	if (info.missing)
		out_note(cli->out, "%zu hooks are not attached: what they grant is refused; "
			 "install the gate anew", info.missing);
	return put_rules(cli);
}

const struct cmd cmd_gate_show = {
	.noun = "gate", .verb = "show", .args = "", .run = show_run, .flags = CMD_KERNEL,
	.summary = "show the gate's mode, hooks and rules",
};

static const char *origin(const struct bpfkey_gate_program *p)
{
	if (p->own)
		return "the gate";
	if (p->known)
		return p->loader ? "signed loader" : p->loader_id ? "by a loader" :
		       !is_zero(p->fingerprint, 32) ? "signed" : "trusted loader";
	if (!p->reason)
		return "unknown";
	return p->mode == BPFKEY_GATE_OFF ? "unknown (gate off)" : "unknown (in audit)";
}

/* The text form is a table, so it names keys by their first digits only. */
static void put_short_key(struct cli *cli, const uint8_t fp[32])
{
	if (cli->json || is_zero(fp, 32))
		policy_put_hash(cli, "key", fp);
	else
		out_hex(cli->out, "key", fp, 8);
}

static void put_program(struct cli *cli, const struct bpfkey_gate_program *p)
{
	out_open(cli->out, NULL);
	put_short_key(cli, p->fingerprint);
	out_u64(cli->out, "id", p->id);
	out_str(cli->out, "program", p->name);
	out_str(cli->out, "type", p->prog_type);
	out_str(cli->out, "origin", origin(p));
	out_str(cli->out, "rule", *p->rule ? p->rule : NULL);
	out_str(cli->out, "process", p->comm);
	out_time(cli->out, "time", p->time);
	if (cli->json) {
		policy_put_hash(cli, "file", p->file);
		out_bool(cli->out, "known", p->known);
		out_bool(cli->out, "own", p->own);
		out_bool(cli->out, "signed_loader", p->loader);
		out_str(cli->out, "reason", p->reason);
		out_u64(cli->out, "loader", p->loader_id);
		out_u64(cli->out, "pid", p->pid);
		out_u64(cli->out, "uid", p->uid);
	}
	out_close(cli->out);
}

/* By signer: those of one key stand together, what nobody signed comes last. */
static int by_key(const void *a, const void *b)
{
	const struct bpfkey_gate_program *x = a, *y = b;
	int d = memcmp(y->fingerprint, x->fingerprint, sizeof(x->fingerprint));

	return d ? d : x->id < y->id ? -1 : 1;
}

static int programs_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_program *programs;
	bool unknown = false;
	size_t n, strangers = 0;
	const struct opt opts[] = {
		OPT_FLAG(0, "unknown", "only programs that the gate did not admit", &unknown),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_gate_programs(cli->ctx, &programs, &n);
	if (r)
		return r;
	if (n)
		qsort(programs, n, sizeof(*programs), by_key);
	out_list(cli->out, "programs");
	for (size_t i = 0; i < n; i++) {
		bool stranger = !programs[i].known && !programs[i].own;

		strangers += stranger;
		if (stranger || !unknown)
			put_program(cli, &programs[i]);
	}
	out_close(cli->out);
	out_u64(cli->out, "of_unknown_origin", strangers);
	free(programs);
	return 0;
}

const struct cmd cmd_gate_programs = {
	.noun = "gate", .verb = "programs", .args = "", .run = programs_run, .flags = CMD_KERNEL,
	.summary = "show which key is behind each program in the kernel",
};
