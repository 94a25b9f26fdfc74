/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys of the sealed form. Whoever has the inner key ("kek") of such a file can
 * open all of it and write it anew; slots are the ways to that key.
 */
#ifndef BK_SEALED_KEY_H
#define BK_SEALED_KEY_H

#include "../../tpm/tpm.h"
#include "../base/secret.h"
#include "../crypto/pkey.h"
#include "../model/sealed.h"
#include "key_file.h"
#include "key_use.h"

/*
 * sealed_read - a key file that must be sealed, and its sidecar
 * -BPFKEY_E_NO_SUPPORT for another form
 */
int sealed_read(struct bpfkey_ctx *ctx, const char *path, struct key_file *ret_file,
		struct sealed *ret);

/* sealed_new - @key with its public half and a new inner key; no slots yet */
int sealed_new(struct bpfkey_ctx *ctx, struct pkey *key, struct sealed *ret,
	       struct bk_secret **ret_kek);

/*
 * sealed_unlock - the inner key by the slot that is for this machine's TPM
 * @t: open
 * @path: of the file, for its PIN and signed states
 * @u: what the slot's policy wanted, zeroed before
 * @ret_slot: its number; NULL: not wanted
 *
 * -BPFKEY_E_OTHER_TPM when none is; _TAMPERED when a byte of the file was
 * changed; what the TPM and asking for a PIN answer.
 */
int sealed_unlock(struct bpfkey_ctx *ctx, const struct sealed *s, struct tpm *t, const char *path,
		  struct key_use *u, struct bk_secret **ret_kek, size_t *ret_slot);

/* sealed_blobs - a slot as the TPM's side knows it; everything in it is borrowed */
struct tpm_sealed sealed_blobs(const struct sealed_slot *slot);

/* sealed_is_here - is a slot for the TPM at hand? @here: its storage root key, read when needed */
int sealed_is_here(struct bpfkey_ctx *ctx, struct tpm *t, const struct sealed_slot *slot,
		   struct tpm_storage *here, bool *ret);

/* sealed_elsewhere - the failure of a key that no slot opens with this TPM, and whose it is */
int sealed_elsewhere(struct bpfkey_ctx *ctx, const struct sealed *s, struct tpm *t);

/* sealed_check - is every byte of the file as it was when it was written? */
int sealed_check(struct bpfkey_ctx *ctx, const struct sealed *s, struct bk_secret *kek);

/* sealed_private - the private key itself, which must fit the public half */
int sealed_private(struct bpfkey_ctx *ctx, const struct sealed *s, struct bk_secret *kek,
		   struct pkey **ret);

/* sealed_put_tpm - one more slot, for the TPM @t; proved by unsealing it again */
int sealed_put_tpm(struct bpfkey_ctx *ctx, struct sealed *s, struct tpm *t,
		   struct bk_secret *kek, const struct tpm_use *use);

/*
 * sealed_write - encrypt anew, authenticate, read back and compare, write
 * @force: replace what is there, atomically
 */
int sealed_write(struct bpfkey_ctx *ctx, const char *path, struct sealed *s,
		 struct bk_secret *kek, const struct sidecar *meta, bool force);

/* sealed_recovery_given - do the options say what the way back shall be? */
bool sealed_recovery_given(const struct bpfkey_key_opts *o);

/* sealed_recovery_check - exactly one way is chosen, and its files are what they should be */
int sealed_recovery_check(struct bpfkey_ctx *ctx, const struct bpfkey_key_opts *o);

/*
 * sealed_recovery_put - a slot for the way back, tried as far as it can be; none for
 * BPFKEY_MAKE_NO_RECOVERY
 * @path: what a passphrase is asked for with
 */
int sealed_recovery_put(struct bpfkey_ctx *ctx, struct sealed *s, struct bk_secret *kek,
		 const struct bpfkey_key_opts *o, const char *path);

/*
 * sealed_recovery_open - the inner key by a way of recovery: @o->recovery_key, or the
 * passphrase
 */
int sealed_recovery_open(struct bpfkey_ctx *ctx, const struct sealed *s,
		  const struct bpfkey_key_opts *o, const char *path, struct bk_secret **ret_kek);

/*
 * sealed_make - @key into a sealed file at @path
 * @m: gets the facts of the TPM; of a dry run the TPM is only looked at
 */
int sealed_make(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_key_opts *o,
		struct pkey *key, struct sidecar *m);

/* sealed_public - the public half, and the whole file as it was read */
int sealed_public(struct bpfkey_ctx *ctx, struct view text, struct sealed *ret_file,
		  struct pkey **ret);

/* sealed_slot_name - its type in words; @ret: whom it is for, in hex, or "" */
const char *sealed_slot_name(const struct sealed_slot *t, char ret[80]);

/* sealed_tpm_open - the context's TPM, unless it would have to be made */
int sealed_tpm_open(struct bpfkey_ctx *ctx, struct tpm **ret);

/* sealed_facts - what the sidecar says of the TPM that the key is sealed to */
int sealed_facts(const struct sealed *s, struct tpm *t, struct sidecar *m);

#endif
