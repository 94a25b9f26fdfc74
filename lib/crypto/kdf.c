// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * KDFe and KDFa are NIST SP 800-56A and SP 800-108 in counter mode with the
 * TPM's own context fields; OpenSSL has both, but 3.0 has no KDFa whose label
 * keeps its NUL, and one page of hashing is less than two sets of parameters.
 */
#include "kdf.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "ossl.h"

#define LABEL_SEED "DUPLICATE"	/* part 1, annexes B.10.3 and C.6.3; its NUL counts */
#define HASH_LEN 32

static const char *const props = "provider=default";

int kdf_random(struct bpfkey_ctx *ctx, size_t n, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(n);

	if (!s)
		return bk_out_of_memory(ctx);
	if (!bk_ossl() || RAND_priv_bytes_ex(bk_ossl(), bk_secret_data(s), n, 0) <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot draw random bytes");
	bk_secret_set_len(s, n);
	*ret = steal(&s);
	return 0;
}

static int hmac(const uint8_t *key, const struct view *v, size_t n, uint8_t out[HASH_LEN])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END
	};
	EVP_MAC *mac = EVP_MAC_fetch(bk_ossl(), "HMAC", props);
	EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
	int ok = c && EVP_MAC_init(c, key, HASH_LEN, params);

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(c, v[i].p, v[i].n);
	ok = ok && EVP_MAC_final(c, out, NULL, HASH_LEN);
	EVP_MAC_CTX_free(c);
	EVP_MAC_free(mac);
	return ok;
}

/* kdfa - at most one block of the hash; @label with its NUL */
static int kdfa(const uint8_t *seed, struct view label, struct view context, unsigned int bits,
		uint8_t out[HASH_LEN])
{
	const uint8_t one[4] = { 0, 0, 0, 1 };
	const uint8_t len[4] = { 0, 0, (uint8_t)(bits >> 8), (uint8_t)bits };
	const struct view v[] = { { one, sizeof(one) }, label, context, { len, sizeof(len) } };

	return hmac(seed, v, ARRAY_SIZE(v), out);
}

/* kdfe - one block: counter, Z, label, and the x of both sides */
static int kdfe(const uint8_t *z, size_t n, const uint8_t *ours, const uint8_t *theirs,
		uint8_t out[HASH_LEN])
{
	const uint8_t one[4] = { 0, 0, 0, 1 };
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_MD *md = EVP_MD_fetch(bk_ossl(), "SHA256", props);
	int ok = c && md && EVP_DigestInit_ex2(c, md, NULL) &&
		 EVP_DigestUpdate(c, one, sizeof(one)) && EVP_DigestUpdate(c, z, n) &&
		 EVP_DigestUpdate(c, LABEL_SEED, sizeof(LABEL_SEED)) &&
		 EVP_DigestUpdate(c, ours, n) && EVP_DigestUpdate(c, theirs, n) &&
		 EVP_DigestFinal_ex(c, out, NULL);

	EVP_MD_free(md);
	return ok;
}

static int coordinate(EVP_PKEY *key, const char *name, uint8_t *out, size_t n)
{
	_cleanup_(BN_freep) BIGNUM *b = NULL;

	return EVP_PKEY_get_bn_param(key, name, &b) && BN_bn2binpad(b, out, (int)n) == (int)n;
}

static int derive(EVP_PKEY *ours, EVP_PKEY *theirs, uint8_t *z, size_t n)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_pkey(bk_ossl(), ours, props);

	return c && EVP_PKEY_derive_init(c) > 0 && EVP_PKEY_derive_set_peer(c, theirs) > 0 &&
	       EVP_PKEY_derive(c, z, &n) > 0;
}

static int seed_ec(const struct pubkey *k, EVP_PKEY *parent, uint8_t seed[KDF_SEED_LEN],
		   struct buf *sealed)
{
	const char *group = k->bits == 256 ? "P-256" : k->bits == 384 ? "P-384" : "P-521";
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *once = EVP_PKEY_Q_keygen(bk_ossl(), props, "EC", group);
	uint8_t x[66], y[66], z[66];
	size_t n = pubkey_bytes(k);
	int ok = once && coordinate(once, OSSL_PKEY_PARAM_EC_PUB_X, x, n) &&
		 coordinate(once, OSSL_PKEY_PARAM_EC_PUB_Y, y, n) && derive(once, parent, z, n) &&
		 kdfe(z, n, x, k->x, seed);

	bk_wipe(z, sizeof(z));
	if (ok) {
		buf_put(sealed, x, n);
		buf_put(sealed, y, n);
	}
	return ok;
}

static int seed_rsa(const struct pubkey *k, EVP_PKEY *parent, uint8_t seed[KDF_SEED_LEN],
		    struct buf *sealed)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_pkey(bk_ossl(), parent, props);
	char md[] = "SHA256", pad[] = OSSL_PKEY_RSA_PAD_MODE_OAEP, label[] = LABEL_SEED;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, pad, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, md, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, md, 0),
		OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, label,
						  sizeof(label)),
		OSSL_PARAM_END
	};
	uint8_t out[512];
	size_t n = sizeof(out);

	if (!c || pubkey_bytes(k) > sizeof(out) ||
	    RAND_priv_bytes_ex(bk_ossl(), seed, KDF_SEED_LEN, 0) <= 0 ||
	    EVP_PKEY_encrypt_init_ex(c, params) <= 0 ||
	    EVP_PKEY_encrypt(c, out, &n, seed, KDF_SEED_LEN) <= 0)
		return 0;
	buf_put(sealed, out, n);
	return 1;
}

int kdf_seed(struct bpfkey_ctx *ctx, const struct pubkey *parent, struct bk_secret **ret_seed,
	     struct buf *ret_sealed)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(KDF_SEED_LEN);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	int ok;

	if (!s)
		return bk_out_of_memory(ctx);
	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	evp = pkey_public_new(bk_ossl(), parent);
	ok = evp && (parent->type == PUBKEY_EC ?
		     seed_ec(parent, evp, bk_secret_data(s), ret_sealed) :
		     seed_rsa(parent, evp, bk_secret_data(s), ret_sealed));
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot make a seed for the storage "
				    "root key");
	if (!buf_ok(ret_sealed))
		return bk_out_of_memory(ctx);
	bk_secret_set_len(s, KDF_SEED_LEN);
	*ret_seed = steal(&s);
	return 0;
}

/* A fresh key each time, so the zero vector that the TPM demands is no risk. */
static int encrypt(const uint8_t *key, unsigned int bits, struct bk_secret *in, uint8_t *out)
{
	const uint8_t iv[16] = { 0 };
	EVP_CIPHER *aes = EVP_CIPHER_fetch(bk_ossl(), bits == 256 ? "AES-256-CFB" : "AES-128-CFB",
					   props);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, ok;

	ok = aes && c && EVP_EncryptInit_ex2(c, aes, key, iv, NULL) &&
	     EVP_EncryptUpdate(c, out, &n, bk_secret_data(in), (int)bk_secret_len(in)) &&
	     (size_t)n == bk_secret_len(in);
	EVP_CIPHER_CTX_free(c);
	EVP_CIPHER_free(aes);
	return ok;
}

int kdf_wrap(struct bpfkey_ctx *ctx, struct bk_secret *seed, struct view name,
	     unsigned int aes_bits, struct bk_secret *sensitive, struct buf *ret)
{
	static const uint8_t storage[] = "STORAGE", integrity[] = "INTEGRITY";
	const struct view none = { NULL, 0 };
	size_t n = bk_secret_len(sensitive);
	_cleanup_(bk_freep) uint8_t *out = malloc(n);
	uint8_t key[HASH_LEN], mac_key[HASH_LEN], mac[HASH_LEN];
	const struct view authentic[] = { { out, n }, name };
	int ok;

	if (!out)
		return bk_out_of_memory(ctx);
	ok = kdfa(bk_secret_data(seed), (struct view){ storage, sizeof(storage) }, name, aes_bits,
		  key) &&
	     kdfa(bk_secret_data(seed), (struct view){ integrity, sizeof(integrity) }, none,
		  8 * HASH_LEN, mac_key) &&
	     encrypt(key, aes_bits, sensitive, out) &&
	     hmac(mac_key, authentic, ARRAY_SIZE(authentic), mac);
	bk_wipe(key, sizeof(key));
	bk_wipe(mac_key, sizeof(mac_key));
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot wrap the key for the TPM");
	buf_be16(ret, HASH_LEN);
	buf_put(ret, mac, sizeof(mac));
	buf_put(ret, out, n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}
