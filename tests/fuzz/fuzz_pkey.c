/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys as others write them, PEM and PKCS#12, and messages that give a key back. */
#include <string.h>

#include "lib/crypto/escrow.h"
#include "lib/crypto/pkey.h"
#include "tests/fuzz/fuzz.h"

#define DATA_MAX (16 * 1024)

static struct pkey *recipient(struct bpfkey_ctx *ctx)
{
	static struct pkey *key;

	if (!key && pkey_generate(ctx, "p256", &key))
		abort();
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(bk_secret_freep) struct bk_secret *bytes = bk_secret_new(n + !n), *out = NULL;
	_cleanup_(pkey_origin_done) struct pkey_origin origin = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	struct bpfkey_ctx *ctx = fuzz_ctx();

	if (!bytes)
		return 0;
	memcpy(bk_secret_data(bytes), data, n);
	bk_secret_set_len(bytes, n);
	fuzz_says(ctx, pkey_read(ctx, bytes, "fuzz", &origin, &key));
	bk_enter(ctx);
	/* Nobody has written to this recipient. */
	if (!escrow_open_key(ctx, (struct view){ data, n }, recipient(ctx), DATA_MAX, &out))
		abort();
	return 0;
}
