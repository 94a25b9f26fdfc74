/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it takes to use a key that a TPM guards, and whether it would work now. */
#ifndef BPFKEY_STANDING_H
#define BPFKEY_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/key.h>
#include <bpfkey/policy.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct bpfkey_standing;

enum bpfkey_usable {
	BPFKEY_USABLE_UNKNOWN,	/* the TPM was not asked, or could not be */
	BPFKEY_USABLE_YES,	/* but for a PIN, which was not tried */
	BPFKEY_USABLE_NO
};

/* Flags of bpfkey_key_standing(). */
enum bpfkey_standing_flags {
	BPFKEY_STANDING_ASK = 1 << 0,	/* ask the TPM for a key that needs nothing, too */
};

/**
 * bpfkey_key_standing - find out what a key needs, and whether that is met
 * @key:   of BPFKEY_FORM_TPM or BPFKEY_FORM_SEALED; must outlive @ret. Of other
 *         forms the answer is that there are no ways
 * @flags: enum bpfkey_standing_flags
 * @ret:   free with bpfkey_standing_free()
 *
 * The context's TPM is asked when the key has a policy, or with
 * BPFKEY_STANDING_ASK. Nothing is used there and no PIN is tried. That there is
 * no TPM, or that it does not answer, is no failure but part of the answer; an
 * "embedded:DIR" that is not there yet is not made.
 *
 * Returns 0 or -BPFKEY_E_NOMEM. Since: 0.1
 */
int bpfkey_key_standing(struct bpfkey_ctx *ctx, const struct bpfkey_key *key, unsigned int flags,
			struct bpfkey_standing **ret);
void bpfkey_standing_free(struct bpfkey_standing *standing);

/**
 * struct bpfkey_standing_info - how the key as a whole stands
 * @sz:      sizeof(struct bpfkey_standing_info) as the caller knows it
 * @usable:  by one of its ways
 * @asked:   the TPM was asked, or was to be
 * @why:     why it is not usable, or why that is not known; NULL: there is nothing
 *           to say; belongs to the standing, like @hint
 * @hint:    what to do about it, or NULL
 * @code:    negative BPFKEY_E_ code that goes with @why, or 0
 * @ways:    for bpfkey_standing_way()
 * @lockout: the fields after it are known: a way needs a PIN, and the TPM answered
 * @locked_out: the TPM takes no PIN now
 * @tries_left, @tries_max: wrong PINs until it locks
 * @forget_seconds: after which it forgets one; 0: it never does
 */
struct bpfkey_standing_info {
	size_t sz;
	enum bpfkey_usable usable;
	bool asked;
	const char *why, *hint;
	int code;
	size_t ways;
	bool lockout, locked_out;
	uint32_t tries_left, tries_max, forget_seconds;
};

/**
 * bpfkey_standing_info - ask a standing
 * @ret: set @ret->sz first
 *
 * Returns 0 or -BPFKEY_E_USAGE. Since: 0.1
 */
int bpfkey_standing_info(struct bpfkey_ctx *ctx, const struct bpfkey_standing *standing,
			 struct bpfkey_standing_info *ret);

/**
 * struct bpfkey_way - one way to use the key: of a sealed one each slot for a TPM
 * @sz:     sizeof(struct bpfkey_way) as the caller knows it
 * @slot:   of a sealed key: which of struct bpfkey_key_info's slots
 * @pin:    it needs a PIN
 * @ref:    it needs a state that the policy key has signed under this name; NULL: it does
 *          not, and the five fields after it are 0
 * @signer_hash: SHA-256 of the policy key's SubjectPublicKeyInfo
 * @file:   the file with the signed states
 * @states_read: that file could be read
 * @states: how many are in it that the policy key has signed
 * @newest: when the last of them was signed, seconds since 1970 UTC
 * @usable, @why, @hint: as in struct bpfkey_standing_info, of this way
 *
 * All strings belong to the standing.
 */
struct bpfkey_way {
	size_t sz;
	size_t slot;
	bool pin;
	const char *ref;
	uint8_t signer_hash[32];
	const char *file;
	bool states_read;
	size_t states;
	int64_t newest;
	enum bpfkey_usable usable;
	const char *why, *hint;
};

/**
 * bpfkey_standing_way - the @i-th way
 * @ret: set @ret->sz first
 *
 * Returns 0 or -BPFKEY_E_USAGE (no such way). Since: 0.1
 */
int bpfkey_standing_way(struct bpfkey_ctx *ctx, const struct bpfkey_standing *standing, size_t i,
			struct bpfkey_way *ret);

/**
 * bpfkey_standing_state - PCRs and counter that a way needs
 * @granted: of the signed state that is met, or else of the one that the sentence is
 *           about; false: those that the key itself is bound to
 * @ret:     set @ret->sz first; valid until the standing is freed
 *
 * Returns 0, -BPFKEY_E_NOT_FOUND (there is none of the kind; a signed state is
 * chosen when the TPM was asked), _USAGE (no such way). Since: 0.1
 */
int bpfkey_standing_state(struct bpfkey_ctx *ctx, const struct bpfkey_standing *standing,
			  size_t i, bool granted, struct bpfkey_policy_state *ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
