/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sidecars. */
#include "lib/model/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(js_freep) struct js *js = NULL;
	struct bpfkey_ctx *ctx = fuzz_ctx();
	const char *form;

	fuzz_says(ctx, js_parse(ctx, (struct view){ data, n }, 65536, &js));
	if (js)
		fuzz_says(ctx, js_str(ctx, js, "form", &form));
	return 0;
}
