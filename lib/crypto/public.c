// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a TPM checks with the public half of a policy key is checked here the
 * same way: one hash, SHA-256, and one shape of signature for RSA and for EC.
 */
#include "public.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "digest.h"
#include "ossl.h"

#define PROPS "provider=default"

DEFINE_CLEANUP(ECDSA_SIG *, ECDSA_SIG_free)

/* numbers - of a key in the default provider */
static int numbers(struct bpfkey_ctx *ctx, EVP_PKEY *key, struct pubkey *ret)
{
	struct pubkey k = { 0 };
	struct algo a;
	uint8_t e[4];
	size_t n;
	int r, ok;

	algo_of(key, &a);
	r = algo_check(ctx, a.name);
	if (r < 0)
		return r;
	k.type = a.type == ALGO_RSA ? PUBKEY_RSA : PUBKEY_EC;
	k.bits = (unsigned int)EVP_PKEY_get_bits(key);
	n = pubkey_bytes(&k);
	if ((a.type != ALGO_RSA && a.type != ALGO_EC) || n > sizeof(k.n))
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a '%s' key cannot be used by TPMs",
			       a.name);
	if (k.type == PUBKEY_RSA) {
		ok = pkey_number(key, OSSL_PKEY_PARAM_RSA_N, k.n, n) &&
		     pkey_number(key, OSSL_PKEY_PARAM_RSA_E, e, sizeof(e));
		if (ok)
			k.e = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 |
			      e[3];
	} else {
		ok = n <= sizeof(k.x) && pkey_number(key, OSSL_PKEY_PARAM_EC_PUB_X, k.x, n) &&
		     pkey_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, k.y, n);
	}
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT,
				    "the numbers of a '%s' key cannot be had", a.name);
	*ret = k;
	return 0;
}

int public_read(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	_cleanup_(BIO_freep) BIO *bio = NULL;

	if (pem.n > PUBLIC_PEM_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "a public key has at most %d bytes",
			       PUBLIC_PEM_MAX);
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio || !bk_ossl())
		return bk_out_of_memory(ctx);
	key = PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, bk_ossl(), PROPS);
	if (!key)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "not a public key in PEM");
	return numbers(ctx, key, ret);
}

static EVP_PKEY *evp_of(struct bpfkey_ctx *ctx, const struct pubkey *k, int *r)
{
	OSSL_LIB_CTX *lib = bk_ossl();
	EVP_PKEY *key = lib ? pkey_public_new(lib, k) : NULL;

	*r = key ? 0 : bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "the public key is not valid");
	return key;
}

int public_text(struct bpfkey_ctx *ctx, const struct pubkey *k, struct buf *ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	int r;

	if (!bio)
		return bk_out_of_memory(ctx);
	key = evp_of(ctx, k, &r);
	if (r < 0)
		return r;
	if (!PEM_write_bio_PUBKEY_ex(bio, key, bk_ossl(), PROPS))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot write the public key");
	return bk_ossl_text(ctx, bio, ret);
}

int public_of(struct bpfkey_ctx *ctx, const struct pkey *key, struct pubkey *ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *plain = NULL;
	uint8_t *der = NULL;
	const uint8_t *p;
	int n;

	/* By way of DER, because keys that are elsewhere answer in another provider. */
	n = i2d_PUBKEY(pkey_evp(key), &der);
	p = der;
	if (n > 0)
		plain = d2i_PUBKEY_ex(NULL, &p, n, bk_ossl(), PROPS);
	OPENSSL_free(der);
	if (!plain)
		return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT, "cannot read the public key");
	return numbers(ctx, plain, ret);
}

bool public_same(const struct pubkey *a, const struct pubkey *b)
{
	size_t n = pubkey_bytes(a);

	if (a->type != b->type || a->bits != b->bits)
		return false;
	if (a->type == PUBKEY_RSA)
		return a->e == b->e && !memcmp(a->n, b->n, n);
	return !memcmp(a->x, b->x, n) && !memcmp(a->y, b->y, n);
}

int public_hash(struct bpfkey_ctx *ctx, const struct pubkey *k, uint8_t ret[32])
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	int n, r;

	key = evp_of(ctx, k, &r);
	if (r < 0)
		return r;
	n = i2d_PUBKEY(key, &der);
	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the public key");
	r = bk_sha256(ctx, (struct view){ der, (size_t)n }, ret);
	OPENSSL_free(der);
	return r;
}

static int set_scheme(EVP_PKEY_CTX *c, EVP_PKEY *key)
{
	_cleanup_(EVP_MD_freep) EVP_MD *md = EVP_MD_fetch(bk_ossl(), "SHA256", NULL);

	return md && EVP_PKEY_CTX_set_signature_md(c, md) > 0 &&
	       (!EVP_PKEY_is_a(key, "RSA") ||
		EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) > 0);
}

/* to_raw - OpenSSL's signature as the TPM takes it; 0 when it does not fit */
static size_t to_raw(EVP_PKEY *key, const uint8_t *der, size_t n, uint8_t *out, size_t cap)
{
	_cleanup_(ECDSA_SIG_freep) ECDSA_SIG *sig = NULL;
	int half = (EVP_PKEY_get_bits(key) + 7) / 8;

	if (EVP_PKEY_is_a(key, "RSA")) {
		if (n <= cap)
			memcpy(out, der, n);
		return n <= cap ? n : 0;
	}
	sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	if (!sig || (size_t)half * 2 > cap ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half) != half ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half) != half)
		return 0;
	return (size_t)half * 2;
}

int public_sign(struct bpfkey_ctx *ctx, struct pkey *key, const uint8_t digest[32],
		uint8_t *sig, size_t cap, size_t *ret_n)
{
	EVP_PKEY *evp = pkey_evp(key);
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_pkey(bk_ossl(), evp, NULL);
	uint8_t out[1024];
	size_t n = sizeof(out);

	if (!c || EVP_PKEY_sign_init(c) <= 0 || !set_scheme(c, evp) ||
	    EVP_PKEY_sign(c, out, &n, digest, 32) <= 0)
		return pkey_fail(ctx, key, "cannot sign");
	n = to_raw(evp, out, n, sig, cap);
	if (!n)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "the signature is malformed");
	*ret_n = n;
	return 0;
}

/* to_der - r and s as OpenSSL verifies them; its length, or -1 */
static int to_der(const struct pubkey *k, struct view sig, uint8_t **ret)
{
	_cleanup_(ECDSA_SIG_freep) ECDSA_SIG *s = ECDSA_SIG_new();
	size_t n = pubkey_bytes(k);
	BIGNUM *a, *b;

	if (!s || sig.n != 2 * n)
		return -1;
	a = BN_bin2bn(sig.p, (int)n, NULL);
	b = BN_bin2bn(sig.p + n, (int)n, NULL);
	if (!a || !b || !ECDSA_SIG_set0(s, a, b)) {
		BN_free(a);
		BN_free(b);
		return -1;
	}
	return i2d_ECDSA_SIG(s, ret);
}

int public_verify(struct bpfkey_ctx *ctx, const struct pubkey *k, const uint8_t digest[32],
		  struct view sig)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	int n, r, good = 0;

	key = evp_of(ctx, k, &r);
	if (r < 0)
		return r;
	c = EVP_PKEY_CTX_new_from_pkey(bk_ossl(), key, PROPS);
	if (!c || EVP_PKEY_verify_init(c) <= 0 || !set_scheme(c, key))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot check a signature");
	if (k->type == PUBKEY_RSA) {
		good = EVP_PKEY_verify(c, sig.p, sig.n, digest, 32);
	} else {
		n = to_der(k, sig, &der);
		good = n > 0 ? EVP_PKEY_verify(c, der, (size_t)n, digest, 32) : 0;
		OPENSSL_free(der);
	}
	ERR_clear_error();
	if (good != 1)
		return bk_fail(ctx, -BPFKEY_E_SIGNATURE, "the signature is not that of the key");
	return 0;
}
