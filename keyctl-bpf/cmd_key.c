// SPDX-License-Identifier: GPL-2.0-or-later
/* key: making private keys, and taking others' in. */
#include <string.h>

#include "cmd.h"
#include "key_out.h"
#include "msg.h"
#include "opt.h"
#include "out.h"
#include "policy_opts.h"
#include "recovery_opts.h"

static void put_slots(struct out *o, const struct bpfkey_key_info *i)
{
	out_list(o, "slots");
	for (size_t n = 0; n < i->slots_n; n++) {
		out_open(o, NULL);
		out_str(o, "type", i->slots[n].type);
		out_str(o, "for", i->slots[n].name);
		out_close(o);
	}
	out_close(o);
}

void put_key(struct cli *cli, const struct bpfkey_key_info *i, bool made)
{
	out_str(cli->out, "file", i->path);
	out_str(cli->out, "form", bpfkey_form_name(i->form));
	out_str(cli->out, "algorithm", i->alg);
	if (made)
		out_hex(cli->out, "public_hash", i->public_hash, sizeof(i->public_hash));
	out_str(cli->out, "format", i->form == BPFKEY_FORM_PKCS11 ? "pkcs11" :
		i->form == BPFKEY_FORM_TPM ? "tss2" :
		i->form == BPFKEY_FORM_SEALED ? "sealed" : i->pkcs12 ? "pkcs12" : "pem");
	if (i->form == BPFKEY_FORM_FILE)
		out_bool(cli->out, "passphrase", i->passphrase);
	if (i->slots_n)
		put_slots(cli->out, i);
	out_bool(cli->out, "sidecar", i->sidecar);
	if (!i->sidecar)
		return;
	out_time(cli->out, "created", i->created);
	out_bool(cli->out, "imported", i->imported);
	if (!i->tpm_kind)
		return;
	out_str(cli->out, "tpm_kind", i->tpm_kind);
	out_bool(cli->out, "tpm_software", i->tpm_software);
	out_str(cli->out, "srk_name", i->srk_name);
	if (i->form != BPFKEY_FORM_TPM)
		return;
	out_str(cli->out, "key_name", i->key_name);
}

void warn_of_key(struct cli *cli, const struct bpfkey_key_info *i)
{
	if (i->form == BPFKEY_FORM_FILE && i->passphrase)
		return;
	if (i->form == BPFKEY_FORM_FILE)
		msg_warning(cli, "a key in a file is for tests and migration: whoever copies the "
			    "file can sign. Use --form tpm");
	else if (i->tpm_software)
		msg_warning(cli, "this TPM is software: it protects the key from nobody who can "
			    "read its state");
}

int parse_form(struct cli *cli, const char *form, enum bpfkey_form *ret)
{
	if (bpfkey_form_parse(form, ret) < 0 || *ret == BPFKEY_FORM_PKCS11)
		return bad_usage(cli, "no key form '%s': there are tpm, sealed and file",
				 form);
	return 0;
}

void put_made(struct cli *cli)
{
	if (cli->dry_run)
		out_note(cli->out, "nothing was made: dry run");
	else
		out_changed(cli->out);
}

static int key_new_run(struct cli *cli, int argc, const char **argv)
{
	const char *alg = "p256", *form = "tpm", *path = NULL;
	struct recovery_opts recovery = { 0 };
	struct policy_opts policy = { 0 };
	bool force = false;
	const struct opt opts[] = {
		OPT_STR(0, "alg", "ALG", "p256, p384, p521, rsa2048, rsa3072, rsa4096, or not in "
			"a TPM ml-dsa-44, ml-dsa-65, ml-dsa-87 (default p256)", &alg),
		OPT_STR(0, "form", "FORM", "tpm: the key never leaves the TPM; sealed: in a file "
			"that the TPM opens; file: for tests and migration (default tpm)", &form),
		RECOVERY_OPTS(&recovery),
		POLICY_OPTS(&policy),
		OPT_REQ('o', "out", "FILE", "write the key to FILE, its description to FILE.meta",
			&path),
		OPT_FLAG('f', "force", "replace a key that is there", &force),
		OPT_END
	};
	struct bpfkey_key_opts o = { .sz = sizeof(o) };
	const struct bpfkey_key_info *i;
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = parse_form(cli, form, &o.form);
	if (r)
		return r;
	o.alg = alg;
	o.flags = (force ? BPFKEY_MAKE_FORCE : 0) | (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
	r = recovery_opts_apply(cli, &recovery, &o);
	r = r ? r : policy_opts_apply(cli, &policy, &o);
	if (r)
		return r;

	r = bpfkey_key_new(cli->ctx, path, &o, &key);
	if (r < 0)
		return r;
	i = bpfkey_key_info(key);
	warn_of_key(cli, i);
	put_key(cli, i, !cli->dry_run);
	put_made(cli);
	bpfkey_key_free(key);
	return 0;
}

const struct cmd cmd_key_new = {
	.noun = "key", .verb = "new", .args = "",
	.summary = "make a private key in the TPM or in a file",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_new_run,
};

static int key_import_run(struct cli *cli, int argc, const char **argv)
{
	const char *form = "tpm", *path = NULL;
	struct recovery_opts recovery = { 0 };
	struct policy_opts policy = { 0 };
	bool force = false;
	const struct opt opts[] = {
		OPT_STR(0, "form", "FORM", "tpm: into the TPM, wrapped for it; sealed: in a file "
			"that the TPM opens; file: PEM, encrypted when SOURCE is (default tpm)",
			&form),
		RECOVERY_OPTS(&recovery),
		POLICY_OPTS(&policy),
		OPT_REQ('o', "out", "FILE", "write the key to FILE, its description to FILE.meta",
			&path),
		OPT_FLAG('f', "force", "replace a key that is there", &force),
		OPT_END
	};
	struct bpfkey_key_opts o = { .sz = sizeof(o) };
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	r = r ? r : parse_form(cli, form, &o.form);
	if (r)
		return r;
	o.flags = (force ? BPFKEY_MAKE_FORCE : 0) | (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
	r = recovery_opts_apply(cli, &recovery, &o);
	r = r ? r : policy_opts_apply(cli, &policy, &o);
	if (r)
		return r;
	r = bpfkey_key_import(cli->ctx, cli->argv[0], path, &o, &key);
	if (r < 0)
		return r;
	warn_of_key(cli, bpfkey_key_info(key));
	if (!cli->dry_run)
		msg_warning(cli, "the file that the key came from still signs, and so does every "
			    "copy of it: keep one offline or destroy them");
	put_key(cli, bpfkey_key_info(key), true);
	put_made(cli);
	bpfkey_key_free(key);
	return 0;
}

const struct cmd cmd_key_import = {
	.noun = "key", .verb = "import", .args = "SOURCE",
	.summary = "take a private key from PEM or PKCS#12 into the TPM or a file",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = key_import_run,
};
