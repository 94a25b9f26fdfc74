/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates as keys of the kernel. A key is made ready where only this
 * process sees it (permissions, timeout) and then linked into its keyring, so
 * that the keyring never holds a half-made one.
 */
#ifndef BK_RING_KEY_H
#define BK_RING_KEY_H

#include <stdbool.h>

#include "keyring.h"

/*
 * ringkey_prepare - make a key of a certificate, outside of any shared keyring
 * @description: of the key
 * @end: when the kernel stops using it, seconds since 1970
 *
 * The kernel parses the certificate here: -BPFKEY_E_ALGORITHM when it does not
 * take its algorithm, _FORMAT when it cannot read it.
 */
int ringkey_prepare(struct bpfkey_ctx *ctx, struct view der, const char *description,
		    int64_t end, int32_t *ret_serial);

/* ringkey_drop - forget a prepared key; linked ones stay. */
void ringkey_drop(int32_t serial);

/* ringkey_hold - keep a key alive that is about to be unlinked; drop it afterwards. */
bool ringkey_hold(int32_t serial);

/* ringkey_link - into the keyring; ringkey_unlink - out of it. */
int ringkey_link(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t key);
int ringkey_unlink(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t key);

/* ringkey_try - would this kernel take such a certificate? 0 or the errno. */
int ringkey_try(struct view der);

#endif
