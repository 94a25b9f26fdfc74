/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenSSL from inside lib/crypto; nobody else includes this header.
 *
 * All work happens in one private library context. The default one belongs to
 * libtpms when that runs in this process, whose own cryptography would recurse
 * into whatever providers or properties we set there.
 */
#ifndef BK_OSSL_H
#define BK_OSSL_H

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"
#include "algo.h"

struct bpfkey_cert;
struct pkey;

DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(BIO *, BIO_free)
DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free)
DEFINE_CLEANUP(EVP_CIPHER *, EVP_CIPHER_free)
DEFINE_CLEANUP(EVP_MD *, EVP_MD_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(X509_REQ *, X509_REQ_free)

/* A provider of ours, for keys whose private half only a callback knows. */
#define BK_PROVIDER "bpfkey"

/* bk_ossl - the private library context, made at first use, or NULL. */
OSSL_LIB_CTX *bk_ossl(void);

/*
 * bk_fail_ossl - bk_fail with the newest reason in OpenSSL's error queue as
 * the cause; the queue is empty afterwards
 */
int bk_fail_ossl(struct bpfkey_ctx *ctx, int r, const char *fmt, ...) _printf_(3, 4);

/* bk_ossl_text - what a BIO in memory holds, appended to @ret. */
int bk_ossl_text(struct bpfkey_ctx *ctx, BIO *bio, struct buf *ret);

/* Borrowed insides of our own handles. */
EVP_PKEY *pkey_evp(const struct pkey *key);

/*
 * pkey_md - what OpenSSL's signing calls want to be told of the key's hash
 * @ret: free with EVP_MD_free(); NULL for a key that hashes by itself
 */
int pkey_md(struct bpfkey_ctx *ctx, const struct pkey *key, EVP_MD **ret);

/* pkey_from_evp - take over a whole pair; refuses halves and pairs that do not fit. */
int pkey_from_evp(struct bpfkey_ctx *ctx, EVP_PKEY **evp, struct pkey **ret);

/* pkey_number - one of the key's, @n bytes, big-endian; 0 when it has none or it is longer */
int pkey_number(EVP_PKEY *evp, const char *name, uint8_t *out, size_t n);

/*
 * pkey_is_proven - did a signature with the present hash verify that OpenSSL
 * made here? Never of a key that is elsewhere.
 */
bool pkey_is_proven(const struct pkey *key);
void pkey_set_proven(struct pkey *key);

X509 *cert_x509(const struct bpfkey_cert *cert);

/*
 * pkey_fail - a signing call failed: with the callback's own code and sentence
 * when it was that, else like bk_fail_ossl
 */
int pkey_fail(struct bpfkey_ctx *ctx, struct pkey *key, const char *fmt, ...) _printf_(3, 4);

/* algo_of - name and judge a public key; NULL gives ALGO_OTHER, "unknown". */
void algo_of(const EVP_PKEY *key, struct algo *ret);

/* algo_of_oid - by an object identifier; false for those that OpenSSL always knows. */
bool algo_of_oid(const ASN1_OBJECT *oid, struct algo *ret);

/* algo_of_spki - the same of a key in a certificate, also when OpenSSL cannot use it. */
void algo_of_spki(const X509_PUBKEY *spki, struct algo *ret);

/*
 * bk_pem_one - the DER inside the only PEM block of @in, which must be of type
 * @label (text before it is allowed, only blanks after it)
 */
int bk_pem_one(struct bpfkey_ctx *ctx, struct view in, const char *label, struct buf *ret);

/* bk_pem_is - does @in hold a PEM block at all? */
bool bk_pem_is(struct view in);

/*
 * struct remote_key - what the provider holds of a key that is elsewhere
 * @err: the last result of @sign, 0 or a negative BPFKEY_E_ code
 */
struct remote_key {
	struct pubkey pub;
	sign_fn sign;
	void *user;
	int err;
	bool wrong_length;	/* it succeeded, but that is no signature of this key */
};

/* Entry of the built-in provider (pkey_provider.c). */
OSSL_provider_init_fn bk_provider_init;

/* pkey_public_new - the public half in the default provider; NULL when it is not valid. */
EVP_PKEY *pkey_public_new(OSSL_LIB_CTX *lib, const struct pubkey *pub);

/* pkey_remote_new - an EVP_PKEY of the provider around @key, which must outlive it. */
EVP_PKEY *pkey_remote_new(OSSL_LIB_CTX *lib, struct remote_key *key);

#endif
