/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tcti_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "../lib/base/file.h"
#include "../lib/base/lock.h"
#include "../lib/base/rd.h"
#include "../lib/crypto/digest.h"

/* libtpms 0.10 needs less than 200 KiB with every NV index in use. */
#define STATE_MAX (1u << 20)
#define LOCK_NAME "lock"
#define LOCK_WAIT_MS 10000
#define NAME_LEN 64

/*
 * libtpms checks little of what it loads: one flipped bit in a seed is another
 * TPM to it, and all keys are gone. So a file is these bytes, the SHA-256 of
 * the state, and the state. It finds damage, not attackers.
 */
static const char magic[16] = "bpfkey-tpmstate1";
#define HEAD_LEN (sizeof(magic) + SHA256_LEN)

/* check_dir - the seeds of the TPM lie here in plain, so nobody else looks in. */
static int check_dir(struct tcti_state *s)
{
	struct stat st;

	if (fstat(s->dir_fd, &st))
		return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno, "cannot look at '%s'", s->dir);
	if (st.st_mode & 077) {
		bk_hint(s->ctx, "chmod 700 '%s'; keys of a TPM whose state others could read must "
			"be replaced", s->dir);
		return bk_fail(s->ctx, -BPFKEY_E_INSECURE,
			       "TPM state directory '%s' has mode %04o: others can reach it",
			       s->dir, st.st_mode & 07777);
	}
	return 0;
}

static int fail_busy(struct tcti_state *s)
{
	char pid[16] = "";
	ssize_t n = pread(s->lock_fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? strspn(pid, "0123456789") : 0] = 0;
	bk_hint(s->ctx, "wait for that process to end, or give it a TPM of its own");
	if (!*pid)
		return bk_fail(s->ctx, -BPFKEY_E_BUSY,
			       "the embedded TPM in '%s' is in use by another process", s->dir);
	return bk_fail(s->ctx, -BPFKEY_E_BUSY, "the embedded TPM in '%s' is in use by process %s",
		       s->dir, pid);
}

/* note_holder - for fail_busy() of others; a full disk is no reason to stop here. */
static void note_holder(struct tcti_state *s)
{
	char pid[16];
	int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	if (ftruncate(s->lock_fd, 0) || pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
		return;
}

/* A lock file of its own: the state files are renamed, their locks would be lost. */
static int take_lock(struct tcti_state *s)
{
	s->lock_fd = openat(s->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno, "cannot open '%s/" LOCK_NAME "'",
				     s->dir);
	if (lock_wait(s->lock_fd, LOCK_WAIT_MS)) {
		if (errno == EWOULDBLOCK)
			return fail_busy(s);
		return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno, "cannot lock '%s/" LOCK_NAME "'",
				     s->dir);
	}
	note_holder(s);
	return 0;
}

int tcti_state_open(struct bpfkey_ctx *ctx, const char *dir, struct tcti_state *ret)
{
	int r;

	ret->ctx = ctx;
	ret->dir = strdup(dir);
	if (!ret->dir)
		return bk_out_of_memory(ctx);
	r = bk_dir_make(ctx, dir, 0700, &ret->dir_fd);
	if (r < 0)
		return bk_fail(ctx, r, "cannot use TPM state directory '%s'", dir);
	r = check_dir(ret);
	return r < 0 ? r : take_lock(ret);
}

void tcti_state_close(struct tcti_state *s, bool unlock)
{
	/* Explicitly: a forked child may keep the same open file alive. */
	if (s->lock_fd >= 0 && unlock)
		flock(s->lock_fd, LOCK_UN);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->dir);
	*s = (struct tcti_state)TCTI_STATE_INIT;
}

/* damaged - @how; the file stays, whatever it may still be good for. */
static int damaged(struct tcti_state *s, const char *name, const char *how)
{
	bk_hint(s->ctx,
		"restore '%s/%s' from a backup; without it the keys of this TPM are lost. To "
		"begin with a new TPM, move the directory away",
		s->dir, name);
	return bk_fail(s->ctx, -BPFKEY_E_FORMAT, "TPM state '%s/%s' is damaged: %s", s->dir, name,
		       how);
}

/* check_file - what was found under the name of a state file. */
static int check_file(struct tcti_state *s, const char *name, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return damaged(s, name, "not a regular file");
	if ((st->st_uid && st->st_uid != geteuid()) || (st->st_mode & 077)) {
		bk_hint(s->ctx, "chmod 600 '%s/%s'; keys of a TPM whose state others could read "
			"must be replaced", s->dir, name);
		return bk_fail(s->ctx, -BPFKEY_E_INSECURE,
			       "TPM state '%s/%s' (owner %u, mode %04o) can be reached by others",
			       s->dir, name, st->st_uid, st->st_mode & 07777);
	}
	if (!st->st_size)
		return damaged(s, name, "empty");
	return st->st_size > STATE_MAX ? damaged(s, name, "too large") : 0;
}

/* unwrap - the state inside a file's bytes, if it is what was saved. */
static int unwrap(struct tcti_state *s, const char *name, struct view file, struct view *ret)
{
	struct rd r = rd_init(file);
	struct view head = rd_bytes(&r, sizeof(magic)), want = rd_bytes(&r, SHA256_LEN);
	struct view state = rd_bytes(&r, r.left.n);
	uint8_t got[SHA256_LEN];
	int err;

	if (rd_end(&r) < 0 || !state.n)
		return damaged(s, name, "truncated");
	if (memcmp(head.p, magic, sizeof(magic)))
		return damaged(s, name, "not a state of an embedded TPM");
	err = bk_sha256(s->ctx, state, got);
	if (err < 0)
		return err;
	if (memcmp(got, want.p, sizeof(got)))
		return damaged(s, name, "its content is not what was saved");
	*ret = state;
	return 0;
}

/* read_whole - the regular file behind @fd. */
static int read_whole(struct tcti_state *s, const char *name, int fd, struct buf *ret)
{
	uint8_t chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno,
					     "cannot read TPM state '%s/%s'", s->dir, name);
		buf_put(ret, chunk, (size_t)n);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return buf_ok(ret) ? 0 : bk_out_of_memory(s->ctx);
}

int tcti_state_load(struct tcti_state *s, const char *name, uint8_t **ret, uint32_t *ret_len)
{
	_cleanup_(buf_done) struct buf file = BUF(STATE_MAX);
	_cleanup_(bk_closep) int fd = -1;
	struct view state = { NULL, 0 };
	struct stat st;
	uint8_t *p;
	int r;

	fd = openat(s->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return -BPFKEY_E_NOT_FOUND;
	if (fd < 0 && errno == ELOOP)
		return damaged(s, name, "not a regular file");
	if (fd < 0 || fstat(fd, &st))
		return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno, "cannot read TPM state '%s/%s'",
				     s->dir, name);
	r = check_file(s, name, &st);
	if (r < 0)
		return r;
	r = read_whole(s, name, fd, &file);
	if (r < 0)
		return r;
	r = unwrap(s, name, buf_view(&file), &state);
	if (r < 0)
		return r;
	p = malloc(state.n);
	if (!p)
		return bk_out_of_memory(s->ctx);
	memcpy(p, state.p, state.n);
	bk_wipe(file.p, file.n);
	*ret = p;
	*ret_len = (uint32_t)state.n;
	return 0;
}

static int write_all(int fd, struct view v)
{
	while (v.n) {
		ssize_t done = write(fd, v.p, v.n);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			v.p += done;
			v.n -= (size_t)done;
		}
	}
	return 0;
}

static int write_durably(int fd, struct view head, struct view state)
{
	return fchmod(fd, 0600) || write_all(fd, head) || write_all(fd, state) || fdatasync(fd);
}

int tcti_state_store(struct tcti_state *s, const char *name, const uint8_t *p, size_t n)
{
	_cleanup_(bk_closep) int fd = -1;
	struct view state = { p, n };
	uint8_t head[HEAD_LEN];
	char tmp[NAME_LEN];
	int err;

	memcpy(head, magic, sizeof(magic));
	err = bk_sha256(s->ctx, state, head + sizeof(magic));
	if (err < 0)
		return err;
	if (snprintf(tmp, sizeof(tmp), ".%s.tmp", name) >= (int)sizeof(tmp))
		return bk_fail(s->ctx, -BPFKEY_E_INTERNAL, "TPM state name '%s' is too long", name);
	/* Left by a process that was killed; the lock says that it is nobody's now. */
	unlinkat(s->dir_fd, tmp, 0);
	fd = openat(s->dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && !write_durably(fd, (struct view){ head, sizeof(head) }, state) &&
	    !renameat(s->dir_fd, tmp, s->dir_fd, name) && !fsync(s->dir_fd))
		return 0;
	err = errno;
	unlinkat(s->dir_fd, tmp, 0);
	bk_hint(s->ctx, "make room or repair the disk, then run the command again: the TPM goes on "
		"from its last saved state");
	return bk_fail_errno(s->ctx, -BPFKEY_E_IO, err, "cannot save TPM state '%s/%s'", s->dir,
			     name);
}

int tcti_state_delete(struct tcti_state *s, const char *name)
{
	if (!unlinkat(s->dir_fd, name, 0) || errno == ENOENT)
		return 0;
	return bk_fail_errno(s->ctx, -BPFKEY_E_IO, errno, "cannot delete TPM state '%s/%s'", s->dir,
			     name);
}
