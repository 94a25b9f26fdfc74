/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door of an installed gate: its updater, and the calls through it. */
#include "gate.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include <bpfkey.h>

#include "bpfobj.h"

#define UPDATER "gate_update"
#define RULE_SETS_AT_ONCE "another process is changing the rules of the gate"

struct gate {
	struct bpfkey_ctx *ctx;
	int fd;
};

void gate_close(struct gate *g)
{
	if (!g)
		return;
	if (g->fd >= 0)
		close(g->fd);
	free(g);
}

struct bpfkey_ctx *gate_ctx(struct gate *g)
{
	return g->ctx;
}

char *gate_pin_path(const char *program)
{
	char *path = NULL;

	if (asprintf(&path, BPFKEY_BPFFS_DIR "/gate/%s", program) < 0)
		return NULL;
	return path;
}

int gate_wrap(struct bpfkey_ctx *ctx, int fd, struct gate **ret)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (!g) {
		close(fd);
		return bk_out_of_memory(ctx);
	}
	g->ctx = ctx;
	g->fd = fd;
	*ret = g;
	return 0;
}

static bool is_updater(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 n = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &n) &&
	       info.type == BPF_PROG_TYPE_SYSCALL && !strcmp(info.name, UPDATER);
}

/* A lost pin does not end the updater while a process holds it. */
static int find_by_id(void)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		_cleanup_(bk_closep) int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && is_updater(fd))
			return bk_steal_fd(&fd);
	}
	return -1;
}

static int find_updater(struct bpfkey_ctx *ctx, int *ret_fd)
{
	_cleanup_(bk_freep) char *path = gate_pin_path(UPDATER);
	int fd;

	if (!path)
		return bk_out_of_memory(ctx);
	fd = bpf_obj_get(path);
	if (fd < 0 && (errno == EACCES || errno == EPERM) && geteuid()) {
		bk_hint(ctx, "run it as root");
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "only root may talk to the gate");
	}
	if (fd >= 0 && !is_updater(fd)) {
		close(fd);
		return bk_fail(ctx, -BPFKEY_E_FOREIGN, "'%s' is not the gate's updater", path);
	}
	if (fd < 0)
		fd = find_by_id();
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (!geteuid() && gate_orphaned(ctx)) {
		bk_hint(ctx, "boot with " BPFKEY_CMDLINE_GATE "=off to get back in");
		return bk_fail(ctx, -BPFKEY_E_KERNEL, "a gate is in force, but its updater is gone "
			       "with the pins in '%s': it can be neither read nor changed until "
			       "reboot", BPFKEY_BPFFS_DIR);
	}
	if (geteuid()) {
		bk_hint(ctx, "run it as root");
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "only root can see whether one is there");
	}
	bk_hint(ctx, "install it: keyctl-bpf gate install");
	return bk_fail(ctx, -BPFKEY_E_NO_GATE, "no gate is installed");
}

int gate_open(struct bpfkey_ctx *ctx, struct gate **ret)
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct gate_state state;
	int r, fd = -1;

	r = find_updater(ctx, &fd);
	if (r < 0)
		return r;
	r = gate_wrap(ctx, fd, &g);
	if (r < 0)
		return r;
	r = gate_read_state(g, &state);
	if (r < 0)
		return r;
	*ret = steal(&g);
	return 0;
}

int gate_call(struct gate *g, struct gate_call *call)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = call, .ctx_size_in = sizeof(*call));

	call->result = -ENOSYS;
	if (!bpf_prog_test_run_opts(g->fd, &opts))
		return 0;
	if (errno == EPERM)
		return bk_fail(g->ctx, -BPFKEY_E_PRIVILEGE, "not permitted to talk to the gate");
	return bk_fail_errno(g->ctx, -BPFKEY_E_KERNEL, errno, "cannot talk to the gate");
}

int gate_do(struct gate *g, struct gate_call *call)
{
	int r = gate_call(g, call);

	if (r < 0 || !call->result)
		return r;
	if (call->result == -EBUSY) {
		bk_hint(g->ctx, "try again");
		return bk_fail(g->ctx, -BPFKEY_E_BUSY, RULE_SETS_AT_ONCE);
	}
	if (call->result == -EACCES) {
		bk_hint(g->ctx, "keyctl-bpf gate apply IMAGE --signature FILE, or reboot");
		return bk_fail(g->ctx, -BPFKEY_E_SEALED, "the gate is sealed: only an image that "
			       "enough policy keys signed changes it");
	}
	return bk_fail_errno(g->ctx, -BPFKEY_E_KERNEL, -call->result, "the gate did not do it");
}

int gate_read_state(struct gate *g, struct gate_state *ret)
{
	struct gate_call call = { .op = GATE_OP_STATE };
	int r = gate_do(g, &call);

	if (r < 0)
		return r;
	if (call.u.state.abi != GATE_ABI) {
		bk_hint(g->ctx, "use the version that installed it, or reboot");
		return bk_fail(g->ctx, -BPFKEY_E_MISMATCH, "the gate in the kernel was installed "
			       "by another version of this program (layout %u, this one has %u)",
			       call.u.state.abi, GATE_ABI);
	}
	*ret = call.u.state;
	return 0;
}

int gate_read_counters(struct gate *g, struct gate_counters *ret)
{
	struct gate_call call = { .op = GATE_OP_COUNTERS };
	int r = gate_do(g, &call);

	if (!r)
		*ret = call.u.counters;
	return r;
}

int gate_set_mode(struct gate *g, enum gate_mode mode)
{
	struct gate_call call = { .op = GATE_OP_MODE, .index = mode };

	return gate_do(g, &call);
}

int gate_set_trial(struct gate *g, __u64 deadline)
{
	struct gate_call call = { .op = GATE_OP_MODE, .index = GATE_TRY, .arg = deadline };

	return gate_do(g, &call);
}

int gate_prove(struct gate *g, bool on)
{
	struct gate_call call = { .op = GATE_OP_PROVE, .index = on ? (__u32)getpid() : 0 };

	return gate_do(g, &call);
}

__u32 gate_count_loaders(const struct gate_rule *rules, size_t n, __s32 *ret_ring)
{
	__u32 loaders = 0;

	*ret_ring = 0;
	for (size_t i = 0; i < n; i++) {
		if (rules[i].kind == GATE_RULE_LOADER_KEY)
			*ret_ring = rules[i].ring;
		loaders += rules[i].kind == GATE_RULE_LOADER ||
			   rules[i].kind == GATE_RULE_LOADER_KEY;
	}
	return loaders;
}

int gate_write_rules(struct gate *g, const struct gate_rule *rules, size_t n)
{
	struct gate_call call = { .op = GATE_OP_BEGIN };
	__u64 session;
	int r;

	if (n > GATE_RULES)
		return bk_fail(g->ctx, -BPFKEY_E_TOO_BIG, "%zu rules are more than the %d that the "
			       "gate holds", n, GATE_RULES);
	r = gate_do(g, &call);
	session = call.session;
	for (size_t i = 0; !r && i < n; i++) {
		call = (struct gate_call){
			.op = GATE_OP_PUT, .session = session, .index = i, .u.rule = rules[i],
		};
		r = gate_do(g, &call);
	}
	if (!r) {
		call = (struct gate_call){ .op = GATE_OP_COMMIT, .session = session, .index = n };
		call.arg = gate_count_loaders(rules, n, &call.ring);
		r = gate_do(g, &call);
	}
	return r < 0 ? bk_fail(g->ctx, r, "cannot give the gate its rules") : 0;
}
