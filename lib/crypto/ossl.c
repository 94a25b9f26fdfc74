// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * OpenSSL's process-wide parts: the private library context, the error queue
 * turned into one sentence, and PEM armour.
 */
#include "ossl.h"

#include <pthread.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>

#include "digest.h"

static OSSL_LIB_CTX *private_lib;

/*
 * The context stays until the process ends: keys and certificates refer to it,
 * and OpenSSL's own exit handler may run before any of ours.
 */
static void make_private_lib(void)
{
	OSSL_LIB_CTX *lib;

	/* A configuration file could set default properties that break libtpms. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return;

	lib = OSSL_LIB_CTX_new();
	if (!lib)
		return;
	if (!OSSL_PROVIDER_load(lib, "default") ||
	    !OSSL_PROVIDER_add_builtin(lib, BK_PROVIDER, bk_provider_init) ||
	    !OSSL_PROVIDER_load(lib, BK_PROVIDER) ||
	    /* Ours has the same algorithm names: it is taken only when asked for. */
	    !EVP_set_default_properties(lib, "?provider=default")) {
		OSSL_LIB_CTX_free(lib);
		return;
	}
	private_lib = lib;
}

/*
 * What is used here and by libtpms, without which OpenSSL would not know the identifiers of fetched
 * algorithms, nor libtpms the digest of an RSA signature; and what PEM may be encrypted with.
 */
static void add_names(void)
{
	const EVP_MD *(*const digests[])(void) = {
		EVP_sha1, EVP_sha256, EVP_sha384, EVP_sha512, EVP_sha3_256, EVP_sha3_384,
		EVP_sha3_512,
	};
	const EVP_CIPHER *(*const ciphers[])(void) = {
		EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc, EVP_aes_256_gcm,
		EVP_aes_128_wrap, EVP_aes_192_wrap, EVP_aes_256_wrap, EVP_des_ede3_cbc,
#ifndef OPENSSL_NO_CAMELLIA
		EVP_camellia_128_cbc, EVP_camellia_192_cbc, EVP_camellia_256_cbc,
#endif
#ifndef OPENSSL_NO_ARIA
		EVP_aria_128_cbc, EVP_aria_192_cbc, EVP_aria_256_cbc,
#endif
	};

	/* Who is out of memory here is told so by the first thing that is looked up. */
	for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
		EVP_add_digest(digests[i]());
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		EVP_add_cipher(ciphers[i]());
	ERR_clear_error();
}

void bk_crypto_own(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
				OPENSSL_INIT_NO_ADD_ALL_DIGESTS, NULL))
		add_names();
}

OSSL_LIB_CTX *bk_ossl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_private_lib);
	return private_lib;
}

int bk_fail_ossl(struct bpfkey_ctx *ctx, int r, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *what = NULL;
	unsigned long e = ERR_peek_last_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return bk_out_of_memory(ctx);
	}

	if (e && ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		r = -BPFKEY_E_NOMEM;
	if (reason)
		bk_fail(ctx, r, "%s", reason);
	ERR_clear_error();
	return bk_fail(ctx, r, "%s", what);
}

int bk_ossl_text(struct bpfkey_ctx *ctx, BIO *bio, struct buf *ret)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	if (n < 0)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "cannot read back what OpenSSL wrote");
	buf_put(ret, p, (size_t)n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

static const uint8_t *find(struct view in, const char *s)
{
	return in.n ? memmem(in.p, in.n, s, strlen(s)) : NULL;
}

bool bk_pem_is(struct view in)
{
	return find(in, "-----BEGIN ") != NULL;
}

static bool only_blanks(BIO *bio)
{
	uint8_t c;

	while (BIO_read(bio, &c, 1) == 1)
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return false;
	return true;
}

int bk_pem_one(struct bpfkey_ctx *ctx, struct view in, const char *label, struct buf *ret)
{
	_cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(in.p, (int)in.n);
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	long n = 0;
	int r = 0;

	if (!bio)
		return bk_out_of_memory(ctx);
	if (PEM_read_bio(bio, &name, &header, &der, &n) != 1)
		return bk_fail_ossl(ctx, -BPFKEY_E_FORMAT, "not a whole PEM block");

	if (strcmp(name, label) != 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the PEM block is a '%s', not a '%s'",
			    name, label);
	else if (header[0])
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the PEM block has headers");
	else if (!only_blanks(bio))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "something follows the first PEM block");
	else
		buf_put(ret, der, (size_t)n);

	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	if (!r && !buf_ok(ret))
		r = bk_out_of_memory(ctx);
	return r;
}
