/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signed states that a key's policy asks for, out of the file that it names. */
#ifndef BK_KEY_STATES_H
#define BK_KEY_STATES_H

#include "../base/ctx.h"
#include "../base/policy.h"
#include "../model/policy_file.h"

/*
 * key_states_path - where the policy of the key at @key_path says that its states are
 * @ret: malloc'ed
 */
int key_states_path(struct bpfkey_ctx *ctx, const char *key_path, const struct key_policy *p,
		    char **ret);

/*
 * key_states_read - the states in it that its policy key has signed
 *
 * -BPFKEY_E_MISMATCH: the file is of another policy key, or another policy of it.
 */
int key_states_read(struct bpfkey_ctx *ctx, const char *path, const struct key_policy *p,
		    struct policy_file *ret);

#endif
