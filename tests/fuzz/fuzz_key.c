/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TSS2 PRIVATE KEY files. */
#include "tests/fuzz/fuzz.h"
#include "tpm/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view in = { data, n };
	struct tpm_key_meta meta;
	struct pubkey pub;

	tpm_key_is_pem(in);
	fuzz_says(ctx, tpm_key_describe(ctx, in, &pub, &meta));
	return 0;
}
