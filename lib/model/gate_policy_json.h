/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's policy as the JSON of keyctl-bpf-gate-policy(5), strictly: nothing is left out. */
#ifndef BK_GATE_POLICY_JSON_H
#define BK_GATE_POLICY_JSON_H

#include "gate_policy.h"

#define GATE_POLICY_SCHEMA 1
#define GATE_POLICY_MAX (32 * 1024 * 1024)

/* Program and attach types have names that this layer does not know. */
struct gate_words {
	const char *(*prog_name)(unsigned int type);	/* "unknown" where there is none */
	int (*prog_parse)(const char *name, unsigned int *ret);
	const char *(*attach_name)(unsigned int type);
	int (*attach_parse)(const char *name, unsigned int *ret);
};

/* gate_policy_parse - -BPFKEY_E_FORMAT, _TOO_BIG, _NO_SUPPORT (a later schema) */
int gate_policy_parse(struct bpfkey_ctx *ctx, struct view text, const struct gate_words *words,
		      struct gate_policy *ret);

int gate_policy_text(struct bpfkey_ctx *ctx, const struct gate_policy *p,
		     const struct gate_words *words, struct buf *ret);

#endif
