/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private keys as one EVP_PKEY, whether their numbers are here or a callback
 * signs with a key that is somewhere else.
 */
#ifndef BK_PKEY_H
#define BK_PKEY_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"
#include "../base/secret.h"

struct pkey;

/* pkey_generate - a software key; @alg from the table in algo.c. */
int pkey_generate(struct bpfkey_ctx *ctx, const char *alg, struct pkey **ret);

/* What the file of a key was like. */
struct pkey_origin {
	bool pkcs12;			/* else PEM */
	struct bk_secret *passphrase;	/* NULL: it has none */
	struct buf cert;		/* DER of the certificate that came with it, or empty */
};

void pkey_origin_done(struct pkey_origin *o);

/*
 * pkey_read - a private key as others write it: PKCS#8 or traditional PEM,
 * with or without passphrase, or PKCS#12
 * @bytes: stays the caller's
 * @name:  what a passphrase is asked for with
 * @ret_origin: end with pkey_origin_done(); NULL when not wanted
 *
 * -BPFKEY_E_FORMAT, _PIN (wrong passphrase), _NO_SUPPORT (its cipher), and
 * what passphrase_get() answers.
 */
int pkey_read(struct bpfkey_ctx *ctx, struct bk_secret *bytes, const char *name,
	      struct pkey_origin *ret_origin, struct pkey **ret);

/* pkey_to_pem - PKCS#8 PEM; @passphrase: encrypted with it, unless NULL. */
int pkey_to_pem(struct bpfkey_ctx *ctx, struct pkey *key, struct bk_secret *passphrase,
		struct bk_secret **ret);

/* pkey_to_der - PKCS#8 DER; pkey_from_der - the way back, whole pairs only. */
int pkey_to_der(struct bpfkey_ctx *ctx, struct pkey *key, struct bk_secret **ret);
int pkey_from_der(struct bpfkey_ctx *ctx, struct bk_secret *der, struct pkey **ret);

/*
 * pkey_spki - its SubjectPublicKeyInfo in DER, appended; pkey_from_spki - a key
 * that only shows its public half
 */
int pkey_spki(struct bpfkey_ctx *ctx, const struct pkey *key, struct buf *ret);
int pkey_from_spki(struct bpfkey_ctx *ctx, struct view der, struct pkey **ret);

/*
 * pkey_numbers - what another home of the key needs: public half, and for EC
 * the private scalar, for RSA one of two primes, each as long as its public
 * half says (the prime half as long)
 *
 * -BPFKEY_E_NO_SUPPORT for what is neither, or RSA with more than two primes.
 */
int pkey_numbers(struct bpfkey_ctx *ctx, struct pkey *key, struct pubkey *ret_pub,
		 struct bk_secret **ret_private);

/*
 * pkey_from_callback - a key whose private half only @sign knows
 * @pub: copied; @sign, @user: must outlive the key; NULL for a key that only
 *       shows its public half
 */
int pkey_from_callback(struct bpfkey_ctx *ctx, const struct pubkey *pub, sign_fn sign,
		       void *user, struct pkey **ret);

void pkey_free(struct pkey *key);
DEFINE_CLEANUP(struct pkey *, pkey_free)

/* pkey_alg - "p256", "rsa2048": the name in the table of algo.c. */
const char *pkey_alg(const struct pkey *key);

/*
 * pkey_use_hash - sign with this hash from now on, see algo_pick_hash()
 * @hash: NULL for the default, which is also what a new key has
 */
int pkey_use_hash(struct bpfkey_ctx *ctx, struct pkey *key, const char *hash);

/* pkey_hash - "sha256"; static. */
const char *pkey_hash(const struct pkey *key);

#define PKEY_DIGEST_MAX 64

/* pkey_digest - of @data, as the key signs it; -BPFKEY_E_NO_SUPPORT when it hashes by itself */
int pkey_digest(struct bpfkey_ctx *ctx, const struct pkey *key, struct view data,
		uint8_t ret[PKEY_DIGEST_MAX], size_t *ret_n);

/* pkey_spki_hash - SHA-256 of the SubjectPublicKeyInfo, the name of a key everywhere. */
int pkey_spki_hash(struct bpfkey_ctx *ctx, struct pkey *key, uint8_t ret[32]);

#endif
