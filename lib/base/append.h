/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that only grow, a line at a time, each line on the disk before anything depends on it. */
#ifndef BK_APPEND_H
#define BK_APPEND_H

#include <stdbool.h>

#include "ctx.h"

/*
 * append_open - open a log for appending
 * @create: make it, mode 0600, when it is not there; else -BPFKEY_E_NOT_FOUND
 * @ret_fd: close it
 *
 * -BPFKEY_E_INSECURE (everybody may write to it), _PRIVILEGE, _IO (also: not a
 * regular file, or a symbolic link).
 */
int append_open(struct bpfkey_ctx *ctx, const char *path, bool create, int *ret_fd);

/*
 * append_line - one whole line, by one write, then synchronised
 * @line: with its newline
 *
 * After a failure there is nothing of it, or a piece without newline that the
 * next line keeps apart. -BPFKEY_E_BUSY when another process holds the lock.
 */
int append_line(struct bpfkey_ctx *ctx, const char *path, int fd, struct view line);

#endif
