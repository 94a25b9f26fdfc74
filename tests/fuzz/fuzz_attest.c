/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quotes: the first 16 bytes are the nonce that was asked with. Signatures are
 * checked before anything is read, but by a key that may not be a TPM's.
 */
#include "lib/base/pcrs.h"
#include "lib/model/attest.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct attest_quote q = { 0 };
	int r;

	if (n < ATTEST_NONCE_MIN)
		return 0;
	r = attest_read_quote(ctx, (struct view){ data + ATTEST_NONCE_MIN, n - ATTEST_NONCE_MIN },
			      (struct view){ data, ATTEST_NONCE_MIN }, &q);
	fuzz_says(ctx, r);
	if (!r && (!q.mask || q.mask >> POLICY_PCRS || !pcrs_len(q.bank)))
		abort();
	return 0;
}
