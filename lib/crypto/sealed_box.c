// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sealed_box.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "kdf.h"
#include "ossl.h"

#define TAG_LEN 16

/* Keeps the key of the MAC apart from the key of the encryption. */
static const char mac_label[] = "keyctl-bpf sealed key file";

static const char *const props = "provider=default";

int box_key(struct bpfkey_ctx *ctx, struct bk_secret **ret)
{
	return kdf_random(ctx, BOX_KEY_LEN, ret);
}

/* start - a cipher context that has the key, the nonce and the header */
static EVP_CIPHER_CTX *start(int encrypt, struct bk_secret *key, const uint8_t *nonce,
			     struct view header)
{
	EVP_CIPHER *aes = EVP_CIPHER_fetch(bk_ossl(), "AES-256-GCM", props);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	int ok = aes && c && bk_secret_len(key) == BOX_KEY_LEN && header.n <= INT32_MAX &&
		 EVP_CipherInit_ex2(c, aes, bk_secret_data(key), nonce, encrypt, NULL) &&
		 EVP_CipherUpdate(c, NULL, &n, header.p, (int)header.n);

	EVP_CIPHER_free(aes);
	if (ok)
		return c;
	EVP_CIPHER_CTX_free(c);
	return NULL;
}

int box_close(struct bpfkey_ctx *ctx, struct bk_secret *key, struct bk_secret *plain,
	      struct view header, uint8_t nonce[BOX_NONCE_LEN], struct buf *ret)
{
	size_t n = bk_secret_len(plain);
	_cleanup_(bk_freep) uint8_t *out = malloc(n + TAG_LEN);
	EVP_CIPHER_CTX *c = NULL;
	int got = 0, last = 0, ok;

	if (!out)
		return bk_out_of_memory(ctx);
	ok = RAND_bytes_ex(bk_ossl(), nonce, BOX_NONCE_LEN, 0) > 0 &&
	     (c = start(1, key, nonce, header)) != NULL &&
	     EVP_CipherUpdate(c, out, &got, bk_secret_data(plain), (int)n) &&
	     EVP_CipherFinal_ex(c, out + got, &last) && (size_t)(got + last) == n &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out + n) > 0;
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encrypt the private key");
	buf_put(ret, out, n + TAG_LEN);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

static int changed(struct bpfkey_ctx *ctx)
{
	bk_hint(ctx, "restore the file from a backup; 'keyctl-bpf key recover' saves the key when "
		"no backup is whole");
	return bk_fail(ctx, -BPFKEY_E_TAMPERED, "the file was changed after it was sealed");
}

int box_open(struct bpfkey_ctx *ctx, struct bk_secret *key, const uint8_t nonce[BOX_NONCE_LEN],
	     struct view header, struct view data, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	uint8_t tag[TAG_LEN];
	EVP_CIPHER_CTX *c;
	int got = 0, last = 0, ok;
	size_t n;

	if (data.n <= TAG_LEN || data.n > INT32_MAX)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the encrypted key is too short");
	n = data.n - TAG_LEN;
	memcpy(tag, data.p + n, TAG_LEN);
	s = bk_secret_new(n);
	if (!s)
		return bk_out_of_memory(ctx);
	c = start(0, key, nonce, header);
	if (!c)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot decrypt the private key");
	ok = EVP_CipherUpdate(c, bk_secret_data(s), &got, data.p, (int)n) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) > 0 &&
	     EVP_CipherFinal_ex(c, bk_secret_data(s) + got, &last) > 0;
	EVP_CIPHER_CTX_free(c);
	ERR_clear_error();
	if (!ok)
		return changed(ctx);
	bk_secret_set_len(s, (size_t)(got + last));
	*ret = steal(&s);
	return 0;
}

static int hmac(const uint8_t *key, struct view v, uint8_t out[BOX_MAC_LEN])
{
	size_t n = 0;

	return EVP_Q_mac(bk_ossl(), "HMAC", props, "SHA256", NULL, key, BOX_KEY_LEN, v.p, v.n,
			 out, BOX_MAC_LEN, &n) && n == BOX_MAC_LEN;
}

int box_mac(struct bpfkey_ctx *ctx, struct bk_secret *key, struct view text,
	    uint8_t ret[BOX_MAC_LEN])
{
	const struct view label = { (const uint8_t *)mac_label, sizeof(mac_label) - 1 };
	uint8_t derived[BOX_MAC_LEN];
	int ok;

	ok = bk_secret_len(key) == BOX_KEY_LEN && hmac(bk_secret_data(key), label, derived) &&
	     hmac(derived, text, ret);
	bk_wipe(derived, sizeof(derived));
	return ok ? 0 : bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot authenticate the file");
}

int box_mac_check(struct bpfkey_ctx *ctx, struct bk_secret *key, struct view text,
		  const uint8_t mac[BOX_MAC_LEN])
{
	uint8_t want[BOX_MAC_LEN];
	int r = box_mac(ctx, key, text, want);

	if (r < 0)
		return r;
	return CRYPTO_memcmp(want, mac, BOX_MAC_LEN) ? changed(ctx) : 0;
}
