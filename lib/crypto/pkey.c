// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Private keys of every form behind one EVP_PKEY. Private numbers are in
 * OpenSSL's own memory while a key is open and in a struct bk_secret elsewhere.
 */
#include "pkey.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/err.h>

#include "digest.h"
#include "ossl.h"
#include "spki.h"

struct pkey {
	EVP_PKEY *evp;
	struct algo alg;
	struct remote_key *remote;	/* NULL: the numbers are in evp */
	const char *hash;
	uint8_t spki_hash[SHA256_LEN];	/* of @evp, which never changes */
	bool has_spki_hash, proven;
};

#define PEM_MAX (16 * 1024)

void pkey_free(struct pkey *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->evp);
	free(key->remote);
	free(key);
}

static int wrap(struct bpfkey_ctx *ctx, EVP_PKEY **evp, struct remote_key **remote,
		struct pkey **ret)
{
	struct pkey *k = calloc(1, sizeof(*k));

	if (!k)
		return bk_out_of_memory(ctx);
	k->evp = steal(evp);
	k->remote = remote ? steal(remote) : NULL;
	algo_of(k->evp, &k->alg);
	k->hash = k->alg.hash ? k->alg.hash : "sha256";
	*ret = k;
	return 0;
}

/* A key type without parameters. */
static EVP_PKEY *generate_plain(OSSL_LIB_CTX *lib, const char *type)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_name(lib, type, "provider=default");
	EVP_PKEY *evp = NULL;

	if (!c || EVP_PKEY_keygen_init(c) <= 0 || EVP_PKEY_generate(c, &evp) <= 0)
		return NULL;
	return evp;
}

int pkey_generate(struct bpfkey_ctx *ctx, const char *alg, struct pkey **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	OSSL_LIB_CTX *lib = bk_ossl();
	struct algo a;
	int r;

	if (!algo_find(alg, &a) || !a.make)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no key algorithm '%s'", alg);
	if (!lib)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	r = algo_check_openssl(ctx, alg);
	if (r < 0)
		return r;

	if (a.type == ALGO_RSA)
		evp = EVP_PKEY_Q_keygen(lib, "provider=default", "RSA", (size_t)a.bits);
	else if (a.type == ALGO_EC)
		evp = EVP_PKEY_Q_keygen(lib, "provider=default", "EC", a.openssl);
	else
		evp = generate_plain(lib, a.openssl);
	if (!evp)
		return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT, "cannot make a '%s' key", alg);
	return wrap(ctx, &evp, NULL, ret);
}

/* A damaged file must not become signatures that give the key away. */
static int check_pair(struct bpfkey_ctx *ctx, EVP_PKEY *evp)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_pkey(bk_ossl(), evp, NULL);

	if (!c)
		return bk_out_of_memory(ctx);
	if (EVP_PKEY_pairwise_check(c) != 1)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "not a whole private key");
	return 0;
}

int pkey_from_evp(struct bpfkey_ctx *ctx, EVP_PKEY **evp, struct pkey **ret)
{
	int r = check_pair(ctx, *evp);

	return r < 0 ? r : wrap(ctx, evp, NULL, ret);
}

/* encode - PKCS#8 as PEM or DER, with @passphrase encrypted by PBES2 and AES-256. */
static int encode(EVP_PKEY *evp, const char *as, struct bk_secret *passphrase, uint8_t *p,
		  size_t *left)
{
	OSSL_ENCODER_CTX *e = OSSL_ENCODER_CTX_new_for_pkey(
		evp, EVP_PKEY_KEYPAIR, as,
		passphrase ? "EncryptedPrivateKeyInfo" : "PrivateKeyInfo", NULL);
	int ok = e != NULL;

	if (ok && passphrase)
		ok = OSSL_ENCODER_CTX_set_cipher(e, "AES-256-CBC", "provider=default") &&
		     OSSL_ENCODER_CTX_set_passphrase(e, bk_secret_data(passphrase),
						     bk_secret_len(passphrase));
	ok = ok && OSSL_ENCODER_to_data(e, &p, left);
	OSSL_ENCODER_CTX_free(e);
	return ok;
}

static int write_key(struct bpfkey_ctx *ctx, struct pkey *key, const char *as,
		     struct bk_secret *passphrase, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	size_t left = PEM_MAX;

	if (key->remote)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the private half is not here");
	s = bk_secret_new(PEM_MAX);
	if (!s)
		return bk_out_of_memory(ctx);
	if (!encode(key->evp, as, passphrase, bk_secret_data(s), &left))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot write the private key");

	bk_secret_set_len(s, PEM_MAX - left);
	*ret = steal(&s);
	return 0;
}

int pkey_to_pem(struct bpfkey_ctx *ctx, struct pkey *key, struct bk_secret *passphrase,
		struct bk_secret **ret)
{
	return write_key(ctx, key, "PEM", passphrase, ret);
}

int pkey_to_der(struct bpfkey_ctx *ctx, struct pkey *key, struct bk_secret **ret)
{
	return write_key(ctx, key, "DER", NULL, ret);
}

int pkey_number(EVP_PKEY *evp, const char *name, uint8_t *out, size_t n)
{
	BIGNUM *b = NULL;
	int ok = EVP_PKEY_get_bn_param(evp, name, &b) && BN_bn2binpad(b, out, (int)n) == (int)n;

	BN_clear_free(b);
	return ok;
}

static int numbers_rsa(EVP_PKEY *evp, struct pubkey *pub, struct bk_secret **private)
{
	uint8_t e[4];
	BIGNUM *third = NULL;
	bool more = EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_FACTOR3, &third);
	size_t n;

	BN_clear_free(third);
	ERR_clear_error();
	pub->type = PUBKEY_RSA;
	pub->bits = (unsigned int)EVP_PKEY_get_bits(evp);
	n = pubkey_bytes(pub);
	if (more || n > sizeof(pub->n) || pub->bits % 16)
		return 0;
	*private = bk_secret_new(n / 2);
	if (!*private || !pkey_number(evp, OSSL_PKEY_PARAM_RSA_N, pub->n, n) ||
	    !pkey_number(evp, OSSL_PKEY_PARAM_RSA_E, e, sizeof(e)) ||
	    !pkey_number(evp, OSSL_PKEY_PARAM_RSA_FACTOR1, bk_secret_data(*private), n / 2))
		return 0;
	pub->e = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 | e[3];
	bk_secret_set_len(*private, n / 2);
	return 1;
}

static int numbers_ec(EVP_PKEY *evp, struct pubkey *pub, struct bk_secret **private)
{
	size_t n;

	pub->type = PUBKEY_EC;
	pub->bits = (unsigned int)EVP_PKEY_get_bits(evp);
	n = pubkey_bytes(pub);
	if (n > sizeof(pub->x))
		return 0;
	*private = bk_secret_new(n);
	if (!*private || !pkey_number(evp, OSSL_PKEY_PARAM_EC_PUB_X, pub->x, n) ||
	    !pkey_number(evp, OSSL_PKEY_PARAM_EC_PUB_Y, pub->y, n) ||
	    !pkey_number(evp, OSSL_PKEY_PARAM_PRIV_KEY, bk_secret_data(*private), n))
		return 0;
	bk_secret_set_len(*private, n);
	return 1;
}

int pkey_numbers(struct bpfkey_ctx *ctx, struct pkey *key, struct pubkey *ret_pub,
		 struct bk_secret **ret_private)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	struct pubkey pub = { 0 };
	int ok = 0;

	if (key->remote)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the private half is not here");
	if (key->alg.type == ALGO_RSA)
		ok = numbers_rsa(key->evp, &pub, &s);
	else if (key->alg.type == ALGO_EC && key->alg.kernel)
		ok = numbers_ec(key->evp, &pub, &s);
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT, "the numbers of a '%s' key cannot "
				    "be had", key->alg.name);
	*ret_pub = pub;
	*ret_private = steal(&s);
	return 0;
}

int pkey_from_callback(struct bpfkey_ctx *ctx, const struct pubkey *pub, sign_fn sign,
		       void *user, struct pkey **ret)
{
	_cleanup_(bk_freep) struct remote_key *remote = calloc(1, sizeof(*remote));
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	OSSL_LIB_CTX *lib = bk_ossl();

	if (!remote)
		return bk_out_of_memory(ctx);
	if (!lib)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");

	remote->pub = *pub;
	remote->sign = sign;
	remote->user = user;
	evp = pkey_remote_new(lib, remote);
	if (!evp)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "the public key is not valid");
	return wrap(ctx, &evp, &remote, ret);
}

int pkey_fail(struct bpfkey_ctx *ctx, struct pkey *key, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *what = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return bk_out_of_memory(ctx);
	}

	if (key->remote && key->remote->err < 0) {
		int r = key->remote->err;

		key->remote->err = 0;
		ERR_clear_error();
		return bk_fail(ctx, r, "%s", what);
	}
	if (key->remote && key->remote->wrong_length) {
		key->remote->wrong_length = false;
		ERR_clear_error();
		bk_fail(ctx, -BPFKEY_E_INTERNAL, "a signature of the wrong length came back");
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "%s", what);
	}
	return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "%s", what);
}

const char *pkey_alg(const struct pkey *key)
{
	return key->alg.name;
}

int pkey_use_hash(struct bpfkey_ctx *ctx, struct pkey *key, const char *hash)
{
	key->proven = false;
	return algo_pick_hash(ctx, key->alg.name, hash, &key->hash);
}

bool pkey_is_proven(const struct pkey *key)
{
	return key->proven;
}

void pkey_set_proven(struct pkey *key)
{
	key->proven = !key->remote;
}

const char *pkey_hash(const struct pkey *key)
{
	return key->hash;
}

int pkey_md(struct bpfkey_ctx *ctx, const struct pkey *key, EVP_MD **ret)
{
	EVP_MD *md = NULL;

	if (key->alg.type != ALGO_MLDSA) {
		md = EVP_MD_fetch(bk_ossl(), key->hash, NULL);
		if (!md)
			return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT, "this OpenSSL has no '%s'",
					    key->hash);
	}
	*ret = md;
	return 0;
}

int pkey_digest(struct bpfkey_ctx *ctx, const struct pkey *key, struct view data,
		uint8_t ret[PKEY_DIGEST_MAX], size_t *ret_n)
{
	_cleanup_(EVP_MD_freep) EVP_MD *md = NULL;
	unsigned int n = 0;
	int r = pkey_md(ctx, key, &md);

	if (!r && !md)
		r = bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a '%s' key signs no digest",
			    key->alg.name);
	if (!r && EVP_Digest(data.p, data.n, ret, &n, md, NULL) != 1)
		r = bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot compute %s", key->hash);
	if (!r)
		*ret_n = n;
	return r;
}

EVP_PKEY *pkey_evp(const struct pkey *key)
{
	return key->evp;
}

int pkey_spki(struct bpfkey_ctx *ctx, const struct pkey *key, struct buf *ret)
{
	X509_PUBKEY *spki = NULL;
	uint8_t *der = NULL;
	int n = -1;

	/* To start OpenSSL's encoders takes longer than all the rest of a signature. */
	if (key->remote)
		return spki_put(ctx, &key->remote->pub, ret);
	if (X509_PUBKEY_set(&spki, key->evp))
		n = i2d_X509_PUBKEY(spki, &der);
	X509_PUBKEY_free(spki);
	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the public key");
	buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

int pkey_spki_hash(struct bpfkey_ctx *ctx, struct pkey *key, uint8_t ret[32])
{
	_cleanup_(buf_done) struct buf der = BUF(PEM_MAX);
	int r = 0;

	/* OpenSSL takes longer to write the key down than to sign with it. */
	if (!key->has_spki_hash) {
		r = pkey_spki(ctx, key, &der);
		r = r < 0 ? r : bk_sha256(ctx, buf_view(&der), key->spki_hash);
		key->has_spki_hash = !r;
	}
	if (!r)
		memcpy(ret, key->spki_hash, sizeof(key->spki_hash));
	return r;
}

int pkey_from_spki(struct bpfkey_ctx *ctx, struct view der, struct pkey **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	const uint8_t *p = der.p;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	evp = d2i_PUBKEY_ex(NULL, &p, (long)der.n, bk_ossl(), "provider=default");
	if (!evp)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "the public key is none that OpenSSL "
				    "knows");
	if (p != der.p + der.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "something follows the public key");
	return wrap(ctx, &evp, NULL, ret);
}
