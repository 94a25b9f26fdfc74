/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealed key files. There is one spelling only, and dropping a slot makes no other file invalid. */
#include <string.h>

#include "lib/model/sealed.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(buf_done) struct buf text = BUF(2 * SEALED_MAX), part = BUF(2 * SEALED_MAX);
	_cleanup_(sealed_done) struct sealed s = { 0 };
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view in = { data, n };
	int r = sealed_parse(ctx, in, &s);

	fuzz_says(ctx, r);
	if (r)
		return 0;
	if (!sealed_is(in) || !s.n || s.n > SEALED_SLOTS_MAX)
		abort();
	if (sealed_text(ctx, &s, &text) || text.n != n || memcmp(text.p, data, n))
		abort();
	if (sealed_header(ctx, &s, &part) || sealed_covered(ctx, &s, &part))
		abort();
	sealed_drop(&s, 0);
	buf_done(&text);
	text = BUF(2 * SEALED_MAX);
	if (s.n && sealed_text(ctx, &s, &text))
		abort();
	return 0;
}
