/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures as they come in signed objects. */
#include "lib/crypto/cms.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view in = { data, n };
	struct cms_info info;

	fuzz_says(ctx, cms_describe(ctx, in, &info));
	bk_enter(ctx);
	/* With nobody to trust, nothing may ever verify. */
	if (!cms_verify(ctx, in, (struct view){ NULL, 0 }, NULL, 0, NULL))
		abort();
	return 0;
}
