/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stretch.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "ossl.h"

static int derive(const struct key_policy *p, struct bk_secret *pin, uint8_t *out, size_t n)
{
	char digest[] = "SHA256";
	unsigned int rounds = p->pin_rounds;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, bk_secret_data(pin),
						  bk_secret_len(pin)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)(uintptr_t)p->pin_salt,
						  sizeof(p->pin_salt)),
		OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
		OSSL_PARAM_END
	};
	EVP_KDF *kdf = EVP_KDF_fetch(bk_ossl(), "PBKDF2", "provider=default");
	EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ok = c && EVP_KDF_derive(c, out, n, params) > 0;

	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return ok;
}

int stretch_pin(struct bpfkey_ctx *ctx, const struct key_policy *p, struct bk_secret *pin,
		struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;

	/* Empty is what a TPM takes from everyone. */
	if (!bk_secret_len(pin))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the PIN is empty");
	s = bk_secret_new(POLICY_PIN_LEN);
	if (!s)
		return bk_out_of_memory(ctx);
	if (!bk_ossl() || !derive(p, pin, bk_secret_data(s), POLICY_PIN_LEN))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot stretch the PIN");
	bk_secret_set_len(s, POLICY_PIN_LEN);
	*ret = steal(&s);
	return 0;
}

int stretch_new(struct bpfkey_ctx *ctx, struct key_policy *p, uint32_t rounds)
{
	if (!bk_ossl() || RAND_bytes_ex(bk_ossl(), p->pin_salt, sizeof(p->pin_salt), 0) <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot make a salt for the PIN");
	p->pin_rounds = rounds;
	return 0;
}
