/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A loader that somebody else generated, read back: what it makes, whether it
 * checks its metadata, and what its caller may override. Every libbpf that
 * can generate loaders emits the same calls, so they are recognised by form.
 */
#ifndef BK_LOADER_READ_H
#define BK_LOADER_READ_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "obj_manifest.h"

/* What the instructions see to before they use their metadata. */
enum loader_read_check {
	LOADER_READ_UNCHECKED,
	LOADER_READ_DIGEST,		/* the digest that the kernel computed of it */
	LOADER_READ_DIGEST_AND_EXCL,	/* and that the map is exclusive: Linux 7.1 and 7.2 */
};

struct loader_read {
	enum loader_read_check check;
	uint8_t digest[32];		/* what a check expects */
	size_t sizes, contents;		/* maps whose size, whose contents the caller may set */
};

/*
 * loader_read - maps and programs, in the loader's order
 * @m: is given them, with the kernel's names, of at most 15 characters, and
 *     with no section names and pins: those no loader knows
 *
 * -BPFKEY_E_FORMAT when it is no loader as libbpf generates them.
 */
int loader_read(struct bpfkey_ctx *ctx, struct view insns, struct view data, struct manifest *m,
		struct loader_read *ret);

#endif
