/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed objects: ELF, manifest and digest list. */
#include <string.h>

#include "lib/flow/object.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *object = NULL;
	_cleanup_(buf_done) struct buf file = BUF(1 << 20), manifest_bytes = BUF(1 << 20);
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct manifest manifest = { 0 };

	buf_put(&file, data, n);
	if (buf_ok(&file))
		fuzz_says(ctx, object_from_bytes(ctx, "fuzz", &file, &object));
	bk_enter(ctx);
	/* What decodes must encode to the same bytes: there is one spelling only. */
	if (!manifest_decode(ctx, (struct view){ data, n }, &manifest)) {
		if (manifest_encode(ctx, &manifest, &manifest_bytes) || manifest_bytes.n != n ||
		    memcmp(manifest_bytes.p, data, n))
			abort();
		manifest_done(&manifest);
	}
	return 0;
}
