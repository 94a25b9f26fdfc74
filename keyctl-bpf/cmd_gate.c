// SPDX-License-Identifier: GPL-2.0-or-later
/* gate: install, switch, remove. What it tells is in cmd_gate_show.c. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

static int parse_types(struct cli *cli, const struct opt_list *names, uint64_t *ret)
{
	for (size_t i = 0; i < names->n; i++) {
		unsigned int type;

		if (bpfkey_prog_type_parse(names->v[i], &type) < 0)
			return bad_usage(cli, "'%s' is no program type: xdp, tracing, lsm, ...",
					 names->v[i]);
		*ret |= 1ull << type;
	}
	return 0;
}

static void say_installed(struct cli *cli, enum bpfkey_gate_installed what)
{
	static const char *const done[] = {
		[BPFKEY_GATE_UNCHANGED] = "installed already, and its rules are the keyring's",
		[BPFKEY_GATE_INSTALLED] = "installed in audit mode: it records and allows all",
		[BPFKEY_GATE_UPDATED] = "the rules now follow the keyring",
		[BPFKEY_GATE_HELD_BACK] = "not installed: the kernel's command line says "
					  BPFKEY_CMDLINE_GATE "=off",
	};
	static const char *const would[] = {
		[BPFKEY_GATE_INSTALLED] = "would be installed in audit mode",
		[BPFKEY_GATE_UPDATED] = "the rules would follow the keyring",
	};
	bool changes = what == BPFKEY_GATE_INSTALLED || what == BPFKEY_GATE_UPDATED;

	out_note(cli->out, "%s", changes && cli->dry_run ? would[what] : done[what]);
	if (changes && !cli->dry_run)
		out_changed(cli->out);
}

static int install_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_install_opts o = { .sz = sizeof(o) };
	static const char *const words[] = { "unchanged", "installed", "updated", "held-back" };
	enum bpfkey_gate_installed what = BPFKEY_GATE_UNCHANGED;
	struct opt_list types = { 0 };
	const struct opt opts[] = {
		OPT_LIST(0, "type", "TYPE",
			 "build keys may also sign programs of this type, not only loaders",
			 &types),
		OPT_STR(0, "self-test", "OBJ", "keep this signed object for the self-test",
			&o.self_test),
		OPT_STR(0, "staging", "NAME", "take the keys of the staging keyring NAME",
			&o.staging),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_types(cli, &types, &o.types);
	if (r)
		return r;
	o.dry_run = cli->dry_run;
	r = bpfkey_gate_install(cli->ctx, &o, &what);
	if (r < 0)
		return r;
	out_str(cli->out, "outcome", words[what]);
	say_installed(cli, what);
	return 0;
}

const struct cmd cmd_gate_install = {
	.noun = "gate", .verb = "install", .args = "", .run = install_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "install the gate in audit mode, or bring its rules up to the keyring",
};

static int show_mode(struct cli *cli)
{
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	int r = bpfkey_gate_info(cli->ctx, &info);

	if (r < 0)
		return r;
	out_str(cli->out, "mode", bpfkey_gate_mode_name(info.mode));
	return 0;
}

static int mode_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_mode_opts o = { .sz = sizeof(o) };
	enum bpfkey_gate_mode mode, before = BPFKEY_GATE_OFF;
	const struct opt opts[] = {
		OPT_FLAG(0, "yes-deny", "enforce although something in use would be denied",
			 &o.yes_deny),
		OPT_FLAG(0, "accept-existing",
			 "enforce although loaded programs of unknown origin could undo the gate",
			 &o.accept_existing),
		OPT_STR(0, "self-test", "OBJ", "test with this signed object, not the one kept",
			&o.self_test),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (!cli->argc)
		return show_mode(cli);
	if (bpfkey_gate_mode_parse(cli->argv[0], &mode) < 0)
		return bad_usage(cli, "'%s' is no mode: off, audit or enforce", cli->argv[0]);
	if (mode != BPFKEY_GATE_ENFORCE && (o.yes_deny || o.accept_existing || o.self_test))
		return bad_usage(cli, "the options are for mode enforce");
	o.dry_run = cli->dry_run;
	r = bpfkey_gate_set_mode(cli->ctx, mode, &o, &before);
	if (r < 0)
		return r;
	out_str(cli->out, "before", bpfkey_gate_mode_name(before));
	out_str(cli->out, "mode", bpfkey_gate_mode_name(mode));
	if (before != mode && !cli->dry_run)
		out_changed(cli->out);
	return 0;
}

const struct cmd cmd_gate_mode = {
	.noun = "gate", .verb = "mode", .args = "[off|audit|enforce]", .max = 1,
	.run = mode_run, .flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "show the gate's mode, or switch it",
};

static int remove_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	bool removed = false;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_gate_remove(cli->ctx, cli->dry_run, &removed);
	if (r < 0)
		return r;
	out_bool(cli->out, "removed", removed && !cli->dry_run);
	if (!removed)
		out_note(cli->out, "no gate is installed");
	else if (cli->dry_run)
		out_note(cli->out, "would be removed");
	else
		out_changed(cli->out);
	return 0;
}

const struct cmd cmd_gate_remove = {
	.noun = "gate", .verb = "remove", .args = "", .run = remove_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "take the gate out of the kernel",
};
