/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a keyring's restriction and a key's public bytes from the kernel,
 * through a small BPF program (lib/bpf/reader.bpf.c).
 */
#ifndef BK_READER_H
#define BK_READER_H

#include "../base/ctx.h"
#include "../bpf/reader_io.h"

struct reader;

/*
 * reader_open - the pinned copy (BPFKEY_BPFFS_DIR "/reader") or, without one,
 * a fresh one. Under an enforcing gate only the pinned one can be had.
 */
int reader_open(struct bpfkey_ctx *ctx, struct reader **ret);
void reader_free(struct reader *r);
DEFINE_CLEANUP(struct reader *, reader_free)

/* reader_read - one key or keyring by its serial; struct reader_io says what came. */
int reader_read(struct bpfkey_ctx *ctx, struct reader *r, int32_t serial, struct reader_io *ret);

/* reader_pin - keep the program for later callers; the directory must exist. */
int reader_pin(struct bpfkey_ctx *ctx, struct reader *r);

/* reader_fd - borrowed: the gate must let this program through. */
int reader_fd(const struct reader *r);

enum reader_seal {
	READER_SEAL_NONE,
	READER_SEAL_REJECT,	/* nothing may be added */
	READER_SEAL_KEYRING,	/* what a key in io->anchor signed */
	READER_SEAL_CHAIN,	/* and what those signed in turn */
	READER_SEAL_OTHER,	/* the builtin keys, for one */
	READER_SEAL_UNCLEAR,	/* an anchor, but /proc/kallsyms does not tell which rule */
};

/* reader_seal - what the restriction in @io means, by the name of its function. */
enum reader_seal reader_seal(struct reader *r, const struct reader_io *io);

#endif
