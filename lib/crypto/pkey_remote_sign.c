// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The provider's signature operations: hash here, sign elsewhere. One digest
 * list, SHA-2 and SHA-3 of 256 to 512 bits; one padding, PKCS#1 v1.5.
 */
#include "pkey_provider.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

struct sig {
	struct remote_key *key;
	const struct md *md;
	EVP_MD_CTX *hash;	/* of digest_sign, else NULL */
};

struct md {
	const char *name;	/* as sign_fn knows it */
	int nid;
	size_t len;
};

static const struct md *md_find(const char *name)
{
	static const struct md known[] = {
		{ "sha256", NID_sha256, 32 },
		{ "sha384", NID_sha384, 48 },
		{ "sha512", NID_sha512, 64 },
		{ "sha3-256", NID_sha3_256, 32 },
		{ "sha3-384", NID_sha3_384, 48 },
		{ "sha3-512", NID_sha3_512, 64 },
	};
	EVP_MD *md = name ? EVP_MD_fetch(bk_ossl(), name, NULL) : NULL;
	const struct md *found = NULL;
	size_t i;

	for (i = 0; md && i < ARRAY_SIZE(known); i++)
		if (EVP_MD_is_a(md, known[i].name))
			found = &known[i];
	EVP_MD_free(md);
	return found;
}

static void *sig_new(void *prov _unused_, const char *props _unused_)
{
	return calloc(1, sizeof(struct sig));
}

static void sig_free(void *ctx)
{
	struct sig *s = ctx;

	if (!s)
		return;
	EVP_MD_CTX_free(s->hash);
	free(s);
}

static void *sig_dup(void *ctx)
{
	const struct sig *s = ctx;
	struct sig *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	*d = *s;
	d->hash = NULL;
	if (s->hash) {
		d->hash = EVP_MD_CTX_new();
		if (!d->hash || !EVP_MD_CTX_copy_ex(d->hash, s->hash)) {
			sig_free(d);
			return NULL;
		}
	}
	return d;
}

static int set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST)
				     : NULL;
	struct sig *s = ctx;
	int pad;

	if (p) {
		const struct md *md = NULL;

		if (p->data_type == OSSL_PARAM_UTF8_STRING)
			md = md_find(p->data);
		if (!md)
			return 0;
		s->md = md;
	}

	p = params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE) : NULL;
	if (!p)
		return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0;
	return OSSL_PARAM_get_int(p, &pad) && pad == RSA_PKCS1_PADDING;
}

static const OSSL_PARAM *settable(void *ctx _unused_, void *prov _unused_)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0), OSSL_PARAM_END
	};

	return params;
}

/* The AlgorithmIdentifier that certificates and requests carry. */
static int put_algorithm(const struct sig *s, OSSL_PARAM *p)
{
	bool rsa = s->key->pub.type == PUBKEY_RSA;
	X509_ALGOR *a = NULL;
	uint8_t *der = NULL;
	int nid, n = -1, ok;

	if (!s->md || !OBJ_find_sigid_by_algs(&nid, s->md->nid, rsa ? NID_rsaEncryption
							       : NID_X9_62_id_ecPublicKey))
		return 0;
	a = X509_ALGOR_new();
	if (a && X509_ALGOR_set0(a, OBJ_nid2obj(nid), rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL))
		n = i2d_X509_ALGOR(a, &der);
	X509_ALGOR_free(a);
	ok = n > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)n);
	OPENSSL_free(der);
	return ok;
}

static int get_params(void *ctx, OSSL_PARAM params[])
{
	const struct sig *s = ctx;
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);

	if (p && !put_algorithm(s, p))
		return 0;

	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p && (!s->md || !OSSL_PARAM_set_utf8_string(p, s->md->name)))
		return 0;

	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (!p)
		return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_utf8_string(p, OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
	return OSSL_PARAM_set_int(p, RSA_PKCS1_PADDING);
}

static const OSSL_PARAM *gettable(void *ctx _unused_, void *prov _unused_)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0), OSSL_PARAM_END
	};

	return params;
}

static int sign_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	struct sig *s = ctx;

	if (keydata)
		s->key = pkey_remote_of(keydata);
	return s->key && set_params(s, params);
}

/* r and s side by side, as sign_fn gives them, into DER. */
static int ecdsa_der(const uint8_t *rs, size_t n, uint8_t *out, size_t *ret_n)
{
	_cleanup_(BN_freep) BIGNUM *r = BN_bin2bn(rs, (int)(n / 2), NULL);
	_cleanup_(BN_freep) BIGNUM *s = BN_bin2bn(rs + n / 2, (int)(n / 2), NULL);
	ECDSA_SIG *e = ECDSA_SIG_new();
	int len = -1;

	if (r && s && e && ECDSA_SIG_set0(e, r, s)) {
		(void)steal(&r);
		(void)steal(&s);
		len = i2d_ECDSA_SIG(e, &out);
	}
	ECDSA_SIG_free(e);
	if (len <= 0)
		return 0;
	*ret_n = (size_t)len;
	return 1;
}

static int sign(void *ctx, unsigned char *out, size_t *out_n, size_t cap,
		const unsigned char *digest, size_t n)
{
	struct sig *s = ctx;
	struct remote_key *key = s->key;
	bool rsa = key->pub.type == PUBKEY_RSA;
	size_t raw_n = 0, expected = pubkey_bytes(&key->pub) * (rsa ? 1 : 2);
	uint8_t raw[512];

	if (!out) {
		*out_n = pkey_remote_sig_max(key);
		return 1;
	}
	if (!key->sign || !s->md || n != s->md->len || cap < pkey_remote_sig_max(key))
		return 0;

	key->err = key->sign(key->user, s->md->name, digest, n, raw, sizeof(raw), &raw_n);
	key->wrong_length = !key->err && raw_n != expected;
	if (key->err < 0 || key->wrong_length)
		return 0;
	if (!rsa)
		return ecdsa_der(raw, raw_n, out, out_n);
	memcpy(out, raw, raw_n);
	*out_n = raw_n;
	return 1;
}

static int digest_init(void *ctx, const char *name, void *keydata, const OSSL_PARAM params[])
{
	struct sig *s = ctx;
	EVP_MD *md;
	int ok;

	if (!sign_init(s, keydata, params))
		return 0;
	if (name || !s->md)
		s->md = md_find(name ? name : "SHA256");
	if (!s->md)
		return 0;

	EVP_MD_CTX_free(s->hash);
	s->hash = EVP_MD_CTX_new();
	md = EVP_MD_fetch(bk_ossl(), s->md->name, NULL);
	ok = s->hash && md && EVP_DigestInit_ex2(s->hash, md, NULL);
	EVP_MD_free(md);
	return ok;
}

static int digest_update(void *ctx, const unsigned char *p, size_t n)
{
	struct sig *s = ctx;

	return s->hash && EVP_DigestUpdate(s->hash, p, n);
}

static int digest_final(void *ctx, unsigned char *out, size_t *out_n, size_t cap)
{
	struct sig *s = ctx;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int n;

	if (!out)
		return sign(s, NULL, out_n, 0, NULL, 0);
	return s->hash && EVP_DigestFinal_ex(s->hash, digest, &n) &&
	       sign(s, out, out_n, cap, digest, n);
}

const OSSL_DISPATCH pkey_remote_signature[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, BK_FN(sig_new) },
	{ OSSL_FUNC_SIGNATURE_FREECTX, BK_FN(sig_free) },
	{ OSSL_FUNC_SIGNATURE_DUPCTX, BK_FN(sig_dup) },
	{ OSSL_FUNC_SIGNATURE_SIGN_INIT, BK_FN(sign_init) },
	{ OSSL_FUNC_SIGNATURE_SIGN, BK_FN(sign) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, BK_FN(digest_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, BK_FN(digest_update) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, BK_FN(digest_final) },
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, BK_FN(get_params) },
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, BK_FN(gettable) },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, BK_FN(set_params) },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, BK_FN(settable) },
	{ 0, NULL }
};
