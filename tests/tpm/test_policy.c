// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies of use. What is computed here must be what a TPM computes, for
 * every combination; keys under each of them sign while the policy is met and
 * say what is not. Runs on an embedded TPM, or on the one that the argument names.
 */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "tests/tpm/help.h"
#include "tpm/tpm_policy.h"

#define LIMITER 0x01801bf0
#define PCR 16	/* of the debugger: anyone may reset it */

enum { PIN = 1, PCRS = 2, NV = 4, SIGNED = 8 };

static EVP_PKEY *policy_key;
static struct pubkey signer;
static struct bk_secret *pin, *wrong;

static void make_policy_key(bool rsa)
{
	size_t n;

	EVP_PKEY_free(policy_key);
	signer = (struct pubkey){ .type = rsa ? PUBKEY_RSA : PUBKEY_EC, .bits = rsa ? 2048 : 256 };
	policy_key = rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048) :
			   EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (rsa) {
		BIGNUM *b = NULL;

		EVP_PKEY_get_bn_param(policy_key, OSSL_PKEY_PARAM_RSA_N, &b);
		BN_bn2binpad(b, signer.n, 256);
		signer.e = 65537;
		BN_free(b);
	} else {
		uint8_t point[65];

		EVP_PKEY_get_octet_string_param(policy_key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
						point, sizeof(point), &n);
		memcpy(signer.x, point + 1, 32);
		memcpy(signer.y, point + 33, 32);
	}
}

/* sign_state - by OpenSSL, as a policy key in a file would */
static void sign_state(struct policy_grant *g, const char *ref)
{
	uint8_t d[32], der[512];
	size_t n = sizeof(der);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(policy_key, NULL);

	ok(!tpm_policy_to_sign(ctx, &g->pcrs, &g->counter, ref, d) &&
		   EVP_PKEY_sign_init(c) > 0 &&
		   EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) > 0 &&
		   EVP_PKEY_sign(c, der, &n, d, sizeof(d)) > 0,
	   "a state is signed");
	if (signer.type == PUBKEY_EC) {
		const uint8_t *p = der;
		ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);

		BN_bn2binpad(ECDSA_SIG_get0_r(s), g->sig, 32);
		BN_bn2binpad(ECDSA_SIG_get0_s(s), g->sig + 32, 32);
		ECDSA_SIG_free(s);
		n = 64;
	} else {
		memcpy(g->sig, der, n);
	}
	g->sig_len = n;
	EVP_PKEY_CTX_free(c);
}

static void extend_pcr(struct tpm *t)
{
	TPML_DIGEST_VALUES v = { .count = 1, .digests = { { .hashAlg = TPM2_ALG_SHA256 } } };

	memset(&v.digests[0].digest, 7, 32);
	ok(!Esys_PCR_Extend(t->esys, ESYS_TR_PCR16, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			    &v), "PCR %d is extended", PCR);
}

static void reset_pcr(struct tpm *t)
{
	ok(!Esys_PCR_Reset(t->esys, ESYS_TR_PCR16, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
	   "PCR %d is reset", PCR);
}

static void increment(struct tpm *t)
{
	ESYS_TR nv;

	ok(!Esys_TR_FromTPMPublic(t->esys, LIMITER, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &nv) &&
		   !Esys_NV_Increment(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				      ESYS_TR_NONE),
	   "the counter moves on");
	Esys_TR_Close(t->esys, &nv);
}

static void remove_counter(struct tpm *t)
{
	ESYS_TR nv;

	if (Esys_TR_FromTPMPublic(t->esys, LIMITER, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv))
		return;
	Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE);
}

static void make_counter(struct tpm *t, TPMA_NV more)
{
	const TPM2B_AUTH none = { 0 };
	const TPM2B_NV_PUBLIC p = { .nvPublic = {
		.nvIndex = LIMITER, .nameAlg = TPM2_ALG_SHA256, .dataSize = 8,
		.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | more |
			      TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT,
	} };
	ESYS_TR nv;

	ok(!Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &none, &p, &nv), "a counter is made");
	Esys_TR_Close(t->esys, &nv);
	increment(t);
}

/* counter_ref - limit: as it stands */
static struct nv_ref counter_ref(struct tpm *t)
{
	struct nv_ref ref = { .index = LIMITER };
	_cleanup_(tpm_esys_freep) TPM2B_MAX_NV_BUFFER *value = NULL;
	struct tpm_object o = TPM_OBJECT_NONE(t);

	ok(!Esys_TR_FromTPMPublic(t->esys, LIMITER, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &o.handle) &&
		   !tpm_object_name(&o, ref.name, sizeof(ref.name)) &&
		   !Esys_NV_Read(t->esys, o.handle, o.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				 ESYS_TR_NONE, 8, 0, &value),
	   "the counter is read");
	for (int i = 0; value && i < 8; i++)
		ref.limit = ref.limit << 8 | value->buffer[i];
	Esys_TR_Close(t->esys, &o.handle);
	return ref;
}

/* combination - the policy of these bits, and the state that it wants signed */
static void combination(struct tpm *t, unsigned int bits, struct key_policy *p,
			struct policy_grant *g)
{
	*p = (struct key_policy){ .pin = bits & PIN, .has_signer = bits & SIGNED };
	*g = (struct policy_grant){ .created = 1 };
	if (bits & PCRS)
		ok(!tpm_pcr_read(t, "sha256", 1u << PCR | 0xff, &p->pcrs), "PCRs are read");
	if (bits & NV)
		p->counter = counter_ref(t);
	if (!(bits & SIGNED))
		return;
	p->signer = signer;
	strcpy(p->ref, "build");
	ok(!tpm_pcr_read(t, "sha256", 1u << PCR | 1u << 7, &g->pcrs), "PCRs are read");
	g->counter = counter_ref(t);
	sign_state(g, p->ref);
}

/* test_digest - the TPM's own digest of a session that ran everything */
static void test_digest(struct tpm *t, unsigned int bits)
{
	static struct key_policy p;
	static struct policy_grant g;
	struct policy_grants grants = { .n = 1, .v = &g };
	const struct tpm_use use = { &p, pin, &grants };
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_esys_freep) TPM2B_DIGEST *d = NULL;
	struct tpm_auth a = TPM_AUTH_NONE(t);
	ESYS_TR session = ESYS_TR_NONE;
	uint8_t ours[32];

	combination(t, bits, &p, &g);
	ok(!tpm_policy_digest(ctx, &p, ours), "%u: computed here", bits);
	if (!policy_needs_session(&p)) {
		const uint8_t zero[32] = { 0 };

		ok(bits & PIN || !memcmp(ours, zero, 32), "%u: nothing asks for a session", bits);
		return;
	}
	ok(!tpm_srk_open(t, TPM2_RH_OWNER, false, &srk), "a key to salt with");
	ok(!tpm_auth_begin(&a, srk.handle, &srk, &use) &&
		   !tpm_auth_session(&a, 0, &session) &&
		   !Esys_PolicyGetDigest(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					 ESYS_TR_NONE, &d) &&
		   d->size == 32 && !memcmp(d->buffer, ours, 32),
	   "%u: and by the TPM", bits);
	if (!d)
		printf("# %s\n", bpfkey_ctx_message(ctx));
	tpm_auth_done(&a);
}

static int sign_once(struct tpm_key *k)
{
	uint8_t digest[32] = { 1 }, sig[512];
	size_t n;

	return tpm_key_sign(k, "sha256", digest, 32, sig, sizeof(sig), &n);
}

/* test_key - a key under the policy signs, again and again */
static void test_key(struct tpm *t, unsigned int bits, const char *alg)
{
	static struct key_policy p;
	static struct policy_grant g;
	struct policy_grants grants = { .n = 1, .v = &g };
	const struct tpm_use use = { &p, pin, &grants };
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta = { 0 };
	unsigned int bad = 0;

	combination(t, bits, &p, &g);
	ok(!tpm_key_create(t, alg, &use, &pem, &meta), "%u: a %s key", bits, alg);
	ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k), "%u: is loaded", bits);
	for (int i = 0; k && i < 5; i++)
		bad += sign_once(k) < 0;
	ok(k && !bad, "%u: signs", bits);
	if (bad)
		printf("# %s\n", bpfkey_ctx_message(ctx));
	tpm_key_free(steal(&k));
	bk_forget(ctx);
	if (!policy_is_empty(&p)) {
		ok(tpm_key_load(t, buf_view(&pem), &meta, NULL, &k) == -BPFKEY_E_NO_SUPPORT,
		   "%u: not without its sidecar", bits);
		bk_forget(ctx);
	}
	if (policy_needs_session(&p)) {
		p.counter.index ^= 1;
		strcpy(p.counter.name, "000b00");
		ok(tpm_key_load(t, buf_view(&pem), &meta, &use, &k) == -BPFKEY_E_MISMATCH,
		   "%u: nor with another one's policy", bits);
		bk_forget(ctx);
	}
}

/* test_import - a key that was made elsewhere, under the same policies */
static void test_import(struct tpm *t, unsigned int bits)
{
	static struct key_policy p;
	static struct policy_grant g;
	struct policy_grants grants = { .n = 1, .v = &g };
	const struct tpm_use use = { &p, pin, &grants };
	_cleanup_(bk_secret_freep) struct bk_secret *private = bk_secret_new(32);
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct pubkey pub = { .type = PUBKEY_EC, .bits = 256 };
	struct tpm_key_meta meta = { 0 };
	uint8_t point[65];
	BIGNUM *d = NULL;
	size_t n;

	EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					sizeof(point), &n);
	memcpy(pub.x, point + 1, 32);
	memcpy(pub.y, point + 33, 32);
	EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d);
	BN_bn2binpad(d, bk_secret_data(private), 32);
	bk_secret_set_len(private, 32);
	BN_clear_free(d);
	EVP_PKEY_free(key);
	combination(t, bits, &p, &g);
	ok(!tpm_key_import(t, &pub, private, &use, &pem, &meta), "%u: a key is imported", bits);
	ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k) && !sign_once(k) && !sign_once(k),
	   "%u: and signs", bits);
	if (*bpfkey_ctx_message(ctx))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	bk_forget(ctx);
}

/* test_sealed - data under the same policies */
static void test_sealed(struct tpm *t, unsigned int bits)
{
	static struct key_policy p;
	static struct policy_grant g;
	struct policy_grants grants = { .n = 1, .v = &g };
	const struct tpm_use use = { &p, pin, &grants };
	_cleanup_(bk_secret_freep) struct bk_secret *data = bk_secret_take((char[]){ "kept" }, 4);
	_cleanup_(bk_secret_freep) struct bk_secret *got = NULL;
	_cleanup_(tpm_sealed_done) struct tpm_sealed s = { 0 };

	combination(t, bits, &p, &g);
	ok(!tpm_seal(t, data, &use, &s), "%u: data is sealed", bits);
	ok(!tpm_unseal(t, &s, &use, &got) && bk_secret_equal(got, data), "%u: and unsealed", bits);
	if (*bpfkey_ctx_message(ctx))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	bk_forget(ctx);
}

static uint32_t tries(struct tpm *t)
{
	struct tpm_state s = { 0 };

	return tpm_state(t, &s) ? UINT32_MAX : s.lockout_counter;
}

static void test_wrong_pin(struct tpm *t, unsigned int bits)
{
	static struct key_policy p;
	static struct policy_grant g;
	struct policy_grants grants = { .n = 1, .v = &g };
	struct tpm_use use = { &p, pin, &grants };
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta = { 0 };
	uint32_t before = tries(t);

	combination(t, bits | PIN, &p, &g);
	ok(!tpm_key_create(t, "p256", &use, &pem, &meta), "%u: a key with a PIN", bits);
	use.auth = wrong;
	ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k), "is loaded with a wrong one");
	is_int(k ? sign_once(k) : 0, -BPFKEY_E_PIN, "which the TPM finds out");
	ok(said("PIN is wrong") && strstr(bpfkey_ctx_hint(ctx), "wrong PIN"), "in words");
	is_int(tries(t), before + 1, "and counts once");
	bk_forget(ctx);
	is_int(k ? sign_once(k) : 0, -BPFKEY_E_PIN, "it stays wrong");
	ok(said("refused the PIN before"), "in words");
	is_int(tries(t), before + 1, "without another try");
	bk_forget(ctx);
	tpm_key_free(steal(&k));
	use.auth = pin;
	ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k) && !sign_once(k),
	   "the right one signs");
	tpm_key_free(steal(&k));
	use.auth = NULL;
	is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_USAGE, "none is usage");
	bk_forget(ctx);
	ok(!Esys_DictionaryAttackLockReset(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					   ESYS_TR_NONE, ESYS_TR_NONE), "the count is reset");
}

/* A literal policy breaks with its PCR, a signed one lives on in the next state. */
static void test_pcrs(struct tpm *t, bool grant)
{
	static struct key_policy p;
	static struct policy_grant g[2];
	struct policy_grants grants = { .n = 1, .v = g };
	const struct tpm_use use = { &p, NULL, &grants };
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta = { 0 };
	struct tpm_standing s;

	reset_pcr(t);
	combination(t, grant ? SIGNED : PCRS, &p, &g[0]);
	ok(!tpm_key_create(t, "p256", &use, &pem, &meta) &&
		   !tpm_key_load(t, buf_view(&pem), &meta, &use, &k) && !sign_once(k),
	   "a key for this state");
	extend_pcr(t);
	is_int(sign_once(k), -BPFKEY_E_POLICY, "once open, it stops when the state changes");
	ok(said("in this very moment"), "in words");
	bk_forget(ctx);
	tpm_key_free(steal(&k));
	is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY, "opened again");
	ok(said("PCR 16 is ") && said(", not 0000000000000000..."), "it names the PCR");
	bk_forget(ctx);
	ok(!tpm_standing(t, &use, &s) &&
		   (grant ? s.granted.differ : s.literal.differ) == 1u << PCR,
	   "and so does 'show'");
	if (grant) {
		ok(!tpm_pcr_read(t, "sha256", 1u << PCR | 1u << 7, &g[1].pcrs), "the new state");
		g[1].counter = counter_ref(t);
		sign_state(&g[1], p.ref);
		g[1].sig[5] ^= 1;
		grants.n = 2;
		is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_SIGNATURE,
		       "with a forged signature it is refused");
		bk_forget(ctx);
		g[1].sig[5] ^= 1;
		ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k) && !sign_once(k),
		   "signed, the same key works in it");
		tpm_key_free(steal(&k));
		grants.n = 0;
		is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY,
		       "without any signed state it does not");
		ok(said("wants a signed state, and there is none"), "in words");
		bk_forget(ctx);
		grants.n = 2;
		increment(t);
		is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY,
		       "nor when the counter has revoked them");
		ok(said("the counter 0x01801bf0 is"), "in words");
		bk_forget(ctx);
	}
	reset_pcr(t);
	if (!grant)
		ok(!tpm_key_load(t, buf_view(&pem), &meta, &use, &k) && !sign_once(k),
		   "back in its state it works");
}

static void test_counter(struct tpm *t)
{
	static struct key_policy p;
	static struct policy_grant g;
	const struct tpm_use use = { &p, NULL, NULL };
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta meta = { 0 };

	combination(t, NV, &p, &g);
	ok(!tpm_key_create(t, "p256", &use, &pem, &meta), "a key for a counter");
	increment(t);
	is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY,
	       "that has moved on");
	ok(said("and the limit"), "in words");
	bk_forget(ctx);
	remove_counter(t);
	is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY, "that is gone");
	ok(said("no counter 0x01801bf0 any more"), "in words");
	bk_forget(ctx);
	make_counter(t, TPMA_NV_OWNERWRITE);
	is_int(tpm_key_load(t, buf_view(&pem), &meta, &use, &k), -BPFKEY_E_POLICY,
	       "that is another one");
	ok(said("not the counter that it was made for"), "in words");
	bk_forget(ctx);
	remove_counter(t);
	make_counter(t, 0);
}

static void test_bad_policies(void)
{
	static struct key_policy p;
	uint8_t d[32];

	strcpy(p.pcrs.bank, "md5");
	p.pcrs.mask = 1;
	is_int(tpm_policy_digest(ctx, &p, d), -BPFKEY_E_NO_SUPPORT, "a bank that nobody has");
	bk_forget(ctx);
	is_int(tpm_policy_to_sign(ctx, &(struct pcr_set){ 0 }, &(struct nv_ref){ 0 }, "", d),
	       -BPFKEY_E_USAGE, "a state of nothing is not signed");
	bk_forget(ctx);
	p = (struct key_policy){ .has_signer = true, .signer = { PUBKEY_RSA, .bits = 1024 } };
	is_int(tpm_policy_digest(ctx, &p, d), -BPFKEY_E_NO_SUPPORT, "nor checked by RSA-1024");
	bk_forget(ctx);
}

int main(int argc, char **argv)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;

	begin();
	if (argc > 1)
		snprintf(spec, sizeof(spec), "%s", argv[1]);
	/* Zeros at the end: a TPM takes them off, and whoever keeps them has another password. */
	pin = bk_secret_take((char[32]){ "right" }, 32);
	wrong = bk_secret_take((char[32]){ "wrong" }, 32);
	t = opened();
	ok(t != NULL, "a TPM");
	if (!t)
		return end();
	remove_counter(t);
	make_counter(t, 0);
	test_bad_policies();
	for (int rsa = 0; rsa < 2; rsa++) {
		make_policy_key(rsa);
		for (unsigned int bits = 0; bits < 16; bits++) {
			test_digest(t, bits);
			test_key(t, bits, "p256");
			test_import(t, bits);
			test_sealed(t, bits);
		}
		test_pcrs(t, true);
	}
	test_key(t, PIN | PCRS | NV | SIGNED, "rsa2048");
	test_wrong_pin(t, 0);
	test_wrong_pin(t, PCRS | NV | SIGNED);
	test_pcrs(t, false);
	test_counter(t);
	remove_counter(t);
	tpm_close(steal(&t));
	bk_secret_free(pin);
	bk_secret_free(wrong);
	EVP_PKEY_free(policy_key);
	return end();
}
