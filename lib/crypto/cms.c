// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one CMS form. Verifying takes no liberties: signer id and signature are
 * read, the whole CMS is written again from them, and a single byte that
 * differs is refused. So no byte of a signature can be changed unnoticed, also
 * where the kernel would not look.
 */
#include "cms.h"

#include <string.h>

#include <openssl/err.h>

#include "cert.h"
#include "ossl.h"

#define SIGN_FLAGS (CMS_BINARY | CMS_DETACHED | CMS_NOCERTS)
#define SIGNER_FLAGS (CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | CMS_NOATTR | CMS_USE_KEYID)

static const uint8_t oid_signed_data[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02
};
static const uint8_t oid_data[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
};
/* AlgorithmIdentifiers: SHA-256 without parameters as OpenSSL writes it. */
static const uint8_t alg_sha256[] = {
	0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01
};
static const uint8_t alg_rsa[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
};
static const uint8_t alg_ecdsa_sha256[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
};
static const uint8_t version_3[] = { 0x02, 0x01, 0x03 };

/* Tag and length in front of what is already in @inner; @inner is emptied. */
static void put_tlv(struct buf *out, uint8_t tag, struct buf *inner)
{
	size_t n = inner->n;

	buf_u8(out, tag);
	if (n >= 0x100) {
		buf_u8(out, 0x82);
		buf_be16(out, (uint16_t)n);
	} else if (n >= 0x80) {
		buf_u8(out, 0x81);
		buf_u8(out, (uint8_t)n);
	} else {
		buf_u8(out, (uint8_t)n);
	}
	buf_put(out, inner->p, n);
	out->failed |= inner->failed;
	out->no_memory |= inner->no_memory;
	buf_done(inner);
	*inner = BUF(CMS_MAX);
}

static void put_bytes(struct buf *out, uint8_t tag, struct view v)
{
	struct buf inner = BUF(CMS_MAX);

	buf_put(&inner, v.p, v.n);
	put_tlv(out, tag, &inner);
	buf_done(&inner);
}

/* The whole CMS as it must be, given who signed and the signature's value. */
static void write_form(struct view key_id, bool rsa, struct view value, struct buf *ret)
{
	struct buf a = BUF(CMS_MAX), b = BUF(CMS_MAX), sd = BUF(CMS_MAX);

	buf_put(&sd, version_3, sizeof(version_3));
	put_bytes(&sd, 0x31, (struct view){ alg_sha256, sizeof(alg_sha256) });
	put_bytes(&sd, 0x30, (struct view){ oid_data, sizeof(oid_data) });

	buf_put(&a, version_3, sizeof(version_3));
	put_bytes(&a, 0x80, key_id);
	buf_put(&a, alg_sha256, sizeof(alg_sha256));
	if (rsa)
		buf_put(&a, alg_rsa, sizeof(alg_rsa));
	else
		buf_put(&a, alg_ecdsa_sha256, sizeof(alg_ecdsa_sha256));
	put_bytes(&a, 0x04, value);
	put_tlv(&b, 0x30, &a);
	put_tlv(&sd, 0x31, &b);

	put_tlv(&a, 0x30, &sd);
	buf_put(&b, oid_signed_data, sizeof(oid_signed_data));
	put_tlv(&b, 0xa0, &a);
	put_tlv(ret, 0x30, &b);
	buf_done(&a);
	buf_done(&b);
	buf_done(&sd);
}

static int build(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
		 struct view data, uint8_t **ret_der, int *ret_n)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	const void *p = data.n ? (const void *)data.p : "";
	_cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(p, (int)data.n);
	EVP_MD *md = EVP_MD_fetch(bk_ossl(), "SHA256", NULL);
	int ok;

	cms = CMS_sign_ex(NULL, NULL, NULL, NULL, CMS_PARTIAL | SIGN_FLAGS, bk_ossl(), NULL);
	ok = bio && md && cms &&
	     CMS_add1_signer(cms, cert_x509(cert), pkey_evp(key), md, SIGNER_FLAGS) &&
	     CMS_final(cms, bio, NULL, CMS_NOCERTS | CMS_BINARY);
	EVP_MD_free(md);
	if (!ok)
		return pkey_fail(ctx, key, "cannot sign");

	*ret_n = i2d_CMS_ContentInfo(cms, ret_der);
	if (*ret_n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the signature");
	return 0;
}

int cms_sign(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret)
{
	struct bpfkey_cert *const signer[] = { (struct bpfkey_cert *)cert };
	uint8_t *der = NULL;
	int n = 0, r;

	r = algo_check(ctx, cert_info(cert)->alg);
	if (!r)
		r = cert_is_of(ctx, cert, key);
	if (r < 0)
		return r;
	if (!cert_info(cert)->key_id_len) {
		bk_hint(ctx, "make the certificate with 'keyctl-bpf cert new' or 'cert issue'");
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the certificate has no subject key "
			       "identifier, which names the signer");
	}
	if (data.n > INT32_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "too large to sign");

	r = build(ctx, key, cert, data, &der, &n);
	/* A TPM may answer nonsense; and what does not verify here must not leave. */
	if (!r)
		r = cms_verify(ctx, (struct view){ der, (size_t)n }, data, signer, 1, NULL);
	if (r < 0) {
		OPENSSL_free(der);
		return bk_fail(ctx, r, "cannot make the signature");
	}
	buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

static int parse(struct bpfkey_ctx *ctx, struct view der, CMS_ContentInfo **ret)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	const uint8_t *p = der.p;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	if (der.n > CMS_MAX)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the signature has %zu bytes, kernels "
			       "take at most %d", der.n, CMS_MAX);
	cms = CMS_ContentInfo_new_ex(bk_ossl(), NULL);
	if (!cms)
		return bk_out_of_memory(ctx);
	if (!d2i_CMS_ContentInfo(&cms, &p, (long)der.n) ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the signature is not CMS SignedData "
			       "in DER");
	}
	if (p != der.p + der.n)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "something follows the signature");
	*ret = steal(&cms);
	return 0;
}

static void lower(char *out, size_t n, const ASN1_OBJECT *oid)
{
	size_t i;

	OBJ_obj2txt(out, (int)n, oid, OBJ_obj2nid(oid) == NID_undef);
	for (i = 0; out[i]; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
}

static void hash_name(char *out, size_t n, const ASN1_OBJECT *oid)
{
	const char *sn = OBJ_obj2nid(oid) != NID_undef ? OBJ_nid2sn(OBJ_obj2nid(oid)) : NULL;
	size_t i;

	lower(out, n, oid);
	for (i = 0; sn && i + 1 < n && sn[i]; i++) {
		out[i] = sn[i] >= 'A' && sn[i] <= 'Z' ? (char)(sn[i] - 'A' + 'a') : sn[i];
		out[i + 1] = '\0';
	}
}

static void describe_signer(CMS_SignerInfo *si, struct cms_info *i)
{
	ASN1_OCTET_STRING *id = NULL;
	const ASN1_OBJECT *oid;
	X509_ALGOR *hash, *alg;

	if (CMS_SignerInfo_get0_signer_id(si, &id, NULL, NULL) && id &&
	    (size_t)ASN1_STRING_length(id) <= sizeof(i->key_id)) {
		i->key_id_len = (size_t)ASN1_STRING_length(id);
		memcpy(i->key_id, ASN1_STRING_get0_data(id), i->key_id_len);
	}
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &hash, &alg);
	X509_ALGOR_get0(&oid, NULL, NULL, hash);
	hash_name(i->hash, sizeof(i->hash), oid);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	lower(i->algorithm, sizeof(i->algorithm), oid);
	i->attributes = CMS_signed_get_attr_count(si) > 0 || CMS_unsigned_get_attr_count(si) > 0;
}

static void describe(CMS_ContentInfo *cms, struct cms_info *ret)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	struct cms_info i = { 0 };

	i.certificates = sk_X509_num(certs) > 0;
	i.content = content && *content;
	i.signers = sk_CMS_SignerInfo_num(signers) > 0
		  ? (unsigned int)sk_CMS_SignerInfo_num(signers) : 0;
	if (i.signers)
		describe_signer(sk_CMS_SignerInfo_value(signers, 0), &i);
	sk_X509_pop_free(certs, X509_free);
	ERR_clear_error();
	*ret = i;
}

int cms_describe(struct bpfkey_ctx *ctx, struct view der, struct cms_info *ret)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	int r;

	r = parse(ctx, der, &cms);
	if (r < 0)
		return r;
	describe(cms, ret);
	return 0;
}

/* What everybody can see is wrong with it, in words. */
static int check_shape(struct bpfkey_ctx *ctx, const struct cms_info *i)
{
	const char *what = NULL;

	if (i->signers != 1)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the signature has %u signers, not one",
			       i->signers);
	if (i->content)
		what = "the signature carries its content";
	else if (i->certificates)
		what = "the signature carries certificates";
	else if (i->attributes)
		what = "the signature carries attributes";
	else if (!i->key_id_len)
		what = "the signature names its signer by issuer and serial number, not by key id";
	if (what)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "%s", what);
	if (strcmp(i->hash, "sha256") != 0)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the signature uses the hash '%s', not "
			       "'sha256'", i->hash);
	return 0;
}

/*
 * Are these the very bytes that @value by the key of @cert is written as?
 * 1, 0, or -BPFKEY_E_NOMEM, because "no" would be an answer.
 */
static int is_form(struct view der, const struct cms_info *i, struct view value,
		   const struct bpfkey_cert *cert)
{
	struct buf form = BUF(CMS_MAX);
	struct algo a;
	int same;

	algo_of(X509_get0_pubkey(cert_x509(cert)), &a);
	if (!a.kernel)
		return 0;
	write_form((struct view){ i->key_id, i->key_id_len }, a.type == ALGO_RSA, value, &form);
	same = buf_ok(&form) && form.n == der.n && memcmp(form.p, der.p, der.n) == 0;
	if (form.no_memory)
		same = -BPFKEY_E_NOMEM;
	buf_done(&form);
	return same;
}

static bool is_signature(struct view value, struct view data, const struct bpfkey_cert *cert)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(cert));
	bool ok;

	ok = md && key &&
	     EVP_DigestVerifyInit_ex(md, NULL, "SHA256", bk_ossl(), NULL, key, NULL) == 1 &&
	     EVP_DigestVerify(md, value.p, value.n, data.p, data.n) == 1;
	ERR_clear_error();
	return ok;
}

static bool same_id(const struct cms_info *i, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *c = cert_info(cert);

	return c->key_id_len == i->key_id_len && memcmp(c->key_id, i->key_id, i->key_id_len) == 0;
}

int cms_verify(struct bpfkey_ctx *ctx, struct view der, struct view data,
	       struct bpfkey_cert *const *certs, size_t n, size_t *ret_index)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	const ASN1_OCTET_STRING *sig;
	bool known = false, formed = false;
	struct cms_info i;
	struct view value;
	size_t k;
	int r;

	r = parse(ctx, der, &cms);
	if (r < 0)
		return r;
	describe(cms, &i);
	r = check_shape(ctx, &i);
	if (r < 0)
		return r;

	sig = CMS_SignerInfo_get0_signature(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0));
	value = (struct view){ ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig) };
	for (k = 0; k < n; k++) {
		if (!same_id(&i, certs[k]))
			continue;
		known = true;
		r = is_form(der, &i, value, certs[k]);
		if (r < 0)
			return bk_out_of_memory(ctx);
		if (!r)
			continue;
		formed = true;
		if (is_signature(value, data, certs[k])) {
			if (ret_index)
				*ret_index = k;
			return 0;
		}
	}
	if (!known)
		return bk_fail(ctx, -BPFKEY_E_UNKNOWN_SIGNER, "signed by a key that none of the "
			       "certificates holds");
	if (!formed)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the signature is not written the one "
			       "way that is accepted");
	return bk_fail(ctx, -BPFKEY_E_SIGNATURE, "the signature does not fit the content");
}
