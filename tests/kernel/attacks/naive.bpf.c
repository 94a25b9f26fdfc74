// SPDX-License-Identifier: GPL-2.0
/*
 * Policies as one would write them first. Each attack is shown to work against
 * these before it is shown to fail against the gate.
 */
#include "../../../lib/bpf/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang diagnostic ignored "-Wunused-parameter"

struct bpf_token;
struct asymmetric_key_id;

union bpf_attr___sig {
	struct {
		u64 signature;
	};
} __attribute__((preserve_access_index));

/* records made, signed loads, those without a record, unsigned loads with a stale one */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} naive_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} naive_records SEC(".maps");

static __always_inline void count(u32 which)
{
	u64 *n = bpf_map_lookup_elem(&naive_counts, &which);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline bool is_signed(union bpf_attr *attr)
{
	return ((union bpf_attr___sig *)attr)->signature != 0;
}

/* The deny that a lost pin or ftrace_enabled takes away. */
SEC("lsm/bpf_prog_load")
int BPF_PROG(naive_link, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	return is_signed(attr) || kernel ? 0 : -1;
}

SEC("lsm_cgroup/bpf_prog_load")
int BPF_PROG(naive_cgroup, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	return is_signed(attr) || kernel ? 1 : 0;
}

/* The attacker's: attached later, it turns a refusal into a success. */
SEC("lsm_cgroup/bpf_prog_load")
int BPF_PROG(override, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	bpf_set_retval(0);
	return 1;
}

/* Who signed, by a tracing program: can be missed, and its record stays. */
SEC("fexit/find_asymmetric_key")
int BPF_PROG(naive_found, struct key *ring, const struct asymmetric_key_id *a,
	     const struct asymmetric_key_id *b, const struct asymmetric_key_id *c, bool partial,
	     struct key *ret)
{
	u64 *rec;

	if ((unsigned long)ret >= (unsigned long)-4095UL)
		return 0;
	rec = bpf_task_storage_get(&naive_records, bpf_get_current_task_btf(), 0,
				   BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!rec)
		return 0;
	*rec = 1;
	count(0);
	/* As long as a program that reads the key's bytes takes. */
	for (u32 i = 0; i < 2000; i++)
		__asm__ volatile("" ::: "memory");
	return 0;
}

/* @clear: forget the record after use, or keep it as the naive form does. */
static __always_inline int judge(union bpf_attr *attr, bool clear)
{
	u64 *rec = bpf_task_storage_get(&naive_records, bpf_get_current_task_btf(), 0, 0);
	bool has = rec && *rec;

	if (!is_signed(attr)) {
		if (has)
			count(3);
		return 0;
	}
	count(1);
	if (!has)
		count(2);
	if (rec && clear)
		*rec = 0;
	return 0;
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(naive_judge, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	return judge(attr, true);
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(naive_judge_stale, struct bpf_prog *prog, union bpf_attr *attr,
	     struct bpf_token *token, bool kernel)
{
	return judge(attr, false);
}

/* Reads the kernel as most tracing programs do. */
SEC("lsm/bpf_prog_load")
int BPF_PROG(naive_reader, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	u32 id = 0;

	bpf_probe_read_kernel(&id, sizeof(id), &prog->aux->id);
	return id ? -1 : 0;
}

char _license[] SEC("license") = "GPL";
