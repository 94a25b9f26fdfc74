/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "../base/file.h"
#include "../base/text.h"

#define MODULE "bpf_keyring"
#define MODULE_DIR "/sys/module/" MODULE
#define SERIALS MODULE_DIR "/parameters/serials"

bool ring_module_loaded(void)
{
	return !access(MODULE_DIR, F_OK);
}

/* find_proc - the serial of a keyring of root in /proc/keys, 0 when there is none. */
static int32_t find_proc(const char *name)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/keys", "re");
	char line[512], type[16], desc[128];
	unsigned int serial, uid;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%x %*s %*s %*s %*s %u %*s %15s %127[^:]", &serial, &uid, type,
			   desc) == 4 &&
		    !uid && !strcmp(type, "keyring") && !strcmp(desc, name))
			return (int32_t)serial;
	}
	return 0;
}

/* parse_serials - lines "NAME SERIAL" of the module. */
static int parse_serials(char *text, const char *name, int32_t *ret)
{
	char *rest = NULL;
	uint64_t serial;

	for (char *s = strtok_r(text, "\n", &rest); s; s = strtok_r(NULL, "\n", &rest)) {
		size_t n = strcspn(s, " ");

		if (strncmp(s, name, n) || name[n] || s[n] != ' ')
			continue;
		if (text_u64(s + n + 1, INT32_MAX, &serial) < 0 || !serial)
			return -BPFKEY_E_FORMAT;
		*ret = (int32_t)serial;
		return 0;
	}
	return -BPFKEY_E_NO_KEYRING;
}

/* no_keyring - neither kernel nor module made it: say which of the ways to take. */
static int no_keyring(struct bpfkey_ctx *ctx, const char *name)
{
	int32_t other = find_proc(name);

	if (other)
		return bk_fail(ctx, -BPFKEY_E_FOREIGN,
			       "keyring '%s' (%d) was made neither by this kernel's BPF verifier "
			       "nor, as far as /sys tells, by the module " MODULE,
			       name, other);
	bk_hint(ctx, "keyctl-bpf keyring create");
	return bk_fail(ctx, -BPFKEY_E_NO_KEYRING,
		       "no keyring '%s': this kernel makes none, and the module " MODULE " %s",
		       name, ring_module_loaded() ? "made none" : "is not loaded");
}

int ring_module_serial(struct bpfkey_ctx *ctx, const char *name, int32_t *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	_cleanup_(bk_freep) char *text = NULL;
	int r;

	if (access(SERIALS, F_OK))
		return no_keyring(ctx, name);
	r = bk_file_read(ctx, SERIALS, 4096, &b);
	if (r < 0)
		return r;
	text = buf_steal_str(&b);
	if (!text)
		return bk_out_of_memory(ctx);
	r = parse_serials(text, name, ret);
	if (r == -BPFKEY_E_FORMAT)
		return bk_fail(ctx, r, "'" SERIALS "' does not hold names and serials");
	return r < 0 ? no_keyring(ctx, name) : 0;
}

/* read_line - the last line that the child says, so that its reason is not lost. */
static void read_line(int fd, char *line, size_t n)
{
	_cleanup_(buf_done) struct buf b = BUF(65536);
	char chunk[1024], *rest = NULL;
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			buf_put(&b, chunk, (size_t)got);
	line[0] = 0;
	for (char *s = strtok_r((char *)buf_cstr(&b), "\n", &rest); s;
	     s = strtok_r(NULL, "\n", &rest))
		snprintf(line, n, "%s", s);
}

/* run_modprobe - its exit status, or -1; @line: the last line it said. */
static int run_modprobe(char *line, size_t n)
{
	/* posix_spawn() promises not to write to these. */
	char *const argv[] = {(char *)"modprobe", (char *)MODULE, (char *)"keyring_unsealed=1",
			      NULL};
	char *const env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	_cleanup_(bk_closep) int out = -1, in = -1;
	posix_spawn_file_actions_t fa;
	int fds[2], status, err;
	pid_t pid;

	snprintf(line, n, "cannot run modprobe");
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	out = fds[0];
	in = fds[1];
	if (posix_spawn_file_actions_init(&fa))
		return -1;
	posix_spawn_file_actions_adddup2(&fa, in, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, in, STDERR_FILENO);
	err = access("/sbin/modprobe", X_OK)
		      ? posix_spawn(&pid, "/usr/sbin/modprobe", &fa, NULL, argv, env)
		      : posix_spawn(&pid, "/sbin/modprobe", &fa, NULL, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	if (err)
		return -1;
	close(bk_steal_fd(&in));
	read_line(out, line, n);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int ring_module_load(struct bpfkey_ctx *ctx)
{
	char line[512];
	int status = run_modprobe(line, sizeof(line));

	if (!status && ring_module_loaded())
		return 0;
	bk_hint(ctx,
		"build it for this kernel (dkms install), and sign it where the kernel takes "
		"signed modules only; for development: keyctl-bpf keyring create --staging NAME");
	if (geteuid())
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "only root can load the module " MODULE);
	return bk_fail(ctx, -BPFKEY_E_NO_KERNEL,
		       "%sthe module " MODULE " cannot be loaded%s%s",
		       ring_native_exists()
			       ? ""
			       : "this kernel has no .bpf keyring of its own, and ",
		       line[0] ? ": " : "", line);
}
