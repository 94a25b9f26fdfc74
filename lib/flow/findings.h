/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing list of findings; a failed append sticks and is asked for once. */
#ifndef BK_FINDINGS_H
#define BK_FINDINGS_H

#include <bpfkey/status.h>

#include "../base/ctx.h"

DEFINE_CLEANUP(struct bpfkey_findings *, bpfkey_findings_free)

struct bpfkey_findings *findings_new(void);
bool findings_ok(const struct bpfkey_findings *f);

/* findings_add - @next: "" for nothing to do; @fmt: the sentence */
void findings_add(struct bpfkey_findings *f, enum bpfkey_severity severity, const char *topic,
		  const char *next, const char *fmt, ...) _printf_(5, 6);

/* findings_failed - what a call left in the context, as something that could not be checked. */
void findings_failed(struct bpfkey_findings *f, struct bpfkey_ctx *ctx, const char *topic);

/* findings_status - what status looks at; doctor adds to it. */
void findings_status(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f);

/* findings_rings - the part about keyrings and keys. */
void findings_rings(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f);

#endif
