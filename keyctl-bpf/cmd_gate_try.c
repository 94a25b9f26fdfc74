// SPDX-License-Identifier: GPL-2.0-or-later
/* gate: enforce for a while, and make that last. */
#include "cmd.h"
#include "opt.h"
#include "out.h"

static int parse_trial(struct cli *cli, const char *text, uint64_t *ret)
{
	if (bpfkey_duration_parse(text, ret) < 0)
		return bad_usage(cli, "'%s' is no time span: 30s, 10m, 2h", text);
	if (*ret < BPFKEY_GATE_TRIAL_MIN || *ret > BPFKEY_GATE_TRIAL_MAX)
		return bad_usage(cli, "a trial lasts from 10s to 1d, not '%s'", text);
	return 0;
}

static int switch_mode(struct cli *cli, enum bpfkey_gate_mode mode,
		       struct bpfkey_gate_mode_opts *o, enum bpfkey_gate_mode *ret_before)
{
	int r;

	o->dry_run = cli->dry_run;
	r = bpfkey_gate_set_mode(cli->ctx, mode, o, ret_before);
	if (r < 0)
		return r;
	out_str(cli->out, "before", bpfkey_gate_mode_name(*ret_before));
	out_str(cli->out, "mode", bpfkey_gate_mode_name(mode));
	if (!cli->dry_run && (mode == BPFKEY_GATE_TRY || *ret_before != mode))
		out_changed(cli->out);
	return 0;
}

static int say_until(struct cli *cli, enum bpfkey_gate_mode before)
{
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	int r;

	if (cli->dry_run) {
		out_str(cli->out, "until", NULL);
		out_note(cli->out, "the trial would begin");
		return 0;
	}
	r = bpfkey_gate_info(cli->ctx, &info);
	if (r < 0)
		return r;
	out_time(cli->out, "until", info.trial_until);
	out_note(cli->out, before == BPFKEY_GATE_TRY ?
		 "the trial has a new end; 'keyctl-bpf gate confirm' makes it last" :
		 "then it is in audit mode again; 'keyctl-bpf gate confirm' makes it last");
	return 0;
}

static int try_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_mode_opts o = { .sz = sizeof(o) };
	enum bpfkey_gate_mode before = BPFKEY_GATE_OFF;
	const char *trial = NULL;
	const struct opt opts[] = {
		OPT_REQ(0, "for", "DURATION", "how long, from 10s to 1d", &trial),
		OPT_FLAG(0, "yes-deny", "although something in use would be denied", &o.yes_deny),
		OPT_FLAG(0, "accept-existing",
			 "although loaded programs of unknown origin could undo the gate",
			 &o.accept_existing),
		OPT_STR(0, "self-test", "OBJ", "test with this signed object, not the one kept",
			&o.self_test),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_trial(cli, trial, &o.trial);
	if (!r)
		r = switch_mode(cli, BPFKEY_GATE_TRY, &o, &before);
	return r ? r : say_until(cli, before);
}

const struct cmd cmd_gate_try = {
	.noun = "gate", .verb = "try", .args = "", .run = try_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "enforce for a while, then fall back to audit mode",
};

static int confirm_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_mode_opts o = { .sz = sizeof(o), .confirm = true };
	enum bpfkey_gate_mode before = BPFKEY_GATE_OFF;
	const struct opt opts[] = {
		OPT_FLAG(0, "yes-deny", "although something in use would be denied", &o.yes_deny),
		OPT_FLAG(0, "accept-existing",
			 "although loaded programs of unknown origin could undo the gate",
			 &o.accept_existing),
		OPT_STR(0, "self-test", "OBJ", "test with this signed object, not the one kept",
			&o.self_test),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	return r ? r : switch_mode(cli, BPFKEY_GATE_ENFORCE, &o, &before);
}

const struct cmd cmd_gate_confirm = {
	.noun = "gate", .verb = "confirm", .args = "", .run = confirm_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "go on enforcing when the trial is over",
};
