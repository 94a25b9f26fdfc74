/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed policies as files, for who makes them and for who uses keys under them. */
#ifndef BK_POLICIES_H
#define BK_POLICIES_H

#include <bpfkey/policy.h>

#include "../../tpm/tpm.h"
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

/*
 * policies_state - PCRs and counter as callers see them; everything in it is borrowed
 * @m: how the TPM stands against them; NULL: it was not asked
 */
struct bpfkey_policy_state policies_state(const struct pcr_set *pcrs, const struct nv_ref *counter,
					  bool good, const struct tpm_match *m);

#endif
