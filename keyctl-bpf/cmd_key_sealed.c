// SPDX-License-Identifier: GPL-2.0-or-later
/* key: sealed keys back from the dead, sealed anew, and to other machines. */
#include <string.h>

#include "cmd.h"
#include "key_out.h"
#include "msg.h"
#include "opt.h"
#include "out.h"
#include "policy_opts.h"
#include "recovery_opts.h"

static int show_made(struct cli *cli, struct bpfkey_key *key)
{
	warn_of_key(cli, bpfkey_key_info(key));
	put_key(cli, bpfkey_key_info(key), true);
	put_made(cli);
	bpfkey_key_free(key);
	return 0;
}

static unsigned int make_flags(const struct cli *cli, bool force)
{
	return (force ? BPFKEY_MAKE_FORCE : 0) | (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
}

static int key_recover_run(struct cli *cli, int argc, const char **argv)
{
	const char *form = "sealed", *path = NULL, *how = NULL, *file = NULL;
	struct policy_opts policy = { 0 };
	bool force = false;
	const struct opt opts[] = {
		OPT_STR(0, "recovery-key", "FILE", "the private key of the recovery; 'passphrase' "
			"for a passphrase (the default)", &how),
		OPT_STR(0, "recovery-passphrase-file", "FILE", "take the recovery passphrase from "
			"this file", &file),
		OPT_STR(0, "form", "FORM", "sealed: to the TPM of this machine; file: open, as PEM "
			"(default sealed)", &form),
		POLICY_OPTS(&policy),
		NO_POLICY_OPT(&policy),
		OPT_STR('o', "out", "FILE", "write the key to FILE (default: where it is)", &path),
		OPT_FLAG('f', "force", "replace another key that is there", &force),
		OPT_END
	};
	struct bpfkey_key_opts o = { .sz = sizeof(o) };
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	r = r ? r : parse_form(cli, form, &o.form);
	if (r)
		return r;
	if (how && file && strcmp(how, "passphrase") != 0)
		return bad_usage(cli, "'--recovery-key' and '--recovery-passphrase-file' exclude "
				 "one another");
	o.recovery_key = how && strcmp(how, "passphrase") != 0 ? how : NULL;
	o.recovery_passphrase_file = file;
	o.flags = make_flags(cli, force);
	r = policy_opts_apply(cli, &policy, &o);
	if (r)
		return r;
	r = bpfkey_key_recover(cli->ctx, cli->argv[0], path ? path : cli->argv[0], &o, &key);
	if (r < 0)
		return r;
	if (cli->dry_run)
		out_note(cli->out, "the recovery works");
	return show_made(cli, key);
}

const struct cmd cmd_key_recover = {
	.noun = "key", .verb = "recover", .args = "KEY",
	.summary = "bring back a sealed key whose TPM is gone",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_recover_run,
};

static int key_reseal_run(struct cli *cli, int argc, const char **argv)
{
	struct recovery_opts recovery = { 0 };
	struct policy_opts policy = { 0 };
	const struct opt opts[] = {
		RECOVERY_OPTS(&recovery),
		POLICY_OPTS(&policy),
		NO_POLICY_OPT(&policy),
		OPT_END
	};
	struct bpfkey_key_opts o = { .sz = sizeof(o), .form = BPFKEY_FORM_SEALED };
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	o.flags = make_flags(cli, false);
	r = recovery_opts_apply(cli, &recovery, &o);
	if (!r)
		r = policy_opts_apply(cli, &policy, &o);
	if (!r)
		r = bpfkey_key_reseal(cli->ctx, cli->argv[0], &o, &key);
	return r < 0 ? r : show_made(cli, key);
}

const struct cmd cmd_key_reseal = {
	.noun = "key", .verb = "reseal", .args = "KEY",
	.summary = "seal a key again to the TPM that has it",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_reseal_run,
};

static int key_wrap_run(struct cli *cli, int argc, const char **argv)
{
	struct opt_list to = { 0 };
	const char *path = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_LIST(0, "to", "FILE", "storage root key of another machine: PEM, or as 'tpm "
			 "srk' and tpm2_readpublic write it", &to),
		OPT_REQ('o', "out", "FILE", "write the copy to FILE", &path),
		OPT_FLAG('f', "force", "replace a key that is there", &force),
		OPT_END
	};
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (!to.n)
		return bad_usage(cli, "option '--to FILE' is missing");
	r = bpfkey_key_wrap(cli->ctx, cli->argv[0], to.v, to.n, path, make_flags(cli, force), &key);
	return r < 0 ? r : show_made(cli, key);
}

const struct cmd cmd_key_wrap = {
	.noun = "key", .verb = "wrap", .args = "KEY",
	.summary = "copy a sealed key so that other machines' TPMs open it",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_wrap_run,
};

static int key_escrow_run(struct cli *cli, int argc, const char **argv)
{
	const char *to = NULL, *path = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_REQ(0, "to", "FILE", "certificate or public key of who keeps the key", &to),
		OPT_REQ('o', "out", "FILE", "write the message to FILE", &path),
		OPT_FLAG('f', "force", "replace a file that is there", &force),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_key_escrow(cli->ctx, cli->argv[0], to, path, make_flags(cli, force));
	if (r < 0)
		return r;
	out_str(cli->out, "file", path);
	put_made(cli);
	if (!cli->dry_run)
		out_note(cli->out, "its keeper opens it with: openssl cms -decrypt -inform PEM -in "
			 "FILE -inkey KEY");
	return 0;
}

const struct cmd cmd_key_escrow = {
	.noun = "key", .verb = "escrow", .args = "KEY",
	.summary = "give a sealed key to a keeper, encrypted",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_escrow_run,
};
