// SPDX-License-Identifier: GPL-2.0
/* A loader that is in the kernel before the gate: each run loads a program that nobody signed. */
#include "../../../lib/bpf/kernel_types.h"

#include <bpf/bpf_helpers.h>

struct load_attr {
	u32 prog_type, insn_cnt;
	u64 insns, license;
	u64 rest[14];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[4]);
} pre_buf SEC(".maps");

struct answer {
	s64 result;
};

SEC("syscall")
int preload(struct answer *a)
{
	struct load_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };
	u32 zero = 0;
	u64 *buf = bpf_map_lookup_elem(&pre_buf, &zero);

	if (!buf)
		return -1;
	buf[0] = 0xb7;			/* r0 = 0 */
	buf[1] = 0x95;			/* exit */
	buf[2] = 0x4c5047;		/* "GPL" */
	attr.insns = (u64)buf;
	attr.license = (u64)&buf[2];
	a->result = bpf_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (a->result > 0)
		bpf_sys_close(a->result);
	return 0;
}

char _license[] SEC("license") = "GPL";
