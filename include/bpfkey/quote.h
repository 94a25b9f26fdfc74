/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotes: what the PCRs of a TPM are, under the signature of a key that signs
 * nothing but what its TPM itself says. Verifying one needs no TPM.
 */
#ifndef BPFKEY_QUOTE_H
#define BPFKEY_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/measure.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define BPFKEY_QUOTE_NONCE_MIN 16
#define BPFKEY_QUOTE_NONCE_MAX 32

/**
 * bpfkey_quote_key_new - make a key for quotes in the context's TPM
 * @path: the key file, mode 0600, with its sidecar PATH.meta
 * @alg:  "p256" or "rsa2048"; NULL: "p256"
 * @flags: enum bpfkey_make_flags
 *
 * It signs no objects, and other keys make no quotes. -BPFKEY_E_EXISTS without
 * BPFKEY_MAKE_FORCE, _NO_SUPPORT (no such algorithm, or not in this TPM), _TPM,
 * and what bpfkey_tpm_info() and files answer. Since: 0.1
 */
int bpfkey_quote_key_new(struct bpfkey_ctx *ctx, const char *path, const char *alg,
			 unsigned int flags);

/**
 * bpfkey_quote_key_public - the public half, which verifies; needs no TPM
 * @path: the key file
 * @ret: SubjectPublicKeyInfo in PEM; free with bpfkey_free()
 *
 * Take it from the machine while that is trusted: that the key is one for
 * quotes its file says, the PEM does not. -BPFKEY_E_ROLE (it is none for
 * quotes), _FORMAT, _INSECURE, _IO, _NOT_FOUND. Since: 0.1
 */
int bpfkey_quote_key_public(struct bpfkey_ctx *ctx, const char *path, char **ret);

/**
 * struct bpfkey_quote - a quote, for the one who asked; nothing in it is secret
 * @sz:       sizeof(struct bpfkey_quote) as the caller knows it
 * @attest:   TPMS_ATTEST as the TPM gave it, @attest_len bytes
 * @signature: of @attest: r, then s; or PKCS#1 v1.5; @signature_len bytes
 * @pcrs:     what the digest in @attest is of
 * @software: the TPM says of itself that it is an emulator, whose quotes prove
 *            nothing to others. Nobody signed this: false proves nothing either
 */
struct bpfkey_quote {
	size_t sz;
	uint8_t attest[1024];
	size_t attest_len;
	uint8_t signature[512];
	size_t signature_len;
	struct bpfkey_pcrs pcrs;
	bool software;
};

/**
 * bpfkey_quote_make - have the context's TPM say what its PCRs are
 * @key:   a file of bpfkey_quote_key_new()
 * @pcrs:  "sha256:0-7"
 * @nonce: @nonce_len bytes, BPFKEY_QUOTE_NONCE_MIN to _MAX, that the one who asks
 *         has drawn for this quote alone
 * @ret:   set @ret->sz first; the rest is untouched on failure
 *
 * -BPFKEY_E_USAGE, _ROLE (the key is none for quotes), _OTHER_TPM, _NO_SUPPORT
 * (this TPM does not have the PCRs), _BUSY (a PCR changed meanwhile: ask again),
 * _TPM, and what reading the key and reaching the TPM answer. Since: 0.1
 */
int bpfkey_quote_make(struct bpfkey_ctx *ctx, const char *key, const char *pcrs,
		      const void *nonce, size_t nonce_len, struct bpfkey_quote *ret);

/**
 * struct bpfkey_quote_facts - what a quote proves
 * @sz:   sizeof(struct bpfkey_quote_facts) as the caller knows it
 * @pcrs: the PCRs as they were when it was made
 * @resets: how often the TPM was reset, so the machine booted: the same number
 *        in two quotes says that it did not in between
 * @restarts: how often it was suspended or restarted since
 * @clock_safe: its clock has not gone back
 * @firmware: the TPM's firmware version
 */
struct bpfkey_quote_facts {
	size_t sz;
	struct bpfkey_pcrs pcrs;
	uint32_t resets, restarts;
	bool clock_safe;
	uint64_t firmware;
};

/**
 * bpfkey_quote_verify - is it the key's quote, for this nonce? needs no TPM
 * @public_key: PEM, as bpfkey_quote_key_public() gave it
 * @quote:  @quote->sz is that of the caller; the rest may come from anywhere
 * @nonce:  @nonce_len bytes that it was asked with
 * @ret:    set @ret->sz first; the rest is untouched on failure
 *
 * It does not say that the PCRs are good ones: compare @ret->pcrs with what they
 * should be (bpfkey_pcrs_differ()).
 *
 * -BPFKEY_E_SIGNATURE (another key's, or changed), _MALFORMED (no quote),
 * _MISMATCH (another nonce: an old quote), _TAMPERED (the values are not those
 * that were signed), _FORMAT and _WEAK (@public_key), _USAGE. Since: 0.1
 */
int bpfkey_quote_verify(struct bpfkey_ctx *ctx, const char *public_key,
			const struct bpfkey_quote *quote, const void *nonce, size_t nonce_len,
			struct bpfkey_quote_facts *ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
