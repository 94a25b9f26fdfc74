/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware's event log of this machine, to explain what is in a PCR. */
#ifndef BK_BOOT_LOG_H
#define BK_BOOT_LOG_H

#include "../base/ctx.h"

/*
 * boot_log_explain - put in front of a sentence about PCRs what the log says of them
 * @mask: bit n: PCR n; @r: the failure, which is returned
 *
 * Without a log that can be read the sentence stays as it is.
 */
int boot_log_explain(struct bpfkey_ctx *ctx, uint32_t mask, int r);

#endif
