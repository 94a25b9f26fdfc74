/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Light skeletons: the text, and the loader in it. What is read can be written and read again. */
#include <string.h>

#include "lib/kernel/loader_read.h"
#include "lib/model/lskel.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t hash[32];
	_cleanup_(lskel_done) struct lskel s = { 0 }, t = { 0 };
	_cleanup_(buf_done) struct buf out = BUF(0);
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view text = { data, n }, h = { hash, sizeof(hash) };
	struct manifest m = { 0 };
	struct loader_read facts;

	fuzz_says(ctx, lskel_parse(ctx, text, &s));
	if (!s.name)
		return 0;
	fuzz_says(ctx, loader_read(ctx, buf_view(&s.insns), buf_view(&s.data), &m, &facts));
	manifest_done(&m);
	bk_enter(ctx);
	if (lskel_rewrite(ctx, text, &s, (struct view){ 0 }, h, h, &out) ||
	    lskel_parse(ctx, buf_view(&out), &t) || t.sig.n != sizeof(hash))
		abort();
	return 0;
}
