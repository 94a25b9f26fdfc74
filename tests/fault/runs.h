/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a flow in a child, and what it finds there and leaves; for faults.c and cuts.c. */
#ifndef RUNS_H
#define RUNS_H

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "inject.h"
#include "key_flows.h"
#include "tests/tpm/handles.h"
#include "tpm/tpm_priv.h"

/* The TPM of all flows; "embedded:tpm" is made in the scratch folder. */
static const char *tpm_spec = "embedded:tpm";

/* What a child tells before it ends. */
static struct report {
	unsigned long count;
	unsigned long left;	/* handles in the TPM when it was closed */
	uint64_t acked;		/* of a counter */
	bool fired, done;
	int r;
	char message[512];
} *report;

typedef int (*run_fn)(struct bpfkey_ctx *ctx);

static int in_context(run_fn run, struct report *rep)
{
	struct bpfkey_ctx *ctx = NULL;
	int r = bpfkey_ctx_new(&ctx);

	if (r == 0)
		r = bpfkey_ctx_set_tpm(ctx, tpm_spec);
	if (r == 0)
		r = run(ctx);
	inject_disarm();
	rep->r = r;
	snprintf(rep->message, sizeof(rep->message), "%s", ctx ? bpfkey_ctx_message(ctx) : "");
	bpfkey_ctx_free(ctx);
	return r;
}

/* Runs @run in a child; returns its wait status, and what it told in *report. */
static int attempt(run_fn run, enum inject_kind kind, unsigned long nth, bool sticky)
{
	int status = -1;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (kind == INJECT_OSSL && !inject_openssl())
			_exit(99);
		inject_arm(kind, nth, sticky);
		in_context(run, report);
		report->count = inject_count();
		report->fired = inject_fired();
		report->left = inject_left();
		report->done = true;
		/* What OpenSSL leaks without memory is not ours to judge. */
		if (kind == INJECT_OSSL)
			_exit(0);
		exit(0);	/* a sanitizer looks for leaks here */
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

static void flush_from(ESYS_CONTEXT *e, TPM2_HT type)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	ESYS_TR h;

	if (Esys_GetCapability(e, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
			       first_of(type), 16, &(TPMI_YES_NO){ 0 }, &data))
		return;
	for (UINT32 i = 0; i < data->data.handles.count; i++)
		if (!Esys_TR_FromTPMPublic(e, data->data.handles.handle[i], ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, &h))
			Esys_FlushContext(e, h);
	Esys_Free(data);
}

/* What a flush that was made to fail left in a TPM that lives on. */
static int flush_all(struct bpfkey_ctx *ctx)
{
	struct tpm *t = NULL;
	int r = tpm_open(ctx, NULL, &t);

	if (!r) {
		flush_from(t->esys, TPM2_HT_TRANSIENT);
		flush_from(t->esys, TPM2_HT_LOADED_SESSION);
	}
	tpm_close(t);
	return r;
}

_unused_ static void clear_tpm(void)
{
	if (strncmp(tpm_spec, "embedded:", 9) != 0)
		attempt(flush_all, INJECT_NONE, 0, false);
}

static void empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

/* How many outputs are there, and whether anything else is. */
_unused_ static int outputs(const struct flow *f, bool *ret_other)
{
	DIR *d = opendir("out");
	struct dirent *e;
	int i, n = 0;

	*ret_other = false;
	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		for (i = 0; i < 3 && f->out[i] && strcmp(f->out[i], e->d_name); i++)
			continue;
		if (i < 3 && f->out[i])
			n++;
		else
			*ret_other = true;
	}
	if (d)
		closedir(d);
	return n;
}

static int make_key_file(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "file.pem", BPFKEY_FORM_FILE);
}

static int make_key_tpm(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "tpm.pem", BPFKEY_FORM_TPM);
}

static int make_cert_file(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "file.pem", "file.crt");
}

static int make_cert_tpm(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "tpm.pem", "tpm.crt");
}

static int make_signed(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "in.bpf.o", "good.o", 0);
}

/* bad.o: good.o with one bit of its middle flipped. */
_unused_ static bool make_tampered(void)
{
	FILE *in = fopen("good.o", "r"), *out = fopen("bad.o", "w");
	long at = 0, middle = 0;
	int c;

	if (in && fseek(in, 0, SEEK_END) == 0) {
		middle = ftell(in) / 2;
		rewind(in);
	}
	while (in && out && (c = fgetc(in)) != EOF)
		fputc(at++ == middle ? c ^ 1 : c, out);
	if (in)
		fclose(in);
	return out && fclose(out) == 0 && middle > 0;
}

static bool prepare(void)
{
	static const run_fn steps[] = {
		make_key_file, make_key_tpm, make_cert_file, make_cert_tpm, make_signed,
	};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		attempt(steps[i], INJECT_NONE, 0, false);
		if (report->r < 0 || !report->done) {
			printf("# step %zu: %s\n", i + 1, report->message);
			return false;
		}
	}
	return make_tampered() && mkdir("out", 0700) == 0;
}

#endif
