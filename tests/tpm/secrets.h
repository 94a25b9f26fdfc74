/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be seen nowhere, neither on the wire nor in memory afterwards, and the uses of guarded
 * keys that it is looked for after. Secrets are found out from the files that are there by then,
 * by way of recovery: without a TPM.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "lib/crypto/ossl.h"
#include "lib/crypto/stretch.h"
#include "lib/flow/sealed_key.h"
#include "tests/guarded.h"
#include "tests/tpm/help.h"

#define SECRET_PART 600		/* enough of a long one */

static struct known {
	char name[64];
	uint8_t p[SECRET_PART];
	size_t n;
} known[96];
static size_t n_known;

static void know(const char *name, const char *of, const void *p, size_t n)
{
	struct known *k = &known[n_known++];

	if (n_known > ARRAY_SIZE(known)) {
		printf("Bail out! more secrets than there is room for\n");
		_exit(1);
	}
	snprintf(k->name, sizeof(k->name), "%s of %s", name, of);
	k->n = n < sizeof(k->p) ? n : sizeof(k->p);
	memcpy(k->p, p, k->n);
}

/* know_number - as files and TPMs have it, and as OpenSSL does: in words, lowest first */
static bool know_number(EVP_PKEY *key, const char *param, const char *of)
{
	uint8_t be[512], le[512];
	BIGNUM *bn = NULL;
	char name[48];
	int n;

	if (EVP_PKEY_get_bn_param(key, param, &bn) != 1)
		return false;
	n = BN_num_bytes(bn);
	if (n > 12 && BN_bn2binpad(bn, be, n) == n && BN_bn2lebinpad(bn, le, n) == n) {
		know(param, of, be, (size_t)n);
		snprintf(name, sizeof(name), "%s, in words,", param);
		know(name, of, le, (size_t)n);
	}
	BN_clear_free(bn);
	return n > 12;
}

/* know_key - all that is private in it; with these its PKCS#8 is known, too */
static bool know_key(EVP_PKEY *key, const char *of)
{
	static const char *const rsa[] = {
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	bool good = true;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return know_number(key, OSSL_PKEY_PARAM_PRIV_KEY, of);
	for (size_t i = 0; i < ARRAY_SIZE(rsa); i++)
		good &= know_number(key, rsa[i], of);
	return good;
}

static int know_stretched(const struct key_policy *policy, const char *typed, const char *of)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pin = bk_secret_new(64), *auth = NULL;
	int r;

	memcpy(bk_secret_data(pin), typed, strlen(typed));
	bk_secret_set_len(pin, strlen(typed));
	r = stretch_pin(ctx, policy, pin, &auth);
	if (!r)
		know(typed, of, bk_secret_data(auth), bk_secret_len(auth));
	return r;
}

/* know_pins - each key stretches its PIN, and a wrong one, in its own way */
static int know_pins(const struct key_policy *policy, const char *of)
{
	int r = 0;

	if (policy && policy->pin)
		r = know_stretched(policy, GUARDED_PIN, of);
	if (!r && policy && policy->pin)
		r = know_stretched(policy, GUARDED_WRONG, of);
	return r;
}

/* know_sealed - the key that opens the file, and the key in it */
static int know_sealed(const char *path, bool by_key)
{
	const struct bpfkey_key_opts o = { .recovery_key = by_key ? "recovery.key" : NULL,
					   .recovery_passphrase_file = "words" };
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r = sealed_read(ctx, path, &f, &s);

	r = r < 0 ? r : sealed_recovery_open(ctx, &s, &o, path, &kek);
	r = r < 0 ? r : sealed_private(ctx, &s, kek, &key);
	for (size_t i = 0; !r && i < s.n; i++)
		r = know_pins(s.slots[i].policy, path);
	if (r < 0)
		return r;
	know("inner key", path, bk_secret_data(kek), bk_secret_len(kek));
	return know_key(pkey_evp(key), path) ? 0 : -BPFKEY_E_INTERNAL;
}

static int know_tpm(const char *path)
{
	_cleanup_(key_file_done) struct key_file f = { 0 };
	int r = key_file_read(ctx, path, &f);

	return r < 0 ? r : know_pins(&f.meta.policy, path);
}

static int know_file(const char *path)
{
	_cleanup_(bk_secret_freep) struct bk_secret *copy = NULL;
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r = key_file_read(ctx, path, &f);

	r = r < 0 ? r : pkey_read(ctx, f.bytes, path, NULL, &key);
	return r < 0 ? r : know_key(pkey_evp(key), path) ? 0 : -BPFKEY_E_INTERNAL;
}

/* --- the uses */

static int in_tpm(void)
{
	int r = guarded_new(ctx, "tpm.key", BPFKEY_FORM_TPM, GUARD_ALL);

	r = r < 0 ? r : guarded_use(ctx, "tpm.key", "tpm.crt");
	return r < 0 ? r : guarded_standing(ctx, "tpm.key");
}

static int in_sealed(void)
{
	struct bpfkey_sign_job jobs[12] = { 0 };
	char out[ARRAY_SIZE(jobs)][16];
	int r = guarded_new(ctx, "sealed.key", BPFKEY_FORM_SEALED, GUARD_ALL);

	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		snprintf(out[i], sizeof(out[i]), "signed.%zu", i);
		jobs[i] = (struct bpfkey_sign_job){ .in = "recovery.pub", .out = out[i] };
	}
	r = r < 0 ? r : guarded_use(ctx, "sealed.key", "sealed.crt");
	r = r < 0 ? r : guarded_sign(ctx, "sealed.key", "sealed.crt", jobs, ARRAY_SIZE(jobs));
	return r < 0 ? r : guarded_standing(ctx, "sealed.key");
}

/* Both keys with a PIN that is not theirs, which the TPM is to forget again. */
static int wrong_pin(void)
{
	static const char *const keys[] = { "tpm.key", "sealed.key" };
	const struct bpfkey_cert_opts o = { .sz = sizeof(o), .name = "wrong",
		.role = BPFKEY_ROLE_BUILD, .flags = BPFKEY_MAKE_FORCE };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "wrong");

	for (size_t i = 0; !r && i < ARRAY_SIZE(keys); i++) {
		struct bpfkey_cert_opts with = o;

		with.key = keys[i];
		r = bpfkey_cert_new(ctx, "wrong.crt", &with, NULL);
		r = r == -BPFKEY_E_PIN ? 0 : r ? r : -BPFKEY_E_INTERNAL;
	}
	return r < 0 ? r : bpfkey_tpm_reset_lockout(ctx);
}

static int imported_tpm(void)
{
	int r = guarded_import(ctx, "others.tpm", BPFKEY_FORM_TPM, GUARD_ALL);

	return r < 0 ? r : guarded_use(ctx, "others.tpm", "others.crt");
}

static int imported_sealed(void)
{
	int r = guarded_import(ctx, "others.key", BPFKEY_FORM_SEALED, GUARD_ALL);

	return r < 0 ? r : guarded_use(ctx, "others.key", "others.crt");
}

static int resealed(void)
{
	int r = system("cp sealed.key anew.key && cp sealed.key.meta anew.key.meta") ?
		-BPFKEY_E_IO : guarded_reseal(ctx, "anew.key", true);

	return r < 0 ? r : guarded_use(ctx, "anew.key", "anew.crt");
}

static int recovered(void)
{
	int r = guarded_recover(ctx, "anew.key", "back.key", BPFKEY_FORM_SEALED, false);

	r = r < 0 ? r : guarded_recover(ctx, "others.key", "again.key", BPFKEY_FORM_SEALED, true);
	r = r < 0 ? r : guarded_recover(ctx, "others.key", "plain.key", BPFKEY_FORM_FILE, true);
	return r < 0 ? r : guarded_use(ctx, "back.key", "back.crt");
}

static int wrapped(void)
{
	int r = guarded_new(ctx, "fleet.key", BPFKEY_FORM_SEALED, GUARD_MOVES);

	r = r < 0 ? r : guarded_wrap(ctx, "fleet.key", "copy.key");
	return r < 0 ? r : guarded_escrow(ctx, "fleet.key", "kept.pem");
}

static int unwrapped(void)
{
	return guarded_use(ctx, "near.key", "near.crt");
}

/* @secrets: key files that the row has left, and what is in them */
static const struct guarded_row {
	const char *name;
	int (*run)(void);
	struct {
		const char *path;
		enum { IN_FILE, IN_TPM, BY_KEY, BY_WORDS } way;
	} secrets[2];
} guarded_rows[] = {
	{ "a key in the TPM is made, asked about and signs", in_tpm, { { "tpm.key", IN_TPM } } },
	{ "a sealed key is, and signs many", in_sealed, { { "sealed.key", BY_KEY } } },
	{ "a wrong PIN is refused", wrong_pin, { { NULL, IN_FILE } } },
	{ "a key of others goes into the TPM", imported_tpm,
	  { { "others.tpm", IN_TPM }, { "others.pem", IN_FILE } } },
	{ "a key of others is sealed", imported_sealed, { { "others.key", BY_KEY } } },
	{ "a sealed key is sealed anew", resealed, { { "anew.key", BY_WORDS } } },
	{ "sealed keys are recovered", recovered,
	  { { "back.key", BY_WORDS }, { "again.key", BY_KEY } } },
	{ "a sealed key is wrapped for another TPM, and kept elsewhere", wrapped,
	  { { "copy.key", BY_KEY }, { "recovery.key", IN_FILE } } },
	{ "what was wrapped elsewhere signs", unwrapped, { { "near.key", BY_KEY } } },
};

/* know_row - the secrets of what it has left */
static int know_row(const struct guarded_row *row)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(row->secrets) && row->secrets[i].path; i++) {
		const char *path = row->secrets[i].path;

		if (row->secrets[i].way == IN_FILE)
			r = know_file(path);
		else if (row->secrets[i].way == IN_TPM)
			r = know_tpm(path);
		else
			r = know_sealed(path, row->secrets[i].way == BY_KEY);
	}
	return r;
}

/* know_words - what is typed */
static void know_words(void)
{
	know("PIN", "all", GUARDED_PIN, strlen(GUARDED_PIN));
	know("wrong PIN", "all", GUARDED_WRONG, strlen(GUARDED_WRONG));
	know("passphrase", "all", GUARDED_WORDS, strlen(GUARDED_WORDS));
}

static int make_elsewhere(void)
{
	static const char *const here[] = { "srk.here" };
	int r = bpfkey_tpm_srk(ctx, "srk.here", 0);

	r = r < 0 ? r : guarded_states(ctx);
	r = r < 0 ? r : bpfkey_ctx_set_tpm(ctx, "embedded:other");
	r = r < 0 ? r : bpfkey_tpm_srk(ctx, "srk", 0);
	r = r < 0 ? r : guarded_new(ctx, "far.key", BPFKEY_FORM_SEALED, GUARD_PIN);
	return r < 0 ? r : bpfkey_key_wrap(ctx, "far.key", here, 1, "near.key", 0, NULL);
}

/* guarded_elsewhere - what the rows need that would leave its own traces, by another process */
static bool guarded_elsewhere(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int r = !guarded_files() ? -BPFKEY_E_IO : bpfkey_ctx_set_tpm(ctx, spec);

		r = r < 0 ? r : make_elsewhere();
		if (r < 0)
			printf("# %s\n", bpfkey_ctx_message(ctx));
		fflush(stdout);
		_exit(r < 0);
	}
	return !exit_of(pid);
}

#endif
