/* SPDX-License-Identifier: GPL-2.0 */
/* One program of each sort that load attaches, and what signing freezes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;

const volatile int answer = 42;
int counter = 7;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u32);
} by_name SEC(".maps");

SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	__u32 key = LINUX_KERNEL_VERSION, *v = bpf_map_lookup_elem(&by_name, &key);

	return v || answer != 42 ? XDP_DROP : XDP_PASS;
}

SEC("cgroup_skb/egress")
int no_egress(struct __sk_buff *skb __attribute__((unused)))
{
	return 0;
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

SEC("kprobe/bpf_fentry_test1")
int on_probe(void *ctx __attribute__((unused)))
{
	counter++;
	return 0;
}

char _license[] SEC("license") = "GPL";
