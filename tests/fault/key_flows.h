/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows that keys go through, which faults.c and cuts.c disturb; for them alone. */
#ifndef KEY_FLOWS_H
#define KEY_FLOWS_H

#include <bpfkey.h>

#include "lib/base/ctx.h"
#include "sign_flows.h"
#include "tests/guarded.h"

struct flow {
	const char *name;
	int (*run)(struct bpfkey_ctx *ctx);
	const char *out[3];	/* files that exist whole or not at all, together */
	int (*check)(struct bpfkey_ctx *ctx);	/* are they? */
	bool refuses;		/* run() must fail, with or without a fault */
	bool tpm;		/* uses the embedded TPM in "tpm" */
};

static int key_new(struct bpfkey_ctx *ctx, const char *path, enum bpfkey_form form)
{
	const struct bpfkey_key_opts opts = { .sz = sizeof(opts), .alg = "p256", .form = form };
	struct bpfkey_key *key = NULL;
	int r = bpfkey_key_new(ctx, path, &opts, &key);

	bpfkey_key_free(key);
	return r;
}

_unused_ static int file_key(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "out/key.pem", BPFKEY_FORM_FILE);
}

_unused_ static int tpm_key(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "out/key.pem", BPFKEY_FORM_TPM);
}

/* The same on a TPM that does not exist yet: its state is made by the way. */
_unused_ static int fresh_tpm(struct bpfkey_ctx *ctx)
{
	int r = bpfkey_ctx_set_tpm(ctx, "embedded:fresh");

	return r < 0 ? r : tpm_key(ctx);
}

static int import(struct bpfkey_ctx *ctx, const char *source, enum bpfkey_form form)
{
	const struct bpfkey_key_opts opts = { .sz = sizeof(opts), .form = form };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	return r < 0 ? r : bpfkey_key_import(ctx, source, "out/key.pem", &opts, NULL);
}

_unused_ static int import_pem(struct bpfkey_ctx *ctx)
{
	return import(ctx, "locked.pem", BPFKEY_FORM_FILE);
}

_unused_ static int import_p12(struct bpfkey_ctx *ctx)
{
	return import(ctx, "locked.p12", BPFKEY_FORM_FILE);
}

_unused_ static int import_tpm(struct bpfkey_ctx *ctx)
{
	return import(ctx, "file.pem", BPFKEY_FORM_TPM);
}

_unused_ static int check_key(struct bpfkey_ctx *ctx)
{
	struct bpfkey_key *key = NULL;
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	r = r < 0 ? r : bpfkey_key_open(ctx, "out/key.pem", &key);

	bpfkey_key_free(key);
	return r;
}

/* What stands in the way of asking must not pass for the answer that the key does not work. */
_unused_ static int tpm_standing_of(struct bpfkey_ctx *ctx)
{
	return guarded_standing(ctx, "tpm.pem");
}

static int cert_new(struct bpfkey_ctx *ctx, const char *key, const char *path)
{
	const struct bpfkey_cert_opts opts = {
		.sz = sizeof(opts), .key = key, .name = "fault", .role = BPFKEY_ROLE_BUILD,
	};
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_new(ctx, path, &opts, &cert);

	bpfkey_cert_free(cert);
	return r;
}

_unused_ static int file_cert(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "file.pem", "out/cert.pem");
}

_unused_ static int tpm_cert(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "tpm.pem", "out/cert.pem");
}

_unused_ static int check_cert(struct bpfkey_ctx *ctx)
{
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_open(ctx, "out/cert.pem", &cert);

	bpfkey_cert_free(cert);
	return r;
}

_unused_ static int verify_with(struct bpfkey_ctx *ctx, const char *object, const char *path)
{
	struct bpfkey_object *o = NULL;
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_open(ctx, path, &cert);

	if (r == 0)
		r = bpfkey_object_open(ctx, object, &o);
	if (r == 0)
		r = bpfkey_object_verify(o, &cert, 1, "all", NULL);
	bpfkey_object_free(o);
	bpfkey_cert_free(cert);
	return r;
}

_unused_ static int check_file_signed(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "out/signed.o", "file.crt");
}

_unused_ static int check_tpm_signed(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "out/signed.o", "tpm.crt");
}

_unused_ static int verify_good(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "good.o", "file.crt");
}

_unused_ static int verify_stranger(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "good.o", "tpm.crt");
}

_unused_ static int verify_tampered(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "bad.o", "file.crt");
}

#endif
