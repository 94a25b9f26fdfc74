// SPDX-License-Identifier: GPL-2.0
/* Writes down what the two hooks of program loading see, and lets everything pass. */
#include "../../lib/bpf/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "facts_hooks.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

struct bpf_token;

struct bpf_prog_aux___sig {
	struct {
		s32 keyring_serial;
		u8 keyring_type;
		u8 verdict;
	} sig;
} __attribute__((preserve_access_index));

union bpf_attr___load {
	struct {
		u64 signature;
		s32 keyring_id;
	};
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FACTS_EVENTS);
	__type(key, u32);
	__type(value, struct facts_event);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} written SEC(".maps");

static __always_inline struct facts_event *next_event(struct bpf_prog *prog, u32 hook)
{
	struct bpf_prog_aux___sig *aux = (void *)prog->aux;
	struct facts_event *e;
	u32 zero = 0, slot;
	u32 *n = bpf_map_lookup_elem(&written, &zero);

	if (!n)
		return NULL;
	slot = __sync_fetch_and_add(n, 1) % FACTS_EVENTS;
	e = bpf_map_lookup_elem(&events, &slot);
	if (!e)
		return NULL;
	__builtin_memset(e, 0, sizeof(*e));
	e->hook = hook;
	e->type = prog->type;
	e->id = prog->aux->id;
	e->used_maps = prog->aux->used_map_cnt;
	if (bpf_core_field_exists(aux->sig)) {
		e->has_sig = 1;
		e->verdict = aux->sig.verdict;
		e->keyring_type = aux->sig.keyring_type;
		e->keyring_serial = aux->sig.keyring_serial;
	}
	return e;
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(see_load, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	union bpf_attr___load *a = (void *)attr;
	struct facts_event *e = next_event(prog, HOOK_PROG_LOAD);

	if (e) {
		e->kernel = kernel;
		e->attr_signed = a->signature != 0;
		e->attr_keyring = a->keyring_id;
	}
	return 0;
}

SEC("lsm/bpf_prog")
int BPF_PROG(see_prog, struct bpf_prog *prog)
{
	next_event(prog, HOOK_PROG);
	return 0;
}

char _license[] SEC("license") = "GPL";
