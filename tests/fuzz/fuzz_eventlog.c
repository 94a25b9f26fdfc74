/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCG event log, and every event of it in words. */
#include <string.h>

#include "lib/model/eventlog.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct eventlog_event e;
	struct eventlog l;
	bool more = true;
	int r = eventlog_open(ctx, (struct view){ data, n }, &l);

	fuzz_says(ctx, r);
	while (!r && more) {
		_cleanup_(buf_done) struct buf words = BUF(4096);

		r = eventlog_next(ctx, &l, &e, &more);
		fuzz_says(ctx, r);
		if (r || !more)
			break;
		eventlog_words(&words, &e);
		if (!buf_ok(&words) || strlen(buf_cstr(&words)) != words.n ||
		    e.data.p + e.data.n > data + n)
			abort();
		eventlog_digest(&e, "sha256");
		eventlog_locality(&e);
	}
	return 0;
}
