// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Private keys of every form behind one EVP_PKEY. Private numbers are in
 * OpenSSL's own memory while a key is open and in a struct bk_secret elsewhere.
 */
#include "pkey.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>

#include "digest.h"
#include "ossl.h"

struct pkey {
	EVP_PKEY *evp;
	struct algo alg;
	struct remote_key *remote;	/* NULL: the numbers are in evp */
	const char *hash;
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

/* A key file has no business asking a terminal: say that it is protected. */
static int no_passphrase(char *buf _unused_, int size _unused_, int rw _unused_, void *user)
{
	*(bool *)user = true;
	return -1;
}

static int decode(struct bpfkey_ctx *ctx, struct bk_secret *pem, EVP_PKEY **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	const uint8_t *p = bk_secret_data(pem);
	size_t n = bk_secret_len(pem);
	OSSL_LIB_CTX *lib = bk_ossl();
	OSSL_DECODER_CTX *d;
	bool asked = false;
	int ok;

	if (!lib)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	d = OSSL_DECODER_CTX_new_for_pkey(&evp, "PEM", NULL, NULL, EVP_PKEY_KEYPAIR, lib,
					  "provider=default");
	if (!d)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot read keys");
	ok = OSSL_DECODER_CTX_set_pem_password_cb(d, no_passphrase, &asked) &&
	     OSSL_DECODER_from_data(d, &p, &n) && evp;
	OSSL_DECODER_CTX_free(d);

	if (!ok && asked) {
		ERR_clear_error();
		bk_hint(ctx, "'openssl pkey -in FILE -out PLAIN' takes the passphrase off; make "
			"PLAIN with umask 077");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the key is protected by a passphrase");
	}
	if (!ok) {
		/* The queue holds the complaints of every decoder that was tried. */
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not a private key in PEM");
	}
	*ret = steal(&evp);
	return 0;
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

int pkey_from_pem(struct bpfkey_ctx *ctx, struct bk_secret *pem, struct pkey **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	int r;

	r = decode(ctx, pem, &evp);
	if (r < 0)
		return r;
	r = check_pair(ctx, evp);
	if (r < 0)
		return r;
	return wrap(ctx, &evp, NULL, ret);
}

int pkey_to_pem(struct bpfkey_ctx *ctx, struct pkey *key, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	OSSL_ENCODER_CTX *e;
	uint8_t *p;
	size_t left = PEM_MAX;
	int ok;

	if (key->remote)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the private half is not here");
	s = bk_secret_new(PEM_MAX);
	if (!s)
		return bk_out_of_memory(ctx);

	e = OSSL_ENCODER_CTX_new_for_pkey(key->evp, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo",
					  NULL);
	p = bk_secret_data(s);
	ok = e && OSSL_ENCODER_to_data(e, &p, &left);
	OSSL_ENCODER_CTX_free(e);
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot write the private key");

	bk_secret_set_len(s, PEM_MAX - left);
	*ret = steal(&s);
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
	return algo_pick_hash(ctx, key->alg.name, hash, &key->hash);
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

EVP_PKEY *pkey_evp(const struct pkey *key)
{
	return key->evp;
}

int pkey_spki_hash(struct bpfkey_ctx *ctx, const struct pkey *key, uint8_t ret[32])
{
	X509_PUBKEY *spki = NULL;
	uint8_t *der = NULL;
	int n = -1, r;

	if (X509_PUBKEY_set(&spki, key->evp))
		n = i2d_X509_PUBKEY(spki, &der);
	X509_PUBKEY_free(spki);
	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the public key");

	r = bk_sha256(ctx, (struct view){ der, (size_t)n }, ret);
	OPENSSL_free(der);
	return r;
}
