/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCRs between the public struct and the plain one, which the layers below know. */
#ifndef BK_MEASURE_H
#define BK_MEASURE_H

#include <bpfkey/measure.h>

#include "../base/policy.h"

void measure_give(const struct pcr_set *set, struct bpfkey_pcrs *ret);

/* measure_take - -1 when @p names no bank or no PCRs */
int measure_take(const struct bpfkey_pcrs *p, struct pcr_set *ret);

/* measure_parse - "sha256:0-3,7"; -BPFKEY_E_USAGE */
int measure_parse(struct bpfkey_ctx *ctx, const char *text, struct pcr_set *ret);

#endif
