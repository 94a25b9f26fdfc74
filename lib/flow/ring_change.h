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

/* ring_opts - the caller's options, of whatever version, as ours. */
int ring_opts(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
	      struct bpfkey_ring_opts *ret);

#endif
