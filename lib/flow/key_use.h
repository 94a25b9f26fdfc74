/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Meeting what a key's policy asks for: its PIN, and the states that are signed for it. */
#ifndef BK_KEY_USE_H
#define BK_KEY_USE_H

#include "../../tpm/tpm.h"
#include "../model/policy_file.h"

/* What a struct tpm_use points to, for as long as the key is in use; it does not move. */
struct key_use {
	struct key_policy policy;
	struct bk_secret *pin;		/* as it was typed; with @keep_pin only */
	bool keep_pin;
	struct bk_secret *auth;		/* stretched */
	struct policy_file states;
	struct tpm_use use;
};

/*
 * key_use_new - for something that is made under @u->policy
 * @path: of the key, which a person is asked for the PIN of, twice, and to which the
 *        policy's file is relative
 * @pin:  the one that it has already; NULL: to be asked for
 */
int key_use_new(struct bpfkey_ctx *ctx, const char *path, struct bk_secret *pin,
		struct key_use *u);

/*
 * key_use_get - fetch what @policy wants
 * @path: of the key, as above
 *
 * -BPFKEY_E_USAGE when the PIN can come from nowhere, what reading the policy's
 * file answers, _MISMATCH when that is another policy's.
 */
int key_use_get(struct bpfkey_ctx *ctx, const struct key_policy *policy, const char *path,
		struct key_use *u);

void key_use_done(struct key_use *u);

#endif
