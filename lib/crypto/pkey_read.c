// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Private keys out of the files that others write: PEM (PKCS#8 or the older
 * forms, with and without passphrase) and PKCS#12. A passphrase is fetched
 * when the file turns out to need one, once.
 */
#include "pkey.h"

#include <string.h>

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "../base/passphrase.h"
#include "ossl.h"

DEFINE_CLEANUP(PKCS12 *, PKCS12_free)

/* One reading of a file. */
struct reading {
	struct bpfkey_ctx *ctx;
	const char *name;
	struct bk_secret *passphrase;	/* NULL until it was needed */
	int err;			/* of fetching it */
};

void pkey_origin_done(struct pkey_origin *o)
{
	bk_secret_free(o->passphrase);
	buf_done(&o->cert);
	*o = (struct pkey_origin){ 0 };
}

/* OpenSSL's decoders ask, each for itself; they all get the one answer. */
static int give_passphrase(char *buf, int size, int rw _unused_, void *user)
{
	struct reading *r = user;
	size_t n;

	if (!r->passphrase && !r->err)
		r->err = passphrase_get(r->ctx, BPFKEY_SECRET_PASSPHRASE, r->name,
					&r->passphrase);
	if (r->err)
		return -1;
	n = bk_secret_len(r->passphrase);
	if (size < 0 || n > (size_t)size)
		return -1;
	memcpy(buf, bk_secret_data(r->passphrase), n);
	return (int)n;
}

/* Did something in OpenSSL's queue fail for want of memory, or of an algorithm? */
static void look_through_queue(bool *ret_memory, bool *ret_unsupported)
{
	unsigned long e;

	*ret_memory = *ret_unsupported = false;
	while ((e = ERR_get_error())) {
		int lib = ERR_GET_LIB(e), reason = ERR_GET_REASON(e);

		if (reason == ERR_R_MALLOC_FAILURE)
			*ret_memory = true;
		if (lib == ERR_LIB_EVP && (reason == ERR_R_UNSUPPORTED ||
					   reason == EVP_R_UNSUPPORTED_ALGORITHM ||
					   reason == EVP_R_UNKNOWN_PBE_ALGORITHM))
			*ret_unsupported = true;
	}
}

/* why - a protected file did not open: whose fault is it? */
static int why(struct reading *r)
{
	bool memory, unsupported;

	if (r->err) {
		ERR_clear_error();
		return bk_fail(r->ctx, r->err, "the key is protected by a passphrase");
	}
	look_through_queue(&memory, &unsupported);
	if (memory)
		return bk_out_of_memory(r->ctx);
	if (unsupported) {
		bk_hint(r->ctx, "write it anew with a tool that knows its cipher: openssl pkcs12 "
			"-legacy, or openssl pkcs8 -topk8 -v2 aes-256-cbc");
		return bk_fail(r->ctx, -BPFKEY_E_NO_SUPPORT, "it is encrypted with an algorithm "
			       "that OpenSSL counts as legacy and does not load");
	}
	bk_hint(r->ctx, "passphrases are asked for once; try again with the right one");
	return bk_fail(r->ctx, -BPFKEY_E_PIN, "the passphrase is wrong, or the file is damaged");
}

/* key_block - the private key's block: parameters or certificates may stand in front. */
static struct view key_block(struct bk_secret *bytes)
{
	static const char begin[] = "-----BEGIN ", end[] = "PRIVATE KEY-----";
	struct view all = { bk_secret_data(bytes), bk_secret_len(bytes) }, v = all;
	const uint8_t *p, *eol;

	while ((p = memmem(v.p, v.n, begin, sizeof(begin) - 1))) {
		v.n -= (size_t)(p - v.p);
		v.p = p;
		eol = memchr(v.p, '\n', v.n);
		if (memmem(v.p, eol ? (size_t)(eol - v.p) : v.n, end, sizeof(end) - 1))
			return v;
		v.p++;
		v.n--;
	}
	return all;
}

static int read_pem(struct reading *r, struct bk_secret *bytes, EVP_PKEY **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	struct view v = key_block(bytes);
	OSSL_DECODER_CTX *d;
	int ok;

	d = OSSL_DECODER_CTX_new_for_pkey(&evp, "PEM", NULL, NULL, EVP_PKEY_KEYPAIR, bk_ossl(),
					  "provider=default");
	if (!d)
		return bk_fail_ossl(r->ctx, -BPFKEY_E_INTERNAL, "cannot read keys");
	ok = OSSL_DECODER_CTX_set_pem_password_cb(d, give_passphrase, r) &&
	     OSSL_DECODER_from_data(d, &v.p, &v.n) && evp;
	OSSL_DECODER_CTX_free(d);
	if (!ok && (r->err || r->passphrase))
		return why(r);
	if (!ok) {
		/* The queue holds the complaints of every decoder that was tried. */
		ERR_clear_error();
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "not a private key in PEM");
	}
	*ret = steal(&evp);
	return 0;
}

static int take_cert(struct bpfkey_ctx *ctx, const X509 *cert, struct buf *ret)
{
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);

	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "its certificate is not valid");
	*ret = BUF((size_t)n);
	buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

/* open_p12 - with the passphrase that fits: none, the empty one, or the right one */
static int open_p12(struct reading *r, PKCS12 *p12, EVP_PKEY **key, X509 **cert)
{
	const char *pass = NULL;

	if (!PKCS12_mac_present(p12) ||
	    (!PKCS12_verify_mac(p12, NULL, 0) && !PKCS12_verify_mac(p12, "", 0))) {
		ERR_clear_error();
		if (!r->passphrase)
			r->err = passphrase_get(r->ctx, BPFKEY_SECRET_PASSPHRASE, r->name,
						&r->passphrase);
		if (r->err)
			return why(r);
		pass = (const char *)bk_secret_data(r->passphrase);
		if (PKCS12_mac_present(p12) && !PKCS12_verify_mac(p12, pass, -1))
			return why(r);
	}
	if (PKCS12_parse(p12, pass, key, cert, NULL))
		return 0;
	return r->passphrase ? why(r) : bk_fail_ossl(r->ctx, -BPFKEY_E_FORMAT,
						     "the PKCS#12 file is malformed");
}

static int read_p12(struct reading *r, struct bk_secret *bytes, EVP_PKEY **ret, struct buf *cert)
{
	/*
	 * Made here, so that its keys come into our library context. Without
	 * properties, whose copy d2i_PKCS12() of OpenSSL 3.0 leaks.
	 */
	_cleanup_(PKCS12_freep) PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, bk_ossl(), NULL);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	_cleanup_(X509_freep) X509 *x = NULL;
	const uint8_t *p = bk_secret_data(bytes), *end = p + bk_secret_len(bytes);
	int err;

	if (!p12)
		return bk_fail_ossl(r->ctx, -BPFKEY_E_INTERNAL, "cannot read PKCS#12");
	if (!d2i_PKCS12(&p12, &p, end - p)) {
		ERR_clear_error();
		p12 = NULL;
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "not a private key in PEM or PKCS#12");
	}
	if (p != end)
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "something follows the PKCS#12 data");
	err = open_p12(r, p12, &evp, &x);
	if (err < 0)
		return err;
	if (!evp)
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "the PKCS#12 file holds no private key");
	err = x ? take_cert(r->ctx, x, cert) : 0;
	if (err < 0)
		return err;
	*ret = steal(&evp);
	return 0;
}

int pkey_read(struct bpfkey_ctx *ctx, struct bk_secret *bytes, const char *name,
	      struct pkey_origin *ret_origin, struct pkey **ret)
{
	_cleanup_(pkey_origin_done) struct pkey_origin o = { 0 };
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	struct reading r = { .ctx = ctx, .name = name };
	int err;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	o.pkcs12 = !bk_pem_is((struct view){ bk_secret_data(bytes), bk_secret_len(bytes) }) &&
		   bk_secret_len(bytes) && bk_secret_data(bytes)[0] == 0x30;
	err = o.pkcs12 ? read_p12(&r, bytes, &evp, &o.cert) : read_pem(&r, bytes, &evp);
	o.passphrase = r.passphrase;
	if (!err)
		err = pkey_from_evp(ctx, &evp, ret);
	if (!err && ret_origin) {
		*ret_origin = o;
		o = (struct pkey_origin){ 0 };
	}
	return err;
}

int pkey_from_der(struct bpfkey_ctx *ctx, struct bk_secret *der, struct pkey **ret)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *evp = NULL;
	const uint8_t *p = bk_secret_data(der);
	size_t n = bk_secret_len(der);
	OSSL_DECODER_CTX *d;
	int ok;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	d = OSSL_DECODER_CTX_new_for_pkey(&evp, "DER", "PrivateKeyInfo", NULL, EVP_PKEY_KEYPAIR,
					  bk_ossl(), "provider=default");
	if (!d)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot read keys");
	ok = OSSL_DECODER_from_data(d, &p, &n) && evp && !n;
	OSSL_DECODER_CTX_free(d);
	ERR_clear_error();
	if (!ok)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not a private key that this OpenSSL knows");
	return pkey_from_evp(ctx, &evp, ret);
}
