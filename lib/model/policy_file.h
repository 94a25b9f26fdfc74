/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signed policy: whose signatures count, and the states that were signed
 * (keyctl-bpf-policy(5)). Signatures are not checked here.
 */
#ifndef BK_POLICY_FILE_H
#define BK_POLICY_FILE_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/policy.h"

#define POLICY_TEXT_MAX (2u << 20)

struct policy_file {
	char signer[2048];		/* SubjectPublicKeyInfo in PEM */
	struct policy_grants grants;	/* without @signer, which crypto reads out of the PEM */
};

void policy_file_done(struct policy_file *f);

/* policy_file_parse - -BPFKEY_E_FORMAT, _TOO_BIG; _NO_SUPPORT for a later schema */
int policy_file_parse(struct bpfkey_ctx *ctx, struct view text, struct policy_file *ret);

int policy_file_text(struct bpfkey_ctx *ctx, const struct policy_file *f, struct buf *ret);

/* policy_file_add - one more state, the newest; -BPFKEY_E_TOO_BIG */
int policy_file_add(struct bpfkey_ctx *ctx, struct policy_file *f, const struct policy_grant *g);

#endif
