/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Light skeletons, the C headers that `bpftool gen skeleton -L` writes, as
 * text: what a loader can be taken from, and where a signature stands in it.
 * keyctl-bpf-skeleton(5) says what of C is understood; anything else is
 * refused rather than guessed.
 */
#ifndef BK_LSKEL_H
#define BK_LSKEL_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define LSKEL_FILE_MAX (32u << 20)
#define LSKEL_NAMES_MAX 64
#define LSKEL_NAME_MAX 256

/* Bytes of the text. */
struct lskel_span {
	size_t at, n;
};

struct lskel_program {
	char *name;
	char *target;		/* raw tracepoint of its attach function, or NULL */
};

struct lskel {
	char *name;		/* of the struct */
	char *maps[LSKEL_NAMES_MAX];
	struct lskel_program programs[LSKEL_NAMES_MAX];
	size_t n_maps, n_programs;
	struct buf data, insns, sig, excl_hash;	/* the last two empty when unsigned */
	bool has_keyring_id;
	/* The literals with their quotes; and where what a signature needs is added. */
	struct lskel_span insns_at, sig_at, excl_at;
	size_t field_at, body_at;
};

/*
 * lskel_parse - -BPFKEY_E_FORMAT with the line and what is wrong there
 * @ret: free with lskel_done()
 */
int lskel_parse(struct bpfkey_ctx *ctx, struct view text, struct lskel *ret);
void lskel_done(struct lskel *s);

/*
 * lskel_rewrite - the same text with another signature, all else byte for byte
 * @insns: other instructions; empty: those that are there
 *
 * A header without a signature gets the field, the arrays and the statements
 * that bpftool writes for one.
 */
int lskel_rewrite(struct bpfkey_ctx *ctx, struct view text, const struct lskel *s,
		  struct view insns, struct view sig, struct view excl_hash, struct buf *ret);

/* lskel_string - @v as the string literal that bpftool writes, with its quotes. */
void lskel_string(struct buf *b, struct view v);

/* lskel_is - does the text speak of light skeletons at all? */
bool lskel_is(struct view text);

#endif
