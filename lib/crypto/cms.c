// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one CMS form, written here: OpenSSL 3.5 makes none where ML-DSA signs the
 * content itself, without signed attributes, as RFC 9882 and kernels allow, and
 * OpenSSL 3.0 none with ECDSA over SHA-3. Verifying takes no liberties: signer
 * id and signature are read, the whole CMS is written again from them, and a
 * single byte that differs is refused. So no byte of a signature can be changed
 * unnoticed, also where the kernel would not look.
 */
#include "cms.h"

#include <string.h>

#include <openssl/err.h>

#include "cert.h"
#include "ossl.h"

static const uint8_t oid_signed_data[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02
};
static const uint8_t oid_data[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
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

/* AlgorithmIdentifier; @oid is freed. Of all of them only RSA's has parameters: NULL. */
static void put_alg(struct buf *out, ASN1_OBJECT *oid)
{
	struct buf inner = BUF(CMS_MAX);
	uint8_t *der = NULL;
	int n = oid ? i2d_ASN1_OBJECT(oid, &der) : -1;

	if (n > 0)
		buf_put(&inner, der, (size_t)n);
	else
		out->failed = out->no_memory = true;
	if (oid && OBJ_obj2nid(oid) == NID_rsaEncryption)
		put_bytes(&inner, 0x05, (struct view){ NULL, 0 });
	put_tlv(out, 0x30, &inner);
	buf_done(&inner);
	OPENSSL_free(der);
	ASN1_OBJECT_free(oid);
}

/* What a key of @alg signs with, given the hash. */
static ASN1_OBJECT *signature_oid(const struct algo *alg, const char *hash)
{
	const char *ecdsa = algo_hash_ecdsa(hash);

	if (alg->oid)
		return OBJ_txt2obj(alg->oid, 1);
	if (alg->type == ALGO_EC)
		return ecdsa ? OBJ_txt2obj(ecdsa, 1) : NULL;
	return OBJ_nid2obj(NID_rsaEncryption);
}

/* The whole CMS as it must be, given who signed how and the signature's value. */
static void write_form(struct view key_id, const struct algo *alg, const char *hash,
		       struct view value, struct buf *ret)
{
	struct buf a = BUF(CMS_MAX), b = BUF(CMS_MAX), sd = BUF(CMS_MAX);

	buf_put(&sd, version_3, sizeof(version_3));
	put_alg(&a, OBJ_txt2obj(hash, 0));
	put_tlv(&sd, 0x31, &a);
	put_bytes(&sd, 0x30, (struct view){ oid_data, sizeof(oid_data) });

	buf_put(&a, version_3, sizeof(version_3));
	put_bytes(&a, 0x80, key_id);
	put_alg(&a, OBJ_txt2obj(hash, 0));
	put_alg(&a, signature_oid(alg, hash));
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

/* OpenSSL's one-shot calls want a pointer also to nothing. */
static const uint8_t *bytes_of(struct view data)
{
	return data.n ? data.p : (const uint8_t *)"";
}

/* The signature first, then the form around it. */
static int build(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
		 struct view data, struct buf *ret)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *md = EVP_MD_CTX_new();
	const struct bpfkey_cert_info *i = cert_info(cert);
	uint8_t value[CMS_MAX];
	size_t n = sizeof(value);
	struct algo a;

	if (!md || !algo_find(i->alg, &a) ||
	    EVP_DigestSignInit_ex(md, NULL, a.hash ? NULL : pkey_hash(key), bk_ossl(), NULL,
				  pkey_evp(key), NULL) != 1 ||
	    EVP_DigestSign(md, value, &n, bytes_of(data), data.n) != 1)
		return pkey_fail(ctx, key, "cannot sign");
	write_form((struct view){ i->key_id, i->key_id_len }, &a, pkey_hash(key),
		   (struct view){ value, n }, ret);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

int cms_make(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret)
{
	int r;

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
	r = build(ctx, key, cert, data, ret);
	return r < 0 ? bk_fail(ctx, r, "cannot make the signature") : 0;
}

int cms_prove(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	      struct view der, struct view data)
{
	struct bpfkey_cert *const signer[] = { (struct bpfkey_cert *)cert };
	int r;

	if (pkey_is_proven(key))
		return 0;
	/* A TPM may answer nonsense; and what does not verify here must not leave. */
	r = cms_verify(ctx, der, data, signer, 1, NULL);
	if (r < 0)
		return bk_fail(ctx, r, "cannot make the signature");
	pkey_set_proven(key);
	return 0;
}

int cms_sign(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret)
{
	_cleanup_(buf_done) struct buf der = BUF(CMS_MAX);
	int r = cms_make(ctx, key, cert, data, &der);

	r = r < 0 ? r : cms_prove(ctx, key, cert, buf_view(&der), data);
	if (r < 0)
		return r;
	buf_put(ret, der.p, der.n);
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
	struct algo a;

	if (CMS_SignerInfo_get0_signer_id(si, &id, NULL, NULL) && id &&
	    (size_t)ASN1_STRING_length(id) <= sizeof(i->key_id)) {
		i->key_id_len = (size_t)ASN1_STRING_length(id);
		memcpy(i->key_id, ASN1_STRING_get0_data(id), i->key_id_len);
	}
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &hash, &alg);
	X509_ALGOR_get0(&oid, NULL, NULL, hash);
	hash_name(i->hash, sizeof(i->hash), oid);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	if (algo_of_oid(oid, &a))
		snprintf(i->algorithm, sizeof(i->algorithm), "%.31s", a.name);
	else
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
	return algo_check_hash(ctx, i->hash);
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

	if (!algo_find(cert_info(cert)->alg, &a) || !a.kernel ||
	    (a.hash && strcmp(a.hash, i->hash) != 0))
		return 0;
	write_form((struct view){ i->key_id, i->key_id_len }, &a, i->hash, value, &form);
	same = buf_ok(&form) && form.n == der.n && memcmp(form.p, der.p, der.n) == 0;
	if (form.no_memory)
		same = -BPFKEY_E_NOMEM;
	buf_done(&form);
	return same;
}

static bool is_signature(struct view value, const char *hash, struct view data,
			 const struct bpfkey_cert *cert)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(cert));
	struct algo a;
	bool ok;

	algo_of(key, &a);
	ok = md && key &&
	     EVP_DigestVerifyInit_ex(md, NULL, a.hash ? NULL : hash, bk_ossl(), NULL, key,
				     NULL) == 1 &&
	     EVP_DigestVerify(md, value.p, value.n, bytes_of(data), data.n) == 1;
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
		r = algo_check_openssl(ctx, cert_info(certs[k])->alg);
		if (r < 0)
			return bk_fail(ctx, r, "cannot check the signature");
		r = is_form(der, &i, value, certs[k]);
		if (r < 0)
			return bk_out_of_memory(ctx);
		if (!r)
			continue;
		formed = true;
		if (is_signature(value, i.hash, data, certs[k])) {
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
