// SPDX-License-Identifier: LGPL-2.1-or-later
/* A key on a token, from its URI to its signatures. */
#include "token.h"

#include <string.h>

#include "token_priv.h"

/* RFC 8017, 9.2, note 1: what goes in front of a digest to be signed raw. */
static const struct {
	const char *md;
	uint8_t len, prefix[19];
} hashes[] = {
	{ "sha256", 32, { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
			  0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 } },
	{ "sha384", 48, { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
			  0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30 } },
	{ "sha512", 64, { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
			  0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40 } },
};

void token_free(struct token *t)
{
	if (!t)
		return;
	if (t->has_session)
		t->f->C_CloseSession(t->session);
	token_modules_done(t);
	p11_kit_uri_free(t->uri);
	bk_secret_free(t->pin);
	free(t);
}

int token_open(struct bpfkey_ctx *ctx, const char *uri, struct token **ret)
{
	_cleanup_(token_freep) struct token *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return bk_out_of_memory(ctx);
	t->ctx = ctx;
	r = token_uri_parse(ctx, uri, &t->uri);
	if (!r)
		r = token_find(t);
	if (!r)
		r = token_login(t);
	if (!r)
		r = token_key_find(t);
	if (r < 0)
		return r;
	if (!t->always_auth) {
		bk_secret_free(t->pin);
		t->pin = NULL;
	}
	*ret = steal(&t);
	return 0;
}

const struct pubkey *token_public(const struct token *t)
{
	return &t->public;
}

/* to_be_signed - the digest itself for EC, a DigestInfo for RSA */
static int to_be_signed(struct token *t, const char *md, const uint8_t *digest, size_t n,
			uint8_t *out, CK_ULONG *ret_n)
{
	bool rsa = t->public.type == PUBKEY_RSA;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hashes) && strcmp(hashes[i].md, md) != 0; i++)
		continue;
	if (i == ARRAY_SIZE(hashes))
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "keys on tokens sign no %s digests "
			       "here", md);
	if (hashes[i].len != n)
		return bk_fail(t->ctx, -BPFKEY_E_INTERNAL, "a %s digest of %zu bytes", md, n);
	*ret_n = n;
	if (rsa) {
		memcpy(out, hashes[i].prefix, sizeof(hashes[i].prefix));
		out += sizeof(hashes[i].prefix);
		*ret_n += sizeof(hashes[i].prefix);
	}
	memcpy(out, digest, n);
	return 0;
}

/* take_signature - r and s may come shorter than the curve, as two halves. */
static int take_signature(struct token *t, const uint8_t *p, size_t n, uint8_t *sig, size_t cap,
			  size_t *ret_n)
{
	bool rsa = t->public.type == PUBKEY_RSA;
	size_t one = pubkey_bytes(&t->public), want = rsa ? one : 2 * one, half = n / 2;

	if (!n || n > want || (!rsa && n % 2) || want > cap)
		return bk_fail(t->ctx, -BPFKEY_E_TOKEN, "the token's signature has %zu bytes, not "
			       "%zu", n, want);
	memset(sig, 0, want);
	if (rsa) {
		memcpy(sig + want - n, p, n);
	} else {
		memcpy(sig + one - half, p, half);
		memcpy(sig + want - half, p + half, half);
	}
	*ret_n = want;
	return 0;
}

int token_sign(void *user, const char *md, const uint8_t *digest, size_t n, uint8_t *sig,
	       size_t cap, size_t *ret_n)
{
	struct token *t = user;
	CK_MECHANISM how = { t->public.type == PUBKEY_RSA ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0 };
	uint8_t in[19 + 64], out[512];
	CK_ULONG in_n = 0, out_n = sizeof(out);
	CK_RV rv;
	int r = to_be_signed(t, md, digest, n, in, &in_n);

	if (r < 0)
		return r;
	rv = t->f->C_SignInit(t->session, &how, t->key);
	if (rv == CKR_OK && t->always_auth) {
		r = token_login_again(t);
		if (r < 0)
			return r;
	}
	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, in, in_n, out, &out_n);
	if (rv != CKR_OK)
		return token_fail(t, rv, "the token '%s' cannot sign", t->label);
	return take_signature(t, out, out_n, sig, cap, ret_n);
}
