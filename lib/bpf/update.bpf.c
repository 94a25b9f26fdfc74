// SPDX-License-Identifier: GPL-2.0
/*
 * The way to the gate's maps once they are frozen. Reads answer through the
 * context; new rules are written into the half that no decision looks at and
 * come into force with one store, the epoch.
 *
 * Whoever may run this program administers the gate, until it is sealed: then
 * it only answers, and image.bpf.c is the one way to change anything.
 */
#include "generation.h"

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

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

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

static __always_inline int describe(struct gate_call *call, const struct gate_task *t, u64 epoch)
{
	const struct gate_rule *rule = task_rule(t, epoch);
	struct gate_task_info info = { 0 };

	if (!rule)
		return -ENOENT;
	info.subject = rule->subject;
	info.until = rule->until;
	info.kind = rule->kind;
	info.flags = t->strict ? GATE_TASK_STRICT : 0;
	__builtin_memcpy(info.file, t->file, sizeof(info.file));
	__builtin_memcpy(info.fingerprint, rule->fingerprint, sizeof(info.fingerprint));
	__builtin_memcpy(info.name, rule->name, sizeof(info.name));
	ANSWER(call, &info);
	return 0;
}

/* Of another task, which may exec or end meanwhile: the caller asks what it is about again. */
static __always_inline int read_task(struct gate_call *call, const struct gate_state *st)
{
	struct task_struct *task = bpf_task_from_pid(call->index);
	u64 epoch = *(volatile u64 *)&st->epoch;
	struct gate_task *t;
	int r = -ENOENT;

	if (!task)
		return -ESRCH;
	t = bpf_task_storage_get(&gate_tasks, task, 0, 0);
	if (t && t->exec_id && t->exec_id == task->self_exec_id)
		r = describe(call, t, epoch);
	bpf_task_release(task);
	return r;
}

static __always_inline int begin(struct gate_call *call, struct gate_state *st)
{
	call->session = generation_begin(st);
	return 0;
}

static __always_inline int put_rule(struct gate_call *call, struct gate_state *st)
{
	struct gate_rule *rule = the_new_rule();

	if (!st->session || call->session != st->session)
		return -EBUSY;
	if (!rule)
		return -EINVAL;
	TAKE(rule, call);
	return generation_put(st, rule, call->index);
}

static __always_inline int commit(struct gate_call *call, struct gate_state *st)
{
	if (!st->session || call->session != st->session)
		return -EBUSY;
	if (call->index > GATE_RULES)
		return -EINVAL;
	st->loader_ring = call->ring;
	generation_commit(st, call->index, call->arg);
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

/* What could be undone, or what was never tried, is not sealed. */
static __always_inline int seal(struct gate_call *call, struct gate_state *st)
{
	if (st->mode != GATE_ENFORCE || st->removing || !call->u.seal.threshold)
		return -EINVAL;
	st->threshold = call->u.seal.threshold;
	for (u32 i = 0; i < GATE_ROLES; i++)
		st->rings[i] = call->u.seal.rings[i];
	st->session = 0;
	st->proving = 0;
	st->sealed = 1;
	return 0;
}

static __always_inline int change(struct gate_call *call, struct gate_state *st)
{
	if (st->sealed)
		return -EACCES;
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
	case GATE_OP_SEAL:
		return seal(call, st);
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
	case GATE_OP_TASK:
		call->result = read_task(call, st);
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
