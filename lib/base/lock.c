// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define STEP_MS 10
#define FILE_WAIT_MS 30000

int lock_wait(int fd, int ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += STEP_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= ms)
			return -1;
		nanosleep(&step, NULL);
	}
	return 0;
}

static int fail(struct bpfkey_ctx *ctx, int err, const char *path)
{
	int code = err == EACCES || err == EPERM ? -BPFKEY_E_PRIVILEGE :
		   err == ENOENT ? -BPFKEY_E_NOT_FOUND : -BPFKEY_E_IO;

	if (err == EWOULDBLOCK) {
		bk_hint(ctx, "see who has it open ('fuser -v %s'), and try again", path);
		return bk_fail(ctx, -BPFKEY_E_BUSY, "another process is changing '%s'", path);
	}
	return bk_fail_errno(ctx, code, err, "cannot lock '%s'", path);
}

/* has_name - while we waited another file may have been given its name */
static bool has_name(int fd, const char *path)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !stat(path, &named) && ours.st_dev == named.st_dev &&
	       ours.st_ino == named.st_ino;
}

int lock_file(struct bpfkey_ctx *ctx, const char *path, int *ret_fd)
{
	const int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	for (;;) {
		/* NFS locks for writing only what is open for writing. */
		_cleanup_(bk_closep) int fd = open(path, O_RDWR | flags);

		if (fd < 0 && errno == EACCES)
			fd = open(path, O_RDONLY | flags);
		if (fd < 0 || lock_wait(fd, FILE_WAIT_MS))
			return fail(ctx, errno, path);
		if (has_name(fd, path)) {
			*ret_fd = bk_steal_fd(&fd);
			return 0;
		}
	}
}

int lock_folder_of(struct bpfkey_ctx *ctx, const char *path, int *ret_fd)
{
	_cleanup_(bk_freep) char *copy = strdup(path);
	_cleanup_(bk_closep) int fd = -1;
	const char *dir;

	if (!copy)
		return bk_out_of_memory(ctx);
	dir = dirname(copy);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(ctx, errno, dir);
	if (!lock_wait(fd, FILE_WAIT_MS)) {
		*ret_fd = bk_steal_fd(&fd);
		return 0;
	}
	if (errno != EBADF && errno != ENOLCK && errno != EOPNOTSUPP)
		return fail(ctx, errno, dir);
	*ret_fd = -1;
	return 0;
}
