/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Putting the gate into the kernel. The order matters: maps are filled and
 * frozen before anything is attached; what grants is attached before what
 * refuses, and what refuses further attaching comes last. Until gate_settle()
 * the gate lets itself be detached, so that a failure leaves nothing behind.
 */
#include "gate.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "bpfobj.h"
#include "probe.h"

const struct gate_hook gate_hooks[GATE_HOOKS] = {
	{ "guard", "gate_sysctl", "cgroup/sysctl", GATE_ON_SYSCTL },
	{ "signer", "gate_key", "lsm/key_permission", GATE_BY_LINK },
	{ "track", "gate_run", "fentry/bpf_prog_test_run_syscall", GATE_BY_LINK },
	{ "track", "gate_ran", "fexit/bpf_prog_test_run_syscall", GATE_BY_LINK },
	{ "track", "gate_free", "lsm/bpf_prog_free", GATE_BY_LINK },
	{ "exec", "gate_exec_check", "lsm/bprm_check_security", GATE_BY_LINK },
	{ "exec", "gate_exec_done", "lsm/bprm_committed_creds", GATE_BY_LINK },
	{ "exec", "gate_fork", "lsm/task_alloc", GATE_BY_LINK },
	{ "admit", "gate_admit_link", "lsm/bpf_prog_load", GATE_BY_LINK },
	{ "admit", "gate_admit", "lsm_cgroup/bpf_prog_load", GATE_ON_CGROUP },
	{ "track", "gate_prog", "lsm_cgroup/bpf_prog", GATE_ON_CGROUP },
	{ "shield", "gate_mmap", "lsm_cgroup/mmap_file", GATE_ON_CGROUP },
	{ "shield", "gate_mprotect", "lsm_cgroup/file_mprotect", GATE_ON_CGROUP },
	{ "shield", "gate_ptrace", "lsm_cgroup/ptrace_access_check", GATE_ON_CGROUP },
	{ "shield", "gate_perf", "lsm_cgroup/perf_event_open", GATE_ON_CGROUP },
	{ "shield", "gate_open", "lsm_cgroup/file_open", GATE_ON_CGROUP },
	{ "guard", "gate_map", "lsm_cgroup/bpf_map", GATE_ON_CGROUP },
	{ "guard", "gate_bpf", "lsm_cgroup/bpf", GATE_ON_CGROUP },
};

_Static_assert(GATE_OWN_IMAGE < GATE_OWN, "room for every program of the gate");

static const char *const objects[] = {
	"guard", "signer", "admit", "track", "exec", "shield", "update", "image"
};

/* Whoever may call them talks to the gate; they stay by their pins. */
static const struct { const char *program; int own; } doors[] = {
	{ "gate_update", GATE_OWN_UPDATER }, { "gate_apply", GATE_OWN_IMAGE },
};

/* A gate in the making; taken back by building_undo() unless it is finished. */
struct building {
	struct bpfkey_ctx *ctx;
	struct bpf_object *obj[ARRAY_SIZE(objects)];
	struct bpf_map *maps[24];	/* one of each name, in whichever object came first */
	size_t n_maps;
	struct bpf_link *links[GATE_HOOKS];
	bool attached[GATE_HOOKS];
	int cgroup;
	bool finished;
};

static struct bpf_program *find_program(struct building *b, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct bpf_program *p = b->obj[i] ?
			bpf_object__find_program_by_name(b->obj[i], name) : NULL;

		if (p)
			return p;
	}
	return NULL;
}

static struct bpf_map *find_map(struct building *b, const char *name)
{
	for (size_t i = 0; i < b->n_maps; i++)
		if (!strcmp(bpf_map__name(b->maps[i]), name))
			return b->maps[i];
	return NULL;
}

static void remove_pin(const char *program)
{
	_cleanup_(bk_freep) char *path = gate_pin_path(program);

	if (path)
		unlink(path);
}

static void remove_pins(void)
{
	for (size_t i = 0; i < GATE_HOOKS; i++)
		remove_pin(gate_hooks[i].program);
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		remove_pin(doors[i].program);
	rmdir(BPFKEY_BPFFS_DIR "/gate");
	rmdir(BPFKEY_BPFFS_DIR);	/* stays when the reader is pinned there */
}

static enum bpf_attach_type attach_type(const struct gate_hook *h)
{
	return h->how == GATE_ON_SYSCTL ? BPF_CGROUP_SYSCTL : BPF_LSM_CGROUP;
}

static void building_undo(struct building *b)
{
	for (size_t i = GATE_HOOKS; i-- > 0;) {
		if (b->attached[i] && !b->finished)
			bpf_prog_detach2(bpf_program__fd(find_program(b, gate_hooks[i].program)),
					 b->cgroup, attach_type(&gate_hooks[i]));
		if (b->links[i])
			bpf_link__destroy(b->links[i]);
	}
	if (!b->finished)
		remove_pins();
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		bpf_object__close(b->obj[i]);
	if (b->cgroup >= 0)
		close(b->cgroup);
}

/* Maps of one name are one map: later objects use the first one's. */
static int load_object(struct building *b, size_t i)
{
	struct bpf_map *map;
	int r;

	r = bpfobj_open(b->ctx, objects[i], &b->obj[i]);
	if (r < 0)
		return r;
	bpf_object__for_each_map(map, b->obj[i]) {
		struct bpf_map *same = find_map(b, bpf_map__name(map));

		if (same && bpf_map__reuse_fd(map, bpf_map__fd(same)))
			return bk_fail(b->ctx, -BPFKEY_E_NO_KERNEL, "cannot share the map '%s'",
				       bpf_map__name(map));
		if (!same && b->n_maps == ARRAY_SIZE(b->maps))
			return bk_fail(b->ctx, -BPFKEY_E_INTERNAL, "too many maps in the gate");
		if (!same)
			b->maps[b->n_maps++] = map;
	}
	return bpfobj_load(b->ctx, b->obj[i], objects[i]);
}

static int id_of(struct bpfkey_ctx *ctx, int fd, __u32 *ret)
{
	struct bpf_prog_info info = { 0 };
	__u32 n = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &n))
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, errno, "cannot ask for a program's id");
	*ret = info.id;
	return 0;
}

static int fill_state(struct building *b, const struct gate_rule *rules, size_t n, int reader_fd,
		      struct gate_state *s)
{
	struct timespec boot;
	__s32 ring;
	__u32 loaders = gate_count_loaders(rules, n, &ring);
	int r = 0;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	*s = (struct gate_state){
		.abi = GATE_ABI, .mode = GATE_OFF, .removing = 1, .rules = n,
		.loaders = loaders, .loader_ring = ring,
		.insns_only = probe_generation() != PROBE_GEN_METADATA,
		.installed = time(NULL),
		.installed_boot = boot.tv_sec * 1000000000ULL + boot.tv_nsec,
	};
	for (size_t i = 0; !r && i < GATE_HOOKS; i++)
		r = id_of(b->ctx, bpf_program__fd(find_program(b, gate_hooks[i].program)),
			  &s->own[i].id);
	for (size_t i = 0; !r && i < ARRAY_SIZE(doors); i++) {
		r = id_of(b->ctx, bpf_program__fd(find_program(b, doors[i].program)),
			  &s->own[doors[i].own].id);
		s->own[doors[i].own].open = 1;
	}
	if (!r && reader_fd >= 0)
		r = id_of(b->ctx, reader_fd, &s->own[GATE_OWN_READER].id);
	s->own[GATE_OWN_READER].open = 1;
	return r;
}

/* As the updater does it later; the first generation is number 0. */
static int put_rule(struct building *b, const struct gate_rule *rule, __u32 slot)
{
	struct gate_index at = { .tag = rule->tag };

	if (bpf_map_update_elem(bpf_map__fd(find_map(b, "gate_rules")), &slot, rule, BPF_ANY))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(find_map(b, "gate_index")), &at, &slot,
				   BPF_NOEXIST);
}

/* Every map is frozen: from here on only the updater writes. */
static int fill_and_freeze(struct building *b, const struct gate_rule *rules, size_t n,
			   int reader_fd)
{
	struct gate_state state;
	__u32 i = 0;
	int r;

	r = fill_state(b, rules, n, reader_fd, &state);
	if (r < 0)
		return r;
	if (bpf_map_update_elem(bpf_map__fd(find_map(b, "gate_state")), &i, &state, BPF_ANY))
		return bk_fail_errno(b->ctx, -BPFKEY_E_KERNEL, errno,
				     "cannot fill the gate's state");
	for (; i < n; i++)
		if (put_rule(b, &rules[i], i))
			return bk_fail_errno(b->ctx, -BPFKEY_E_KERNEL, errno,
					     "cannot fill the gate's rules");
	for (i = 0; i < b->n_maps; i++)	/* constants are frozen by libbpf */
		if (!bpf_map__is_internal(b->maps[i]) && bpf_map_freeze(bpf_map__fd(b->maps[i])))
			return bk_fail_errno(b->ctx, -BPFKEY_E_KERNEL, errno,
					     "cannot freeze the gate's map '%s'",
					     bpf_map__name(b->maps[i]));
	return 0;
}

static int pin(struct building *b, int fd, const char *program)
{
	_cleanup_(bk_freep) char *path = gate_pin_path(program);

	if (!path)
		return bk_out_of_memory(b->ctx);
	if (!bpf_obj_pin(fd, path))
		return 0;
	if (errno == EINVAL || errno == EPERM)
		bk_hint(b->ctx, "mount -t bpf bpf /sys/fs/bpf");
	return bk_fail_errno(b->ctx, -BPFKEY_E_KERNEL, errno, "cannot pin '%s'", path);
}

static int attach_hook(struct building *b, size_t i)
{
	const struct gate_hook *h = &gate_hooks[i];
	struct bpf_program *p = find_program(b, h->program);
	int err;

	if (h->how == GATE_BY_LINK) {
		b->links[i] = bpf_program__attach(p);
		if (b->links[i])
			return pin(b, bpf_link__fd(b->links[i]), h->program);
		err = errno;
	} else {
		err = -bpf_prog_attach(bpf_program__fd(p), b->cgroup, attach_type(h),
				       BPF_F_ALLOW_MULTI);
		b->attached[i] = !err;
	}
	if (!err)
		return 0;
	if (err == E2BIG || err == ENOSPC)
		bk_hint(b->ctx, "the kernel has ten slots for such hooks: detach another policy's");
	if (err == EPERM)
		bk_hint(b->ctx, "another policy refuses it: cat /sys/kernel/security/lsm");
	return bk_fail_errno(b->ctx, -BPFKEY_E_NO_KERNEL, err, "cannot attach to %s", h->name);
}

static int build(struct building *b, const struct gate_rule *rules, size_t n, int reader_fd)
{
	int r = gate_root_cgroup(b->ctx, &b->cgroup);

	for (size_t i = 0; !r && i < ARRAY_SIZE(objects); i++)
		r = load_object(b, i);
	if (!r)
		r = fill_and_freeze(b, rules, n, reader_fd);
	if (!r)
		r = bk_dir_make(b->ctx, BPFKEY_BPFFS_DIR "/gate", 0700, NULL);
	for (size_t i = 0; !r && i < ARRAY_SIZE(doors); i++)
		r = pin(b, bpf_program__fd(find_program(b, doors[i].program)), doors[i].program);
	for (size_t i = 0; !r && i < GATE_HOOKS; i++)
		r = attach_hook(b, i);
	return r;
}

int gate_put_in(struct bpfkey_ctx *ctx, const struct gate_rule *rules, size_t n, int reader_fd,
		struct gate **ret)
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	_cleanup_(building_undo) struct building b = { .ctx = ctx, .cgroup = -1 };
	int r, fd;

	if (n > GATE_RULES)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "%zu rules are more than the %d that the "
			       "gate holds", n, GATE_RULES);
	remove_pins();	/* of a gate that is gone: the caller saw that none answers */
	r = build(&b, rules, n, reader_fd);
	if (r < 0)
		return r;
	fd = dup(bpf_program__fd(find_program(&b, "gate_update")));
	if (fd < 0)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot keep the gate's updater");
	r = gate_wrap(ctx, fd, ret);
	b.finished = !r;
	return r;
}

int gate_settle(struct gate *g, enum gate_mode mode)
{
	struct gate_call call = { .op = GATE_OP_REMOVE, .index = 0 };
	int r = gate_set_mode(g, mode);

	return r < 0 ? r : gate_do(g, &call);
}

/* detach - 0 also when it was not attached any more. */
static int detach(struct bpfkey_ctx *ctx, int cgroup, const struct gate_hook *h, __u32 id)
{
	_cleanup_(bk_closep) int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || (bpf_prog_detach2(fd, cgroup, attach_type(h)) && errno != ENOENT))
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, errno, "cannot detach from %s",
				     h->name);
	return 0;
}

int gate_take_out(struct gate *g)
{
	struct gate_call call = { .op = GATE_OP_REMOVE, .index = 1 };
	_cleanup_(bk_closep) int cgroup = -1;
	struct bpfkey_ctx *ctx = gate_ctx(g);
	struct gate_state state;
	int r;

	r = gate_read_state(g, &state);
	if (!r)
		r = gate_root_cgroup(ctx, &cgroup);
	if (!r)
		r = gate_do(g, &call);
	if (!r)
		r = gate_set_mode(g, GATE_OFF);
	for (size_t i = GATE_HOOKS; !r && i-- > 0;)
		if (gate_hooks[i].how != GATE_BY_LINK)
			r = detach(ctx, cgroup, &gate_hooks[i], state.own[i].id);
	if (!r)
		remove_pins();
	return r;
}
