/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TPM remembers across reboots and restored disks: monotonic counters,
 * and digests that can only be extended. Everybody who reaches the TPM can
 * read them, its owner alone can write them.
 */
#ifndef BPFKEY_COUNTER_H
#define BPFKEY_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * struct bpfkey_counter - which counter of which TPM; for its user to keep
 * @sz: sizeof(struct bpfkey_counter) as the caller knows it; set before a call
 * @index: NV index, in BPFKEY_NV_FIRST to BPFKEY_NV_LAST unless the caller chose
 * @name: its TPM name in hex: another index in its place is not taken for it
 * @srk_name: TPM name of the storage root key beside it: which TPM
 * @base: what the TPM counted when it was made. A TPM never begins at zero
 *        again, not even after it was cleared; a policy of use limits the
 *        counter to @base and a value of ours together.
 * @tpm_id: tells this TPM after it was cleared from another one; "" when the
 *        TPM does not let us see it
 */
struct bpfkey_counter {
	size_t sz;
	uint32_t index;
	char name[80], srk_name[80];
	uint64_t base;
	char tpm_id[80];
};

/**
 * bpfkey_counter_new - make a counter in the context's TPM; its value is 0
 * @index: 0: the first free one of our range
 * @ret: set @ret->sz first; the rest is untouched on failure
 *
 * The password of the TPM's owner, when one is set, is asked for as a PIN
 * (bpfkey_ctx_set_ask() and its like), here and wherever something is written.
 *
 * Returns 0, or -BPFKEY_E_EXISTS (it is there, or our range is full), _FOREIGN
 * (something else stands there), _PIN (the owner's password is another), _TPM,
 * and what bpfkey_tpm_info() does. Since: 0.1
 */
int bpfkey_counter_new(struct bpfkey_ctx *ctx, uint32_t index, struct bpfkey_counter *ret);

/**
 * bpfkey_counter_read - how often it was counted up since it was made
 * @c: as bpfkey_counter_new() filled it in
 *
 * Returns 0, or -BPFKEY_E_NOT_FOUND (it is gone, or was made anew and has no
 * value: never to be taken for 0), _MISMATCH (another index stands in its
 * place, or its count went back), _OTHER_TPM, _TPM. Since: 0.1
 */
int bpfkey_counter_read(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c,
			uint64_t *ret_value);

/**
 * bpfkey_counter_increment - count it up by one, once
 * @ret_value: what it is then; NULL when not wanted
 *
 * After a failure it may have counted: read it. NV memory wears out, so count
 * versions, not uses. Results as bpfkey_counter_read(), and -BPFKEY_E_PIN,
 * _BUSY (the TPM slows writing down). Since: 0.1
 */
int bpfkey_counter_increment(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c,
			     uint64_t *ret_value);

/**
 * bpfkey_counter_remove - take it out of the TPM
 *
 * Whatever asks for it can never be met again. Results as
 * bpfkey_counter_increment(). Since: 0.1
 */
int bpfkey_counter_remove(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
