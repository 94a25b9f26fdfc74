/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A public key as plain numbers: what crypto and tpm say to one another. */
#ifndef BK_PUBKEY_H
#define BK_PUBKEY_H

#include "util.h"

enum pubkey_type { PUBKEY_RSA, PUBKEY_EC };

/* Big-endian, exactly bits/8 bytes (rounded up) for n, x and y. */
struct pubkey {
	enum pubkey_type type;
	unsigned int bits;	/* RSA modulus, or 256, 384, 521 for the NIST curve */
	uint8_t n[512];		/* RSA */
	uint32_t e;
	uint8_t x[66], y[66];	/* EC */
};

static inline size_t pubkey_bytes(const struct pubkey *k)
{
	return (k->bits + 7) / 8;
}

/*
 * sign_fn - sign a digest with a key that is somewhere else
 * @md: "sha256" and so on; @digest: @n bytes
 * @sig: room for @cap bytes; receives RSA PKCS#1 v1.5 bytes, or for EC r then
 *       s, each pubkey_bytes() long
 *
 * Returns 0 or a negative BPFKEY_E_ code with the sentence in the context that
 * the key was opened with.
 */
typedef int (*sign_fn)(void *user, const char *md, const uint8_t *digest, size_t n,
		       uint8_t *sig, size_t cap, size_t *ret_n);

#endif
