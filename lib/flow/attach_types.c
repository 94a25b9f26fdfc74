// SPDX-License-Identifier: LGPL-2.1-or-later
/* The kernel's attach types by name, and which words the gate's policy is written in. */
#include <string.h>

#include "gate_policy_file.h"

/* enum bpf_attach_type, lower case without BPF_, as libbpf names those that it knows. */
static const char *const names[] = {
	"cgroup_inet_ingress", "cgroup_inet_egress", "cgroup_inet_sock_create",
	"cgroup_sock_ops", "sk_skb_stream_parser", "sk_skb_stream_verdict", "cgroup_device",
	"sk_msg_verdict", "cgroup_inet4_bind", "cgroup_inet6_bind", "cgroup_inet4_connect",
	"cgroup_inet6_connect", "cgroup_inet4_post_bind", "cgroup_inet6_post_bind",
	"cgroup_udp4_sendmsg", "cgroup_udp6_sendmsg", "lirc_mode2", "flow_dissector",
	"cgroup_sysctl", "cgroup_udp4_recvmsg", "cgroup_udp6_recvmsg", "cgroup_getsockopt",
	"cgroup_setsockopt", "trace_raw_tp", "trace_fentry", "trace_fexit", "modify_return",
	"lsm_mac", "trace_iter", "cgroup_inet4_getpeername", "cgroup_inet6_getpeername",
	"cgroup_inet4_getsockname", "cgroup_inet6_getsockname", "xdp_devmap",
	"cgroup_inet_sock_release", "xdp_cpumap", "sk_lookup", "xdp", "sk_skb_verdict",
	"sk_reuseport_select", "sk_reuseport_select_or_migrate", "perf_event",
	"trace_kprobe_multi", "lsm_cgroup", "struct_ops", "netfilter", "tcx_ingress",
	"tcx_egress", "trace_uprobe_multi", "cgroup_unix_connect", "cgroup_unix_sendmsg",
	"cgroup_unix_recvmsg", "cgroup_unix_getpeername", "cgroup_unix_getsockname",
	"netkit_primary", "netkit_peer", "trace_kprobe_session", "trace_uprobe_session",
};

const char *bpfkey_attach_type_name(unsigned int type)
{
	return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

int bpfkey_attach_type_parse(const char *name, unsigned int *ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i])) {
			*ret = i;
			return 0;
		}
	return -BPFKEY_E_USAGE;
}

/* Numbers of enum bpf_prog_type: they read or change what is no program's own. */
bool bpfkey_types_full_power(uint64_t types)
{
	const uint64_t full = 1ULL << 2 | 1ULL << 5 | 1ULL << 7 | 1ULL << 17 | 1ULL << 24 |
			      1ULL << 26 | 1ULL << 27 | 1ULL << 29;

	return types & full;
}

const struct gate_words gate_words = {
	.prog_name = bpfkey_prog_type_name, .prog_parse = bpfkey_prog_type_parse,
	.attach_name = bpfkey_attach_type_name, .attach_parse = bpfkey_attach_type_parse,
};
