/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How root reaches into another process, or makes its exec something else. Prints "WORD=ERRNO", 0
 * for success; exits 0 whenever it got as far as trying.
 *
 *	attach PID | seize PID          trace it, as a debugger does
 *	writev PID | mem PID            write to its stack
 *	getfd PID                       take a descriptor of it
 *	filter CMD...                   run it under a seccomp filter that allows everything
 *	notify CMD...                   ... that asks this process about each bpf(2)
 *	share CMD...                    run it in a task that shares its root with this one
 *	traced CMD...                   run it under a tracer that was there before
 *	inherited CMD...                run it in a child that asked to be traced itself
 *	check FILE                      execveat(AT_EXECVE_CHECK), then load an unsigned program
 *	fails FILE                      an exec of it that fails for want of a linker, then an
 *	                                unsigned load
 *	memfd FILE ARG...               run an anonymous copy of it
 *	probe FILE OFFSET               a uprobe there by perf
 *	perf                            count instructions of the kernel
 *	compat                          an unsigned load by the 32-bit system call
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define AT_CHECK 0x10000	/* AT_EXECVE_CHECK of <linux/fcntl.h>, since 6.14 */
#define COMPAT_BPF 357		/* arch/x86/entry/syscalls/syscall_32.tbl */

static void say(const char *word, bool good)
{
	printf("%s=%s\n", word, name_of(good ? 0 : errno));
	fflush(stdout);
}

static int end_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static int do_attach(int argc, char **argv)
{
	bool seize = !strcmp(argv[-1], "seize");
	long r = ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, atoi(argv[0]), 0, 0);

	(void)argc;
	say("reached", !r);
	return 0;
}

static unsigned long stack_of(const char *pid)
{
	char path[64], line[512];
	unsigned long start = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]"))
			start = strtoul(line, NULL, 16);
	if (f)
		fclose(f);
	if (!start)
		exit(2);
	return start;
}

static int do_writev(int argc, char **argv)
{
	char zeros[8] = { 0 };
	struct iovec mine = { zeros, sizeof(zeros) };
	struct iovec its = { (void *)stack_of(argv[0]), sizeof(zeros) };

	(void)argc;
	say("reached", process_vm_writev(atoi(argv[0]), &mine, 1, &its, 1, 0) > 0);
	return 0;
}

static int do_mem(int argc, char **argv)
{
	unsigned long at = stack_of(argv[0]);
	char path[64], zeros[8] = { 0 };
	int fd;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/%s/mem", argv[0]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	say("reached", fd >= 0 && pwrite(fd, zeros, sizeof(zeros), (off_t)at) > 0);
	return 0;
}

static int do_getfd(int argc, char **argv)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[0]), 0);

	(void)argc;
	if (pidfd < 0)
		return 2;
	say("reached", syscall(SYS_pidfd_getfd, pidfd, 1, 0) >= 0);
	return 0;
}

/* ask: of each bpf(2) this process decides, and says go on; else all is allowed. */
static int filter(bool ask)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ask ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    ask ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &prog);
}

static int do_filter(int argc, char **argv)
{
	(void)argc;
	if (filter(false))
		return 2;
	execvp(argv[0], argv);
	return 2;
}

static void go_on(int listener, pid_t child)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	while (!waitpid(child, NULL, WNOHANG)) {
		struct seccomp_notif_resp resp = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		struct seccomp_notif req = { 0 };

		if (poll(&p, 1, 100) <= 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
			continue;
		resp.id = req.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

static int do_notify(int argc, char **argv)
{
	int listener = filter(true);
	pid_t child;

	(void)argc;
	if (listener < 0)
		return 2;
	child = fork();
	if (!child) {
		close(listener);
		execvp(argv[0], argv);
		_exit(2);
	}
	go_on(listener, child);
	return 0;
}

static int run_it(void *argv)
{
	char **a = argv;

	execvp(a[0], a);
	_exit(2);
}

static int do_share(int argc, char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(run_it, stack + sizeof(stack), CLONE_FS | SIGCHLD, argv);

	(void)argc;
	if (pid < 0)
		return 2;
	end_of(pid);
	return 0;
}

static int do_traced(int argc, char **argv)
{
	int status;
	pid_t pid = fork();

	(void)argc;
	if (!pid) {
		raise(SIGSTOP);
		run_it(argv);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || ptrace(PTRACE_SEIZE, pid, 0, 0))
		return 2;
	kill(pid, SIGCONT);
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
	return 0;
}

static int do_inherited(int argc, char **argv)
{
	int status;
	pid_t pid = fork();

	(void)argc;
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(2);
		run_it(argv);
	}
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
	return 0;
}

static int do_check(int argc, char **argv)
{
	struct tiny t = { .type = BPF_PROG_TYPE_SOCKET_FILTER };
	char *none[] = { argv[0], NULL };
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0 || syscall(SYS_execveat, fd, "", none, none + 1, AT_EMPTY_PATH | AT_CHECK))
		return 2;
	errno = try_tiny(&t);
	say("unsigned", !errno);
	return 0;
}

/* In a root that has nothing but the file. */
static int do_fails(int argc, char **argv)
{
	struct tiny t = { .type = BPF_PROG_TYPE_SOCKET_FILTER };
	int fd;

	(void)argc;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    (mkdir("bare", 0755) && errno != EEXIST))
		return 2;
	fd = open("bare/it", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
	if (fd < 0 || close(fd) || mount(argv[0], "bare/it", NULL, MS_BIND, NULL) ||
	    chroot("bare") || chdir("/"))
		return 2;
	if (execl("/it", "it", NULL) != -1 || errno != ENOENT)
		return 2;
	errno = try_tiny(&t);
	say("unsigned", !errno);
	return 0;
}

static int do_memfd(int argc, char **argv)
{
	_cleanup_(buf_done) struct buf b = BUF(FILE_MAX);
	int fd = memfd_create("copy", 0), exec_fd;
	char path[32];

	(void)argc;
	if (fd < 0 || bk_file_read(NULL, argv[0], FILE_MAX, &b) ||
	    write(fd, b.p, b.n) != (ssize_t)b.n)
		return 2;
	/* What is open for writing does not run. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	exec_fd = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	fexecve(exec_fd, argv + 1, environ);
	return 2;
}

static int open_event(struct perf_event_attr *a)
{
	a->size = sizeof(*a);
	return (int)syscall(SYS_perf_event_open, a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int do_probe(int argc, char **argv)
{
	_cleanup_(buf_done) struct buf type = BUF(64);
	struct perf_event_attr a = {
		.uprobe_path = (uintptr_t)argv[0], .probe_offset = strtoul(argv[1], NULL, 0),
	};

	(void)argc;
	if (bk_file_read(NULL, "/sys/bus/event_source/devices/uprobe/type", 64, &type))
		return 2;
	a.type = (uint32_t)atoi(buf_cstr(&type));
	say("reached", open_event(&a) >= 0);
	return 0;
}

static int do_perf(int argc, char **argv)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE,
				     .config = PERF_COUNT_SW_CPU_CLOCK };

	(void)argc;
	(void)argv;
	say("reached", open_event(&a) >= 0);
	return 0;
}

/* Everything below four gigabytes, where a 32-bit caller's pointers go. */
static int do_compat(int argc, char **argv)
{
	struct low {
		struct attr_prog_load a;
		struct bpf_insn insns[2];
		char license[4];
	} *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r = COMPAT_BPF;

	(void)argc;
	(void)argv;
	if (low == MAP_FAILED)
		return 2;
	low->insns[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
	low->insns[1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	memcpy(low->license, "GPL", 4);
	low->a = (struct attr_prog_load){
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
		.insns = (uintptr_t)low->insns, .license = (uintptr_t)low->license,
	};
	__asm__ volatile("int $0x80" : "+a"(r) : "b"((long)BPF_PROG_LOAD), "c"(&low->a),
			 "d"(sizeof(low->a)) : "memory", "r8", "r9", "r10", "r11");
	errno = r < 0 ? (int)-r : 0;
	if (errno == ENOSYS)
		return 2;
	say("unsigned", r >= 0);
	return 0;
}

static const struct {
	const char *name;
	int min;
	int (*run)(int argc, char **argv);
} ways[] = {
	{ "attach", 1, do_attach }, { "seize", 1, do_attach }, { "writev", 1, do_writev },
	{ "mem", 1, do_mem }, { "getfd", 1, do_getfd }, { "filter", 1, do_filter },
	{ "notify", 1, do_notify }, { "share", 1, do_share }, { "traced", 1, do_traced },
	{ "inherited", 1, do_inherited }, { "check", 1, do_check }, { "memfd", 1, do_memfd },
	{ "fails", 1, do_fails },
	{ "probe", 2, do_probe }, { "perf", 0, do_perf }, { "compat", 0, do_compat },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(ways); i++)
		if (!strcmp(ways[i].name, argv[1]) && argc - 2 >= ways[i].min)
			return ways[i].run(argc - 2, argv + 2);
	return 2;
}
