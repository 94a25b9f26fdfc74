/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PINs made longer. A TPM counts wrong ones, but who has its state, or breaks
 * it, tries as many as there are.
 */
#ifndef BK_STRETCH_H
#define BK_STRETCH_H

#include "../base/ctx.h"
#include "../base/policy.h"
#include "../base/secret.h"

/* stretch_pin - PBKDF2-HMAC-SHA256 with the salt and rounds of @policy: POLICY_PIN_LEN bytes */
int stretch_pin(struct bpfkey_ctx *ctx, const struct key_policy *policy, struct bk_secret *pin,
		struct bk_secret **ret);

/* stretch_new - a salt of its own for a new key, and @rounds */
int stretch_new(struct bpfkey_ctx *ctx, struct key_policy *policy, uint32_t rounds);

#endif
