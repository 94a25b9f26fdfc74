// SPDX-License-Identifier: LGPL-2.1-or-later
#include "escrow.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "digest.h"
#include "ossl.h"

#define RSA_BITS_MIN 2048

struct escrow_key {
	X509 *cert;	/* of a bare public key: made here, only to name it */
	uint8_t hash[32];
};

void escrow_key_free(struct escrow_key *k)
{
	if (!k)
		return;
	X509_free(k->cert);
	free(k);
}

const uint8_t *escrow_key_hash(const struct escrow_key *k)
{
	return k->hash;
}

static int check_key(struct bpfkey_ctx *ctx, const EVP_PKEY *key)
{
	if (!key)
		return bk_fail_ossl(ctx, -BPFKEY_E_NO_SUPPORT, "its key is of a kind that OpenSSL "
				    "does not know");
	if (EVP_PKEY_is_a(key, "RSA")) {
		if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
			return bk_fail(ctx, -BPFKEY_E_WEAK, "its RSA key has %d bits, at least %d "
				       "are needed", EVP_PKEY_get_bits(key), RSA_BITS_MIN);
		return 0;
	}
	if (EVP_PKEY_is_a(key, "EC"))
		return 0;
	bk_hint(ctx, "take an RSA or EC key: openssl ecparam -name secp384r1 -genkey -noout "
		"| openssl pkcs8 -topk8 -out recovery.key && openssl pkey -in recovery.key "
		"-pubout -out recovery.pub");
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "nothing can be encrypted to its key");
}

static int hash_of(struct bpfkey_ctx *ctx, X509 *cert, uint8_t ret[32])
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der), r;

	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encode the public key");
	r = bk_sha256(ctx, (struct view){ der, (size_t)n }, ret);
	OPENSSL_free(der);
	return r;
}

/* A recipient is named by a key id, and a certificate is where OpenSSL looks for one. */
static int name_key(struct bpfkey_ctx *ctx, EVP_PKEY *key, X509 **ret)
{
	_cleanup_(X509_freep) X509 *x = X509_new_ex(bk_ossl(), "provider=default");
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t hash[32];
	int r = 0;

	if (!x || !id || !X509_set_pubkey(x, key))
		r = bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot take the public key");
	if (!r)
		r = hash_of(ctx, x, hash);
	if (!r && (!ASN1_OCTET_STRING_set(id, hash, 20) ||
		   X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, 0) <= 0))
		r = bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot name the public key");
	ASN1_OCTET_STRING_free(id);
	if (!r)
		*ret = steal(&x);
	return r;
}

static int read_public(struct bpfkey_ctx *ctx, struct view pem, X509 **ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	int r;

	if (!bio)
		return bk_out_of_memory(ctx);
	key = PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, bk_ossl(), "provider=default");
	if (!key)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "not a public key in PEM");
	r = check_key(ctx, key);
	return r < 0 ? r : name_key(ctx, key, ret);
}

static int read_cert(struct bpfkey_ctx *ctx, struct view pem, X509 **ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	_cleanup_(X509_freep) X509 *x = X509_new_ex(bk_ossl(), "provider=default");
	int r;

	if (!bio || !x)
		return bk_out_of_memory(ctx);
	if (!PEM_read_bio_X509(bio, &x, NULL, NULL))
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "not a certificate in PEM");
	r = check_key(ctx, X509_get0_pubkey(x));
	if (!r)
		*ret = steal(&x);
	return r;
}

int escrow_key_read(struct bpfkey_ctx *ctx, struct view pem, struct escrow_key **ret)
{
	_cleanup_(escrow_key_freep) struct escrow_key *k = calloc(1, sizeof(*k));
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	int r;

	if (!k)
		return bk_out_of_memory(ctx);
	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	if (memmem(pem.p, pem.n, "PRIVATE KEY-----", 16)) {
		bk_hint(ctx, "give only its public half: openssl pkey -in KEY -pubout");
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "it holds a private key, which has no place "
			       "on this machine");
	}
	r = memmem(pem.p, pem.n, begin, sizeof(begin) - 1) ? read_cert(ctx, pem, &k->cert) :
							     read_public(ctx, pem, &k->cert);
	if (!r)
		r = hash_of(ctx, k->cert, k->hash);
	if (r < 0)
		return r;
	*ret = steal(&k);
	return 0;
}

/* add_recipient - with the parameters that are good, not those of the last century */
static int add_recipient(CMS_ContentInfo *cms, X509 *cert)
{
	const unsigned int named = X509_get0_subject_key_id(cert) ? CMS_USE_KEYID : 0;
	CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, cert, named | CMS_KEY_PARAM);
	EVP_PKEY_CTX *c = ri ? CMS_RecipientInfo_get0_pkey_ctx(ri) : NULL;
	_cleanup_(EVP_MD_freep) EVP_MD *md = EVP_MD_fetch(bk_ossl(), "SHA256", "provider=default");

	if (!c || !md)
		return 0;
	if (EVP_PKEY_is_a(X509_get0_pubkey(cert), "RSA"))
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_oaep_md(c, md) > 0;
	return EVP_PKEY_CTX_set_ecdh_kdf_md(c, md) > 0;
}

static CMS_ContentInfo *new_cms(void)
{
	_cleanup_(EVP_CIPHER_freep) EVP_CIPHER *aes =
		EVP_CIPHER_fetch(bk_ossl(), "AES-256-CBC", "provider=default");

	return aes ? CMS_EnvelopedData_create_ex(aes, bk_ossl(), NULL) : NULL;
}

/* fill - by hand: CMS_final() would leave the secret on the stack */
static int fill(struct bpfkey_ctx *ctx, CMS_ContentInfo *cms, struct bk_secret *data,
		struct buf *ret)
{
	int n = (int)bk_secret_len(data), ok = 0;
	uint8_t *der = NULL;
	BIO *bio = NULL;

	if (CMS_set_detached(cms, 0) > 0)
		bio = CMS_dataInit(cms, NULL);
	if (bio)
		ok = BIO_write(bio, bk_secret_data(data), n) == n && BIO_flush(bio) > 0 &&
		     CMS_dataFinal(cms, bio) > 0;
	BIO_free_all(bio);
	n = ok ? i2d_CMS_ContentInfo(cms, &der) : -1;
	if (n <= 0)
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encrypt for recovery");
	buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

int escrow_to_key(struct bpfkey_ctx *ctx, const struct escrow_key *to, struct bk_secret *data,
		  struct buf *ret_cms)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = new_cms();

	if (!cms || !add_recipient(cms, to->cert))
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encrypt to the recovery key");
	return fill(ctx, cms, data, ret_cms);
}

int escrow_to_passphrase(struct bpfkey_ctx *ctx, struct bk_secret *passphrase,
			 struct bk_secret *data, struct buf *ret_cms)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	_cleanup_(EVP_CIPHER_freep) EVP_CIPHER *kek = NULL;
	size_t n = bk_secret_len(passphrase);
	uint8_t *copy;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	cms = new_cms();
	kek = EVP_CIPHER_fetch(bk_ossl(), "AES-256-CBC", "provider=default");
	copy = OPENSSL_memdup(bk_secret_data(passphrase), n ? n : 1);
	/* It takes the copy over, and wipes it with itself. */
	if (!cms || !kek || !copy ||
	    !CMS_add0_recipient_password(cms, ESCROW_ROUNDS, NID_undef, NID_undef, copy,
					 (ossl_ssize_t)n, kek)) {
		OPENSSL_clear_free(copy, n);
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot encrypt under the passphrase");
	}
	return fill(ctx, cms, data, ret_cms);
}

static int parse(struct bpfkey_ctx *ctx, struct view der, CMS_ContentInfo **ret)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	const uint8_t *p = der.p;

	if (!bk_ossl())
		return bk_fail_ossl(ctx, -BPFKEY_E_INTERNAL, "cannot start OpenSSL");
	cms = CMS_ContentInfo_new_ex(bk_ossl(), NULL);
	if (!cms)
		return bk_out_of_memory(ctx);
	if (!d2i_CMS_ContentInfo(&cms, &p, (long)der.n)) {
		/* It has freed what it was given. */
		cms = NULL;
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the recovery message is not CMS");
	}
	if (p != der.p + der.n || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the recovery message is not EnvelopedData");
	*ret = steal(&cms);
	return 0;
}

/* content - what is inside; false: the key was not the one */
static bool content(CMS_ContentInfo *cms, struct bk_secret *s)
{
	BIO *bio = CMS_dataInit(cms, NULL);
	int n = bio ? BIO_read(bio, bk_secret_data(s), (int)bk_secret_cap(s)) : -1;
	uint8_t more;
	bool ok = n > 0 && BIO_read(bio, &more, 1) <= 0 && BIO_get_cipher_status(bio) > 0;

	BIO_free_all(bio);
	if (ok)
		bk_secret_set_len(s, (size_t)n);
	return ok;
}

int escrow_open_key(struct bpfkey_ctx *ctx, struct view der, struct pkey *key, size_t max,
		    struct bk_secret **ret)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(max);
	bool ok;
	int r;

	if (!s)
		return bk_out_of_memory(ctx);
	r = parse(ctx, der, &cms);
	if (r < 0)
		return r;
	ok = CMS_decrypt_set1_pkey(cms, pkey_evp(key), NULL) > 0 && content(cms, s);
	ERR_clear_error();
	if (!ok)
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the recovery key does not open the "
			       "recovery message: it is another key, or the file was damaged");
	*ret = steal(&s);
	return 0;
}

int escrow_open_passphrase(struct bpfkey_ctx *ctx, struct view der, struct bk_secret *passphrase,
			   size_t max, struct bk_secret **ret)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(max);
	bool ok;
	int r;

	if (!s)
		return bk_out_of_memory(ctx);
	r = parse(ctx, der, &cms);
	if (r < 0)
		return r;
	ok = CMS_decrypt_set1_password(cms, bk_secret_data(passphrase),
				       (ossl_ssize_t)bk_secret_len(passphrase)) > 0 &&
	     content(cms, s);
	ERR_clear_error();
	if (!ok) {
		bk_hint(ctx, "passphrases are asked for once; try again with the right one");
		return bk_fail(ctx, -BPFKEY_E_PIN, "the recovery passphrase is wrong, or the file "
			       "was damaged");
	}
	*ret = steal(&s);
	return 0;
}
