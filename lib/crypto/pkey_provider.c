// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A built-in provider for keys whose private half is elsewhere: it answers
 * what OpenSSL asks about the public half and turns "sign this digest" into a
 * call of the key's sign_fn. Only PKCS#1 v1.5 and ECDSA, because only these
 * sign BPF. The signature operations are in pkey_remote_sign.c.
 */
#include "pkey_provider.h"

#include <string.h>

#include <openssl/param_build.h>

/* The pointer itself travels in this parameter of EVP_PKEY_fromdata(). */
#define PARAM_REMOTE "bpfkey-remote"

static const char *group_of(const struct pubkey *k)
{
	return k->bits == 256 ? "P-256" : k->bits == 384 ? "P-384" : "P-521";
}

/* The point as SEC 1 writes it, uncompressed. */
static size_t point_of(const struct pubkey *k, uint8_t out[1 + 2 * 66])
{
	size_t n = pubkey_bytes(k);

	out[0] = 4;
	memcpy(out + 1, k->x, n);
	memcpy(out + 1 + n, k->y, n);
	return 1 + 2 * n;
}

size_t pkey_remote_sig_max(const struct remote_key *key)
{
	size_t n = pubkey_bytes(&key->pub), body = 2 * (n + 3);

	if (key->pub.type == PUBKEY_RSA)
		return n;
	return body + (body > 127 ? 3 : 2);
}

/* The public half as OSSL_PARAMs; free with OSSL_PARAM_free(). */
static OSSL_PARAM *public_params(const struct pubkey *k)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	_cleanup_(BN_freep) BIGNUM *n = NULL;
	uint8_t point[1 + 2 * 66];
	OSSL_PARAM *p = NULL;
	int ok = b != NULL;

	if (ok && k->type == PUBKEY_RSA) {
		n = BN_bin2bn(k->n, (int)pubkey_bytes(k), NULL);
		ok = n && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) &&
		     OSSL_PARAM_BLD_push_uint32(b, OSSL_PKEY_PARAM_RSA_E, k->e);
	} else if (ok) {
		ok = OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME,
						     group_of(k), 0) &&
		     OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point,
						      point_of(k, point));
	}
	if (ok)
		p = OSSL_PARAM_BLD_to_param(b);
	OSSL_PARAM_BLD_free(b);
	return p;
}

/* The provider's key object is one pointer, set by import. */
struct keydata {
	struct remote_key *remote;
};

struct remote_key *pkey_remote_of(void *keydata)
{
	return ((struct keydata *)keydata)->remote;
}

static void *keymgmt_new(void *prov _unused_)
{
	return calloc(1, sizeof(struct keydata));
}

static void keymgmt_free(void *keydata)
{
	free(keydata);
}

static int keymgmt_has(const void *keydata, int selection _unused_)
{
	return keydata && ((const struct keydata *)keydata)->remote;
}

static int import_type(struct keydata *d, enum pubkey_type type, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, PARAM_REMOTE);
	struct remote_key *remote;

	/* Keys that are not ours cannot come in: there is nothing to sign them with. */
	if (!p || p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size != sizeof(remote))
		return 0;
	memcpy(&remote, p->data, sizeof(remote));
	if (remote->pub.type != type)
		return 0;
	d->remote = remote;
	return 1;
}

static int rsa_import(void *d, int selection _unused_, const OSSL_PARAM params[])
{
	return import_type(d, PUBKEY_RSA, params);
}

static int ec_import(void *d, int selection _unused_, const OSSL_PARAM params[])
{
	return import_type(d, PUBKEY_EC, params);
}

static const OSSL_PARAM *import_types(int selection _unused_)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_string(PARAM_REMOTE, NULL, 0), OSSL_PARAM_END
	};

	return types;
}

static int keymgmt_export(void *keydata, int selection, OSSL_CALLBACK *cb, void *arg)
{
	OSSL_PARAM *p;
	int ok;

	/* Refusing is what keeps OpenSSL from signing with an empty private key. */
	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	p = public_params(&pkey_remote_of(keydata)->pub);
	ok = p && cb(p, arg);
	OSSL_PARAM_free(p);
	return ok;
}

static const OSSL_PARAM *rsa_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_uint32(OSSL_PKEY_PARAM_RSA_E, NULL), OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static const OSSL_PARAM *ec_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END
	};

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static int keymgmt_match(const void *a, const void *b, int selection _unused_)
{
	const struct pubkey *x = &((const struct keydata *)a)->remote->pub;
	const struct pubkey *y = &((const struct keydata *)b)->remote->pub;
	size_t n = pubkey_bytes(x);

	if (x->type != y->type || x->bits != y->bits)
		return 0;
	if (x->type == PUBKEY_RSA)
		return x->e == y->e && memcmp(x->n, y->n, n) == 0;
	return memcmp(x->x, y->x, n) == 0 && memcmp(x->y, y->y, n) == 0;
}

static int set_if_asked(OSSL_PARAM params[], const char *name, int value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

	return !p || OSSL_PARAM_set_int(p, value);
}

static int set_str_if_asked(OSSL_PARAM params[], const char *name, const char *value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

	return !p || OSSL_PARAM_set_utf8_string(p, value);
}

static int keymgmt_get_params(void *keydata, OSSL_PARAM params[])
{
	const struct remote_key *r = pkey_remote_of(keydata);
	const struct pubkey *k = &r->pub;
	int bits = (int)k->bits;
	int security = k->type == PUBKEY_RSA ? BN_security_bits(bits, -1) : bits / 2;

	return set_if_asked(params, OSSL_PKEY_PARAM_BITS, bits) &&
	       set_if_asked(params, OSSL_PKEY_PARAM_SECURITY_BITS, security) &&
	       set_if_asked(params, OSSL_PKEY_PARAM_MAX_SIZE, (int)pkey_remote_sig_max(r)) &&
	       set_str_if_asked(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST, "SHA256") &&
	       (k->type == PUBKEY_RSA ||
		set_str_if_asked(params, OSSL_PKEY_PARAM_GROUP_NAME, group_of(k)));
}

static const OSSL_PARAM *keymgmt_gettable(void *prov _unused_)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0), OSSL_PARAM_END
	};

	return params;
}

static const char *ec_operation(int op)
{
	return op == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *rsa_operation(int op)
{
	return op == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define KEYMGMT(kind)                                                                    \
	{ OSSL_FUNC_KEYMGMT_NEW, BK_FN(keymgmt_new) },                                   \
	{ OSSL_FUNC_KEYMGMT_FREE, BK_FN(keymgmt_free) },                                 \
	{ OSSL_FUNC_KEYMGMT_HAS, BK_FN(keymgmt_has) },                                   \
	{ OSSL_FUNC_KEYMGMT_MATCH, BK_FN(keymgmt_match) },                               \
	{ OSSL_FUNC_KEYMGMT_IMPORT, BK_FN(kind##_import) },                              \
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, BK_FN(import_types) },                         \
	{ OSSL_FUNC_KEYMGMT_EXPORT, BK_FN(keymgmt_export) },                             \
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, BK_FN(kind##_types) },                         \
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, BK_FN(keymgmt_get_params) },                     \
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, BK_FN(keymgmt_gettable) },                  \
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, BK_FN(kind##_operation) },             \
	{ 0, NULL }

static const OSSL_DISPATCH rsa_keymgmt[] = { KEYMGMT(rsa) };
static const OSSL_DISPATCH ec_keymgmt[] = { KEYMGMT(ec) };

static const OSSL_ALGORITHM *query(void *prov _unused_, int op, int *no_cache)
{
	static const OSSL_ALGORITHM keymgmt[] = {
		{ "RSA:rsaEncryption", "provider=" BK_PROVIDER, rsa_keymgmt, NULL },
		{ "EC:id-ecPublicKey", "provider=" BK_PROVIDER, ec_keymgmt, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	static const OSSL_ALGORITHM signature[] = {
		{ "RSA:rsaEncryption", "provider=" BK_PROVIDER, pkey_remote_signature, NULL },
		{ "ECDSA", "provider=" BK_PROVIDER, pkey_remote_signature, NULL },
		{ NULL, NULL, NULL, NULL }
	};

	*no_cache = 0;
	return op == OSSL_OP_KEYMGMT ? keymgmt : op == OSSL_OP_SIGNATURE ? signature : NULL;
}

int bk_provider_init(const OSSL_CORE_HANDLE *handle _unused_, const OSSL_DISPATCH *in _unused_,
		     const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH dispatch[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, BK_FN(query) }, { 0, NULL }
	};
	static int context;	/* NULL would mean failure */

	*out = dispatch;
	*provctx = &context;
	return 1;
}

static EVP_PKEY *from_params(OSSL_LIB_CTX *lib, const char *type, const char *props,
			     OSSL_PARAM *params, int selection)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c =
		EVP_PKEY_CTX_new_from_name(lib, type, props);
	EVP_PKEY *key = NULL;

	if (!c || EVP_PKEY_fromdata_init(c) <= 0 ||
	    EVP_PKEY_fromdata(c, &key, selection, params) <= 0)
		return NULL;
	return key;
}

EVP_PKEY *pkey_public_new(OSSL_LIB_CTX *lib, const struct pubkey *pub)
{
	OSSL_PARAM *params = public_params(pub);
	EVP_PKEY *key = NULL;

	if (params)
		key = from_params(lib, pub->type == PUBKEY_RSA ? "RSA" : "EC", "provider=default",
				  params, EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params);
	return key;
}

EVP_PKEY *pkey_remote_new(OSSL_LIB_CTX *lib, struct remote_key *key)
{
	/* Let the default provider see that the point is on its curve. */
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *probe = pkey_public_new(lib, &key->pub);
	OSSL_PARAM ours[] = {
		OSSL_PARAM_octet_string(PARAM_REMOTE, &key, sizeof(key)), OSSL_PARAM_END
	};

	if (!probe)
		return NULL;
	return from_params(lib, key->pub.type == PUBKEY_RSA ? "RSA" : "EC",
			   "provider=" BK_PROVIDER, ours, EVP_PKEY_KEYPAIR);
}
