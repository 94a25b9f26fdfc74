// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state a process inherits is the caller's choice: file mask, descriptors,
 * environment, signals, ids, core limit. All of it is set here, once, before
 * the first argument is looked at, so that no later code has to doubt it.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfkey/err.h>

#include "hygiene.h"

/*
 * A file that opens as descriptor 1 or 2 would receive messages as content.
 * open() gives the lowest free number, so filling from 0 up closes every gap.
 */
static int open_standard_fds(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

/* AT_SECURE is no measure: the gate sets it for trusted loaders. */
static int is_set_id(void)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return 1;
	return ru != eu || ru != su || rg != eg || rg != sg;
}

static int no_core_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
	/* RLIMIT_CORE does not bind a piped core_pattern; this does, and ptrace too. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static unsigned int listen_fds;

unsigned int hygiene_listen_fds(void)
{
	return listen_fds;
}

/* One digit is enough; what was meant for another process does not count. */
static void note_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	char own[16];

	snprintf(own, sizeof(own), "%d", (int)getpid());
	if (pid && n && !strcmp(pid, own) && n[0] >= '1' && n[0] <= '9' && !n[1])
		listen_fds = (unsigned int)(n[0] - '0');
}

/*
 * Nothing is kept: OPENSSL_*, TSS2_*, LIBBPF_* and LD_* steer the libraries
 * below us, POSIXLY_CORRECT popt, MODPROBE_OPTIONS a child.
 */
static int fresh_environment(void)
{
	note_listen_fds();
	if (clearenv() != 0)
		return -1;
	if (setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) < 0)
		return -1;
	if (setenv("LC_ALL", "C", 1) < 0)
		return -1;
	return setenv("TZ", "UTC0", 1);
}

int hygiene_start(const char **ret_why)
{
	umask(077);
	if (open_standard_fds() < 0) {
		*ret_why = "cannot open '/dev/null' for a closed standard descriptor";
		return -BPFKEY_E_IO;
	}
	if (is_set_id()) {
		*ret_why = "set-user-id and set-group-id use is refused: "
			   "run it as the user who may do this";
		return -BPFKEY_E_PRIVILEGE;
	}
	if (fresh_environment() < 0) {
		*ret_why = "cannot clear the environment: out of memory";
		return -BPFKEY_E_NOMEM;
	}
	/* Marked, not closed: a caller may hand over a descriptor to read from. */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
		*ret_why = "cannot mark inherited descriptors close-on-exec: "
			   "the kernel must be 5.11 or later";
		return -BPFKEY_E_NO_SUPPORT;
	}
	if (no_core_dumps() < 0) {
		*ret_why = "cannot switch core dumps off, and secrets could end in one";
		return -BPFKEY_E_IO;
	}
	/* A closed pipe and a full quota are errors of write(), not ends of the process. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
		*ret_why = "cannot ignore SIGPIPE and SIGXFSZ";
		return -BPFKEY_E_IO;
	}
	return 0;
}
