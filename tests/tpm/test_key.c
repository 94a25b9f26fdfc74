// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys: made, described, loaded, used. Runs on an embedded TPM, or on the one
 * that the first argument names; the second is for slow machines: how many
 * signatures one opening makes. OpenSSL checks them.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "tests/tpm/help.h"
#include "tpm/tpm_sign.h"

static EVP_PKEY *evp_of(const struct pubkey *k)
{
	size_t one = pubkey_bytes(k);
	uint8_t point[1 + 2 * 66] = { 4 };
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(k->n, (int)one, NULL), *e = BN_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, k->type == PUBKEY_EC ? "EC" : "RSA",
						     NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	BN_set_word(e, k->e);
	if (k->type == PUBKEY_EC) {
		memcpy(point + 1, k->x, one);
		memcpy(point + 1 + one, k->y, one);
		OSSL_PARAM_BLD_push_utf8_string(b, "group", one == 32 ? "P-256" :
							    one == 48 ? "P-384" : "P-521", 0);
		OSSL_PARAM_BLD_push_octet_string(b, "pub", point, 1 + 2 * one);
	} else {
		OSSL_PARAM_BLD_push_BN(b, "n", n);
		OSSL_PARAM_BLD_push_BN(b, "e", e);
	}
	params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_fromdata_init(c);
	EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(c);
	BN_free(n);
	BN_free(e);
	return key;
}

/* verified - by OpenSSL, from the plain numbers that callers see. */
static bool verified(const struct pubkey *k, const char *md, const uint8_t *digest, size_t n,
		     const uint8_t *sig, size_t sig_n)
{
	EVP_PKEY *key = evp_of(k);
	EVP_PKEY_CTX *c = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	uint8_t *der = NULL;
	int der_n = 0;
	bool good;

	if (k->type == PUBKEY_EC) {
		ECDSA_SIG *s = ECDSA_SIG_new();

		ECDSA_SIG_set0(s, BN_bin2bn(sig, (int)sig_n / 2, NULL),
			       BN_bin2bn(sig + sig_n / 2, (int)sig_n / 2, NULL));
		der_n = i2d_ECDSA_SIG(s, &der);
		ECDSA_SIG_free(s);
	}
	good = c && EVP_PKEY_verify_init(c) > 0 &&
	       EVP_PKEY_CTX_set_signature_md(c, EVP_get_digestbyname(md)) > 0 &&
	       EVP_PKEY_verify(c, der ? der : sig, der ? (size_t)der_n : sig_n, digest, n) == 1;
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	return good;
}

static void test_signatures(struct tpm_key *k, const char *alg)
{
	static const struct { const char *md; size_t n; } mds[] = {
		{ "sha256", 32 }, { "sha384", 48 }, { "sha512", 64 },
	};
	uint8_t digest[64], sig[512];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(mds); i++) {
		memset(digest, 0x5a, sizeof(digest));
		ok(!tpm_key_sign(k, mds[i].md, digest, mds[i].n, sig, sizeof(sig), &n) &&
		   verified(tpm_key_public(k), mds[i].md, digest, mds[i].n, sig, n),
		   "%s signs %s, and OpenSSL agrees", alg, mds[i].md);
		digest[3] ^= 1;
		ok(!verified(tpm_key_public(k), mds[i].md, digest, mds[i].n, sig, n),
		   "%s: but not with another digest", alg);
	}
	bk_forget(ctx);
	is_int(tpm_key_sign(k, "md5", digest, 16, sig, sizeof(sig), &n), -BPFKEY_E_NO_SUPPORT,
	       "other hashes are refused");
	is_int(tpm_key_sign(k, "sha256", digest, 32, sig, 8, &n), -BPFKEY_E_INTERNAL,
	       "so is a buffer that is too short");
	bk_forget(ctx);
}

static unsigned int many;

/* test_leading_zeros - one in 128 signatures has a short r or s; all must have the full length. */
static void test_leading_zeros(struct tpm_key *k)
{
	uint8_t digest[32] = { 0 }, sig[512];
	unsigned int bad = 0, shortened = 0;

	for (unsigned int i = 0; i < many; i++) {
		size_t n = 0;

		digest[0] = (uint8_t)i;
		digest[1] = (uint8_t)(i >> 8);
		if (tpm_key_sign(k, "sha256", digest, 32, sig, sizeof(sig), &n) || n != 64 ||
		    !verified(tpm_key_public(k), "sha256", digest, 32, sig, n))
			bad++;
		shortened += !sig[0] || !sig[32];
	}
	is_int(bad, 0, "many signatures in one opening all verify");
	printf("# %u of them had a leading zero\n", shortened);
}

struct forecast {
	struct tpm_key *key;
	const char *md;
	uint8_t digest[32];
};

static void announce(void *user)
{
	struct forecast *f = user;

	tpm_key_ahead(f->key, f->md, f->digest, sizeof(f->digest));
}

/* signs - a digest of 32 such bytes; OpenSSL agrees */
static bool signs(struct tpm_key *k, uint8_t byte)
{
	uint8_t digest[32], sig[512];
	size_t n = 0;

	memset(digest, byte, sizeof(digest));
	return !tpm_key_sign(k, "sha256", digest, 32, sig, sizeof(sig), &n) &&
	       verified(tpm_key_public(k), "sha256", digest, 32, sig, n);
}

/* on_the_way - is the TPM at work on such a digest? */
static bool on_the_way(const struct tpm_key *k, uint8_t byte)
{
	return k->sent.digest.size == 32 && k->sent.digest.buffer[0] == byte;
}

/* What is announced is begun before it is asked for, and shown only to who asks for it. */
static void test_ahead(struct tpm_key *k)
{
	struct forecast f = { .key = k, .md = "sha256" };

	tpm_key_meanwhile(k, announce, &f);
	memset(f.digest, 2, sizeof(f.digest));
	ok(signs(k, 1) && on_the_way(k, 2), "what is announced is begun at once");
	memset(f.digest, 4, sizeof(f.digest));
	ok(signs(k, 2) && on_the_way(k, 4), "it is what comes when it is asked for");
	ok(signs(k, 3) && on_the_way(k, 4), "something else than announced is signed, too");
	f.md = "md5";
	ok(signs(k, 4) && !k->sent.digest.size, "what no TPM signs is not begun");
	ok(!*bpfkey_ctx_message(ctx), "and is not the failure of what was asked for");
	f.md = "sha256";
	ok(signs(k, 5) && on_the_way(k, 4), "in the end something is left over");
	tpm_key_meanwhile(k, NULL, NULL);
}

static void test_alg(struct tpm *t, const char *alg)
{
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta = { 0 }, seen = { 0 };
	struct pubkey pub = { 0 };

	ok(!tpm_key_create(t, alg, NULL, &pem, &meta), "%s: a key is made", alg);
	ok(tpm_key_is_pem(buf_view(&pem)), "%s: its file says what it is", alg);
	ok(!tpm_key_describe(ctx, buf_view(&pem), &pub, &seen), "%s: the file is understood", alg);
	is_str(seen.alg, alg, "algorithm");
	is_str(seen.key_name, meta.key_name, "name without a TPM");
	ok(strlen(meta.srk_name) == 68 && !seen.srk_name[0],
	   "%s: name of the parent from the TPM only", alg);
	ok(!tpm_key_load(t, buf_view(&pem), &meta, NULL, &k) &&
	   !memcmp(&pub, tpm_key_public(k), sizeof(pub)), "%s: it is loaded", alg);
	if (!k)
		return;
	test_signatures(k, alg);
	if (!strcmp(alg, "p256"))
		test_leading_zeros(k);
	test_ahead(k);
	tpm_key_free(steal(&k));
	ok(!tpm_key_load(t, buf_view(&pem), &meta, NULL, &k), "%s: and the TPM is free again", alg);
}

static void test_absent(struct tpm *t)
{
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta;
	bool has = true;

	ok(!tpm_has_alg(t, "ed25519", &has) && !has, "no Ed25519 in a TPM");
	bk_forget(ctx);
	is_int(tpm_key_create(t, "rsa4096", NULL, &pem, &meta), -BPFKEY_E_NO_SUPPORT,
	       "no RSA-4096 either");
	ok(said("no rsa4096 keys") && strstr(bpfkey_ctx_hint(ctx), "--form file"), "with a way on");
	bk_forget(ctx);
}

/* Wrong sidecars, and a blob that was changed. */
static void test_mismatch(struct tpm *t)
{
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX), bad = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta, wrong;
	struct tpm_key *k = NULL;
	struct tpm_file f;

	ok(!tpm_key_create(t, "p256", NULL, &pem, &meta), "a key");
	wrong = meta;
	wrong.srk_name[10] ^= 1;
	is_int(tpm_key_load(t, buf_view(&pem), &wrong, NULL, &k), -BPFKEY_E_OTHER_TPM,
	       "of another TPM");
	ok(said("storage root key") && said(wrong.srk_name), "is told by the parent's name");
	bk_forget(ctx);
	wrong = meta;
	wrong.key_name[10] ^= 1;
	is_int(tpm_key_load(t, buf_view(&pem), &wrong, NULL, &k), -BPFKEY_E_MISMATCH,
	       "another key's sidecar");
	bk_forget(ctx);
	ok(!tpm_file_parse(ctx, buf_view(&pem), &f), "the file is read");
	f.private.buffer[40] ^= 1;
	ok(!tpm_file_put(ctx, &f, &bad), "and written with one bit changed");
	is_int(tpm_key_load(t, buf_view(&bad), &meta, NULL, &k), -BPFKEY_E_OTHER_TPM,
	       "which the TPM refuses");
	ok(said("cannot load the key into the TPM: the key was not made under this storage root "
		"key") &&
		   said("0x1df"),
	   "in words");
	bk_forget(ctx);
	f.private.buffer[40] ^= 1;
	f.parent = 0x81005555;
	buf_done(&bad);
	ok(!tpm_file_put(ctx, &f, &bad), "with a parent that is not there");
	is_int(tpm_key_load(t, buf_view(&bad), NULL, NULL, &k), -BPFKEY_E_OTHER_TPM,
	       "it is refused");
	ok(said("no key at 0x81005555"), "in words");
	bk_forget(ctx);
	ok(!k, "nothing was handed out");
}

/* Persistent storage root keys are found and used; nothing else at their place is. */
static void test_persistent(struct tpm *t)
{
	struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX), old = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta, old_meta;
	struct tpm_key *k = NULL;
	struct tpm_state s;
	struct tpm_file f;
	ESYS_TR p;

	ok(!tpm_key_create(t, "p256", NULL, &old, &old_meta), "a key under the owner's primary");
	ok(!tpm_file_parse(ctx, buf_view(&old), &f) && f.parent == TPM2_RH_OWNER, "is stated");
	ok(!tpm_state(t, &s) && !s.srk_name[0], "no storage root key is persistent");
	ok(!tpm_srk_open(t, TPM2_RH_OWNER, true, &srk), "RSA-2048, as some systems leave it");
	ok(!Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE, TPM_SRK_HANDLE, &p), "is made persistent");
	tpm_object_done(&srk);
	ok(!tpm_state(t, &s) && strlen(s.srk_name) == 68, "and seen");
	ok(!tpm_key_create(t, "p256", NULL, &pem, &meta) && !strcmp(meta.srk_name, s.srk_name),
	   "and used");
	ok(!tpm_file_parse(ctx, buf_view(&pem), &f) && f.parent == TPM_SRK_HANDLE, "and stated");
	ok(!tpm_key_load(t, buf_view(&pem), &meta, NULL, &k), "its key is loaded");
	tpm_key_free(steal(&k));
	ok(!tpm_key_load(t, buf_view(&old), &old_meta, NULL, &k), "and so is that of the primary");
	tpm_key_free(steal(&k));
	ok(!Esys_TR_FromTPMPublic(t->esys, TPM_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &p) &&
		   !Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, p, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				      ESYS_TR_NONE, TPM_SRK_HANDLE, &p),
	   "it is removed again");
}

/* Each opening leaves the TPM as empty as it was: three would fill an emulator. */
static void test_slots(struct tpm *t)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < 20; i++) {
		_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
		_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_key_meta meta;

		bad += tpm_key_create(t, "p256", NULL, &pem, &meta) < 0 ||
		       tpm_key_load(t, buf_view(&pem), &meta, NULL, &k) < 0;
	}
	is_int(bad, 0, "no object stays loaded");
}

static void test_owner_password(struct tpm *t)
{
	const TPM2B_AUTH password = { .size = 4, .buffer = "word" }, none = { 0 };
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta;
	struct tpm_state s;

	bk_forget(ctx);
	ok(!Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &password), "the owner sets a password");
	ok(!tpm_state(t, &s) && s.owner_auth, "which shows");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &none);
	is_int(tpm_key_create(t, "p256", NULL, &pem, &meta), -BPFKEY_E_PRIVILEGE,
	       "no key can be made");
	ok(said("owner of this TPM has set a password") &&
	   strstr(bpfkey_ctx_hint(ctx), "tpm2_evictcontrol"), "and the way out is told");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &password);
	ok(!Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &none), "the owner clears it");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &none);
	bk_forget(ctx);
}

int main(int argc, char **argv)
{
	struct tpm *t;
	bool has;

	begin();
	if (argc > 1)
		snprintf(spec, sizeof(spec), "%s", argv[1]);
	many = argc > 2 ? (unsigned int)atoi(argv[2]) : times(300, 3000);
	t = opened();
	ok(t != NULL, "the TPM is open");
	if (!t)
		return end();
	for (const struct tpm_alg *a = tpm_alg_next(NULL); a; a = tpm_alg_next(a)) {
		if (tpm_has_alg(t, a->name, &has) < 0 || !has)
			skip("this TPM has no such keys", "%s", a->name);
		else
			test_alg(t, a->name);
	}
	test_absent(t);
	test_mismatch(t);
	test_slots(t);
	test_persistent(t);
	test_owner_password(t);
	tpm_close(t);
	return end();
}
