// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which trusted loader a process is, by the word of the gate. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../base/file.h"
#include "../base/text.h"
#include "gate_flow.h"
#include "opts.h"

/* include/linux/proc_ns.h: the gate knows processes by their numbers in the initial namespace */
#define PROC_PID_INIT_INO 0xeffffffcu

#define FDINFO_MAX 4096

static int check_namespace(struct bpfkey_ctx *ctx)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno,
				     "cannot look at '/proc/self/ns/pid'");
	if (st.st_ino != PROC_PID_INIT_INO)
		return bk_fail(ctx, -BPFKEY_E_FOREIGN, "this is a container: the gate knows "
			       "processes by their numbers outside of it");
	return 0;
}

/* "Pid:\t123"; 0 and below: it has ended, or is of another namespace. */
static int pid_of(struct bpfkey_ctx *ctx, int pidfd, uint32_t *ret)
{
	_cleanup_(buf_done) struct buf text = BUF(FDINFO_MAX);
	_cleanup_(bk_freep) char *path = NULL;
	uint64_t pid = 0;
	char *line, *end;
	int r;

	if (asprintf(&path, "/proc/self/fdinfo/%d", pidfd) < 0)
		return bk_out_of_memory(ctx);
	r = bk_file_read(ctx, path, FDINFO_MAX, &text);
	if (r < 0)
		return r;
	line = strstr(buf_cstr(&text), "\nPid:\t");
	if (!line)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "descriptor %d is of no process", pidfd);
	line += strlen("\nPid:\t");
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	if (text_u64(line, INT32_MAX, &pid) < 0 || !pid)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "the process has ended");
	*ret = pid;
	return 0;
}

static int judge(struct bpfkey_ctx *ctx, uint32_t pid, const struct gate_task_info *i,
		 const struct gate_clock *clock)
{
	if (i->kind == GATE_RULE_REVOKED)
		return bk_fail(ctx, -BPFKEY_E_REVOKED, "the file that process %u runs is revoked",
			       pid);
	if (i->kind != GATE_RULE_LOADER && i->kind != GATE_RULE_LOADER_KEY)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "process %u has a rule of kind %u", pid,
			       i->kind);
	if (i->until && i->until <= (uint64_t)clock->boot_ns)
		return bk_fail(ctx, -BPFKEY_E_EXPIRED, "the rule '%.*s' of process %u has ended",
			       GATE_NAME, i->name, pid);
	return 0;
}

static int ask(struct bpfkey_ctx *ctx, uint32_t pid, struct gate_task_info *ret)
{
	struct gate_call call = { .op = GATE_OP_TASK, .index = pid };
	_cleanup_(gate_closep) struct gate *g = NULL;
	int r = gate_open(ctx, &g);

	if (!r)
		r = gate_call(g, &call);
	if (!r && call.result == -ESRCH)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "the process has ended");
	if (!r && call.result == -ENOENT) {
		bk_hint(ctx, "allow its binary, then start it anew: keyctl-bpf loader allow");
		return bk_fail(ctx, -BPFKEY_E_GATE, "process %u is no trusted loader", pid);
	}
	if (!r && call.result)
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, -call.result,
				     "the gate did not tell about process %u", pid);
	if (!r)
		*ret = call.u.task;
	return r;
}

int bpfkey_gate_task(struct bpfkey_ctx *ctx, int pidfd, struct bpfkey_gate_task *ret)
{
	struct gate_clock clock = gate_clock_now();
	struct bpfkey_gate_task t = { 0 };
	struct gate_task_info info;
	int r;

	bk_enter(ctx);
	r = check_namespace(ctx);
	if (!r)
		r = pid_of(ctx, pidfd, &t.pid);
	if (!r)
		r = ask(ctx, t.pid, &info);
	/* While the descriptor reaches it the number is nobody else's. */
	if (!r && syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) && errno == ESRCH)
		r = bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "the process has ended");
	if (!r)
		r = judge(ctx, t.pid, &info, &clock);
	if (r < 0)
		return r;
	t.shielded = info.flags & GATE_TASK_STRICT;
	t.until = info.until ? gate_calendar(&clock, info.until) : 0;
	memcpy(t.name, info.name, sizeof(t.name) - 1);
	memcpy(t.file, info.file, sizeof(t.file));
	return opts_give(ctx, ret, &t, sizeof(t));
}
