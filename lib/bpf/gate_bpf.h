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
#define EAGAIN	11
#define ENOMEM	12
#define EACCES	13
#define EBUSY	16
#define EINVAL	22

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
	struct gate_program program;
	struct gate_request request;	/* of the decision that is being made */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gate_state);
} gate_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * GATE_RULES);
	__type(key, u32);
	__type(value, struct gate_rule);
} gate_rules SEC(".maps");

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

/* Decided as when enforcing: for everybody, or for the self-test's own loads. */
static __always_inline bool enforcing_now(const struct gate_state *s, u64 now)
{
	return gate_enforcing(s, now) || (s->proving && s->proving == this_tgid());
}

static __always_inline void count_refusal(void)
{
	struct gate_counters *c = the_counters();

	if (c)
		__sync_fetch_and_add(&c->refused_calls, 1);
}

#endif
