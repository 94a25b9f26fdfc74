/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are, or should be, trusted loaders: opened, measured, with their libraries. */
#ifndef BK_LOADER_FILES_H
#define BK_LOADER_FILES_H

#include <bpfkey/loader.h>

#include "../kernel/verity.h"
#include "../model/gate_policy.h"

struct loader_files {
	struct bpfkey_loader_file *v;
	size_t n;
};

void loader_files_done(struct loader_files *l);

/* loader_files_add - @path, and with @libraries what it maps; each file once */
int loader_files_add(struct bpfkey_ctx *ctx, struct loader_files *l, const char *path,
		     bool libraries);

/*
 * loader_file_enable - put it under fs-verity unless it is, and say its digest
 * @dry_run: only look; then the digest may stay empty
 */
int loader_file_enable(struct bpfkey_ctx *ctx, struct bpfkey_loader_file *f, bool dry_run,
		       int *ret_fd);

/* loader_digest - of the model, from the kernel's; size 0 when there is none */
struct file_digest loader_digest(const struct verity *v);

/* loader_signed_bytes - what a signature of the file covers: struct fsverity_formatted_digest */
void loader_signed_bytes(const struct verity *v, struct buf *ret);

/* loader_is_generic - a binary that loads whatever its caller names: bpftool, tc, systemd, ... */
bool loader_is_generic(const char *path);

#endif
