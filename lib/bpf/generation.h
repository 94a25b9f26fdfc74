/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A new generation of rules, by the two programs that may write one, inside
 * gate_state.busy: begin, put each, commit. Until the commit nothing counts.
 */
#ifndef BK_GENERATION_H
#define BK_GENERATION_H

#include "gate_bpf.h"

/* What is of no use any more: the half that is not the active one. */
static long drop_index(struct bpf_map *map, struct gate_index *at, u32 *slot, u64 *half)
{
	if (at->half == *half)
		bpf_map_delete_elem(&gate_index, at);
	return 0;
}

static long drop_rule(struct bpf_map *map, u32 *slot, struct gate_rule *rule, u64 *half)
{
	if (*slot / GATE_RULES == *half)
		bpf_map_delete_elem(&gate_rules, slot);
	return 0;
}

/*
 * A new session takes over from one whose owner is gone. Its number is the
 * epoch to be, so what an earlier session has written into that half never counts.
 */
static __always_inline u64 generation_begin(struct gate_state *st)
{
	u64 half = ~st->epoch & 1;

	bpf_for_each_map_elem(&gate_index, drop_index, &half, 0);
	bpf_for_each_map_elem(&gate_rules, drop_rule, &half, 0);
	st->sessions += 1 + ((st->sessions + 1) % 2 != half);
	st->session = st->sessions;
	return st->session;
}

static __always_inline struct gate_rule *the_new_rule(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&gate_new, &zero);
}

/* generation_put - @rule is the_new_rule(); two rules of one tag are refused */
static __always_inline int generation_put(const struct gate_state *st, struct gate_rule *rule,
					  u32 index)
{
	u32 slot = slot_of(st->session, index);
	struct gate_index at;
	int r;

	if (index >= GATE_RULES || rule->key_len > GATE_KEY_MAX)
		return -EINVAL;
	rule->epoch = st->session;
	at.tag = rule->tag;
	at.half = st->session & 1;
	r = bpf_map_update_elem(&gate_rules, &slot, rule, BPF_ANY);
	return r ? r : bpf_map_update_elem(&gate_index, &at, &slot, BPF_NOEXIST);
}

static __always_inline void generation_commit(struct gate_state *st, u32 rules, u32 loaders)
{
	st->rules = rules;
	st->loaders = loaders;
	st->epoch = st->session;
	st->session = 0;
}

#endif
