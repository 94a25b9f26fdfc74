// SPDX-License-Identifier: LGPL-2.1-or-later
#include "digest.h"

#include <string.h>

#include "ossl.h"

int bk_digestv(struct bpfkey_ctx *ctx, const char *name, const struct view *v, size_t n,
	       uint8_t ret[DIGEST_MAX])
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	OSSL_LIB_CTX *lib = bk_ossl();
	_cleanup_(EVP_MD_freep) EVP_MD *md = lib ? EVP_MD_fetch(lib, name, NULL) : NULL;
	int ok = c && md && EVP_DigestInit_ex2(c, md, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, v[i].p, v[i].n);
	ok = ok && EVP_DigestFinal_ex(c, ret, NULL);
	return ok ? 0 : bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot compute %s", name);
}

int bk_sha256v(struct bpfkey_ctx *ctx, const struct view *v, size_t n, uint8_t ret[SHA256_LEN])
{
	uint8_t out[DIGEST_MAX];
	int r = bk_digestv(ctx, "SHA-256", v, n, out);

	if (!r)
		memcpy(ret, out, SHA256_LEN);
	return r;
}

int bk_sha256(struct bpfkey_ctx *ctx, struct view data, uint8_t ret[SHA256_LEN])
{
	return bk_sha256v(ctx, &data, 1, ret);
}

int bk_crypto_setup(struct bpfkey_ctx *ctx)
{
	return bk_ossl() ? 0 : bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot set OpenSSL up");
}
