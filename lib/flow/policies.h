/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed policies as files, for who makes them and for who uses keys under them. */
#ifndef BK_POLICIES_H
#define BK_POLICIES_H

#include "../base/ctx.h"
#include "../model/policy_file.h"

/* policies_read - a policy file with its signer as numbers; signatures are not checked */
int policies_read(struct bpfkey_ctx *ctx, const char *path, struct policy_file *ret);

/*
 * policies_signed - 0 when the signature of a state is the policy key's
 * -BPFKEY_E_SIGNATURE
 */
int policies_signed(struct bpfkey_ctx *ctx, const struct policy_grants *g, size_t i);

/*
 * policies_drop_unsigned - states that no TPM would accept are left out, each
 * with a warning
 */
int policies_drop_unsigned(struct bpfkey_ctx *ctx, const char *path, struct policy_grants *g);

#endif
