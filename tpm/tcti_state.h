/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an embedded TPM keeps its state: a directory of ours, one writer at a
 * time, each file replaced durably or not at all. Knows nothing of TPMs.
 */
#ifndef BK_TCTI_STATE_H
#define BK_TCTI_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/base/ctx.h"

struct tcti_state {
	struct bpfkey_ctx *ctx;
	char *dir;
	int dir_fd, lock_fd;
};

#define TCTI_STATE_INIT { NULL, NULL, -1, -1 }

/*
 * tcti_state_open - open (or make) @dir and wait a bounded time for its lock
 * @ret: initialised with TCTI_STATE_INIT; tcti_state_close() it also after a failure
 */
int tcti_state_open(struct bpfkey_ctx *ctx, const char *dir, struct tcti_state *ret);

/*
 * tcti_state_close - @unlock: false in a forked child, where unlocking would
 * take the lock from its parent
 */
void tcti_state_close(struct tcti_state *s, bool unlock);

/*
 * tcti_state_load - the whole of a file into malloc'ed memory
 *
 * -BPFKEY_E_NOT_FOUND (without a sentence: there is no TPM yet), _INSECURE,
 * _FORMAT (not what was saved), _IO.
 */
int tcti_state_load(struct tcti_state *s, const char *name, uint8_t **ret, uint32_t *ret_len);

/* tcti_state_store - durable when it returns 0; the old content stays else. */
int tcti_state_store(struct tcti_state *s, const char *name, const uint8_t *p, size_t n);

/* tcti_state_delete - one that is not there is as good as deleted. */
int tcti_state_delete(struct tcti_state *s, const char *name);

#endif
