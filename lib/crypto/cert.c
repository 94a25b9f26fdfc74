// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Certificates read once into plain facts; the bytes that were read stay the
 * bytes that are used.
 */
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <bpfkey.h>

#include "../base/text.h"
#include "cert_int.h"
#include "digest.h"

#define NAME_MAX_LEN 4096

struct bpfkey_cert {
	struct buf der, subject, issuer, serial;
	char alg[ALGO_NAME_MAX], hash[ALGO_NAME_MAX];
	X509 *x;
	struct bpfkey_cert_info info;
};

static const struct {
	const char *name, *oid;
} roles[BPFKEY_ROLE__END] = {
	[BPFKEY_ROLE_BUILD] = { "build", BPFKEY_OID_BUILD },
	[BPFKEY_ROLE_DELEGATED] = { "delegated", BPFKEY_OID_DELEGATED },
	[BPFKEY_ROLE_LOADER] = { "loader", BPFKEY_OID_LOADER },
	[BPFKEY_ROLE_POLICY] = { "policy", BPFKEY_OID_POLICY },
	[BPFKEY_ROLE_ANCHOR] = { "anchor", BPFKEY_OID_ANCHOR },
};

const char *bpfkey_role_name(enum bpfkey_role role)
{
	return (unsigned int)role < BPFKEY_ROLE__END ? roles[role].name : NULL;
}

const char *cert_role_oid(enum bpfkey_role role)
{
	return roles[role].oid;
}

int bpfkey_role_parse(const char *name, enum bpfkey_role *ret)
{
	unsigned int i;

	for (i = 0; i < BPFKEY_ROLE__END; i++) {
		if (strcmp(name, roles[i].name) == 0) {
			*ret = (enum bpfkey_role)i;
			return 0;
		}
	}
	return -BPFKEY_E_USAGE;
}

void cert_free(struct bpfkey_cert *cert)
{
	if (!cert)
		return;
	X509_free(cert->x);
	buf_done(&cert->der);
	buf_done(&cert->subject);
	buf_done(&cert->issuer);
	buf_done(&cert->serial);
	free(cert);
}

struct view cert_der(const struct bpfkey_cert *cert)
{
	return buf_view(&cert->der);
}

const struct bpfkey_cert_info *cert_info(const struct bpfkey_cert *cert)
{
	return &cert->info;
}

X509 *cert_x509(const struct bpfkey_cert *cert)
{
	return cert->x;
}

static int name_text(struct bpfkey_ctx *ctx, const X509_NAME *name, struct buf *b,
		     const char **ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
	int r;

	/* RFC 2253 escapes control and high bytes, so that what is printed is harmless. */
	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "cannot read a name");
	r = bk_ossl_text(ctx, bio, b);
	if (r < 0)
		return r;
	*ret = buf_cstr(b);
	return 0;
}

static int read_serial(struct bpfkey_ctx *ctx, struct bpfkey_cert *c)
{
	_cleanup_(BN_freep) BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x), NULL);
	uint8_t bytes[64];
	int n = bn ? BN_num_bytes(bn) : -1;

	if (n < 0 || (size_t)n > sizeof(bytes))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its serial number is too long");
	BN_bn2bin(bn, bytes);
	if (BN_is_negative(bn))
		buf_str(&c->serial, "-");
	if (n == 0)
		buf_str(&c->serial, "00");
	text_hex(&c->serial, (struct view){ bytes, (size_t)n });
	if (!buf_ok(&c->serial))
		return bk_out_of_memory(ctx);
	c->info.serial = buf_cstr(&c->serial);
	return 0;
}

static int read_time(struct bpfkey_ctx *ctx, const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "cannot read its validity");
	*ret = timegm(&tm);
	return 0;
}

static void read_roles(struct bpfkey_cert *c, const EXTENDED_KEY_USAGE *eku)
{
	char oid[128];
	unsigned int k;
	int i;

	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1);
		for (k = 0; k < BPFKEY_ROLE__END; k++)
			if (strcmp(oid, roles[k].oid) == 0)
				c->info.roles |= 1u << k;
	}
}

/* An octet string extension field into its fixed place. */
static int read_id(struct bpfkey_ctx *ctx, const ASN1_OCTET_STRING *s, uint8_t out[64],
		   size_t *ret_n)
{
	size_t n = s ? (size_t)ASN1_STRING_length(s) : 0;

	if (n > 64)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a key id in it is longer than 64 bytes");
	if (n)
		memcpy(out, ASN1_STRING_get0_data(s), n);
	*ret_n = n;
	return 0;
}

static int read_extensions(struct bpfkey_ctx *ctx, struct bpfkey_cert *c)
{
	uint32_t flags = X509_get_extension_flags(c->x);
	EXTENDED_KEY_USAGE *eku;
	int crit = -1, r;

	/* Repeated or undecodable extensions: two readers could see two certificates. */
	if (flags & EXFLAG_INVALID)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "its extensions are malformed");
	eku = X509_get_ext_d2i(c->x, NID_ext_key_usage, &crit, NULL);
	if (!eku && crit != -1)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "its extended key usage is malformed");
	if (eku)
		read_roles(c, eku);
	EXTENDED_KEY_USAGE_free(eku);

	/* Whoever may sign certificates counts as a CA, whatever else it says. */
	c->info.ca = (flags & EXFLAG_CA) ||
		     ((flags & EXFLAG_KUSAGE) && (X509_get_key_usage(c->x) & KU_KEY_CERT_SIGN));

	r = read_id(ctx, X509_get0_subject_key_id(c->x), c->info.key_id, &c->info.key_id_len);
	if (r < 0)
		return r;
	return read_id(ctx, X509_get0_authority_key_id(c->x), c->info.authority_id,
		       &c->info.authority_id_len);
}

static void read_hash(struct bpfkey_cert *c)
{
	const ASN1_OBJECT *oid;
	const X509_ALGOR *alg;
	const char *name;
	int nid = NID_undef;
	struct algo a;
	size_t i;

	X509_get_signature_info(c->x, &nid, NULL, NULL, NULL);
	name = nid == NID_undef ? "" : OBJ_nid2sn(nid);
	X509_get0_signature(NULL, &alg, c->x);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	if (nid == NID_undef && X509_get_signature_nid(c->x) == NID_undef && !algo_of_oid(oid, &a))
		name = "unknown";
	for (i = 0; name[i] && i < sizeof(c->hash) - 1; i++)
		c->hash[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a')
							       : name[i];
	c->info.signature_hash = c->hash;
}

static int read_key(struct bpfkey_ctx *ctx, struct bpfkey_cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x);
	ASN1_OBJECT *oid = NULL;
	const uint8_t *bits;
	struct algo a;
	uint8_t *spki = NULL;
	int n, r;

	algo_of_spki(X509_get_X509_PUBKEY(c->x), &a);
	memcpy(c->alg, a.name, sizeof(c->alg));
	if (!X509_PUBKEY_get0_param(&oid, &bits, &n, NULL, X509_get_X509_PUBKEY(c->x)))
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "cannot read its public key");
	if (!key && a.type == ALGO_OTHER)
		OBJ_obj2txt(c->alg, sizeof(c->alg), oid, 0);
	c->info.alg = c->alg;
	c->info.public_key = bits;
	c->info.public_key_len = (size_t)n;

	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &spki);
	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "cannot encode its public key");
	r = bk_sha256(ctx, (struct view){ spki, (size_t)n }, c->info.public_hash);
	OPENSSL_free(spki);
	return r;
}

static int read_info(struct bpfkey_ctx *ctx, struct bpfkey_cert *c)
{
	int r, self;

	r = name_text(ctx, X509_get_subject_name(c->x), &c->subject, &c->info.subject);
	if (!r)
		r = name_text(ctx, X509_get_issuer_name(c->x), &c->issuer, &c->info.issuer);
	if (!r)
		r = read_serial(ctx, c);
	if (!r)
		r = read_time(ctx, X509_get0_notBefore(c->x), &c->info.not_before);
	if (!r)
		r = read_time(ctx, X509_get0_notAfter(c->x), &c->info.not_after);
	if (!r)
		r = read_key(ctx, c);
	if (!r)
		r = read_extensions(ctx, c);
	if (!r)
		r = bk_sha256(ctx, cert_der(c), c->info.fingerprint);
	if (r < 0)
		return r;

	read_hash(c);
	/* A signature that this OpenSSL cannot check leaves only what the names say. */
	self = X509_self_signed(c->x, 1);
	c->info.self_signed = self > 0 ||
			      (self < 0 && (X509_get_extension_flags(c->x) & EXFLAG_SS));
	ERR_clear_error();
	return 0;
}

/* DER has one encoding for each value; what re-encodes differently was not DER. */
static bool is_canonical(X509 *x, struct view der)
{
	uint8_t *again = NULL;
	int n = i2d_X509(x, &again);
	bool same = n > 0 && (size_t)n == der.n && memcmp(again, der.p, der.n) == 0;

	OPENSSL_free(again);
	return same;
}

int cert_from_der(struct bpfkey_ctx *ctx, struct view der, struct bpfkey_cert **ret)
{
	_cleanup_(cert_freep) struct bpfkey_cert *c = calloc(1, sizeof(*c));
	OSSL_LIB_CTX *lib = bk_ossl();
	const uint8_t *p = der.p;
	int r;

	if (!c)
		return bk_out_of_memory(ctx);
	if (!lib)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	if (der.n > CERT_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "larger than the %d bytes that a "
			       "certificate may have", CERT_MAX);

	c->der = BUF(CERT_MAX);
	c->subject = BUF(NAME_MAX_LEN);
	c->issuer = BUF(NAME_MAX_LEN);
	c->serial = BUF(2 * 64 + 2);
	c->x = X509_new_ex(lib, NULL);
	if (!c->x)
		return bk_out_of_memory(ctx);
	if (!d2i_X509(&c->x, &p, (long)der.n)) {
		/* "nested asn1 error" helps nobody. */
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not an X.509 certificate");
	}
	if (p != der.p + der.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "something follows the certificate");
	if (!is_canonical(c->x, der))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the certificate is not DER");

	buf_put(&c->der, der.p, der.n);
	if (!buf_ok(&c->der))
		return bk_out_of_memory(ctx);
	r = read_info(ctx, c);
	if (r < 0)
		return r;
	*ret = steal(&c);
	return 0;
}

int cert_from_bytes(struct bpfkey_ctx *ctx, struct view in, struct bpfkey_cert **ret)
{
	struct buf der = BUF(CERT_MAX);
	int r;

	if (in.n > CERT_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "larger than the %d bytes that a "
			       "certificate may have", CERT_MAX);
	if (!bk_pem_is(in))
		return cert_from_der(ctx, in, ret);

	r = bk_pem_one(ctx, in, "CERTIFICATE", &der);
	if (!r)
		r = cert_from_der(ctx, buf_view(&der), ret);
	buf_done(&der);
	return r;
}

int cert_from_x509(struct bpfkey_ctx *ctx, X509 *x, struct bpfkey_cert **ret)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der), r;

	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the certificate");
	r = cert_from_der(ctx, (struct view){ der, (size_t)n }, ret);
	OPENSSL_free(der);
	return r;
}

int cert_to_pem(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, struct buf *ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || !PEM_write_bio_X509(bio, cert->x))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot write the certificate");
	return bk_ossl_text(ctx, bio, ret);
}
