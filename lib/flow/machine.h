/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCRs and counters of this machine, as callers name them for policies. */
#ifndef BK_MACHINE_H
#define BK_MACHINE_H

#include "../base/ctx.h"
#include "../base/policy.h"

/* machine_pcrs - BANK:LIST without values; -BPFKEY_E_USAGE */
int machine_pcrs(struct bpfkey_ctx *ctx, const char *text, struct pcr_set *ret);

/* machine_counter - can a counter have this index? 0 is none; else -BPFKEY_E_USAGE */
int machine_counter(struct bpfkey_ctx *ctx, uint32_t index);

/* machine_warn_blank - a policy over registers that nobody measures into holds everywhere */
void machine_warn_blank(struct bpfkey_ctx *ctx, const struct pcr_set *set);

#endif
