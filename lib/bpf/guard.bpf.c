// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps the gate where it is, and what starts each load's record. All are
 * deny hooks on the root cgroup, attached without link, pin or descriptor that
 * could be lost: only BPF_PROG_DETACH would take them away, and gate_bpf()
 * refuses that.
 *
 * In programs on a cgroup 1 allows and 0 refuses (EPERM). Missing map data is
 * a refusal.
 */
#include "refusal.h"

#define ALLOW	1
#define REFUSE	0

#define LSM_CGROUP	43	/* enum bpf_attach_type */
#define CGROUP_SYSCTL	18

/* union bpf_attr with the fields of the calls that could undo the gate. */
union bpf_attr___guard {
	struct {
		u32 target_fd;
		u32 attach_bpf_fd;
		u32 attach_type;
	};
	struct {
		u32 prog_fd;
		u32 target_fd;
		u32 attach_type;
	} link_create;
} __attribute__((preserve_access_index));

/*
 * A later program on the same hook could override a refusal with
 * bpf_set_retval(); so none of that kind is attached any more, by anybody.
 * Programs on sysctl can do the same to gate_sysctl(), where it matters.
 */
static __always_inline bool undoes(int cmd, union bpf_attr___guard *attr, bool enforcing)
{
	u32 type;

	switch (cmd) {
	case BPF_PROG_ATTACH:
		type = attr->attach_type;
		return type == LSM_CGROUP || (type == CGROUP_SYSCTL && enforcing);
	case BPF_PROG_DETACH:
		type = attr->attach_type;
		return type == LSM_CGROUP || type == CGROUP_SYSCTL;
	case BPF_LINK_CREATE:
		type = attr->link_create.attach_type;
		return type == LSM_CGROUP || (type == CGROUP_SYSCTL && enforcing);
	default:
		return false;
	}
}

/* Whatever an earlier load of this task has left behind ends here. */
static __always_inline int start_load(bool kernel, bool enforcing)
{
	struct gate_load *load = this_load(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!load) {
		struct gate_counters *c = the_counters();

		if (c)
			__sync_fetch_and_add(&c->no_storage, 1);
		if (!enforcing)
			return ALLOW;
		bpf_set_retval(-ENOMEM);
		return REFUSE;
	}
	load->nkeys = 0;
	load->decided = 0;
	load->aux = 0;
	load->event = 0;
	load->in_load = 1;
	if (!kernel)
		load->running_id = 0;
	return ALLOW;
}

SEC("lsm_cgroup/bpf")
int BPF_PROG(gate_bpf, int cmd, union bpf_attr *attr, unsigned int size, bool kernel)
{
	struct gate_state *st = the_state();
	struct gate_load *load;
	bool enforcing;

	if (!st)
		return REFUSE;
	enforcing = enforcing_now(st, bpf_ktime_get_boot_ns());
	if (!st->removing && undoes(cmd, (void *)attr, enforcing)) {
		record_refusal(GATE_R_DETACH);
		return REFUSE;
	}
	if (cmd == BPF_PROG_LOAD)
		return start_load(kernel, enforcing);
	if (!kernel) {
		load = this_load(0);
		if (load) {
			load->in_load = 0;
			load->running_id = 0;
		}
	}
	return ALLOW;
}

SEC("lsm_cgroup/bpf_map")
int BPF_PROG(gate_map, struct bpf_map *map, unsigned int mode)
{
	struct gate_state *st;

	if (map != (void *)&gate_state && map != (void *)&gate_rules &&
	    map != (void *)&gate_index && map != (void *)&gate_new &&
	    map != (void *)&gate_counters && map != (void *)&gate_events &&
	    map != (void *)&gate_programs && map != (void *)&gate_ids &&
	    map != (void *)&gate_loads && map != (void *)&gate_tasks &&
	    map != (void *)&gate_execs && map != (void *)&gate_images)
		return ALLOW;
	st = the_state();
	if (st && st->removing)
		return ALLOW;
	record_refusal(GATE_R_OWN_MAP);
	return REFUSE;
}

/* Up to 7.2 a zero here switches every trampoline off, and with them all security hooks. */
SEC("cgroup/sysctl")
int gate_sysctl(struct bpf_sysctl *ctx)
{
	const char want[] = "kernel/ftrace_enabled";
	struct gate_state *st;
	char name[32] = {};

	if (!ctx->write)
		return ALLOW;
	/* A longer name is cut off, and then is another one. */
	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	if (!SAME_TEXT(name, want))
		return ALLOW;
	st = the_state();
	if (st && st->removing)
		return ALLOW;
	record_refusal(GATE_R_FTRACE);
	return REFUSE;
}

char _license[] SEC("license") = "GPL";
