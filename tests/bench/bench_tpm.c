// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_tpm WHAT TPM KEY CERT N [DIR]: microseconds for each of N signatures in one process with a
 * key in a TPM. WHAT is
 *
 * esys        raw Esys_Sign() on the loaded key, what everybody could write
 * esys-files  the same, and each signature in a file in DIR, with one sync at the end
 * cms         a CMS from memory to memory by the library
 */
#include <fcntl.h>
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

static int write_one(int dir, unsigned int i, const void *p, size_t n)
{
	_cleanup_(bk_closep) int fd = -1;
	char name[16];

	snprintf(name, sizeof(name), "%u", i);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0 && write(fd, p, n) == (ssize_t)n ? 0 : -1;
}

/* sign_each - on a loaded key; @dir < 0: without files */
static int sign_each(struct bpfkey_ctx *ctx, struct tpm_object *o, TPMI_ALG_PUBLIC type,
		     unsigned int n, int dir)
{
	const TPMT_TK_HASHCHECK none = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	TPMT_SIG_SCHEME scheme = {
		.scheme = type == TPM2_ALG_ECC ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA,
		.details.any.hashAlg = TPM2_ALG_SHA256,
	};
	TPM2B_DIGEST digest = { .size = 32 };

	for (unsigned int i = 0; i < n; i++) {
		TPMT_SIGNATURE *sig = NULL;

		memcpy(digest.buffer, &i, sizeof(i));
		if (Esys_Sign(o->t->esys, o->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			      &digest, &scheme, &none, &sig))
			return fail(ctx, "raw: sign");
		if (dir >= 0 && write_one(dir, i, &sig->signature, 256))
			return fail(ctx, "raw: write");
		Esys_Free(sig);
	}
	return dir >= 0 && (syncfs(dir) || fsync(dir)) ? fail(ctx, "raw: sync") : 0;
}

static int raw(struct bpfkey_ctx *ctx, const char *key, unsigned int n, int dir, double *ret)
{
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(NULL);
	_cleanup_(tpm_object_done) struct tpm_object object = TPM_OBJECT_NONE(NULL);
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
	start = now();
	if (sign_each(ctx, &object, f.public.publicArea.type, n, dir))
		return 1;
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
	_cleanup_(bk_closep) int dir = -1;
	struct bpfkey_ctx *ctx = NULL;
	unsigned int n;
	double us = 0;
	int r;

	if (argc != (argc > 1 && !strcmp(argv[1], "esys-files") ? 7 : 6)) {
		fprintf(stderr, "usage: bench_tpm WHAT TPM KEY CERT N [DIR]\n");
		return 2;
	}
	n = (unsigned int)atoi(argv[5]);
	if (argc == 7)
		dir = open(argv[6], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if ((argc == 7 && dir < 0) || bpfkey_ctx_new(&ctx) || bpfkey_ctx_set_tpm(ctx, argv[2]))
		return 1;
	r = strcmp(argv[1], "cms") ? raw(ctx, argv[3], n, dir, &us) :
				     library(ctx, argv[3], argv[4], n, &us);
	bpfkey_ctx_free(ctx);
	if (!r)
		printf("%.1f\n", us);
	return r;
}
