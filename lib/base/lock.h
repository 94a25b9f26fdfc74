/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks between processes, by flock(); they end with the process that holds them. */
#ifndef BK_LOCK_H
#define BK_LOCK_H

#include "ctx.h"

/* lock_wait - for an exclusive lock; 0, or -1 with errno: EWOULDBLOCK after @ms */
int lock_wait(int fd, int ms);

/*
 * lock_file - against others who read a file to replace it
 * @ret_fd: close it, which unlocks
 *
 * It is then the file that has the name, whatever was renamed there before; no
 * lock file stays. -BPFKEY_E_BUSY, _NOT_FOUND, _PRIVILEGE, _IO.
 */
int lock_file(struct bpfkey_ctx *ctx, const char *path, int *ret_fd);

/*
 * lock_folder_of - against others who put several files beside @path that belong together
 * @ret_fd: close it, which unlocks; -1 where folders cannot be locked (NFS)
 *
 * -BPFKEY_E_BUSY, _NOT_FOUND, _PRIVILEGE, _IO.
 */
int lock_folder_of(struct bpfkey_ctx *ctx, const char *path, int *ret_fd);

#endif
