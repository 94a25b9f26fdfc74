/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A secret for someone else, as CMS EnvelopedData (RFC 5652): what a recovery
 * key or a passphrase opens, here or with 'openssl cms -decrypt'.
 */
#ifndef BK_ESCROW_H
#define BK_ESCROW_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/secret.h"

struct escrow_key;
struct pkey;

/*
 * escrow_key_read - a recipient: one certificate or public key in PEM, RSA from
 * 2048 bits or EC
 * -BPFKEY_E_FORMAT, _WEAK, _NO_SUPPORT (a key that only signs)
 */
int escrow_key_read(struct bpfkey_ctx *ctx, struct view pem, struct escrow_key **ret);
void escrow_key_free(struct escrow_key *k);
DEFINE_CLEANUP(struct escrow_key *, escrow_key_free)

/* escrow_key_hash - SHA-256 of its SubjectPublicKeyInfo; 32 bytes, borrowed */
const uint8_t *escrow_key_hash(const struct escrow_key *k);

/* escrow_to_key - RSA: OAEP with SHA-256; EC: ECDH with SHA-256 and AES-256 key wrap */
int escrow_to_key(struct bpfkey_ctx *ctx, const struct escrow_key *to, struct bk_secret *data,
		  struct buf *ret_cms);

#define ESCROW_ROUNDS 600000

/* escrow_to_passphrase - PBKDF2-HMAC-SHA256 with ESCROW_ROUNDS */
int escrow_to_passphrase(struct bpfkey_ctx *ctx, struct bk_secret *passphrase,
			 struct bk_secret *data, struct buf *ret_cms);

/*
 * escrow_open_key - with the private key of the recipient
 * @max: of what is inside, in bytes
 * -BPFKEY_E_FORMAT, _MISMATCH (another key, or damaged)
 */
int escrow_open_key(struct bpfkey_ctx *ctx, struct view cms, struct pkey *key, size_t max,
		    struct bk_secret **ret);

/* escrow_open_passphrase - -BPFKEY_E_PIN: wrong, or damaged; _FORMAT */
int escrow_open_passphrase(struct bpfkey_ctx *ctx, struct view cms, struct bk_secret *passphrase,
			   size_t max, struct bk_secret **ret);

#endif
