/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a boot that has written an event log leaves in PCRs. */
#ifndef BK_BOOT_REPLAY_H
#define BK_BOOT_REPLAY_H

#include "../../tpm/tpm.h"
#include "../base/ctx.h"

/*
 * boot_replay - the PCRs of @wanted as the events of the log in file @path leave them
 *
 * -BPFKEY_E_IO, _NOT_FOUND, _TOO_BIG, _FORMAT (no log, one that is cut off, or with an event
 * after which nobody can tell a PCR), _NO_SUPPORT (the log has not got the bank),
 * _MISMATCH (no event of the log changes one of the PCRs: it says nothing about it).
 */
int boot_replay(struct bpfkey_ctx *ctx, const char *path, const struct pcr_set *wanted,
		struct pcr_set *ret);

#endif
