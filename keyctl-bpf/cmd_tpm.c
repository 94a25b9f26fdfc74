// SPDX-License-Identifier: GPL-2.0-or-later
/* tpm: what the machine's TPM is and can do. */
#include "cmd.h"
#include "opt.h"
#include "out.h"

static void put_lockout(struct out *o, const struct bpfkey_tpm_info *i)
{
	out_open(o, "lockout");
	out_bool(o, "locked_out", i->locked_out);
	out_u64(o, "failed_tries", i->lockout_counter);
	out_u64(o, "max_tries", i->lockout_max);
	out_u64(o, "forget_seconds", i->lockout_interval);
	out_u64(o, "recovery_seconds", i->lockout_recovery);
	out_bool(o, "password_set", i->lockout_auth);
	out_close(o);
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
	put_lockout(o, i);
}

static void put_notes(struct out *o, const struct bpfkey_tpm_info *i)
{
	if (i->software)
		out_note(o, "this TPM is software: it protects keys from nobody who can read its "
			    "state");
	if (i->owner_auth && !i->srk_persistent)
		out_note(o, "its owner has set a password and left no storage root key: "
			 "no key can be made or used");
	if (i->locked_out)
		out_note(o, "it is locked out: keys with a PIN are refused until %u seconds after "
			 "the last wrong one", i->lockout_interval);
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
