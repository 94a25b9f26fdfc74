// SPDX-License-Identifier: GPL-2.0
/*
 * The one way to the gate's maps once they are frozen. Reads answer through
 * the context; new rules are written into the half that no decision looks at
 * and come into force with one store, the epoch.
 *
 * Whoever may run this program administers the gate. Sealing will add here:
 * then what writes must come with signatures that the kernel verifies.
 */
#include "gate_bpf.h"

#include <stddef.h>

/*
 * Into and out of the context word by word at constant offsets: 6.18 takes no
 * other access, and a compiler that copies a struct makes one.
 */
#define U_WORD (offsetof(struct gate_call, u) / 8)

#define ANSWER(call, from)                                                     \
	({                                                                     \
		volatile u64 *_to = (volatile u64 *)(call);                    \
		const u64 *_from = (const u64 *)(from);                        \
		_Pragma("unroll")                                              \
		for (u32 _i = 0; _i < sizeof(*(from)) / 8; _i++)               \
			_to[U_WORD + _i] = _from[_i];                          \
	})

#define TAKE(to, call)                                                         \
	({                                                                     \
		const volatile u64 *_from = (const volatile u64 *)(call);      \
		u64 *_to = (u64 *)(to);                                        \
		_Pragma("unroll")                                              \
		for (u32 _i = 0; _i < sizeof(*(to)) / 8; _i++)                 \
			_to[_i] = _from[U_WORD + _i];                          \
	})

static __always_inline int read_rule(struct gate_call *call, const struct gate_state *st)
{
	struct gate_rule *rule;

	if (call->index >= GATE_RULES || call->index >= st->rules)
		return -ENOENT;
	rule = rule_at(slot_of(st->epoch, call->index), st->epoch);
	if (!rule)
		return -ENOENT;
	ANSWER(call, rule);
	return 0;
}

static __always_inline int read_event(struct gate_call *call)
{
	u32 slot = call->arg % GATE_EVENTS;
	struct gate_event *e = bpf_map_lookup_elem(&gate_events, &slot);

	if (!e || !call->arg || *(volatile u64 *)&e->seq != call->arg)
		return -ENOENT;
	ANSWER(call, e);
	return *(volatile u64 *)&e->seq == call->arg ? 0 : -ENOENT;
}

static __always_inline int read_program(struct gate_call *call)
{
	u32 id = call->index;
	struct gate_program *p = bpf_map_lookup_elem(&gate_programs, &id);

	if (!p)
		return -ENOENT;
	ANSWER(call, p);
	return 0;
}

static __always_inline int read_counters(struct gate_call *call)
{
	struct gate_counters *c = the_counters();

	if (!c)
		return -ENOENT;
	ANSWER(call, c);
	return 0;
}

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
static __always_inline int begin(struct gate_call *call, struct gate_state *st)
{
	u64 half = ~st->epoch & 1;

	bpf_for_each_map_elem(&gate_index, drop_index, &half, 0);
	bpf_for_each_map_elem(&gate_rules, drop_rule, &half, 0);
	st->sessions += 1 + ((st->sessions + 1) % 2 != half);
	st->session = st->sessions;
	call->session = st->session;
	return 0;
}

static __always_inline int put_rule(struct gate_call *call, struct gate_state *st)
{
	u32 slot = slot_of(st->session, call->index), zero = 0;
	struct gate_rule *rule = bpf_map_lookup_elem(&gate_new, &zero);
	struct gate_index at;
	int r;

	if (!st->session || call->session != st->session)
		return -EBUSY;
	if (call->index >= GATE_RULES || call->u.rule.key_len > GATE_KEY_MAX || !rule)
		return -EINVAL;
	TAKE(rule, call);
	rule->epoch = st->session;
	at.tag = rule->tag;
	at.half = st->session & 1;
	r = bpf_map_update_elem(&gate_rules, &slot, rule, BPF_ANY);
	return r ? r : bpf_map_update_elem(&gate_index, &at, &slot, BPF_NOEXIST);
}

static __always_inline int commit(struct gate_call *call, struct gate_state *st)
{
	if (!st->session || call->session != st->session)
		return -EBUSY;
	if (call->index > GATE_RULES)
		return -EINVAL;
	st->rules = call->index;
	st->loaders = call->arg;
	st->loader_ring = call->ring;
	st->epoch = st->session;
	st->session = 0;
	return 0;
}

static __always_inline int set_mode(struct gate_call *call, struct gate_state *st)
{
	if (call->index > GATE_TRY)
		return -EINVAL;
	st->deadline = call->arg;
	st->mode = call->index;
	return 0;
}

static __always_inline int change(struct gate_call *call, struct gate_state *st)
{
	switch (call->op) {
	case GATE_OP_BEGIN:
		return begin(call, st);
	case GATE_OP_PUT:
		return put_rule(call, st);
	case GATE_OP_COMMIT:
		return commit(call, st);
	case GATE_OP_MODE:
		return set_mode(call, st);
	case GATE_OP_PROVE:
		st->proving = call->index;
		return 0;
	case GATE_OP_REMOVE:
		st->removing = call->index;
		return 0;
	default:
		return -EINVAL;
	}
}

SEC("syscall")
int gate_update(struct gate_call *call)
{
	struct gate_state *st = the_state();

	if (!st) {
		call->result = -EINVAL;
		return 0;
	}
	switch (call->op) {
	case GATE_OP_STATE:
		ANSWER(call, st);
		call->result = 0;
		return 0;
	case GATE_OP_COUNTERS:
		call->result = read_counters(call);
		return 0;
	case GATE_OP_RULE:
		call->result = read_rule(call, st);
		return 0;
	case GATE_OP_EVENT:
		call->result = read_event(call);
		return 0;
	case GATE_OP_PROGRAM:
		call->result = read_program(call);
		return 0;
	}
	/* Nothing between here and the release sleeps or fails to arrive there. */
	if (__sync_val_compare_and_swap(&st->busy, 0, 1)) {
		call->result = -EBUSY;
		return 0;
	}
	call->result = change(call, st);
	__sync_fetch_and_and(&st->busy, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
