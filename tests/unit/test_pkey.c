/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key behind a callback against the same key in memory: whatever OpenSSL
 * signs with the one must verify with the other.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/crypto/cert.h"
#include "lib/crypto/cms.h"
#include "lib/crypto/pkey.h"
#include "tests/tap.h"
#include "tests/unit/sh.h"

/* Somewhere else: a plain OpenSSL key that can also play broken. */
struct elsewhere {
	EVP_PKEY *key;
	struct bpfkey_ctx *ctx;
	struct pubkey pub;
	int fail;		/* returned instead of signing */
	bool nonsense;		/* a signature of other bytes */
	bool runt;		/* too few bytes */
	unsigned int calls;
};

static int sign_ec(struct elsewhere *e, EVP_PKEY_CTX *c, const uint8_t *d, size_t n, uint8_t *out)
{
	uint8_t der[200];
	const uint8_t *p = der;
	size_t len = sizeof(der), w = pubkey_bytes(&e->pub);
	ECDSA_SIG *sig;

	if (EVP_PKEY_sign(c, der, &len, d, n) <= 0)
		abort();
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)w);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + w, (int)w);
	ECDSA_SIG_free(sig);
	return (int)(2 * w);
}

static int sign_there(void *user, const char *md, const uint8_t *digest, size_t n, uint8_t *sig,
		      size_t cap, size_t *ret_n)
{
	struct elsewhere *e = user;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(e->key, NULL);
	uint8_t d[64];

	e->calls++;
	memcpy(d, digest, n);
	d[0] ^= e->nonsense;
	if (EVP_PKEY_sign_init(c) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(c, EVP_get_digestbyname(md)) <= 0)
		abort();
	*ret_n = cap;
	if (e->fail)
		bk_fail(e->ctx, e->fail, "the TPM is on fire");
	else if (e->pub.type == PUBKEY_EC)
		*ret_n = (size_t)sign_ec(e, c, d, n, sig);
	else if (EVP_PKEY_sign(c, sig, ret_n, d, n) <= 0)
		abort();
	*ret_n -= e->runt;
	EVP_PKEY_CTX_free(c);
	return e->fail;
}

static void get_bn(EVP_PKEY *k, const char *name, uint8_t *out, size_t n)
{
	BIGNUM *bn = NULL;

	if (!EVP_PKEY_get_bn_param(k, name, &bn) || BN_bn2binpad(bn, out, (int)n) < 0)
		abort();
	BN_free(bn);
}

static void move_elsewhere(struct bpfkey_ctx *ctx, struct pkey *from, struct elsewhere *e)
{
	struct bk_secret *pem = NULL;
	BIO *bio;

	*e = (struct elsewhere){ .ctx = ctx };
	ok(!pkey_to_pem(ctx, from, NULL, &pem), "%s: as PEM", pkey_alg(from));
	bio = BIO_new_mem_buf(bk_secret_data(pem), (int)bk_secret_len(pem));
	e->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	e->pub.bits = (unsigned int)EVP_PKEY_get_bits(e->key);
	if (EVP_PKEY_is_a(e->key, "RSA")) {
		get_bn(e->key, OSSL_PKEY_PARAM_RSA_N, e->pub.n, pubkey_bytes(&e->pub));
		e->pub.e = 65537;
	} else {
		e->pub.type = PUBKEY_EC;
		get_bn(e->key, OSSL_PKEY_PARAM_EC_PUB_X, e->pub.x, pubkey_bytes(&e->pub));
		get_bn(e->key, OSSL_PKEY_PARAM_EC_PUB_Y, e->pub.y, pubkey_bytes(&e->pub));
	}
	BIO_free(bio);
	bk_secret_free(pem);
}

static void test_failures(struct bpfkey_ctx *ctx, struct elsewhere *e, struct pkey *key,
			  struct bpfkey_cert *cert)
{
	struct cert_spec spec = { "x", BPFKEY_ROLE_BUILD, 0, 1 };
	struct bpfkey_cert *none = NULL;
	struct view data = { (const uint8_t *)"data", 4 };
	struct buf cms = BUF(CMS_MAX), csr = BUF(CMS_MAX), good = BUF(CMS_MAX);

	e->fail = -BPFKEY_E_LOCKOUT;
	bk_enter(ctx);
	is_int(cms_sign(ctx, key, cert, data, &cms), -BPFKEY_E_LOCKOUT, "CMS: its own code");
	is_str(bpfkey_ctx_message(ctx), "cannot make the signature: cannot sign: "
	       "the TPM is on fire", "and its own sentence");
	bk_enter(ctx);
	is_int(cert_make(ctx, &spec, key, &none), -BPFKEY_E_LOCKOUT, "certificate: its own code");
	bk_enter(ctx);
	is_int(csr_make(ctx, "x", key, &csr), -BPFKEY_E_LOCKOUT, "request: its own code");
	is_str(bpfkey_ctx_message(ctx), "cannot sign the request: the TPM is on fire",
	       "and its own sentence");
	e->fail = 0;
	ok(!cms_sign(ctx, key, cert, data, &good), "CMS: a good one");
	e->nonsense = true;
	is_int(cms_sign(ctx, key, cert, data, &cms), -BPFKEY_E_SIGNATURE, "CMS: then nonsense");
	is_int(cert_make(ctx, &spec, key, &none), -BPFKEY_E_SIGNATURE, "certificate: nonsense");
	is_int(csr_make(ctx, "x", key, &csr), -BPFKEY_E_SIGNATURE, "request: nonsense");
	e->nonsense = false;
	e->runt = true;
	is_int(cms_sign(ctx, key, cert, data, &cms), -BPFKEY_E_INTERNAL, "CMS: too short");
	ok(strstr(bpfkey_ctx_message(ctx), "a signature of the wrong length came back") != NULL,
	   "and says so");
	e->runt = false;
	ok(!none && !cms.n && !csr.n, "nothing was given out");
	buf_done(&good);
	buf_done(&cms);
	buf_done(&csr);
}

static void test_alg(struct bpfkey_ctx *ctx, const char *alg)
{
	struct cert_spec spec = { "somewhere else", BPFKEY_ROLE_BUILD, 1000, 2000 };
	struct pkey *here = NULL, *there = NULL;
	struct bpfkey_cert *c1 = NULL, *c2 = NULL;
	struct view data = { (const uint8_t *)"data", 4 };
	struct buf cms = BUF(CMS_MAX), cms2 = BUF(CMS_MAX), csr = BUF(CMS_MAX);
	struct csr *request = NULL;
	struct elsewhere e;
	uint8_t h1[32], h2[32];

	ok(!pkey_generate(ctx, alg, &here), "%s: generated", alg);
	is_str(pkey_alg(here), alg, "is what was asked for");
	move_elsewhere(ctx, here, &e);
	ok(!pkey_from_callback(ctx, &e.pub, sign_there, &e, &there), "%s: elsewhere", alg);
	is_str(pkey_alg(there), alg, "has the same name");
	ok(!pkey_spki_hash(ctx, here, h1) && !pkey_spki_hash(ctx, there, h2) &&
	   !memcmp(h1, h2, 32), "%s: the same public key", alg);

	bk_enter(ctx);
	is_int(cert_make(ctx, &spec, there, &c1), 0, "a certificate");
	is_str(bpfkey_ctx_message(ctx), "", "without complaint");
	is_int(e.calls, 1, "was signed there");
	ok(!cert_make(ctx, &spec, here, &c2), "%s: certificate here", alg);
	ok(!memcmp(cert_info(c1)->public_hash, h1, 32), "%s: the certificate has the key", alg);
	ok(!cert_is_of(ctx, c1, here) && !cert_is_of(ctx, c2, there), "%s: one key", alg);
	ok(cert_info(c1)->self_signed, "%s: the signature is good", alg);
	ok(!csr_make(ctx, "x", there, &csr) && !csr_from_bytes(ctx, buf_view(&csr), &request),
	   "%s: request", alg);
	is_str(request ? csr_alg(request) : "", alg, "of that algorithm");

	ok(!cms_sign(ctx, there, c1, data, &cms), "%s: CMS", alg);
	ok(!cms_verify(ctx, buf_view(&cms), data, &c1, 1, NULL), "%s: verifies", alg);
	ok(!cms_sign(ctx, here, c1, data, &cms2), "%s: CMS here", alg);
	if (e.pub.type == PUBKEY_RSA)
		ok(cms.n == cms2.n && !memcmp(cms.p, cms2.p, cms.n), "%s: to the byte", alg);
	test_failures(ctx, &e, there, c1);

	csr_free(request);
	cert_free(c1);
	cert_free(c2);
	pkey_free(there);
	pkey_free(here);
	buf_done(&cms);
	buf_done(&cms2);
	buf_done(&csr);
	EVP_PKEY_free(e.key);
}

static const struct {
	const char *what, *make;
	int want;
	const char *why;
} files[] = {
	{ "PKCS#8", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", 0, "" },
	{ "traditional EC", "openssl ecparam -name prime256v1 -genkey -noout", 0, "" },
	{ "Ed25519", "openssl genpkey -algorithm ed25519", 0, "" },
	{ "nothing", "true", -BPFKEY_E_FORMAT, "not a private key" },
	{ "text", "echo key", -BPFKEY_E_FORMAT, "not a private key" },
	{ "a public key", "openssl genpkey -algorithm ed25519 | openssl pkey -pubout",
	  -BPFKEY_E_FORMAT, "not a private key" },
	{ "a passphrase", "openssl genpkey -algorithm ed25519 -aes256 -pass pass:abcd",
	  -BPFKEY_E_USAGE, "needs a passphrase" },
	{ "a traditional passphrase",
	  "openssl genrsa -traditional -aes256 -passout pass:abcd 2048",
	  -BPFKEY_E_USAGE, "needs a passphrase" },
};

static void test_files(struct bpfkey_ctx *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		struct bk_secret *s = NULL;
		struct pkey *k = NULL;

		ok(sh("%s > key", files[i].make), "%s", files[i].make);
		bk_file_read_secret(ctx, "key", 65536, &s);
		bk_enter(ctx);
		is_int(pkey_read(ctx, s, "key", NULL, &k), files[i].want, files[i].what);
		ok(strstr(bpfkey_ctx_message(ctx), files[i].why) != NULL, "%s: '%s'",
		   files[i].what, bpfkey_ctx_message(ctx));
		ok(!k == !!files[i].want, "%s: a key or none", files[i].what);
		pkey_free(k);
		bk_secret_free(s);
	}
}

static void test_bad_points(struct bpfkey_ctx *ctx)
{
	struct pubkey off = { .type = PUBKEY_EC, .bits = 256, .x = { 1 }, .y = { 2 } };
	struct pkey *k = NULL;

	is_int(pkey_from_callback(ctx, &off, sign_there, NULL, &k), -BPFKEY_E_FORMAT,
	       "a point off its curve");
	ok(!k, "gives no key");
	is_int(pkey_generate(ctx, "ed25519", &k), -BPFKEY_E_USAGE, "no such algorithm to make");
}

int main(void)
{
	static const char *const algs[] = { "p256", "p384", "p521", "rsa2048", "rsa3072" };
	struct bpfkey_ctx *ctx = NULL;
	size_t i;

	sh_enter();
	bpfkey_ctx_new(&ctx);
	for (i = 0; i < ARRAY_SIZE(algs); i++)
		test_alg(ctx, algs[i]);
	test_files(ctx);
	test_bad_points(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
