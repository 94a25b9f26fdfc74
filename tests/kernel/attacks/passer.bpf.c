// SPDX-License-Identifier: GPL-2.0
/* Allows every write below /proc/sys, whatever those before it have said. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/sysctl")
int passer(struct bpf_sysctl *ctx __attribute__((unused)))
{
	bpf_set_retval(0);
	return 1;
}

char _license[] SEC("license") = "GPL";
