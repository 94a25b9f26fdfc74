// SPDX-License-Identifier: LGPL-2.1-or-later
#include "digest.h"

#include "ossl.h"

int bk_sha256v(struct bpfkey_ctx *ctx, const struct view *v, size_t n, uint8_t ret[SHA256_LEN])
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *md = EVP_MD_CTX_new();
	OSSL_LIB_CTX *lib = bk_ossl();
	EVP_MD *sha256 = lib ? EVP_MD_fetch(lib, "SHA256", NULL) : NULL;
	uint8_t out[SHA256_LEN];
	int ok = md && sha256 && EVP_DigestInit_ex2(md, sha256, NULL);
	size_t i;

	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(md, v[i].p, v[i].n);
	ok = ok && EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_free(sha256);
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot compute SHA-256");

	for (i = 0; i < SHA256_LEN; i++)
		ret[i] = out[i];
	return 0;
}

int bk_sha256(struct bpfkey_ctx *ctx, struct view data, uint8_t ret[SHA256_LEN])
{
	return bk_sha256v(ctx, &data, 1, ret);
}

int bk_crypto_setup(struct bpfkey_ctx *ctx)
{
	return bk_ossl() ? 0 : bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot set OpenSSL up");
}
