/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the calls that change a keyring share. */
#ifndef BK_RING_CHANGE_H
#define BK_RING_CHANGE_H

#include <bpfkey/keyring.h>

#include "../base/ctx.h"

struct ring_changes {
	struct bpfkey_ring_change *v;
	size_t n;
};

/* ring_changes_add - one line of the answer; with a failure @list stays the caller's. */
int ring_changes_add(struct bpfkey_ctx *ctx, struct ring_changes *list, int what,
		     const struct bpfkey_ring_key *key);

/*
 * How a delegated key is enrolled: its delegation has judged the certificate, which may have any
 * role but that of a CA, and another certificate of the same key is a renewal.
 */
struct ring_delegated {
	bool any_role;
	int64_t until;	/* the kernel stops using it then, or with its certificate */
};

/*
 * ring_enroll_delegated - one certificate into the keyring of delegated keys
 *
 * An earlier certificate of the same key goes when the new one is there.
 */
int ring_enroll_delegated(struct bpfkey_ctx *ctx, const char *path, bool dry_run,
			  const struct ring_delegated *how);

/* ring_opts - the caller's options, of whatever version, as ours. */
int ring_opts(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
	      struct bpfkey_ring_opts *ret);

#endif
