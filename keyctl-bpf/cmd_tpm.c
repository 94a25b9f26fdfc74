// SPDX-License-Identifier: GPL-2.0-or-later
/* tpm: what the machine's TPM is and can do; the way out of a lockout. */
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

static uint32_t tries_left(const struct bpfkey_tpm_info *i)
{
	return i->locked_out || i->lockout_counter >= i->lockout_max ?
		       0 : i->lockout_max - i->lockout_counter;
}

/* Interval 0: for ever. The clock of an embedded TPM starts anew with each process. */
static bool ends_by_itself(const struct bpfkey_tpm_info *i)
{
	return i->lockout_interval && strcmp(i->kind, "embedded") != 0;
}

static void put_lockout(struct out *o, const char *key, const struct bpfkey_tpm_info *i)
{
	out_open(o, key);
	out_bool(o, "locked_out", i->locked_out);
	out_u64(o, "failed_tries", i->lockout_counter);
	out_u64(o, "max_tries", i->lockout_max);
	out_u64(o, "tries_left", tries_left(i));
	out_u64(o, "forget_seconds", i->lockout_interval);
	out_u64(o, "recovery_seconds", i->lockout_recovery);
	out_bool(o, "password_set", i->lockout_auth);
	out_bool(o, "ends_by_itself", ends_by_itself(i));
	out_close(o);
}

/* put_way_out - how long, and how else. */
static void put_way_out(struct out *o, const struct bpfkey_tpm_info *i)
{
	if (!i->lockout_counter && !i->locked_out)
		return;
	if (i->locked_out)
		out_note(o, "it is locked out after %u wrong PINs, and refuses right ones too; "
			    "keys without a PIN still work", i->lockout_max);
	else
		out_note(o, "it remembers wrong PINs: %u more, and it is locked out",
			 tries_left(i));
	if (!ends_by_itself(i))
		out_note(o, "it does not forget them by itself%s", !strcmp(i->kind, "embedded") ?
			    ": the clock of an embedded TPM stands between commands" : "");
	else if (i->locked_out)
		out_note(o, "it takes one more try after at most %u seconds of running",
			 i->lockout_interval);
	else
		out_note(o, "it forgets one each %u seconds of running", i->lockout_interval);
	out_note(o, "to have it forget them now: keyctl-bpf tpm reset-lockout --tpm %s%s", i->spec,
		 i->lockout_auth ? " (needs the lockout password)" : "");
}

static void put_info(struct out *o, const struct bpfkey_tpm_info *i)
{
	out_str(o, "tpm", i->spec);
	out_str(o, "kind", i->kind);
	out_bool(o, "software", i->software);
	out_str(o, "manufacturer", i->manufacturer);
	out_str(o, "vendor", i->vendor);
	out_str(o, "firmware", i->firmware);
	out_str(o, "revision", i->revision);
	out_list(o, "algorithms");
	for (size_t n = 0; n < i->algs_n; n++)
		out_str(o, NULL, i->algs[n]);
	out_close(o);
	out_bool(o, "srk_persistent", i->srk_persistent);
	out_str(o, "srk_name", i->srk_persistent ? i->srk_name : NULL);
	out_bool(o, "owner_password_set", i->owner_auth);
	put_lockout(o, "lockout", i);
}

static void put_notes(struct out *o, const struct bpfkey_tpm_info *i)
{
	if (i->software)
		out_note(o, "this TPM is software: it protects keys from nobody who can read its "
			    "state");
	if (i->owner_auth && !i->srk_persistent)
		out_note(o, "its owner has set a password and left no storage root key: "
			 "no key can be made or used");
	put_way_out(o, i);
}

static int tpm_show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_tpm_info i = { .sz = sizeof(i) };
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_tpm_info(cli->ctx, &i);
	if (r < 0)
		return r;
	put_info(cli->out, &i);
	put_notes(cli->out, &i);
	return 0;
}

const struct cmd cmd_tpm_show = {
	.noun = "tpm", .verb = "show", .args = "",
	.summary = "say what the TPM is, what it can do and whether it is locked out",
	.flags = CMD_TPM, .run = tpm_show_run,
};

static int tpm_reset_lockout_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_tpm_info before = { .sz = sizeof(before) }, after;
	bool needed, reset;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_tpm_info(cli->ctx, &before);
	if (r < 0)
		return r;
	after = before;
	needed = before.locked_out || before.lockout_counter;
	reset = needed && !cli->dry_run;
	if (reset)
		r = bpfkey_tpm_reset_lockout(cli->ctx);
	if (!r && reset)
		r = bpfkey_tpm_info(cli->ctx, &after);
	if (r < 0)
		return r;
	if (needed && cli->dry_run) {
		after.locked_out = false;
		after.lockout_counter = 0;
	}
	out_str(cli->out, "tpm", before.spec);
	put_lockout(cli->out, "before", &before);
	put_lockout(cli->out, "after", &after);
	if (!needed)
		out_note(cli->out, "it remembers no wrong PIN: nothing to reset");
	else if (cli->dry_run && before.lockout_auth)
		out_note(cli->out, "the lockout password would be asked for");
	if (reset)
		out_changed(cli->out);
	return 0;
}

const struct cmd cmd_tpm_reset_lockout = {
	.noun = "tpm", .verb = "reset-lockout", .args = "",
	.summary = "have the TPM forget wrong PINs, which ends a lockout",
	.flags = CMD_TPM | CMD_CHANGES | CMD_KEY, .run = tpm_reset_lockout_run,
};
