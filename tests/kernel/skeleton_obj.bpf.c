/* SPDX-License-Identifier: GPL-2.0 */
/* What a light skeleton is made of in these tests: a map, both sorts of data, three programs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile int answer = 42;
int counter = 7;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} seen SEC(".maps");

SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	__u32 key = 1, *v = bpf_map_lookup_elem(&seen, &key);

	return v || answer != 42 ? XDP_DROP : XDP_PASS;
}

SEC("fentry/bpf_fentry_test1")
int on_entry(unsigned long long *args)
{
	counter += args[0];
	return 0;
}

SEC("raw_tp/sys_enter")
int on_syscall(void *ctx __attribute__((unused)))
{
	counter++;
	return 0;
}

char _license[] SEC("license") = "GPL";
