/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A signed object while it is made: what the files of sign and resign say to one another. */
#ifndef BK_MAKING_H
#define BK_MAKING_H

#include "../kernel/loader.h"
#include "signer_handle.h"
#include "skeleton.h"

struct making {
	struct bpfkey_signer *s;
	const struct bpfkey_sign_opts *opts;
	struct view bytes;		/* the input, when it is in memory */
	struct buf original, kconfig;
	struct bpfkey_object *old;	/* when the input is a signed object */
	struct elf elf;
	struct loader loader;
	struct buf insns_sig, metadata_sig, manifest, file;
};

/* making_sign - the loader's two signatures and the manifest. */
int making_sign(struct making *m);

/* making_assemble - the file, signed as a whole. */
int making_assemble(struct making *m);

/* making_again - what was read, with other signatures and nothing else made anew. */
int making_again(struct making *m);

/* making_header - the signed object that was made becomes a C header. */
int making_header(struct making *m);

#endif
