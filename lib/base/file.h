/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files: read once and whole with a limit, replaced atomically or not at all,
 * never through a symbolic link where the name is ours.
 */
#ifndef BK_FILE_H
#define BK_FILE_H

#include <sys/types.h>

#include "buf.h"
#include "ctx.h"
#include "secret.h"

/*
 * bk_file_read - the whole of a regular file (or of "-": standard input)
 * @max: refuse more than this many bytes (-BPFKEY_E_TOO_BIG)
 * @ret: an empty buf made with BUF(); untouched on failure
 */
int bk_file_read(struct bpfkey_ctx *ctx, const char *path, size_t max, struct buf *ret);

/*
 * bk_file_read_secret - the same into a secret; refuses a file that group or
 * others can read or write, or whose owner is neither root nor the caller
 * (-BPFKEY_E_INSECURE).
 */
int bk_file_read_secret(struct bpfkey_ctx *ctx, const char *path, size_t max,
			struct bk_secret **ret);

enum bk_file_flags {
	BK_FILE_FORCE = 1 << 0,	/* replace a file that exists */
};

/*
 * bk_file_owned - see that only root and the caller may change @path, a file that says who is
 * trusted, or its folder; fine when it is not there. -BPFKEY_E_INSECURE
 */
int bk_file_owned(struct bpfkey_ctx *ctx, const char *path);

/*
 * bk_file_replace - write a nameless file beside @path, fsync, give it the
 * name, fsync the directory. Without BK_FILE_FORCE a file that exists is left alone
 * (-BPFKEY_E_EXISTS), also when it appears in between. On any failure nothing
 * of ours is left behind.
 */
int bk_file_replace(struct bpfkey_ctx *ctx, const char *path, mode_t mode,
		    struct view data, unsigned int flags);

/*
 * The same for many files, which then wait for the disk once and not one by
 * one: all of them new, then started, then synced, then named, then settled.
 * Each is as durable as bk_file_replace() makes it when it is settled; one that
 * failed in a step is freed, which leaves nothing of it.
 */
struct bk_pending;

int bk_pending_new(struct bpfkey_ctx *ctx, const char *path, mode_t mode, struct view data,
		   unsigned int flags, struct bk_pending **ret);
void bk_pending_start(struct bk_pending *p);
int bk_pending_sync(struct bpfkey_ctx *ctx, struct bk_pending *p);
int bk_pending_name(struct bpfkey_ctx *ctx, struct bk_pending *p);

/*
 * What serves a whole file system or directory is done once for those that follow one another.
 * @before: the one before @p that succeeded in this step; NULL: @p is the first
 *
 * bk_pending_sync_all() - in the place of bk_pending_sync(), where many files would each have
 * the disk empty its cache; it also waits for what others have written there
 */
int bk_pending_sync_all(struct bpfkey_ctx *ctx, struct bk_pending *p,
			const struct bk_pending *before);
int bk_pending_settle(struct bpfkey_ctx *ctx, struct bk_pending *p,
		      const struct bk_pending *before);
void bk_pending_free(struct bk_pending *p);
DEFINE_CLEANUP(struct bk_pending *, bk_pending_free)

/*
 * bk_dir_make - make a directory (and its parents) that belongs to us
 * @mode: of those that are made; one that exists must be owned by root or the
 *        caller and not be writable by others (-BPFKEY_E_INSECURE)
 * @ret_fd: receives an O_DIRECTORY descriptor opened without following links;
 *        NULL when not wanted
 */
int bk_dir_make(struct bpfkey_ctx *ctx, const char *path, mode_t mode, int *ret_fd);

#endif
