/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others give us to encrypt to or verify with: storage root, recovery and policy keys. */
#include "lib/crypto/escrow.h"
#include "lib/crypto/public.h"
#include "tests/fuzz/fuzz.h"
#include "tpm/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(buf_done) struct buf pem = BUF(PUBLIC_PEM_MAX);
	_cleanup_(escrow_key_freep) struct escrow_key *key = NULL;
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view in = { data, n };
	struct tpm_storage storage;
	struct pubkey k, again;
	int r = public_read(ctx, in, &k);

	fuzz_says(ctx, r);
	/* What is read can be written and is the same again. */
	if (!r && (public_text(ctx, &k, &pem) || public_read(ctx, buf_view(&pem), &again) ||
		   !public_same(&k, &again)))
		abort();
	bk_enter(ctx);
	fuzz_says(ctx, escrow_key_read(ctx, in, &key));
	bk_enter(ctx);
	fuzz_says(ctx, tpm_storage_parse(ctx, in, &storage));
	bk_enter(ctx);
	fuzz_says(ctx, tpm_quote_key_public(ctx, in, &k));
	return 0;
}
