/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Light skeletons as objects: their one signature and their loader in the places of ours. */
#ifndef BK_SKELETON_H
#define BK_SKELETON_H

#include <bpfkey/skeleton.h>

#include "../kernel/loader_read.h"
#include "../model/lskel.h"
#include "object.h"
#include "signer.h"

struct skeleton {
	struct lskel text;
	struct loader_read loader;
	struct bpfkey_skeleton_info info;
	bool fits;		/* the digest that the instructions expect is the metadata's */
	bool owned;		/* its map would be exclusive to its loader */
};

/* skeleton_from_bytes - like object_from_bytes(), of a header; @file is taken over on success. */
int skeleton_from_bytes(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
			struct bpfkey_object **ret);
void skeleton_free(struct skeleton *s);

/* skeleton_kind - which of the signatures of an object its one signature is. */
enum bpfkey_signature_kind skeleton_kind(const struct bpfkey_object *o);

/* skeleton_set_covers - take its signature for one of the other generation. */
void skeleton_set_covers(struct bpfkey_object *o, enum bpfkey_generation covers);

/*
 * skeleton_check - is it signed and whole, and protected by what is signed?
 *
 * -BPFKEY_E_UNSIGNED, _TAMPERED, _WEAK.
 */
int skeleton_check(struct bpfkey_object *o);

/*
 * skeleton_suits - would kernel @version (6.18 is 6 << 8 | 18; 0: any) load it?
 *
 * -BPFKEY_E_SIGNATURE names the kernels that do.
 */
int skeleton_suits(struct bpfkey_object *o, unsigned int version);

/*
 * skeleton_resign - the same header with a signature by @s
 * @covers: generation, or 0 for the one it has or by default would have
 * @ret: the text of the new header
 *
 * -BPFKEY_E_WEAK when nothing would protect its metadata.
 */
int skeleton_resign(struct bpfkey_object *o, struct signer *s, enum bpfkey_generation covers,
		    struct buf *ret);

/*
 * skeleton_write - a signed object as a C header that loads it by itself
 *
 * -BPFKEY_E_FORMAT when two of its maps would have one name in C.
 */
int skeleton_write(struct bpfkey_object *o, struct buf *ret);

#endif
