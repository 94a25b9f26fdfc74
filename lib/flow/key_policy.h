/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the use of a key shall need: out of the options of who makes it, and the TPM. */
#ifndef BK_KEY_POLICY_H
#define BK_KEY_POLICY_H

#include <bpfkey/key.h>

#include "key_use.h"

/* key_policy_given - do the options say anything of it? */
bool key_policy_given(const struct bpfkey_key_opts *o);

/*
 * key_policy_check - as far as it can be told without a TPM; @path: of the key to be made
 * -BPFKEY_E_USAGE, and what reading the policy file answers
 */
int key_policy_check(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_key_opts *o);
/* key_policy_check_new - the same for a key that was not there before */
int key_policy_check_new(struct bpfkey_ctx *ctx, const char *path,
			 const struct bpfkey_key_opts *o);

/*
 * key_policy_make - for a key that is about to be made, with its PIN and states
 * @pin: the PIN that it has already; NULL, or with BPFKEY_MAKE_PIN: it is asked for
 * @u:   @u->policy is what the key had: of that each part is replaced by what @o
 *       says of it, and PCRs that @o does not speak of are read anew
 */
int key_policy_make(struct bpfkey_ctx *ctx, struct tpm *t, const char *path,
		    const struct bpfkey_key_opts *o, struct bk_secret *pin, struct key_use *u);

/*
 * key_policy_moved - the key goes from one path to another: the policy file stays where it is
 */
int key_policy_moved(struct bpfkey_ctx *ctx, const char *from, const char *to,
		     struct key_policy *p);

/* key_policy_warn - that a key which is being made does not work yet */
int key_policy_warn(struct bpfkey_ctx *ctx, struct tpm *t, const struct key_use *u);

#endif
