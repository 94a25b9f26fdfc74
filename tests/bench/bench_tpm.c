// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_tpm TPM KEY CERT N ROUNDS: microseconds for each of N signatures in one process with a key
 * in a TPM, ROUNDS times in turn: raw Esys_Sign() on the loaded key, and a CMS from memory to
 * memory by the library. One line "NAME MICROSECONDS" for each sample.
 */
#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "lib/base/file.h"
#include "tpm/tpm_priv.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int fail(struct bpfkey_ctx *ctx, const char *what)
{
	fprintf(stderr, "bench_tpm: %s: %s\n", what, bpfkey_ctx_message(ctx));
	return 1;
}

/* What everybody could write: load, and sign without more ado. */
static int raw(struct bpfkey_ctx *ctx, const char *key, unsigned int n, double *ret)
{
	const TPMT_TK_HASHCHECK none = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(NULL);
	_cleanup_(tpm_object_done) struct tpm_object object = TPM_OBJECT_NONE(NULL);
	TPMT_SIG_SCHEME scheme = { .details.any.hashAlg = TPM2_ALG_SHA256 };
	TPM2B_DIGEST digest = { .size = 32 };
	struct tpm_file f;
	double start;

	if (bk_file_read(ctx, key, TPM_FILE_MAX, &pem) || tpm_open(ctx, NULL, &t) ||
	    tpm_file_parse(ctx, buf_view(&pem), &f))
		return fail(ctx, "raw");
	srk.t = object.t = t;
	if (tpm_srk_open(t, f.parent, f.rsa_parent, &srk) ||
	    Esys_Load(t->esys, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &f.private,
		      &f.public, &object.handle))
		return fail(ctx, "raw: load");
	scheme.scheme = f.public.publicArea.type == TPM2_ALG_ECC ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA;
	start = now();
	for (unsigned int i = 0; i < n; i++) {
		TPMT_SIGNATURE *sig = NULL;

		memcpy(digest.buffer, &i, sizeof(i));
		if (Esys_Sign(t->esys, object.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			      &digest, &scheme, &none, &sig))
			return fail(ctx, "raw: sign");
		Esys_Free(sig);
	}
	*ret = (now() - start) / n;
	return 0;
}

static int library(struct bpfkey_ctx *ctx, const char *key, const char *cert, unsigned int n,
		   double *ret)
{
	struct bpfkey_signer *s = NULL;
	uint8_t data[4096] = { 0 };
	double start;
	int r = bpfkey_signer_open(ctx, key, cert, &s);

	start = now();
	for (unsigned int i = 0; !r && i < n; i++) {
		_cleanup_(bk_freep) void *sig = NULL;
		size_t sig_n;

		memcpy(data, &i, sizeof(i));
		r = bpfkey_sign_raw_mem(s, data, sizeof(data), &sig, &sig_n);
	}
	*ret = (now() - start) / n;
	bpfkey_signer_free(s);
	return r < 0 ? fail(ctx, "library") : 0;
}

int main(int argc, char **argv)
{
	struct bpfkey_ctx *ctx = NULL;
	unsigned int n, rounds;
	double us = 0;

	if (argc != 6) {
		fprintf(stderr, "usage: bench_tpm TPM KEY CERT N ROUNDS\n");
		return 2;
	}
	n = (unsigned int)atoi(argv[4]);
	rounds = (unsigned int)atoi(argv[5]);
	if (bpfkey_ctx_new(&ctx) || bpfkey_ctx_set_tpm(ctx, argv[1]))
		return 1;
	while (rounds--) {
		if (raw(ctx, argv[2], n, &us))
			return 1;
		printf("esys %.1f\n", us);
		if (library(ctx, argv[2], argv[3], n, &us))
			return 1;
		printf("cms %.1f\n", us);
	}
	bpfkey_ctx_free(ctx);
	return 0;
}
