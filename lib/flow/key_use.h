/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Meeting what a key's policy asks for: its PIN, taken from where secrets come from. */
#ifndef BK_KEY_USE_H
#define BK_KEY_USE_H

#include "../../tpm/tpm.h"

/* What a struct tpm_use points to, for as long as the key is in use. */
struct key_use {
	struct key_policy policy;
	struct bk_secret *auth;
	struct tpm_use use;
};

/* key_use_new - a PIN for a new key, and its salt; a person is asked twice */
int key_use_new(struct bpfkey_ctx *ctx, const char *name, struct key_use *ret);

/*
 * key_use_get - ask for what @policy wants
 * -BPFKEY_E_USAGE when the PIN can come from nowhere
 */
int key_use_get(struct bpfkey_ctx *ctx, const struct key_policy *policy, const char *name,
		struct key_use *ret);

void key_use_done(struct key_use *u);

#endif
