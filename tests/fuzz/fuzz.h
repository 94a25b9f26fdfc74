/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every harness needs: a context that lives on, and bytes as a view. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/ctx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline struct bpfkey_ctx *fuzz_ctx(void)
{
	static struct bpfkey_ctx *ctx;

	if (!ctx && bpfkey_ctx_new(&ctx))
		abort();
	bk_enter(ctx);
	return ctx;
}

/* A refusal without a sentence is a bug, too. */
static inline void fuzz_says(struct bpfkey_ctx *ctx, int r)
{
	if (r > 0 || (r < 0 && !*bpfkey_ctx_message(ctx)))
		abort();
}

#endif
