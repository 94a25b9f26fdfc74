/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys that stand alone, and SHA-256 digests that their owners signed. */
#ifndef BK_PUBLIC_H
#define BK_PUBLIC_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"

struct pkey;

#define PUBLIC_PEM_MAX 2048

/*
 * public_read - a SubjectPublicKeyInfo in PEM
 * -BPFKEY_E_FORMAT, _WEAK, _NO_SUPPORT: neither RSA up to 4096 bits nor EC on a
 * NIST curve.
 */
int public_read(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret);

/* public_text - the same as text, at the end of @ret */
int public_text(struct bpfkey_ctx *ctx, const struct pubkey *k, struct buf *ret);

/* public_of - the public half of a private key of any form */
int public_of(struct bpfkey_ctx *ctx, const struct pkey *key, struct pubkey *ret);

/* public_same - do both name the same key? */
bool public_same(const struct pubkey *a, const struct pubkey *b);

/* public_hash - SHA-256 of its SubjectPublicKeyInfo */
int public_hash(struct bpfkey_ctx *ctx, const struct pubkey *k, uint8_t ret[32]);

/*
 * public_sign - sign a SHA-256 digest
 * @sig: as sign_fn() gives it: PKCS#1 v1.5, or r then s
 */
int public_sign(struct bpfkey_ctx *ctx, struct pkey *key, const uint8_t digest[32],
		uint8_t *sig, size_t cap, size_t *ret_n);

/* public_verify - -BPFKEY_E_SIGNATURE when it is not the key's signature of @digest */
int public_verify(struct bpfkey_ctx *ctx, const struct pubkey *k, const uint8_t digest[32],
		  struct view sig);

#endif
