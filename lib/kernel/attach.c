/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "bpfobj.h"

#define BPF_FS_MAGIC_NUMBER 0xcafe4a11

void attach_step_done(struct attach_step *s)
{
	free(s->path);
	if (s->fd > 0)
		close(s->fd);
	*s = (struct attach_step){ .fd = -1 };
}

void attach_step_undo(struct attach_step *s)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, xdp, .old_prog_fd = s->prog);

	switch (s->kind) {
	case ATTACH_PIN:
		unlink(s->path);
		break;
	case ATTACH_XDP:
		bpf_xdp_detach(s->ifindex, s->flags & XDP_FLAGS_MODES, &xdp);
		break;
	case ATTACH_CGROUP:
		bpf_prog_detach2(s->prog, s->fd, s->type);
		break;
	case ATTACH_LINK:	/* closing it ends it */
	case ATTACH_NONE:
		break;
	}
	attach_step_done(s);
}

int attach_pin_dir(struct bpfkey_ctx *ctx, const char *dir)
{
	struct statfs fs;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return bk_fail_errno(ctx, errno == EPERM || errno == EACCES ?
				     -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO, errno,
				     "cannot make the directory '%s'", dir);
	if (statfs(dir, &fs))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot look at '%s'", dir);
	if ((unsigned long)fs.f_type == BPF_FS_MAGIC_NUMBER)
		return 0;
	bk_hint(ctx, "choose a directory below /sys/fs/bpf, where a bpffs is mounted");
	return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is not on a bpffs, where programs can be pinned",
		       dir);
}

int attach_pin(struct bpfkey_ctx *ctx, int fd, const char *path, struct attach_step *ret)
{
	if (bpf_obj_pin(fd, path)) {
		if (errno == EEXIST) {
			bk_hint(ctx, "choose another directory with --pin, or remove it");
			return bk_fail(ctx, -BPFKEY_E_EXISTS, "something is pinned at '%s' already",
				       path);
		}
		return bk_fail_errno(ctx, errno == EPERM || errno == EACCES ?
				     -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO, errno,
				     "cannot pin at '%s'", path);
	}
	*ret = (struct attach_step){ .kind = ATTACH_PIN, .path = strdup(path), .fd = -1 };
	if (!ret->path) {
		unlink(path);
		return bk_out_of_memory(ctx);
	}
	return 0;
}

int attach_mode(struct bpfkey_ctx *ctx, const char *mode, uint32_t *ret)
{
	if (!mode)
		*ret = 0;
	else if (!strcmp(mode, "native"))
		*ret = XDP_FLAGS_DRV_MODE;
	else if (!strcmp(mode, "skb"))
		*ret = XDP_FLAGS_SKB_MODE;
	else
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no XDP mode '%s': there are native and skb",
			       mode);
	return 0;
}

static int xdp_failed(struct bpfkey_ctx *ctx, const char *dev, int err)
{
	if (err == EBUSY || err == EEXIST) {
		bk_hint(ctx, "see it with ip link show dev %s", dev);
		return bk_fail(ctx, -BPFKEY_E_EXISTS, "interface '%s' has an XDP program already",
			       dev);
	}
	if (err == EOPNOTSUPP) {
		bk_hint(ctx, "try --xdp-mode skb");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the driver of interface '%s' has no "
			       "XDP of this mode", dev);
	}
	return bk_fail_errno(ctx, err == EPERM ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_KERNEL, err,
			     "cannot attach to interface '%s'", dev);
}

int attach_xdp(struct bpfkey_ctx *ctx, int prog, const char *dev, uint32_t flags,
	       struct attach_step *ret)
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	int ifindex = if_nametoindex(dev), r;

	if (!ifindex)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "no network interface '%s'", dev);
	r = bpf_xdp_attach(ifindex, prog, flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (r < 0)
		return xdp_failed(ctx, dev, -r);
	*ret = (struct attach_step){ .kind = ATTACH_XDP, .fd = -1, .prog = prog,
				     .ifindex = ifindex, .flags = flags };
	return 0;
}

bool attach_is_cgroup(const struct manifest_program *p)
{
	switch (p->type) {
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_SOCK_OPS:
		return true;
	default:
		return false;
	}
}

int attach_cgroup(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		  const char *path, struct attach_step *ret)
{
	_cleanup_(bk_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(ctx, -BPFKEY_E_NOT_FOUND, errno, "cannot open cgroup '%s'",
				     path);
	if (bpf_prog_attach(prog, fd, p->attach_type, BPF_F_ALLOW_MULTI) < 0) {
		if (errno == EBADF)
			return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is not a directory of a cgroup "
				       "(version 2)", path);
		return bk_fail_errno(ctx, errno == EPERM ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_KERNEL,
				     errno, "cannot attach program '%s' to cgroup '%s'", p->name,
				     path);
	}
	*ret = (struct attach_step){ .kind = ATTACH_CGROUP, .fd = bk_steal_fd(&fd), .prog = prog,
				     .type = p->attach_type };
	return 0;
}

bool attach_is_named(const struct manifest_program *p)
{
	switch (p->type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		return p->attach_type != BPF_LSM_CGROUP;
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return true;
	default:
		return false;
	}
}

int attach_named(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		 struct attach_step *ret)
{
	int fd;

	/* Iterators are links of another kind; the others take their target from the program. */
	if (p->attach_type == BPF_TRACE_ITER && p->type == BPF_PROG_TYPE_TRACING)
		fd = bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL);
	else if (p->type == BPF_PROG_TYPE_TRACING || p->type == BPF_PROG_TYPE_LSM)
		fd = bpf_raw_tracepoint_open(NULL, prog);
	else
		fd = bpf_raw_tracepoint_open(p->target, prog);
	if (fd < 0)
		return bk_fail_errno(ctx, fd == -ENOENT ? -BPFKEY_E_NOT_FOUND :
				     fd == -EPERM ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_KERNEL, -fd,
				     "cannot attach program '%s' to '%s'", p->name, p->target);
	*ret = (struct attach_step){ .kind = ATTACH_LINK, .fd = fd };
	return 0;
}

/* The number that the kernel gave the kprobe event source. */
static int kprobe_pmu(uint32_t *ret)
{
	_cleanup_(fclosep) FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "re");

	return f && fscanf(f, "%u", ret) == 1 ? 0 : -1;
}

int attach_kprobe(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		  const char *function, struct attach_step *ret)
{
	struct perf_event_attr a = {
		.size = sizeof(a),
		.config1 = (uint64_t)(uintptr_t)function,
		/* the event source's one flag: at the return of the function */
		.config = !strncmp(p->section, "kretprobe", 9),
	};
	_cleanup_(bk_closep) int event = -1;
	int link;

	if (kprobe_pmu(&a.type) < 0)
		return bk_fail(ctx, -BPFKEY_E_NO_KERNEL, "this kernel has no kprobe events");
	event = syscall(SYS_perf_event_open, &a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return bk_fail_errno(ctx, errno == ENOENT ? -BPFKEY_E_NOT_FOUND :
				     errno == EACCES || errno == EPERM ? -BPFKEY_E_PRIVILEGE :
				     -BPFKEY_E_KERNEL, errno, "cannot put a probe at '%s'",
				     function);
	link = bpf_link_create(prog, event, BPF_PERF_EVENT, NULL);
	if (link < 0)
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, -link, "cannot attach program '%s' to "
				     "'%s'", p->name, function);
	*ret = (struct attach_step){ .kind = ATTACH_LINK, .fd = link };
	return 0;
}
