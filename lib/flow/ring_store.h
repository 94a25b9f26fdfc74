/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The certificates that were enrolled on this machine, as files: the kernel
 * keeps a key but gives back neither its certificate nor its role. Below
 * BPFKEY_STATE_DIR, enrolled/FINGERPRINT.der for the machine's keyrings and
 * staging/NAME/FINGERPRINT.der for a staging one.
 */
#ifndef BK_RING_STORE_H
#define BK_RING_STORE_H

#include "../base/ctx.h"
#include "../crypto/cert.h"

struct ring_store {
	struct bpfkey_cert **certs;
	size_t n;
};

/* ring_store_load - all of them; files that are no such certificate are warned about. */
int ring_store_load(struct bpfkey_ctx *ctx, const char *staging, struct ring_store *ret);
void ring_store_done(struct ring_store *s);

/*
 * ring_store_add - write one; @ret_new: it was not there before
 * ring_store_remove - delete one; not an error when it is gone
 */
int ring_store_add(struct bpfkey_ctx *ctx, const char *staging, const struct bpfkey_cert *cert,
		   bool *ret_new);
int ring_store_remove(struct bpfkey_ctx *ctx, const char *staging,
		      const struct bpfkey_cert *cert);

/* ring_fingerprint - of a certificate, 64 hex digits and a NUL. */
void ring_fingerprint(const struct bpfkey_cert *cert, char ret[65]);

/* ring_description - of its key in a keyring: from the fingerprint, so no two are alike. */
#define RING_DESC_PREFIX "bpfkey:"
#define RING_DESC_MAX 80
void ring_description(const struct bpfkey_cert *cert, char ret[RING_DESC_MAX]);

#endif
