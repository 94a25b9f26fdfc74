// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects on a token: the private key, its public half, its certificate. */
#include <string.h>

#include "token_priv.h"

#define ATTRIBUTE_MAX 65536

int token_attribute(struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		    struct buf *ret)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	_cleanup_(bk_freep) uint8_t *p = NULL;
	CK_RV rv = t->f->C_GetAttributeValue(t->session, object, &a, 1);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    (rv == CKR_OK && (a.ulValueLen == CK_UNAVAILABLE_INFORMATION || !a.ulValueLen)))
		return 0;
	if (rv == CKR_OK && a.ulValueLen > ATTRIBUTE_MAX)
		return bk_fail(t->ctx, -BPFKEY_E_TOO_BIG, "an object of the token '%s' has %lu "
			       "bytes", t->label, a.ulValueLen);
	if (rv == CKR_OK) {
		p = malloc(a.ulValueLen);
		if (!p)
			return bk_out_of_memory(t->ctx);
		a.pValue = p;
		rv = t->f->C_GetAttributeValue(t->session, object, &a, 1);
	}
	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot read an object of the token '%s'", t->label);
	buf_put(ret, p, a.ulValueLen);
	return buf_ok(ret) ? 0 : bk_out_of_memory(t->ctx);
}

int token_search(struct token *t, CK_ATTRIBUTE *want, CK_ULONG n, CK_OBJECT_HANDLE *ret,
		 CK_ULONG cap, CK_ULONG *ret_n)
{
	CK_ULONG got = 0, more = 1;
	CK_RV rv = t->f->C_FindObjectsInit(t->session, want, n);

	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot search the token '%s'", t->label);
	while (rv == CKR_OK && more && got < cap) {
		rv = t->f->C_FindObjects(t->session, ret + got, cap - got, &more);
		got += rv == CKR_OK ? more : 0;
	}
	t->f->C_FindObjectsFinal(t->session);
	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot search the token '%s'", t->label);
	*ret_n = got;
	return 0;
}

/* find_private - class is ours to say, whatever type= the URI has. */
static int find_private(struct token *t)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ULONG n = 0, have, found = 0;
	CK_ATTRIBUTE *uri = p11_kit_uri_get_attributes(t->uri, &have);
	CK_ATTRIBUTE want[8] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE keys[2];
	int r;

	for (n = 1; have && n < ARRAY_SIZE(want); have--, uri++)
		if (uri->type != CKA_CLASS)
			want[n++] = *uri;
	r = token_search(t, want, n, keys, ARRAY_SIZE(keys), &found);
	if (r < 0)
		return r;
	if (!found) {
		bk_hint(t->ctx, "'p11tool --login --list-privkeys' or 'pkcs11-tool --login "
			"--list-objects' shows its keys; see object= and id= of the URI");
		return bk_fail(t->ctx, -BPFKEY_E_NOT_FOUND,
			       "the token '%s' has no private key that "
			       "fits the URI",
			       t->label);
	}
	if (found > 1) {
		bk_hint(t->ctx, "add object= or id= to the URI, until it names one key");
		return bk_fail(t->ctx, -BPFKEY_E_USAGE,
			       "more than one private key of the token '%s' "
			       "fits the URI",
			       t->label);
	}
	t->key = keys[0];
	return 0;
}

/* find_beside - the object of @class that goes with the key: same id, or else same label. */
static int find_beside(struct token *t, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *ret, bool *there)
{
	static const CK_ATTRIBUTE_TYPE by[] = { CKA_ID, CKA_LABEL };

	*there = false;
	for (size_t i = 0; i < ARRAY_SIZE(by) && !*there; i++) {
		_cleanup_(buf_done) struct buf value = BUF(ATTRIBUTE_MAX);
		CK_ULONG n = 0;
		int r = token_attribute(t, t->key, by[i], &value);
		CK_ATTRIBUTE want[] = {
			{ CKA_CLASS, &class, sizeof(class) }, { by[i], value.p, value.n },
		};

		if (!r && value.n)
			r = token_search(t, want, ARRAY_SIZE(want), ret, 1, &n);
		if (r < 0)
			return r;
		*there = n > 0;
	}
	return 0;
}

/* Numbers from tokens may have leading zeros, or lack them. */
static int put_number(const struct buf *b, uint8_t *out, size_t want)
{
	struct view v = buf_view(b);

	while (v.n > want && !*v.p) {
		v.p++;
		v.n--;
	}
	if (!v.n || v.n > want)
		return -1;
	memset(out, 0, want - v.n);
	memcpy(out + want - v.n, v.p, v.n);
	return 0;
}

static int public_rsa(struct token *t, CK_OBJECT_HANDLE object, bool *there)
{
	_cleanup_(buf_done) struct buf n = BUF(ATTRIBUTE_MAX), e = BUF(ATTRIBUTE_MAX);
	struct pubkey k = { .type = PUBKEY_RSA };
	struct view v;
	uint8_t exp[4];
	int r = token_attribute(t, object, CKA_MODULUS, &n);

	if (!r)
		r = token_attribute(t, object, CKA_PUBLIC_EXPONENT, &e);
	*there = n.n && e.n;
	if (r < 0 || !*there)
		return r;
	for (v = buf_view(&n); v.n && !*v.p; v.p++)
		v.n--;
	k.bits = 8 * (unsigned int)v.n;
	if (!v.n || !(*v.p & 0x80) || v.n > sizeof(k.n) || put_number(&e, exp, sizeof(exp)) < 0)
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "the RSA key of the token has a size "
			       "or an exponent that is not supported");
	memcpy(k.n, v.p, v.n);
	k.e = (uint32_t)exp[0] << 24 | (uint32_t)exp[1] << 16 | (uint32_t)exp[2] << 8 | exp[3];
	t->public = k;
	return 0;
}

static unsigned int curve_bits(struct view oid)
{
	static const struct {
		unsigned int bits;
		uint8_t len, oid[10];
	} curves[] = {
		{ 256, 10, { 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 } },
		{ 384, 7, { 0x06, 5, 0x2b, 0x81, 0x04, 0, 0x22 } },
		{ 521, 7, { 0x06, 5, 0x2b, 0x81, 0x04, 0, 0x23 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (oid.n == curves[i].len && !memcmp(oid.p, curves[i].oid, oid.n))
			return curves[i].bits;
	return 0;
}

/* The point is a DER OCTET STRING by the standard, and bare on some tokens. */
static int public_ec(struct token *t, CK_OBJECT_HANDLE object, bool *there)
{
	_cleanup_(buf_done) struct buf oid = BUF(ATTRIBUTE_MAX), point = BUF(ATTRIBUTE_MAX);
	struct pubkey k = { .type = PUBKEY_EC };
	size_t n;
	int r = token_attribute(t, object, CKA_EC_PARAMS, &oid);

	if (!r)
		r = token_attribute(t, object, CKA_EC_POINT, &point);
	*there = oid.n && point.n;
	if (r < 0 || !*there)
		return r;
	k.bits = curve_bits(buf_view(&oid));
	n = pubkey_bytes(&k);
	if (!k.bits || point.n < 1 + 2 * n || point.n > 1 + 2 * n + 3 ||
	    point.p[point.n - 1 - 2 * n] != 4)
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT,
			       "the EC key of the token is on none of "
			       "the curves P-256, P-384 and P-521");
	memcpy(k.x, point.p + point.n - 2 * n, n);
	memcpy(k.y, point.p + point.n - n, n);
	t->public = k;
	return 0;
}

static int find_public(struct token *t, CK_KEY_TYPE type)
{
	int (*get)(struct token *, CK_OBJECT_HANDLE, bool *) =
		type == CKK_RSA ? public_rsa : public_ec;
	CK_OBJECT_HANDLE beside;
	bool there = false;
	int r = get(t, t->key, &there);

	if (r < 0 || there)
		return r;
	r = find_beside(t, CKO_PUBLIC_KEY, &beside, &there);
	if (!r && there)
		r = get(t, beside, &there);
	if (r < 0 || there)
		return r;
	bk_hint(t->ctx, "store the public key on the token under the same id");
	return bk_fail(t->ctx, -BPFKEY_E_NOT_FOUND,
		       "the token '%s' does not tell the public half of "
		       "the key",
		       t->label);
}

int token_key_find(struct token *t)
{
	CK_BBOOL always = CK_FALSE;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE a[] = { { CKA_KEY_TYPE, &type, sizeof(type) } };
	CK_ATTRIBUTE b[] = { { CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) } };
	CK_RV rv;
	int r = find_private(t);

	if (r < 0)
		return r;
	rv = t->f->C_GetAttributeValue(t->session, t->key, a, ARRAY_SIZE(a));
	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot read a key of the token '%s'", t->label);
	if (type != CKK_RSA && type != CKK_EC)
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "the key on the token '%s' is neither "
			       "RSA nor EC", t->label);
	/* Older tokens do not know the attribute, and ask once. */
	t->always_auth = t->f->C_GetAttributeValue(t->session, t->key, b, 1) == CKR_OK && always;
	return find_public(t, type);
}

int token_cert(struct token *t, size_t max, struct buf *ret)
{
	CK_OBJECT_HANDLE object;
	bool there = false;
	int r = find_beside(t, CKO_CERTIFICATE, &object, &there);

	if (!r && there)
		r = token_attribute(t, object, CKA_VALUE, ret);
	if (!r && ret->n > max)
		r = bk_fail(t->ctx, -BPFKEY_E_TOO_BIG, "the certificate on the token has %zu bytes",
			    ret->n);
	return r;
}
