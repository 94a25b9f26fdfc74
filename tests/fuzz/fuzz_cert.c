/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and requests, PEM or DER. */
#include "lib/crypto/cert.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	_cleanup_(csr_freep) struct csr *csr = NULL;
	struct bpfkey_ctx *ctx = fuzz_ctx();
	struct view in = { data, n };
	int r = cert_from_bytes(ctx, in, &cert);

	fuzz_says(ctx, r);
	if (!r) {
		cert_check_strength(ctx, cert);
		cert_check_role(ctx, cert, BPFKEY_ROLE_BUILD);
		cert_check_validity(ctx, cert, 1795366800);
	}
	bk_enter(ctx);
	fuzz_says(ctx, csr_from_bytes(ctx, in, &csr));
	return 0;
}
