/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files under fs-verity, and the signature that they carry. */
#ifndef BK_VERITY_H
#define BK_VERITY_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define VERITY_SIG_MAX 4096	/* GATE_SIG_MAX */

struct verity {
	uint16_t algorithm, size;	/* size 0: not under fs-verity */
	uint8_t digest[64];
};

/*
 * verity_open - an ELF file, to be looked at or enabled
 * @library: set-uid does not matter
 * @path: without symbolic links
 *
 * -BPFKEY_E_FORMAT (a script, no ELF file), _INSECURE (set-uid), _NO_SUPPORT (on overlayfs)
 */
int verity_open(struct bpfkey_ctx *ctx, const char *path, bool library, int *ret_fd);

/* verity_measure - what the kernel says; size 0 when it is not enabled */
int verity_measure(struct bpfkey_ctx *ctx, const char *path, int fd, struct verity *ret);

/* verity_enable - SHA-256, blocks of 4096 bytes; -BPFKEY_E_BUSY, _NO_SUPPORT, _PRIVILEGE, _IO */
int verity_enable(struct bpfkey_ctx *ctx, const char *path, int fd);

/* verity_signature - empty when there is none; verity_set_signature - put or replace it */
int verity_signature(struct bpfkey_ctx *ctx, const char *path, int fd, struct buf *ret);
int verity_set_signature(struct bpfkey_ctx *ctx, const char *path, int fd, struct view sig);

/*
 * elf_libraries - dynamic linker and libraries of a file; none of a static one
 * @ret: malloc'ed, paths one after another, each with its NUL, then an empty one
 *
 * The file is not run, and neither is a linker that it names: glibc's own tells,
 * after its path was seen to be that.
 */
int elf_libraries(struct bpfkey_ctx *ctx, const char *path, char **ret);

#endif
