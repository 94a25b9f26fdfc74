// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_mem TPM KEY CERT PEM N: N buffers in memory, signed with a key of any form by the library,
 * and by OpenSSL's CMS_sign() with the same key from PEM, in one process and in turns of a tenth.
 * Prints the microseconds for each signature of both.
 */
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/pem.h>

#include <bpfkey.h>

#define TURNS 10

struct bench {
	struct bpfkey_ctx *ctx;
	struct bpfkey_signer *signer;
	EVP_PKEY *key;
	X509 *cert;
	uint8_t data[4096];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int library(struct bench *b)
{
	void *sig = NULL;
	size_t n;
	int r = bpfkey_sign_raw_mem(b->signer, b->data, sizeof(b->data), &sig, &n);

	bpfkey_free(sig);
	return r;
}

static int plain(struct bench *b)
{
	const unsigned int flags = CMS_BINARY | CMS_DETACHED | CMS_NOCERTS | CMS_NOATTR |
				   CMS_NOSMIMECAP | CMS_USE_KEYID;
	BIO *in = BIO_new_mem_buf(b->data, sizeof(b->data));
	CMS_ContentInfo *cms = in ? CMS_sign(b->cert, b->key, NULL, in, flags) : NULL;
	uint8_t *der = NULL;
	bool ok = cms && i2d_CMS_ContentInfo(cms, &der) > 0;

	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return ok ? 0 : -1;
}

/* many - microseconds for all; negative: it failed */
static double many(struct bench *b, int (*sign)(struct bench *), unsigned int n)
{
	double start = now();

	for (unsigned int i = 0; i < n; i++) {
		memcpy(b->data, &i, sizeof(i));
		if (sign(b) < 0)
			return -1;
	}
	return now() - start;
}

static int open_plain(struct bench *b, const char *pem, const char *cert)
{
	BIO *k = BIO_new_file(pem, "r"), *c = BIO_new_file(cert, "r");

	b->key = k ? PEM_read_bio_PrivateKey(k, NULL, NULL, NULL) : NULL;
	b->cert = c ? PEM_read_bio_X509(c, NULL, NULL, NULL) : NULL;
	BIO_free(k);
	BIO_free(c);
	return b->key && b->cert ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	double ours = 0, theirs = 0;
	unsigned int n;

	if (argc != 6) {
		fprintf(stderr, "usage: bench_mem TPM KEY CERT PEM N\n");
		return 2;
	}
	n = (unsigned int)atoi(argv[5]);
	if (bpfkey_ctx_new(&b.ctx) || bpfkey_ctx_set_tpm(b.ctx, argv[1]) ||
	    bpfkey_signer_open(b.ctx, argv[2], argv[3], &b.signer) ||
	    open_plain(&b, argv[4], argv[3])) {
		fprintf(stderr, "bench_mem: %s\n", bpfkey_ctx_message(b.ctx));
		return 1;
	}
	for (int i = 0; i < TURNS; i++) {
		double o = many(&b, library, n / TURNS), t = many(&b, plain, n / TURNS);

		if (o < 0 || t < 0) {
			fprintf(stderr, "bench_mem: %s\n", bpfkey_ctx_message(b.ctx));
			return 1;
		}
		ours += o;
		theirs += t;
	}
	printf("%.2f %.2f\n", ours / n, theirs / n);
	X509_free(b.cert);
	EVP_PKEY_free(b.key);
	bpfkey_signer_free(b.signer);
	bpfkey_ctx_free(b.ctx);
	return 0;
}
