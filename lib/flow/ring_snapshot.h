/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keyring as it is now, from inside: what the changing calls look at first and last. */
#ifndef BK_RING_SNAPSHOT_H
#define BK_RING_SNAPSHOT_H

#include <bpfkey/keyring.h>

#include "../kernel/keyring.h"
#include "../kernel/reader.h"
#include "ring_store.h"

struct bpfkey_ring {
	struct bpfkey_ring_info info;
	struct ring ring;
	char detail[512];
	struct bpfkey_ring_key *keys;	/* description and public_key are malloc'ed */
	size_t n;
	struct ring_store store;	/* what keys[].cert point into */
	bool readable;			/* the BPF reader worked */
};

DEFINE_CLEANUP(struct bpfkey_ring *, bpfkey_ring_free)

/* ring_snapshot - bpfkey_ring_open() without bk_enter(). */
int ring_snapshot(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		  struct bpfkey_ring **ret);

/*
 * ring_profile - what restriction and permissions together amount to
 * @anchor: serial of the keyring of anchors, 0 when there is none
 * @anchor_locked: nobody can add to that
 * @detail: room for a sentence, set when something is odd
 */
enum bpfkey_profile ring_profile(enum reader_seal seal, uint32_t perm, int32_t by,
				 int32_t anchor, bool anchor_locked, char *detail, size_t n);

#endif
