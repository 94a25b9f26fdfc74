/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sealed keys on their way: back after a TPM is gone, and to other machines. */
#ifndef BPFKEY_SEALED_H
#define BPFKEY_SEALED_H

#include <stddef.h>

#include <bpfkey/key.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * bpfkey_key_recover - open a sealed key without its TPM, and keep it anew
 * @source: the sealed key, of form BPFKEY_FORM_SEALED; left as it is, unless @path
 *         is the same file
 * @path:  where the key goes; with BPFKEY_MAKE_DRY_RUN nothing does, but the
 *         recovery is tried
 * @opts:  @alg is NULL. @form: BPFKEY_FORM_SEALED, to the TPM of this machine,
 *         with the ways of recovery of @source; or BPFKEY_FORM_FILE: PKCS#8 in
 *         PEM, without passphrase. @recovery_key: the private key of the
 *         recovery; NULL: the passphrase is taken from
 *         @recovery_passphrase_file, or asked for. What the use of the key needed
 *         stays: a PIN is asked for anew, PCRs are read anew, the counter at the same
 *         index counts from its present value on; @policy, @pcrs, @counter and
 *         BPFKEY_MAKE_PIN replace each its part, with BPFKEY_MAKE_NO_POLICY all of it
 * @ret:   facts of the key; NULL if not wanted
 *
 * As bpfkey_key_new(), and -BPFKEY_E_NOT_FOUND (no such way of recovery in
 * @source), _MISMATCH (another recovery key), _PIN (wrong passphrase), _TAMPERED (the file
 * was changed after it was sealed, and @opts does not say all that use shall need; when it
 * does, the key is recovered with a warning, and bpfkey_key_reseal() with ways of recovery
 * is to follow, because those in the file may be somebody else's).
 *
 * Since: 0.1
 */
int bpfkey_key_recover(struct bpfkey_ctx *ctx, const char *source, const char *path,
		       const struct bpfkey_key_opts *opts, struct bpfkey_key **ret);

/**
 * bpfkey_key_reseal - seal a key again to the TPM that unseals it now
 * @path:  the sealed key; replaced in one step, once the new one was proved
 * @opts:  @alg is NULL, @form BPFKEY_FORM_SEALED. With @recovery or one of its
 *         flags that replaces all ways of recovery, else they stay. What its use
 *         needs stays or is replaced as above, but PIN and limit are the same again
 * @ret:   facts of the key; NULL if not wanted
 *
 * What was wrapped for this TPM becomes sealed by it; what is for others stays.
 *
 * As bpfkey_key_new(), and -BPFKEY_E_OTHER_TPM, _PIN, _POLICY, _TAMPERED (the file was
 * changed after it was sealed: bpfkey_key_recover()).
 *
 * Since: 0.1
 */
int bpfkey_key_reseal(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_key_opts *opts, struct bpfkey_key **ret);

/**
 * bpfkey_key_wrap - a copy of a sealed key that other machines' TPMs open, too
 * @source: the sealed key; this machine's TPM opens it
 * @to:     @n files, each with the public half of a storage root key: PEM, or
 *          TPM2B_PUBLIC as bpfkey_tpm_srk() and tpm2_readpublic write it
 * @path:   receives the copy
 * @flags:  enum bpfkey_make_flags
 * @ret:    facts of the copy; NULL if not wanted
 *
 * The other TPMs need not be there. PEM does not tell what a storage root key is
 * like: it is taken for one of the TCG's template, with AES-128.
 *
 * As bpfkey_key_new(), and what opening @source answers; -BPFKEY_E_FORMAT (no
 * storage root key), _POLICY (@source may be used only in a state of this very
 * machine).
 *
 * Since: 0.1
 */
int bpfkey_key_wrap(struct bpfkey_ctx *ctx, const char *source, const char *const *to, size_t n,
		    const char *path, unsigned int flags, struct bpfkey_key **ret);

/**
 * bpfkey_key_escrow - the private key for safe keeping, without a TPM
 * @source: the sealed key; this machine's TPM opens it
 * @to:     file with the certificate or public key (PEM, RSA or EC) of who keeps it
 * @path:   receives CMS EnvelopedData in PEM, in it the private key as PKCS#8 in
 *          PEM: 'openssl cms -decrypt -inform PEM' opens it
 * @flags:  enum bpfkey_make_flags
 *
 * -BPFKEY_E_EXISTS, _FORMAT, _WEAK or _NO_SUPPORT (what @to is), and what
 * opening @source answers.
 *
 * Since: 0.1
 */
int bpfkey_key_escrow(struct bpfkey_ctx *ctx, const char *source, const char *to,
		      const char *path, unsigned int flags);

/**
 * bpfkey_tpm_srk - the public half of this TPM's storage root key, for others
 * @path:  receives a TPM2B_PUBLIC, mode 0644; it holds nothing secret
 * @flags: enum bpfkey_make_flags
 *
 * What bpfkey_tpm_info() answers, and -BPFKEY_E_EXISTS, _NO_SUPPORT (a storage
 * root key of an unusual kind).
 *
 * Since: 0.1
 */
int bpfkey_tpm_srk(struct bpfkey_ctx *ctx, const char *path, unsigned int flags);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
