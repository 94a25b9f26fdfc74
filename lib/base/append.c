// SPDX-License-Identifier: LGPL-2.1-or-later
#include "append.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "buf.h"
#include "lock.h"

#define LINE_MAX_BYTES (256 * 1024)
#define LOCK_WAIT_MS 30000

static int fail(struct bpfkey_ctx *ctx, int err, const char *what, const char *path)
{
	int code = err == EACCES || err == EPERM ? -BPFKEY_E_PRIVILEGE :
		   err == ENOENT ? -BPFKEY_E_NOT_FOUND : -BPFKEY_E_IO;

	return bk_fail_errno(ctx, code, err, "cannot %s '%s'", what, path);
}

/* sync_directory - a log that is gone after a crash has logged nothing. */
static int sync_directory(struct bpfkey_ctx *ctx, const char *path)
{
	_cleanup_(bk_freep) char *copy = strdup(path);
	_cleanup_(bk_closep) int dir = -1;

	if (!copy)
		return bk_out_of_memory(ctx);
	dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fsync(dir))
		return fail(ctx, errno, "write the directory of", path);
	return 0;
}

int append_open(struct bpfkey_ctx *ctx, const char *path, bool create, int *ret_fd)
{
	const int flags = O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	_cleanup_(bk_closep) int fd = open(path, O_RDWR | flags);
	bool made = false;
	struct stat st;
	int r = 0;

	/* Reading only serves to find a piece of a line; who may not, need not. */
	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags);
	if (fd < 0 && errno == ENOENT && create) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
		made = fd >= 0;
	}
	/* Another process was faster. */
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_RDWR | flags);
	if (fd < 0 || fstat(fd, &st))
		return fail(ctx, errno, "open the log", path);
	if (!S_ISREG(st.st_mode))
		return bk_fail(ctx, -BPFKEY_E_IO, "cannot open the log '%s': not a regular file",
			       path);
	if (st.st_mode & 02) {
		bk_hint(ctx, "chmod o-w '%s'", path);
		return bk_fail(ctx, -BPFKEY_E_INSECURE, "everybody may write to the log '%s'",
			       path);
	}
	if (made)
		r = sync_directory(ctx, path);
	if (r < 0)
		return r;
	*ret_fd = bk_steal_fd(&fd);
	return 0;
}

static int lock(struct bpfkey_ctx *ctx, const char *path, int fd)
{
	if (!lock_wait(fd, LOCK_WAIT_MS))
		return 0;
	if (errno != EWOULDBLOCK)
		return fail(ctx, errno, "lock the log", path);
	return bk_fail(ctx, -BPFKEY_E_BUSY, "another process holds the lock of the log '%s'", path);
}

static int append_locked(struct bpfkey_ctx *ctx, const char *path, int fd, struct view line)
{
	_cleanup_(buf_done) struct buf whole = BUF(LINE_MAX_BYTES);
	struct stat st;
	char last = '\n';
	ssize_t n;
	int err;

	if (fstat(fd, &st))
		return fail(ctx, errno, "write the log", path);
	if (st.st_size && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		buf_u8(&whole, '\n');
	buf_put(&whole, line.p, line.n);
	if (!buf_ok(&whole))
		return bk_out_of_memory(ctx);
	n = write(fd, whole.p, whole.n);
	err = n < 0 ? errno : ENOSPC;
	if (n == (ssize_t)whole.n && !fsync(fd))
		return 0;
	if (n == (ssize_t)whole.n)
		err = errno;
	/* A log that may only grow keeps the piece; so be it. */
	if (n > 0 && ftruncate(fd, st.st_size))
		bk_log(ctx, BPFKEY_LOG_WARNING, "a piece of a line stays in the log '%s'", path);
	return fail(ctx, err, "write the log", path);
}

int append_line(struct bpfkey_ctx *ctx, const char *path, int fd, struct view line)
{
	int r = lock(ctx, path, fd);

	if (r < 0)
		return r;
	r = append_locked(ctx, path, fd, line);
	flock(fd, LOCK_UN);
	return r;
}
