/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a struct bpfkey_policy holds, for the files that make one. */
#ifndef BK_POLICY_HANDLE_H
#define BK_POLICY_HANDLE_H

#include <bpfkey/policy.h>

#include "../../tpm/tpm.h"
#include "../model/policy_file.h"

struct bpfkey_policy {
	struct policy_file file;
	bool *good;			/* of each state: signed by the policy's key */
	struct tpm_match *matches;	/* of each state; NULL: not compared */
	bool changed;
};
DEFINE_CLEANUP(struct bpfkey_policy *, bpfkey_policy_free)

/* policy_handle_new - takes over what @f holds */
int policy_handle_new(struct bpfkey_ctx *ctx, struct policy_file *f, bool changed,
		      struct bpfkey_policy **ret);

#endif
