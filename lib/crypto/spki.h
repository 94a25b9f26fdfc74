/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys as everybody writes them down, from their numbers and without OpenSSL. */
#ifndef BK_SPKI_H
#define BK_SPKI_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"

#define SPKI_MAX 1024

/* spki_put - the SubjectPublicKeyInfo of @k in DER, appended; @k must be a key of this program */
int spki_put(struct bpfkey_ctx *ctx, const struct pubkey *k, struct buf *ret);

#endif
