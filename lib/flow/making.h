/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A signed object while it is made: what the files of sign and resign say to one another. */
#ifndef BK_MAKING_H
#define BK_MAKING_H

#include "../base/file.h"
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
	bool last_signature;		/* there is none to be made after the present one */
};

/*
 * making_opts - a call's options; clears what the last call said
 *
 * Then four steps. Only the second one uses the key, and the third one fails when what came from
 * there is not good: nothing leaves without it.
 */
int making_opts(struct bpfkey_signer *s, const struct bpfkey_sign_opts *opts,
		struct bpfkey_sign_opts *ret);
int making_prepare(struct making *m, const char *in);
int making_use_key(struct making *m);
int making_prove(struct making *m);

/*
 * making_write - put it where it belongs, and into the log
 * @out: NULL: the caller keeps it in memory
 * @ret: if not NULL, it gets what waits for its name instead, where nobody logs
 */
int making_write(struct making *m, const char *in, const char *out, struct bk_pending **ret);
void making_done(struct making *m);

/* making_first - what making_use_key() will sign first; nothing when that is not known yet */
struct view making_first(const struct making *m);

/* making_sign - the loader's two signatures and the manifest; unproven */
int making_sign(struct making *m);

/* making_assemble - the file, signed as a whole; unproven */
int making_assemble(struct making *m);

/* making_again - what was read, with other signatures and nothing else made anew. */
int making_again(struct making *m);

/* making_header - the signed object that was made becomes a C header. */
int making_header(struct making *m);

#endif
