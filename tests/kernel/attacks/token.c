/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * token: an unsigned load in a user namespace, by a BPF token that root has delegated to it. Prints
 * "unsigned=ERRNO"; exits 0 whenever it got as far as trying.
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define TOKEN_CREATE 36			/* enum bpf_cmd, since 6.9 */
#define F_TOKEN_FD (1u << 16)		/* BPF_F_TOKEN_FD */

/* One byte to the other side, and one from it: it has had its turn. */
static void turn(int fd)
{
	char c = 0;

	if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
		_exit(2);
}

/* The file system is of this user namespace; what it delegates, root outside says. */
static int inside(int talk)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = ARRAY_SIZE(insns),
		.insns = bpf_ptr(insns), .license = bpf_ptr("GPL"), .prog_flags = F_TOKEN_FD,
	};
	struct { uint32_t flags, bpffs_fd; } t = { 0 };
	int fs, mnt, r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 2;
	turn(talk);
	if (setgid(0) || setuid(0))
		return 2;
	fs = (int)syscall(SYS_fsopen, "bpf", 0);
	if (fs < 0 || dup2(fs, 100) < 0)
		return 2;
	turn(talk);
	mnt = (int)syscall(SYS_fsmount, fs, 0, 0);
	r = mnt < 0 ? -1 : openat(mnt, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	t.bpffs_fd = (uint32_t)r;
	a.prog_token_fd = r < 0 ? -1 : (int)sys_bpf(TOKEN_CREATE, &t, sizeof(t));
	if (a.prog_token_fd < 0)
		return 2;
	r = (int)sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
	printf("unsigned=%s\n", name_of(r < 0 ? errno : 0));
	fflush(stdout);
	return 0;
}

static void say(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(2);
	close(fd);
}

static void delegate(pid_t pid)
{
	static const char *const what[] = { "delegate_cmds", "delegate_maps", "delegate_progs",
					    "delegate_attachs" };
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fs = (int)syscall(SYS_pidfd_getfd, pidfd, 100, 0);

	for (size_t i = 0; i < ARRAY_SIZE(what); i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, what[i], "any", 0))
			exit(2);
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		exit(2);
}

int main(void)
{
	int talk[2], status = 0;
	char c;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk))
		return 2;
	pid = fork();
	if (!pid) {
		close(talk[0]);
		_exit(inside(talk[1]));
	}
	close(talk[1]);
	if (read(talk[0], &c, 1) == 1) {
		say(pid, "uid_map", "0 0 1");
		say(pid, "setgroups", "deny");
		say(pid, "gid_map", "0 0 1");
		turn(talk[0]);
		delegate(pid);
		if (write(talk[0], &c, 1) != 1)
			return 2;
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
