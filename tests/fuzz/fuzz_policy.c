/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed policies, and values of PCRs as text. What is read can be written and read again. */
#include <string.h>

#include "lib/base/pcrs.h"
#include "lib/model/policy_file.h"
#include "tests/fuzz/fuzz.h"

static void fuzz_values(const uint8_t *data, size_t n)
{
	_cleanup_(bk_freep) char *text = strndup((const char *)data, n);
	struct pcr_set set = { 0 };

	if (text && !pcrs_values(text, &set) && (!set.mask || !pcrs_len(set.bank)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(buf_done) struct buf once = BUF(2 * POLICY_TEXT_MAX);
	_cleanup_(buf_done) struct buf twice = BUF(2 * POLICY_TEXT_MAX);
	_cleanup_(policy_file_done) struct policy_file f = { 0 }, g = { 0 };
	struct bpfkey_ctx *ctx = fuzz_ctx();
	int r;

	fuzz_values(data, n);
	r = policy_file_parse(ctx, (struct view){ data, n }, &f);
	fuzz_says(ctx, r);
	if (r)
		return 0;
	/* Unless writing it out, which indents, has made it too long. */
	if (policy_file_text(ctx, &f, &once) || once.n > POLICY_TEXT_MAX)
		return 0;
	if (policy_file_parse(ctx, buf_view(&once), &g) || policy_file_text(ctx, &g, &twice) ||
	    once.n != twice.n || memcmp(once.p, twice.p, once.n))
		abort();
	return 0;
}
