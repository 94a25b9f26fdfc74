/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outer wrap of TPM 2.0 part 1, "Duplication": a private area that only
 * one TPM's storage key can open, made without that TPM.
 */
#ifndef BK_KDF_H
#define BK_KDF_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"
#include "../base/secret.h"

#define KDF_SEED_LEN 32

/* kdf_random - @n bytes from the generator for what stays secret */
int kdf_random(struct bpfkey_ctx *ctx, size_t n, struct bk_secret **ret);

/*
 * kdf_seed - a seed that @parent can recover
 * @parent: EC: P-256 to P-521; RSA
 * @ret_seed:   KDF_SEED_LEN bytes
 * @ret_sealed: EC: the ephemeral point, x and y of pubkey_bytes() each; RSA: the
 *              OAEP ciphertext
 *
 * Name algorithm of the parent: SHA-256, the only one that is used here.
 */
int kdf_seed(struct bpfkey_ctx *ctx, const struct pubkey *parent, struct bk_secret **ret_seed,
	     struct buf *ret_sealed);

/*
 * kdf_wrap - HMAC, as a TPM2B, and encrypted @sensitive, one behind the other
 * @name: the TPM name of the object that it belongs to
 * @aes_bits: of the parent's symmetric key, 128 or 256, in CFB mode
 */
int kdf_wrap(struct bpfkey_ctx *ctx, struct bk_secret *seed, struct view name,
	     unsigned int aes_bits, struct bk_secret *sensitive, struct buf *ret);

#endif
