/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BK_DIGEST_H
#define BK_DIGEST_H

#include "../base/ctx.h"

#define SHA256_LEN 32
#define DIGEST_MAX 64	/* bytes that a caller has room for: SHA-512 */

/*
 * bk_digestv - of several pieces one after the other
 * @name: one of SHA-1 and SHA-2, as OpenSSL or a TPM's bank has it: "SHA-256", "sha256"
 *
 * -BPFKEY_E_INTERNAL only when OpenSSL is broken; *ret may be written to then.
 */
int bk_digestv(struct bpfkey_ctx *ctx, const char *name, const struct view *v, size_t n,
	       uint8_t ret[DIGEST_MAX]);

/* bk_sha256 - one shot; -BPFKEY_E_INTERNAL only when OpenSSL is broken. */
int bk_sha256(struct bpfkey_ctx *ctx, struct view data, uint8_t ret[SHA256_LEN]);

/* bk_sha256v - of several pieces one after the other. */
int bk_sha256v(struct bpfkey_ctx *ctx, const struct view *v, size_t n, uint8_t ret[SHA256_LEN]);

/*
 * bk_crypto_setup - set OpenSSL up without its configuration file
 *
 * For who starts a library that uses OpenSSL by itself: what a file says of
 * default properties would send libtpms' own cryptography back into the TPM.
 */
int bk_crypto_setup(struct bpfkey_ctx *ctx);

/* bk_crypto_own - bpfkey_own_openssl() */
void bk_crypto_own(void);

#endif
