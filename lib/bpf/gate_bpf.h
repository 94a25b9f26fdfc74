/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the gate's programs have in common: its maps, and how a load is
 * remembered between the hooks that see parts of it.
 *
 * The maps are the same in every object; lib/kernel/gate_load.c creates each
 * once. None can be mapped into memory; all are frozen after they were filled.
 */
#ifndef BK_GATE_BPF_H
#define BK_GATE_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "decide.h"

/* A hook's arguments are what the kernel passes, needed or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

struct bpf_token;

#define EPERM	1
#define ENOENT	2
#define ESRCH	3
#define E2BIG	7
#define EAGAIN	11
#define ENOMEM	12
#define EACCES	13
#define EFAULT	14
#define EBUSY	16
#define EINVAL	22
#define ESTALE	116
#define EKEYREJECTED	129

/* What the current task's load has shown so far. Only this task touches it. */
struct gate_load {
	u32 in_load;		/* from lsm/bpf to the decision: keys count */
	u32 nkeys;
	struct gate_seen seen[GATE_KEYS];
	u64 aux;		/* of the program that was decided on */
	u32 decided;
	s32 verdict;		/* 0 or -errno */
	u64 event;		/* its number, to add the program's id later */
	u64 running_aux;	/* the loader that runs in this task */
	u32 running_id;
	u32 enforcing;
	u64 insns;		/* where the signed instructions are, while they are looked at */
	u32 guarded;		/* they check their metadata, or the kernel does */
	u32 reason;
	u64 said;		/* refusals of this task that are in the record, one bit each */
	struct gate_program program;
	struct gate_request request;	/* of the decision that is being made */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gate_state);
} gate_state SEC(".maps");

/* By slot: generation half * GATE_RULES + number. gate_index finds the slot by the rule's tag. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GATE_RULES);
	__type(key, u32);
	__type(value, struct gate_rule);
} gate_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GATE_RULES);
	__type(key, struct gate_index);
	__type(value, u32);
} gate_index SEC(".maps");

/* One rule on its way in: it is too big for the stack, and a context is no map's value. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gate_rule);
} gate_new SEC(".maps");

/* A policy image while it is verified. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, GATE_IMAGE_MAX);
} gate_images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gate_counters);
} gate_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GATE_EVENTS);
	__type(key, u32);
	__type(value, struct gate_event);
} gate_events SEC(".maps");

/* By program id; gate_ids finds the id when the program goes, because it has lost it by then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_PROGRAMS);
	__type(key, u32);
	__type(value, struct gate_program);
} gate_programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_PROGRAMS);
	__type(key, u64);
	__type(value, u32);
} gate_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gate_load);
} gate_loads SEC(".maps");

/*
 * What makes a task a trusted loader, from the exec that earned it until the
 * next one: self_exec_id rises with each. The rule is looked up at each use.
 */
struct gate_task {
	u64 exec_id;		/* 0: it is none */
	u64 rule_tag;
	u64 fingerprint[4];	/* of that rule */
	u64 file_tag;		/* of the file, which may be revoked though its signer is not */
	u64 file[4];		/* its digest, or the beginning of it */
	u64 pending_file;	/* judged by the exec that is going on, not yet committed */
	u64 pending_bprm;
	u32 strict;		/* earned while enforcing: it maps only what is vouched for */
	u32 pad;
	struct gate_file_id id;	/* of what it is mapping; only this task touches it */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gate_task);
} gate_tasks SEC(".maps");

/* What an exec's judgement reads and verifies, of a task because it sleeps meanwhile. */
#define GATE_SIG_MAX 4096
struct gate_exec {
	char magic[8];		/* with it the digest is struct fsverity_formatted_digest */
	struct gate_file_id id;
	u8 sig[GATE_SIG_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct gate_exec);
} gate_execs SEC(".maps");

/* Unrolled, so that the text becomes numbers and needs no map of its own. */
#define SAME_TEXT(text, want)                                                  \
	({                                                                     \
		bool _same = true;                                             \
		_Pragma("unroll")                                              \
		for (u32 _i = 0; _i < sizeof(want); _i++)                      \
			if ((text)[_i] != (want)[_i])                          \
				_same = false;                                 \
		_same;                                                         \
	})

extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym;

static __always_inline struct gate_state *the_state(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&gate_state, &zero);
}

static __always_inline struct gate_counters *the_counters(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&gate_counters, &zero);
}

static __always_inline struct gate_load *this_load(u64 flags)
{
	return bpf_task_storage_get(&gate_loads, bpf_get_current_task_btf(), 0, flags);
}

static __always_inline u32 this_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline u32 slot_of(u64 epoch, u32 index)
{
	return (epoch & 1) * GATE_RULES + index;
}

/* rule_at - of that generation; what a slot held in an earlier one does not count */
static __always_inline struct gate_rule *rule_at(u32 slot, u64 epoch)
{
	struct gate_rule *rule = bpf_map_lookup_elem(&gate_rules, &slot);

	return rule && rule->epoch == epoch ? rule : NULL;
}

/* rule_of - the one rule with that tag; the caller compares what the tag stands for */
static __always_inline struct gate_rule *rule_of(u64 tag, u64 epoch, u32 *ret_slot)
{
	struct gate_index at = { .tag = tag, .half = epoch & 1 };
	u32 *slot = bpf_map_lookup_elem(&gate_index, &at);
	struct gate_rule *rule;

	if (!slot)
		return NULL;
	*ret_slot = *slot;
	rule = rule_at(*ret_slot, epoch);
	return rule && rule->tag == tag ? rule : NULL;
}

/* this_task - when it is a trusted loader, whatever the rules say of it now */
static __always_inline struct gate_task *this_task(void)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct gate_task *t = bpf_task_storage_get(&gate_tasks, current, 0, 0);

	return t && t->exec_id && t->exec_id == current->self_exec_id ? t : NULL;
}

/* task_rule - the rule that makes @t trusted, or the one that revokes its file; NULL: none */
static __always_inline struct gate_rule *task_rule(const struct gate_task *t, u64 epoch)
{
	struct gate_rule *rule;
	const u64 *name;
	u32 slot;

	rule = rule_of(t->file_tag, epoch, &slot);
	if (!rule || rule->kind != GATE_RULE_REVOKED)
		rule = rule_of(t->rule_tag, epoch, &slot);
	if (!rule)
		return NULL;
	name = (const u64 *)rule->fingerprint;
	if (rule->kind != GATE_RULE_REVOKED &&
	    (name[0] != t->fingerprint[0] || name[1] != t->fingerprint[1] ||
	     name[2] != t->fingerprint[2] || name[3] != t->fingerprint[3]))
		return NULL;
	return rule;
}

/* Decided as when enforcing: for everybody, or for the self-test's own loads. */
static __always_inline bool enforcing_now(const struct gate_state *s, u64 now)
{
	return gate_enforcing(s, now) || (s->proving && s->proving == this_tgid());
}

/* claim_event - the place of the next event, whose number is written last */
static __always_inline struct gate_event *claim_event(struct gate_counters *c, u64 *ret_seq)
{
	struct gate_event *e;
	u32 slot;

	*ret_seq = __sync_fetch_and_add(&c->events, 1) + 1;
	slot = *ret_seq % GATE_EVENTS;
	e = bpf_map_lookup_elem(&gate_events, &slot);
	if (e)
		*(volatile u64 *)&e->seq = 0;
	return e;
}

#endif
