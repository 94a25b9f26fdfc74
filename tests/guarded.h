/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys under all that can be asked for, by the public calls alone: what the tests of secrets and of
 * failures do with them. All files are in the current folder; a call gives 0 or a code.
 */
#ifndef GUARDED_H
#define GUARDED_H

#include <stdlib.h>

#include <bpfkey.h>

#include "lib/base/ctx.h"

#define GUARDED_PIN "forty-two-herons-on-a-pier"
#define GUARDED_WRONG "forty-two-herons-on-a-roof"
#define GUARDED_WORDS "nine-badgers-under-an-oak"

/* What a key asks for. */
#define GUARD_PIN 1u
#define GUARD_STATES 2u		/* a signed policy */
#define GUARD_PCRS 4u
#define GUARD_COUNTER 8u
#define GUARD_MOVES (GUARD_PIN | GUARD_STATES)	/* what another machine can meet, too */
#define GUARD_ALL (GUARD_MOVES | GUARD_PCRS | GUARD_COUNTER)

#define GUARDED_INDEX 0x01800200u

/* guarded_files - PIN, passphrase, a recovery key, and keys of others to import */
_unused_ static bool guarded_files(void)
{
	return !system("umask 077 && echo '" GUARDED_PIN "' >pin && "
		       "echo '" GUARDED_WRONG "' >wrong && echo '" GUARDED_WORDS "' >words && "
		       "openssl ecparam -name prime256v1 -genkey -noout -out recovery.key && "
		       "openssl pkey -in recovery.key -pubout -out recovery.pub && "
		       "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
		       "-out others.pem 2>/dev/null");
}

/* guarded_states - a counter, a policy key, and a policy with the state of the machine in it */
_unused_ static int guarded_states(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_key_opts key = { .sz = sizeof(key), .alg = "p256",
					     .form = BPFKEY_FORM_FILE };
	const struct bpfkey_policy_opts policy = { .sz = sizeof(policy), .key = "policy.key" };
	const struct bpfkey_state_opts state = { .sz = sizeof(state), .key = "policy.key",
		.pcrs = "sha256:16", .counter = GUARDED_INDEX, .limit = UINT32_MAX };
	struct bpfkey_counter c = { .sz = sizeof(c) };
	int r = bpfkey_counter_new(ctx, GUARDED_INDEX, &c);

	r = r < 0 ? r : bpfkey_key_new(ctx, "policy.key", &key, NULL);
	r = r < 0 ? r : bpfkey_policy_new(ctx, "states", &policy, NULL);
	return r < 0 ? r : bpfkey_policy_sign(ctx, "states", &state, NULL);
}

/* guarded_opts - @guards: GUARD_...; a sealed key comes back by the recovery key, which is tried */
static struct bpfkey_key_opts guarded_opts(enum bpfkey_form form, unsigned int guards)
{
	struct bpfkey_key_opts o = { .sz = sizeof(o), .form = form };

	o.flags = BPFKEY_MAKE_FORCE | (guards & GUARD_PIN ? BPFKEY_MAKE_PIN : 0);
	o.policy = guards & GUARD_STATES ? "states" : NULL;
	o.pcrs = guards & GUARD_PCRS ? "sha256:16" : NULL;
	o.counter = guards & GUARD_COUNTER ? GUARDED_INDEX : 0;
	if (form == BPFKEY_FORM_SEALED) {
		o.recovery = "recovery.pub";
		o.recovery_key = "recovery.key";
	}
	return o;
}

_unused_ static int guarded_new(struct bpfkey_ctx *ctx, const char *path, enum bpfkey_form form,
				unsigned int guards)
{
	struct bpfkey_key_opts o = guarded_opts(form, guards);
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	o.alg = "p256";
	return r < 0 ? r : bpfkey_key_new(ctx, path, &o, NULL);
}

_unused_ static int guarded_import(struct bpfkey_ctx *ctx, const char *path, enum bpfkey_form form,
				   unsigned int guards)
{
	const struct bpfkey_key_opts o = guarded_opts(form, guards);
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	return r < 0 ? r : bpfkey_key_import(ctx, "others.pem", path, &o, NULL);
}

/* guarded_use - a signature with it, by way of a certificate */
_unused_ static int guarded_use(struct bpfkey_ctx *ctx, const char *path, const char *cert)
{
	const struct bpfkey_cert_opts o = { .sz = sizeof(o), .key = path, .name = "guarded",
					    .role = BPFKEY_ROLE_BUILD, .flags = BPFKEY_MAKE_FORCE };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	return r < 0 ? r : bpfkey_cert_new(ctx, cert, &o, NULL);
}

/* guarded_sign - a signature in one file, detached, for each of @n others */
_unused_ static int guarded_sign(struct bpfkey_ctx *ctx, const char *path, const char *cert,
				 struct bpfkey_sign_job *jobs, size_t n)
{
	const struct bpfkey_sign_opts o = { .sz = sizeof(o),
					    .flags = BPFKEY_SIGN_RAW | BPFKEY_SIGN_FORCE };
	struct bpfkey_signer *s = NULL;
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	r = r < 0 ? r : bpfkey_signer_open(ctx, path, cert, &s);
	r = r < 0 ? r : bpfkey_sign_objects(s, jobs, n, &o);
	bpfkey_sign_jobs_done(jobs, n);
	bpfkey_signer_free(s);
	return r;
}

/* guarded_standing - that it can be used, which nobody tries */
_unused_ static int guarded_standing(struct bpfkey_ctx *ctx, const char *path)
{
	struct bpfkey_standing_info i = { .sz = sizeof(i) };
	struct bpfkey_standing *st = NULL;
	struct bpfkey_key *key = NULL;
	int r = bpfkey_key_open(ctx, path, &key);

	r = r < 0 ? r : bpfkey_key_standing(ctx, key, BPFKEY_STANDING_ASK, &st);
	r = r < 0 ? r : bpfkey_standing_info(ctx, st, &i);
	if (!r && i.code)
		r = bk_fail(ctx, i.code, "%s", i.why);
	bpfkey_standing_free(st);
	bpfkey_key_free(key);
	return r;
}

/* guarded_recover - by the recovery key, or the passphrase; under a PIN again where it had one */
_unused_ static int guarded_recover(struct bpfkey_ctx *ctx, const char *from, const char *path,
				    enum bpfkey_form form, bool by_key)
{
	struct bpfkey_key_opts o = { .sz = sizeof(o), .form = form, .flags = BPFKEY_MAKE_FORCE };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	o.recovery_key = by_key ? "recovery.key" : NULL;
	o.recovery_passphrase_file = by_key ? NULL : "words";
	return r < 0 ? r : bpfkey_key_recover(ctx, from, path, &o, NULL);
}

/* guarded_reseal - with a passphrase for the way back from now on */
_unused_ static int guarded_reseal(struct bpfkey_ctx *ctx, const char *path, bool words)
{
	const struct bpfkey_key_opts o = { .sz = sizeof(o), .form = BPFKEY_FORM_SEALED,
		.flags = words ? BPFKEY_MAKE_RECOVERY_PASSPHRASE : 0,
		.recovery_passphrase_file = words ? "words" : NULL };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	return r < 0 ? r : bpfkey_key_reseal(ctx, path, &o, NULL);
}

/* guarded_wrap - for the storage root key in the file "srk" */
_unused_ static int guarded_wrap(struct bpfkey_ctx *ctx, const char *from, const char *path)
{
	static const char *const to[] = { "srk" };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	return r < 0 ? r : bpfkey_key_wrap(ctx, from, to, 1, path, BPFKEY_MAKE_FORCE, NULL);
}

_unused_ static int guarded_escrow(struct bpfkey_ctx *ctx, const char *from, const char *path)
{
	int r = bpfkey_ctx_set_passphrase_file(ctx, "pin");

	return r < 0 ? r : bpfkey_key_escrow(ctx, from, "recovery.pub", path, BPFKEY_MAKE_FORCE);
}

#endif
