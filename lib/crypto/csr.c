// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests, and answering them. A request proves that its sender has the key
 * and proposes a name; everything else is the issuer's to say.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cert_int.h"

#define CSR_MAX (64 * 1024)

struct csr {
	X509_REQ *req;
	char *name;
	struct algo alg;
};

void csr_free(struct csr *csr)
{
	if (!csr)
		return;
	X509_REQ_free(csr->req);
	free(csr->name);
	free(csr);
}

const char *csr_name(const struct csr *csr)
{
	return csr->name;
}

const char *csr_alg(const struct csr *csr)
{
	return csr->alg.name;
}

/* Exactly one relative name, a common name; its text is checked like --name. */
static int read_name(struct bpfkey_ctx *ctx, struct csr *c)
{
	const X509_NAME *subject = X509_REQ_get_subject_name(c->req);
	X509_NAME_ENTRY *e;
	uint8_t *utf8 = NULL;
	int n;

	if (X509_NAME_entry_count(subject) != 1 ||
	    X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, -1) != 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its subject is not a single common name");
	e = X509_NAME_get_entry(subject, 0);
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e));
	if (n >= 0 && strlen((char *)utf8) == (size_t)n)
		c->name = strdup((char *)utf8);
	OPENSSL_free(utf8);
	if (!c->name)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "cannot read its common name");
	if (cert_name_check(ctx, c->name) < 0)
		return -BPFKEY_E_FORMAT;
	return 0;
}

static int csr_from_der(struct bpfkey_ctx *ctx, struct view der, struct csr **ret)
{
	_cleanup_(csr_freep) struct csr *c = calloc(1, sizeof(*c));
	const uint8_t *p = der.p;
	EVP_PKEY *key;
	int r;

	if (!c)
		return bk_out_of_memory(ctx);
	c->req = X509_REQ_new_ex(bk_ossl(), NULL);
	if (!c->req)
		return bk_out_of_memory(ctx);
	if (!d2i_X509_REQ(&c->req, &p, (long)der.n)) {
		/* "nested asn1 error" helps nobody. */
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not a certificate request");
	}
	if (p != der.p + der.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "something follows the request");

	key = X509_REQ_get0_pubkey(c->req);
	algo_of_spki(X509_REQ_get_X509_PUBKEY(c->req), &c->alg);
	r = algo_check(ctx, c->alg.name);
	if (!r)
		r = algo_check_openssl(ctx, c->alg.name);
	if (r < 0)
		return r;
	if (X509_REQ_verify_ex(c->req, key, bk_ossl(), NULL) != 1)
		return bk_fail_ossl(ctx, -BPFKEY_E_SIGNATURE, "its signature is not by its key");
	r = read_name(ctx, c);
	if (r < 0)
		return r;
	*ret = steal(&c);
	return 0;
}

int csr_from_bytes(struct bpfkey_ctx *ctx, struct view in, struct csr **ret)
{
	struct buf der = BUF(CSR_MAX);
	int r;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	if (in.n > CSR_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "larger than the %d bytes that a request "
			       "may have", CSR_MAX);
	if (!bk_pem_is(in))
		return csr_from_der(ctx, in, ret);

	r = bk_pem_one(ctx, in, "CERTIFICATE REQUEST", &der);
	if (!r)
		r = csr_from_der(ctx, buf_view(&der), ret);
	buf_done(&der);
	return r;
}

int csr_make(struct bpfkey_ctx *ctx, const char *name, struct pkey *key, struct buf *ret)
{
	_cleanup_(X509_REQ_freep) X509_REQ *req = NULL;
	_cleanup_(X509_NAME_freep) X509_NAME *subject = NULL;
	_cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
	_cleanup_(buf_done) struct buf pem = BUF(2 * CSR_MAX);
	_cleanup_(csr_freep) struct csr *again = NULL;
	EVP_MD *md = NULL;
	int r, ok;

	r = cert_name_check(ctx, name);
	if (!r)
		r = algo_check(ctx, pkey_alg(key));
	if (r < 0)
		return r;

	req = X509_REQ_new_ex(bk_ossl(), NULL);
	subject = cert_name_make(name);
	if (!bio || !req || !subject || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_subject_name(req, subject) || !X509_REQ_set_pubkey(req, pkey_evp(key)))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot build the request");

	r = pkey_md(ctx, key, &md);
	if (r < 0)
		return r;
	ok = X509_REQ_sign(req, pkey_evp(key), md) > 0;
	EVP_MD_free(md);
	if (!ok)
		return pkey_fail(ctx, key, "cannot sign the request");
	if (!PEM_write_bio_X509_REQ(bio, req))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot write the request");
	r = bk_ossl_text(ctx, bio, &pem);
	if (r < 0)
		return r;

	/* What a TPM signed is not believed before it verifies. */
	r = csr_from_bytes(ctx, buf_view(&pem), &again);
	if (r < 0)
		return bk_fail(ctx, r, "the request that was just signed is wrong");
	buf_put(ret, pem.p, pem.n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

int cert_issue(struct bpfkey_ctx *ctx, const struct csr *csr, const struct cert_spec *spec,
	       const struct bpfkey_cert *ca, struct pkey *ca_key, struct bpfkey_cert **ret)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(csr->req);
	struct cert_spec s = *spec;

	/* As a leaf in a keyring that key would vouch for all that the CA issued. */
	if (EVP_PKEY_eq(key, X509_get0_pubkey(cert_x509(ca))) == 1)
		return bk_fail(ctx, -BPFKEY_E_ROLE, "the request is for the CA's own key");
	s.name = csr->name;
	return cert_sign(ctx, &s, key, ca, ca_key, ret);
}
