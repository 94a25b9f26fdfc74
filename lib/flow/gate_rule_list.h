/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules on their way to the gate: many, in any order, and some of them twice. */
#ifndef BK_GATE_RULE_LIST_H
#define BK_GATE_RULE_LIST_H

#include "../model/gate_policy.h"
#include "gate_flow.h"

struct rule_list {
	struct gate_rule *v;
	size_t n, room;
};

void gate_list_done(struct rule_list *l);
int gate_list_add(struct bpfkey_ctx *ctx, struct rule_list *l, const struct gate_rule *rule);

/*
 * gate_list_settle - sorted by tag, one rule for each key and file
 *
 * What is revoked is revoked, whatever else names it; of two times the later
 * counts. -BPFKEY_E_DISPLACES when rules contradict, _TOO_BIG.
 */
int gate_list_settle(struct bpfkey_ctx *ctx, struct rule_list *l);

/* The keyrings that rules of the policy are about; 0: there is none. */
struct policy_rings {
	int32_t loader, delegated;
	const struct bpfkey_ring *delegated_keys;	/* what is in it; NULL: not known */
	struct gate_clock now;
};

/* gate_list_add_policy - what the policy says, as rules */
int gate_list_add_policy(struct bpfkey_ctx *ctx, const struct gate_policy *p,
			 const struct policy_rings *rings, struct rule_list *l);

/* gate_subject - a trusted loader's name as a number; never 0 */
uint64_t gate_subject(const char *name);

/* gate_set_file - the rule is about the file of this digest */
void gate_set_file(struct gate_rule *rule, const struct file_digest *d);

#endif
