// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Certificates as this suite makes them: version 3, random serial, one role as
 * a critical extended key usage.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "cert_int.h"
#include "digest.h"

#define NAME_LEN_MAX 64		/* ub-common-name, RFC 5280 appendix A.1 */
#define SERIAL_BITS 128
#define KEY_ID_LEN 20		/* RFC 7093 2, method 1: SHA-256 cut to 160 bits */

DEFINE_CLEANUP(ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)
DEFINE_CLEANUP(ASN1_BIT_STRING *, ASN1_BIT_STRING_free)
DEFINE_CLEANUP(AUTHORITY_KEYID *, AUTHORITY_KEYID_free)
DEFINE_CLEANUP(BASIC_CONSTRAINTS *, BASIC_CONSTRAINTS_free)
DEFINE_CLEANUP(EXTENDED_KEY_USAGE *, EXTENDED_KEY_USAGE_free)

int cert_name_check(struct bpfkey_ctx *ctx, const char *name)
{
	size_t n = strlen(name), i;

	if (n == 0 || n > NAME_LEN_MAX)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a common name has 1 to %d characters, "
			       "not %zu", NAME_LEN_MAX, n);
	for (i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			return bk_fail(ctx, -BPFKEY_E_USAGE, "the common name '%s' has a "
				       "character that is not printable ASCII", name);
	if (name[0] == ' ' || name[n - 1] == ' ')
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the common name '%s' begins or ends with "
			       "a blank", name);
	return 0;
}

X509_NAME *cert_name_make(const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	if (name && !X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
						(const uint8_t *)cn, -1, -1, 0)) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

static int set_serial(X509 *x)
{
	_cleanup_(BN_freep) BIGNUM *bn = BN_new();

	/* Top and bottom bit set: always 128 bits, never zero. */
	return bn && BN_priv_rand_ex(bn, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD, 0,
				     NULL) &&
	       BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
}

static int add_key_id(struct bpfkey_ctx *ctx, X509 *x)
{
	_cleanup_(ASN1_OCTET_STRING_freep) ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t hash[SHA256_LEN];
	const uint8_t *bits;
	int n, r;

	if (!X509_PUBKEY_get0_param(NULL, &bits, &n, NULL, X509_get_X509_PUBKEY(x)))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot read the public key");
	r = bk_sha256(ctx, (struct view){ bits, (size_t)n }, hash);
	if (r < 0)
		return r;
	if (!id || !ASN1_OCTET_STRING_set(id, hash, KEY_ID_LEN) ||
	    X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, 0) != 1)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot add the key id");
	return 0;
}

/* The issuer's key id; of a certificate that issues itself, its own. */
static int add_authority(X509 *x, const struct bpfkey_cert *ca)
{
	_cleanup_(AUTHORITY_KEYID_freep) AUTHORITY_KEYID *a = AUTHORITY_KEYID_new();

	if (!a)
		return 0;
	/* X509_get0_subject_key_id() would cache the extensions while some are missing. */
	a->keyid = X509_get_ext_d2i(ca ? cert_x509(ca) : x, NID_subject_key_identifier, NULL,
				    NULL);
	return a->keyid && X509_add1_ext_i2d(x, NID_authority_key_identifier, a, 0, 0) == 1;
}

static int add_constraints(X509 *x, bool anchor)
{
	_cleanup_(BASIC_CONSTRAINTS_freep) BASIC_CONSTRAINTS *b = BASIC_CONSTRAINTS_new();

	if (!b)
		return 0;
	b->ca = anchor ? 0xff : 0;
	if (anchor) {
		b->pathlen = ASN1_INTEGER_new();
		if (!b->pathlen || !ASN1_INTEGER_set(b->pathlen, 0))
			return 0;
	}
	return X509_add1_ext_i2d(x, NID_basic_constraints, b, 1, 0) == 1;
}

static int add_usage(X509 *x, enum bpfkey_role role)
{
	_cleanup_(ASN1_BIT_STRING_freep) ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	_cleanup_(EXTENDED_KEY_USAGE_freep) EXTENDED_KEY_USAGE *eku = EXTENDED_KEY_USAGE_new();
	_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *oid = OBJ_txt2obj(cert_role_oid(role), 1);
	int bit = role == BPFKEY_ROLE_ANCHOR ? 5 : 0;	/* keyCertSign, digitalSignature */

	if (!usage || !eku || !oid || !ASN1_BIT_STRING_set_bit(usage, bit, 1) ||
	    X509_add1_ext_i2d(x, NID_key_usage, usage, 1, 0) != 1 ||
	    !sk_ASN1_OBJECT_push(eku, oid))
		return 0;
	(void)steal(&oid);
	return X509_add1_ext_i2d(x, NID_ext_key_usage, eku, 1, 0) == 1;
}

static int fill(X509 *x, const struct cert_spec *spec, EVP_PKEY *subject_key,
		const struct bpfkey_cert *ca)
{
	_cleanup_(X509_NAME_freep) X509_NAME *name = cert_name_make(spec->name);
	const X509_NAME *issuer = ca ? X509_get_subject_name(cert_x509(ca)) : name;

	return name && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
	       X509_set_subject_name(x, name) && X509_set_issuer_name(x, issuer) &&
	       ASN1_TIME_adj(X509_getm_notBefore(x), spec->not_before, 0, 0) &&
	       ASN1_TIME_adj(X509_getm_notAfter(x), spec->not_after, 0, 0) &&
	       X509_set_pubkey(x, subject_key);
}

/*
 * OpenSSL 3.0 signs certificates with ECDSA over SHA-3, but does not know such
 * a signature when it reads it.
 */
static int check_pair(struct bpfkey_ctx *ctx, const struct pkey *key)
{
	int nid, type = EVP_PKEY_is_a(pkey_evp(key), "RSA") ? NID_rsaEncryption :
							       NID_X9_62_id_ecPublicKey;
	struct algo a;

	if ((algo_find(pkey_alg(key), &a) && a.hash) ||
	    OBJ_find_sigid_by_algs(&nid, OBJ_txt2nid(pkey_hash(key)), type))
		return 0;
	bk_hint(ctx, "leave the hash out for sha256, which every kernel takes, too");
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "this OpenSSL reads no certificates that a key "
		       "'%s' signed with '%s'", pkey_alg(key), pkey_hash(key));
}

int cert_sign(struct bpfkey_ctx *ctx, const struct cert_spec *spec, EVP_PKEY *subject_key,
	      const struct bpfkey_cert *ca, struct pkey *key, struct bpfkey_cert **ret)
{
	_cleanup_(cert_freep) struct bpfkey_cert *made = NULL;
	_cleanup_(X509_freep) X509 *x = NULL;
	EVP_MD *md = NULL;
	int r, ok;

	r = cert_name_check(ctx, spec->name);
	if (!r)
		r = algo_check(ctx, pkey_alg(key));
	if (!r)
		r = check_pair(ctx, key);
	if (r < 0)
		return r;

	x = X509_new_ex(bk_ossl(), NULL);
	if (!x || !fill(x, spec, subject_key, ca))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot build the certificate");
	r = add_key_id(ctx, x);
	if (r < 0)
		return r;
	if (!add_authority(x, ca) || !add_constraints(x, spec->role == BPFKEY_ROLE_ANCHOR) ||
	    !add_usage(x, spec->role))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot add the extensions");

	r = pkey_md(ctx, key, &md);
	if (r < 0)
		return r;
	ok = X509_sign(x, pkey_evp(key), md) > 0;
	EVP_MD_free(md);
	if (!ok)
		return pkey_fail(ctx, key, "cannot sign the certificate");

	/* What a TPM signed is not believed before it verifies. */
	r = cert_from_x509(ctx, x, &made);
	if (!r)
		r = cert_check_issuer(ctx, made, ca ? ca : made);
	if (r < 0)
		return bk_fail(ctx, r, "the certificate that was just signed is wrong");
	*ret = steal(&made);
	return 0;
}

int cert_make(struct bpfkey_ctx *ctx, const struct cert_spec *spec, struct pkey *key,
	      struct bpfkey_cert **ret)
{
	return cert_sign(ctx, spec, pkey_evp(key), NULL, key, ret);
}
