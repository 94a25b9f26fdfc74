/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define READ_CHUNK 65536

/* file_error - EACCES and its like deserve another exit code than a bad disk. */
static int file_error(struct bpfkey_ctx *ctx, int err, const char *what, const char *path)
{
	int code = BPFKEY_E_IO;

	if (err == ENOENT)
		code = BPFKEY_E_NOT_FOUND;
	else if (err == EACCES || err == EPERM)
		code = BPFKEY_E_PRIVILEGE;
	return bk_fail_errno(ctx, -code, err, "cannot %s '%s'", what, path);
}

/* open_input - "-" is standard input; devices and directories are refused. */
static int open_input(struct bpfkey_ctx *ctx, const char *path, struct stat *st)
{
	_cleanup_(bk_closep) int fd = -1;

	if (!strcmp(path, "-"))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, st))
		return file_error(ctx, errno, "read", path);
	if (strcmp(path, "-") && !S_ISREG(st->st_mode))
		return bk_fail(ctx, -BPFKEY_E_IO, "cannot read '%s': not a regular file", path);
	return bk_steal_fd(&fd);
}

int bk_file_read(struct bpfkey_ctx *ctx, const char *path, size_t max, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(max + 1);
	_cleanup_(bk_closep) int fd = -1;
	_cleanup_(bk_freep) uint8_t *chunk = malloc(READ_CHUNK);
	struct stat st;
	ssize_t n;

	if (!chunk)
		return bk_out_of_memory(ctx);
	fd = open_input(ctx, path, &st);
	if (fd < 0)
		return fd;
	while ((n = read(fd, chunk, READ_CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(ctx, errno, "read", path);
		if (b.n + (size_t)n > max)
			return bk_fail(ctx, -BPFKEY_E_TOO_BIG,
				       "cannot read '%s': larger than %zu bytes", path, max);
		buf_put(&b, chunk, (size_t)n);
		if (!buf_ok(&b))
			return bk_out_of_memory(ctx);
	}
	buf_done(ret);
	b.max = ret->max;
	*ret = b;
	b = BUF(0);
	return 0;
}

/* check_private - may only its owner, root or we, touch the file? */
static int check_private(struct bpfkey_ctx *ctx, const char *path, const struct stat *st)
{
	if (st->st_uid && st->st_uid != geteuid())
		return bk_fail(ctx, -BPFKEY_E_INSECURE,
			       "private file '%s' belongs to user %u", path, st->st_uid);
	if (st->st_mode & 077) {
		bk_hint(ctx, "chmod 600 '%s'; a secret that others could read must be replaced",
			path);
		return bk_fail(ctx, -BPFKEY_E_INSECURE,
			       "private file '%s' has mode %04o: others can reach it", path,
			       st->st_mode & 07777);
	}
	return 0;
}

int bk_file_read_secret(struct bpfkey_ctx *ctx, const char *path, size_t max,
			struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	_cleanup_(bk_closep) int fd = -1;
	struct stat st;
	size_t got = 0;
	int r;

	fd = open_input(ctx, path, &st);
	if (fd < 0)
		return fd;
	r = S_ISREG(st.st_mode) ? check_private(ctx, path, &st) : 0;
	if (r < 0)
		return r;
	s = bk_secret_new(max + 1);
	if (!s)
		return bk_fail(ctx, -BPFKEY_E_NOMEM, "cannot read '%s': no lockable memory", path);
	for (;;) {
		ssize_t n = read(fd, bk_secret_data(s) + got, max + 1 - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(ctx, errno, "read", path);
		if (!n)
			break;
		got += (size_t)n;
		if (got > max)
			return bk_fail(ctx, -BPFKEY_E_TOO_BIG,
				       "cannot read '%s': larger than %zu bytes", path, max);
	}
	bk_secret_set_len(s, got);
	*ret = steal(&s);
	return 0;
}

/*
 * A temporary file in the directory of its target. It has no name until it is
 * whole, where the file system can do that: a killed process leaves nothing.
 */
struct temp {
	int dir, fd;
	bool named;
	char name[40];
};

static void temp_done(struct temp *t)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->dir >= 0 && t->named)
		unlinkat(t->dir, t->name, 0);
	if (t->dir >= 0)
		close(t->dir);
}

/* open_unnamed - such a file gets its name through /proc, or not at all. */
static int open_unnamed(int dir)
{
	if (access("/proc/self/fd", X_OK))
		return -1;
	return openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

static int temp_open(struct bpfkey_ctx *ctx, const char *path, mode_t mode, struct temp *t)
{
	_cleanup_(bk_freep) char *copy = strdup(path);
	uint64_t nonce;

	if (!copy)
		return bk_out_of_memory(ctx);
	t->dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return file_error(ctx, errno, "open the directory of", path);
	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot get random bytes");
	snprintf(t->name, sizeof(t->name), ".keyctl-bpf.%016llx", (unsigned long long)nonce);
	t->fd = open_unnamed(t->dir);
	if (t->fd < 0) {
		t->fd = openat(t->dir, t->name,
			       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		t->named = t->fd >= 0;
	}
	if (t->fd < 0)
		return file_error(ctx, errno, "write", path);
	/* Not by umask: the mode is part of what is promised. */
	if (fchmod(t->fd, mode))
		return file_error(ctx, errno, "set the mode of", path);
	return 0;
}

/* give_name - 0 or -1 with errno, EEXIST when @name is taken */
static int give_name(struct temp *t, const char *name)
{
	char self[40];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", t->fd);
	return linkat(AT_FDCWD, self, t->dir, name, AT_SYMLINK_FOLLOW);
}

/* temp_publish - the whole file appears as @base, in the place of another or not at all */
static int temp_publish(struct temp *t, const char *base, bool replace)
{
	if (!t->named) {
		if (!give_name(t, base))
			return 0;
		if (!replace || errno != EEXIST || give_name(t, t->name))
			return -1;
		t->named = true;
	}
	if (renameat2(t->dir, t->name, t->dir, base, replace ? 0 : RENAME_NOREPLACE))
		return -1;
	t->named = false;
	return 0;
}

static int write_all(struct bpfkey_ctx *ctx, const char *path, int fd, struct view data)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(ctx, errno, "write", path);
		data.p += n;
		data.n -= (size_t)n;
	}
	return 0;
}

struct bk_pending {
	struct temp temp;
	char *path, *copy;
	const char *base;	/* in @copy */
	unsigned int flags;
};

void bk_pending_free(struct bk_pending *p)
{
	if (!p)
		return;
	temp_done(&p->temp);
	free(p->path);
	free(p->copy);
	free(p);
}

int bk_pending_new(struct bpfkey_ctx *ctx, const char *path, mode_t mode, struct view data,
		   unsigned int flags, struct bk_pending **ret)
{
	_cleanup_(bk_pending_freep) struct bk_pending *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return bk_out_of_memory(ctx);
	p->temp = (struct temp){ .dir = -1, .fd = -1 };
	p->flags = flags;
	p->path = strdup(path);
	p->copy = strdup(path);
	if (!p->path || !p->copy)
		return bk_out_of_memory(ctx);
	p->base = basename(p->copy);
	r = temp_open(ctx, path, mode, &p->temp);
	r = r < 0 ? r : write_all(ctx, path, p->temp.fd, data);
	if (r < 0)
		return r;
	*ret = steal(&p);
	return 0;
}

void bk_pending_start(struct bk_pending *p)
{
	/* Only a hint, which not every file system takes. */
	(void)sync_file_range(p->temp.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* same_place - are two descriptors on one file system, or even the same file? */
static bool same_place(int a, int b, bool file)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       (!file || x.st_ino == y.st_ino);
}

int bk_pending_sync(struct bpfkey_ctx *ctx, struct bk_pending *p)
{
	return fsync(p->temp.fd) ? file_error(ctx, errno, "write", p->path) : 0;
}

int bk_pending_sync_all(struct bpfkey_ctx *ctx, struct bk_pending *p,
			const struct bk_pending *before)
{
	if (before && same_place(p->temp.fd, before->temp.fd, false))
		return 0;
	return syncfs(p->temp.fd) ? file_error(ctx, errno, "write", p->path) : 0;
}

int bk_pending_name(struct bpfkey_ctx *ctx, struct bk_pending *p)
{
	if (!temp_publish(&p->temp, p->base, p->flags & BK_FILE_FORCE))
		return 0;
	if (errno != EEXIST)
		return file_error(ctx, errno, "write", p->path);
	bk_hint(ctx, "choose another name, or replace it with --force");
	return bk_fail(ctx, -BPFKEY_E_EXISTS, "'%s' exists already", p->path);
}

int bk_pending_settle(struct bpfkey_ctx *ctx, struct bk_pending *p,
		      const struct bk_pending *before)
{
	int err;

	if (before && same_place(p->temp.dir, before->temp.dir, true))
		return 0;
	if (!fsync(p->temp.dir))
		return 0;
	err = errno;
	/* A new file that may not last is taken back; a replaced one cannot be. */
	if (!(p->flags & BK_FILE_FORCE))
		unlinkat(p->temp.dir, p->base, 0);
	return file_error(ctx, err, "write the directory of", p->path);
}

int bk_file_replace(struct bpfkey_ctx *ctx, const char *path, mode_t mode, struct view data,
		    unsigned int flags)
{
	_cleanup_(bk_pending_freep) struct bk_pending *p = NULL;
	int r = bk_pending_new(ctx, path, mode, data, flags, &p);

	r = r < 0 ? r : bk_pending_sync(ctx, p);
	r = r < 0 ? r : bk_pending_name(ctx, p);
	return r < 0 ? r : bk_pending_settle(ctx, p, NULL);
}

/* make_step - one directory below @parent, which is closed and replaced. */
static int make_step(struct bpfkey_ctx *ctx, int *at, const char *name, mode_t mode,
		     int nofollow, const char *whole)
{
	bool made = !mkdirat(*at, name, mode);
	int fd;

	if (!made && errno != EEXIST)
		return file_error(ctx, errno, "make the directory", whole);
	fd = openat(*at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow);
	if (fd < 0)
		return file_error(ctx, errno, "open the directory", whole);
	/* What is stored below it shall not hang in the air after a power cut. */
	if (made && fsync(*at)) {
		close(fd);
		return file_error(ctx, errno, "write the directory of", whole);
	}
	close(*at);
	/* Not by umask, as with files. */
	if (made && fchmod(fd, mode)) {
		*at = fd;
		return file_error(ctx, errno, "set the mode of", whole);
	}
	*at = fd;
	return 0;
}

/* check_own_dir - the last one is ours: right owner, nobody else writes. */
static int check_own_dir(struct bpfkey_ctx *ctx, int fd, const char *whole)
{
	struct stat st;

	if (fstat(fd, &st))
		return file_error(ctx, errno, "open the directory", whole);
	if ((st.st_uid && st.st_uid != geteuid()) || (st.st_mode & 022)) {
		bk_hint(ctx, "make it root's with mode 0700, and see who could write there");
		return bk_fail(ctx, -BPFKEY_E_INSECURE,
			       "directory '%s' (owner %u, mode %04o) can be changed by others",
			       whole, st.st_uid, st.st_mode & 07777);
	}
	return 0;
}

int bk_dir_make(struct bpfkey_ctx *ctx, const char *path, mode_t mode, int *ret_fd)
{
	_cleanup_(bk_closep) int at = -1;
	_cleanup_(bk_freep) char *copy = strdup(path);
	char *rest = NULL, *name, *next;
	int r;

	if (!copy)
		return bk_out_of_memory(ctx);
	at = open(*path == '/' ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return file_error(ctx, errno, "open the directory", path);
	for (name = strtok_r(copy, "/", &rest); name; name = next) {
		next = strtok_r(NULL, "/", &rest);
		r = make_step(ctx, &at, name, mode, next ? 0 : O_NOFOLLOW, path);
		if (r < 0)
			return r;
	}
	r = check_own_dir(ctx, at, path);
	if (r < 0)
		return r;
	if (ret_fd)
		*ret_fd = bk_steal_fd(&at);
	return 0;
}

int bk_file_owned(struct bpfkey_ctx *ctx, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT ? 0 : bk_fail_errno(ctx, -BPFKEY_E_IO, errno,
							   "cannot look at '%s'", path);
	if (st.st_uid && st.st_uid != geteuid())
		return bk_fail(ctx, -BPFKEY_E_INSECURE, "'%s' belongs to user %u", path,
			       st.st_uid);
	if (st.st_mode & 022) {
		bk_hint(ctx, "read what it allows, then chmod go-w '%s'", path);
		return bk_fail(ctx, -BPFKEY_E_INSECURE, "'%s' has mode %04o: others can change it",
			       path, st.st_mode & 07777);
	}
	return 0;
}
