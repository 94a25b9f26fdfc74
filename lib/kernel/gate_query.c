/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says about the gate, without asking the gate itself. */
#include "gate.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "bpf_attr.h"
#include "bpfobj.h"

#define CGROUP_PROGS_MAX 256

/*
 * The root of the unified hierarchy through a mount of our own, which nobody
 * can have covered and which needs no mount point. Its root has inode 1;
 * inside a cgroup namespace it has not, and what is attached there would hold
 * for a part of the machine only.
 */
int gate_root_cgroup(struct bpfkey_ctx *ctx, int *ret_fd)
{
	_cleanup_(bk_closep) int fs = fsopen("cgroup2", FSOPEN_CLOEXEC);
	_cleanup_(bk_closep) int mnt = -1;
	_cleanup_(bk_closep) int fd = -1;
	struct stat st;

	if (fs >= 0 && !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt >= 0)
		fd = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EPERM && geteuid()) {
		bk_hint(ctx, "run it as root");
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "only root can reach the root cgroup");
	}
	if (fd < 0 || fstat(fd, &st))
		return bk_fail_errno(ctx, -BPFKEY_E_NO_KERNEL, errno,
				     "cannot open the root of the cgroup2 hierarchy");
	if (st.st_ino != 1)
		return bk_fail(ctx, -BPFKEY_E_FOREIGN, "this is a container: the gate is the "
			       "machine's, and can only be reached from its own cgroup namespace");
	*ret_fd = bk_steal_fd(&fd);
	return 0;
}

struct progs {
	__u32 id[CGROUP_PROGS_MAX];
	__u32 n;
};

static int query(struct bpfkey_ctx *ctx, int cgroup, enum bpf_attach_type type, struct progs *ret)
{
	__u32 flags[CGROUP_PROGS_MAX];
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ret->id, .prog_cnt = CGROUP_PROGS_MAX);

	if (type == BPF_LSM_CGROUP)	/* here the kernel insists on telling them */
		opts.prog_attach_flags = flags;
	ret->n = 0;
	if (bpf_prog_query_opts(cgroup, type, &opts))
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, errno,
				     "cannot ask what is attached to the root cgroup");
	ret->n = opts.prog_cnt < CGROUP_PROGS_MAX ? opts.prog_cnt : CGROUP_PROGS_MAX;
	return 0;
}

static bool among(const struct progs *p, __u32 id)
{
	for (__u32 i = 0; i < p->n; i++)
		if (p->id[i] == id)
			return true;
	return false;
}

/* Programs that links hold; a link that is only pinned or only open counts alike. */
static void linked_programs(struct progs *ret)
{
	__u32 id = 0;

	ret->n = 0;
	while (ret->n < CGROUP_PROGS_MAX && !bpf_link_get_next_id(id, &id)) {
		_cleanup_(bk_closep) int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = { 0 };
		__u32 n = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &n))
			ret->id[ret->n++] = info.prog_id;
	}
}

int gate_attached(struct bpfkey_ctx *ctx, const struct gate_state *state, bool ret[GATE_HOOKS])
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	struct progs on_cgroup, on_sysctl, linked;
	_cleanup_(bk_closep) int cgroup = -1;
	int r;

	r = gate_root_cgroup(ctx, &cgroup);
	if (!r)
		r = query(ctx, cgroup, BPF_LSM_CGROUP, &on_cgroup);
	if (!r)
		r = query(ctx, cgroup, BPF_CGROUP_SYSCTL, &on_sysctl);
	if (r < 0)
		return r;
	linked_programs(&linked);
	for (size_t i = 0; i < GATE_HOOKS; i++) {
		const struct progs *p = gate_hooks[i].how == GATE_ON_CGROUP ? &on_cgroup :
					gate_hooks[i].how == GATE_ON_SYSCTL ? &on_sysctl : &linked;

		ret[i] = among(p, state->own[i].id);
	}
	return 0;
}

bool gate_orphaned(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_closep) int cgroup = -1;
	struct progs progs;

	if (gate_root_cgroup(ctx, &cgroup) < 0 || query(ctx, cgroup, BPF_LSM_CGROUP, &progs) < 0) {
		bk_forget(ctx);
		return false;
	}
	for (__u32 i = 0; i < progs.n; i++) {
		_cleanup_(bk_closep) int fd = bpf_prog_get_fd_by_id(progs.id[i]);

		if (fd < 0 && errno == EPERM)
			return true;
	}
	return false;
}

int gate_try_unsigned(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct attr_prog_load attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = ARRAY_SIZE(insns),
		.insns = (uintptr_t)insns,
		.license = (uintptr_t)"GPL",
		.prog_name = "gate_self_test",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

int gate_next_program(struct bpfkey_ctx *ctx, uint32_t id, struct gate_prog_info *ret)
{
	_cleanup_(bk_closep) int fd = -1;
	struct bpf_prog_info info;
	struct gate_prog_info p;
	__u32 n;

	for (;;) {
		if (bpf_prog_get_next_id(id, &id)) {
			if (errno == ENOENT)
				return -BPFKEY_E_NOT_FOUND;
			return bk_fail_errno(ctx, -BPFKEY_E_PRIVILEGE, errno,
					     "cannot list the kernel's programs");
		}
		fd = bpf_prog_get_fd_by_id(id);
		if (fd >= 0 || errno != ENOENT)	/* gone since */
			break;
	}
	p = (struct gate_prog_info){ .id = id, .own = fd < 0 && errno == EPERM };
	memset(&info, 0, sizeof(info));
	n = sizeof(info);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &n)) {
		p.type = info.type;
		p.uid = info.created_by_uid;
		p.loaded_boot = info.load_time;
		memcpy(p.name, info.name, sizeof(info.name));
	}
	*ret = p;
	return 0;
}
