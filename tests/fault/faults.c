/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults KIND SCRATCH: makes each call of a kind fail once in each flow, first
 * alone and then with all calls after it, every attempt in a child of its own.
 * After a failure there is a sentence, the exit status says "failed" (never
 * "refused", which would be an answer), no output or a whole one, no temporary
 * file; and nothing that must be refused is ever accepted.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <bpfkey.h>

#include "inject_calls.h"
#include "sign_flows.h"
#include "tests/tap.h"

#define MOST 300	/* attempts for one flow and kind, spread over all calls; LONG=1: all */
#define MOST_OSSL 60	/* OpenSSL makes ten thousands */

/* What a child tells before it ends. */
static struct report {
	unsigned long count;
	bool fired, done;
	int r;
	char message[512];
} *report;

struct flow {
	const char *name;
	int (*run)(struct bpfkey_ctx *ctx);
	const char *out[3];	/* files that exist whole or not at all, together */
	int (*check)(struct bpfkey_ctx *ctx);	/* are they? */
	bool refuses;		/* run() must fail, with or without a fault */
	bool tpm;		/* uses the embedded TPM in "tpm" */
};

static int key_new(struct bpfkey_ctx *ctx, const char *path, enum bpfkey_form form)
{
	const struct bpfkey_key_opts opts = { .sz = sizeof(opts), .alg = "p256", .form = form };
	struct bpfkey_key *key = NULL;
	int r = bpfkey_key_new(ctx, path, &opts, &key);

	bpfkey_key_free(key);
	return r;
}

static int file_key(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "out/key.pem", BPFKEY_FORM_FILE);
}

static int tpm_key(struct bpfkey_ctx *ctx)
{
	return key_new(ctx, "out/key.pem", BPFKEY_FORM_TPM);
}

/* The same on a TPM that does not exist yet: its state is made by the way. */
static int fresh_tpm(struct bpfkey_ctx *ctx)
{
	int r = bpfkey_ctx_set_tpm(ctx, "embedded:fresh");

	return r < 0 ? r : tpm_key(ctx);
}

static int import(struct bpfkey_ctx *ctx, const char *source, enum bpfkey_form form)
{
	const struct bpfkey_key_opts opts = { .sz = sizeof(opts), .form = form };
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	return r < 0 ? r : bpfkey_key_import(ctx, source, "out/key.pem", &opts, NULL);
}

static int import_pem(struct bpfkey_ctx *ctx)
{
	return import(ctx, "locked.pem", BPFKEY_FORM_FILE);
}

static int import_p12(struct bpfkey_ctx *ctx)
{
	return import(ctx, "locked.p12", BPFKEY_FORM_FILE);
}

static int import_tpm(struct bpfkey_ctx *ctx)
{
	return import(ctx, "file.pem", BPFKEY_FORM_TPM);
}

static int check_key(struct bpfkey_ctx *ctx)
{
	struct bpfkey_key *key = NULL;
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	r = r < 0 ? r : bpfkey_key_open(ctx, "out/key.pem", &key);

	bpfkey_key_free(key);
	return r;
}

static int cert_new(struct bpfkey_ctx *ctx, const char *key, const char *path)
{
	const struct bpfkey_cert_opts opts = {
		.sz = sizeof(opts), .key = key, .name = "fault", .role = BPFKEY_ROLE_BUILD,
	};
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_new(ctx, path, &opts, &cert);

	bpfkey_cert_free(cert);
	return r;
}

static int file_cert(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "file.pem", "out/cert.pem");
}

static int tpm_cert(struct bpfkey_ctx *ctx)
{
	return cert_new(ctx, "tpm.pem", "out/cert.pem");
}

static int check_cert(struct bpfkey_ctx *ctx)
{
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_open(ctx, "out/cert.pem", &cert);

	bpfkey_cert_free(cert);
	return r;
}

static int verify_with(struct bpfkey_ctx *ctx, const char *object, const char *path)
{
	struct bpfkey_object *o = NULL;
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_open(ctx, path, &cert);

	if (r == 0)
		r = bpfkey_object_open(ctx, object, &o);
	if (r == 0)
		r = bpfkey_object_verify(o, &cert, 1, "all", NULL);
	bpfkey_object_free(o);
	bpfkey_cert_free(cert);
	return r;
}

static int check_file_signed(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "out/signed.o", "file.crt");
}

static int check_tpm_signed(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "out/signed.o", "tpm.crt");
}

static int verify_good(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "good.o", "file.crt");
}

static int verify_stranger(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "good.o", "tpm.crt");
}

static int verify_tampered(struct bpfkey_ctx *ctx)
{
	return verify_with(ctx, "bad.o", "file.crt");
}

static const struct flow flows[] = {
	{ "key new, file", file_key, { "key.pem", "key.pem.meta" }, check_key, false, false },
	{ "key new, TPM", tpm_key, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key new, fresh TPM", fresh_tpm, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key import, PEM", import_pem, { "key.pem", "key.pem.meta" }, check_key, false, false },
	{ "key import, PKCS#12", import_p12, { "key.pem", "key.pem.meta" }, check_key, false,
	  false },
	{ "key import, TPM", import_tpm, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "cert new, file", file_cert, { "cert.pem" }, check_cert, false, false },
	{ "cert new, TPM", tpm_cert, { "cert.pem" }, check_cert, false, true },
	{ "sign, file", file_sign, { "signed.o" }, check_file_signed, false, false },
	{ "sign, TPM", tpm_sign, { "signed.o" }, check_tpm_signed, false, true },
	{ "sign, log", logged_sign, { "signed.o" }, check_file_signed, false, false },
	{ "sign, as a header", write_header, { "signed.h" }, NULL, false, false },
	{ "resign", resign, { "signed.o" }, check_file_signed, false, false },
	{ "resign, skeleton", resign_header, { "signed.o" }, check_file_signed, false, false },
	{ "sign and verify, memory", memory, { NULL }, NULL, false, false },
	{ "verify", verify_good, { NULL }, NULL, false, false },
	{ "verify, stranger", verify_stranger, { NULL }, NULL, true, false },
	{ "verify, tampered", verify_tampered, { NULL }, NULL, true, false },
};

typedef int (*run_fn)(struct bpfkey_ctx *ctx);

static int in_context(run_fn run, struct report *rep)
{
	struct bpfkey_ctx *ctx = NULL;
	int r = bpfkey_ctx_new(&ctx);

	if (r == 0)
		r = bpfkey_ctx_set_tpm(ctx, "embedded:tpm");
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
static int outputs(const struct flow *f, bool *ret_other)
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

static bool complain(const struct flow *f, unsigned long nth, bool sticky, const char *what)
{
	printf("# %s, call %lu%s: %s; result %s: %s\n", f->name, nth, sticky ? " and later" : "",
	       what, bpfkey_err_name(report->r), report->message);
	return false;
}

static bool judge_result(const struct flow *f, enum inject_kind kind, unsigned long nth,
			 bool sticky, int status)
{
	int code = bpfkey_err_exit(report->r);

	if (!WIFEXITED(status) || WEXITSTATUS(status) || !report->done)
		return complain(f, nth, sticky, "the process did not end well");
	if (f->refuses && report->r >= 0)
		return complain(f, nth, sticky, "accepted what must be refused");
	if (report->r >= 0 || !report->fired)
		return true;
	/* OpenSSL does not always tell a lack of memory from a wrong signature. */
	if (code != 1 && code != 4 && !f->refuses && kind != INJECT_OSSL)
		return complain(f, nth, sticky, "a failure passes for an answer");
	/* With no memory left there is none for a sentence; the text of err.h stands in. */
	if (!*report->message && report->r != -BPFKEY_E_NOMEM && !(kind == INJECT_ALLOC && sticky))
		return complain(f, nth, sticky, "no sentence");
	return true;
}

static bool judge_outputs(const struct flow *f, unsigned long nth, bool sticky)
{
	struct report first = *report;
	bool other, good = true;
	int want = 0, n = outputs(f, &other);

	while (want < 3 && f->out[want])
		want++;
	if (other)
		good = complain(f, nth, sticky, "a temporary file is left");
	if (n && n != want)
		good = complain(f, nth, sticky, "outputs are there in part");
	if (!n && want && first.r >= 0)
		good = complain(f, nth, sticky, "success without an output");
	if (n == want && f->check) {
		attempt(f->check, INJECT_NONE, 0, false);
		if (report->r < 0 || !report->done)
			good = complain(f, nth, sticky, "the output is not whole");
	}
	*report = first;
	return good;
}

/* A TPM whose making failed must not be taken for a damaged one later. */
static bool judge_tpm(const struct flow *f, unsigned long nth, bool sticky)
{
	struct report first = *report;
	bool good = true;

	if (!f->tpm)
		return true;
	empty("out");
	attempt(f->run, INJECT_NONE, 0, false);
	if (report->r < 0 || !report->done)
		good = complain(f, nth, sticky, "the TPM is unusable afterwards");
	*report = first;
	return good;
}

static bool one(const struct flow *f, enum inject_kind kind, unsigned long nth, bool sticky)
{
	bool good;
	int status;

	empty("out");
	empty("fresh");
	rmdir("fresh");
	status = attempt(f->run, kind, nth, sticky);
	good = judge_result(f, kind, nth, sticky, status);
	good &= judge_outputs(f, nth, sticky);
	return judge_tpm(f, nth, sticky) && good;
}

static void all_calls(const struct flow *f, enum inject_kind kind, bool sticky)
{
	unsigned long total, nth, bad = 0, tried = 0, step;
	unsigned long most = kind == INJECT_OSSL ? MOST_OSSL : MOST;

	empty("out");
	empty("fresh");
	rmdir("fresh");
	attempt(f->run, kind, 0, false);
	total = report->count;
	if (f->refuses ? report->r >= 0 : report->r < 0) {
		ok(false, "%s: without a fault", f->name);
		complain(f, 0, false, "unexpected result");
		return;
	}
	step = getenv("LONG") || total <= most ? 1 : total / most + 1;
	for (nth = 1; nth <= total && bad < 10; nth += step) {
		bad += !one(f, kind, nth, sticky);
		tried++;
		if (tried % 100 == 0)
			printf("# %s: %lu of %lu\n", f->name, nth, total), fflush(stdout);
	}
	ok(total && !bad, "%s: %lu of %lu calls failed in turn%s", f->name, tried, total,
	   sticky ? ", with all later ones" : "");
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
static bool make_tampered(void)
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

static enum inject_kind kind_of(const char *name)
{
	static const char *const names[] = {
		[INJECT_ALLOC] = "alloc", [INJECT_IO] = "io", [INJECT_TPM] = "tpm",
		[INJECT_OSSL] = "openssl",
	};
	int k;

	for (k = INJECT_ALLOC; k <= INJECT_OSSL; k++) {
		if (!strcmp(names[k], name))
			return (enum inject_kind)k;
	}
	return INJECT_NONE;
}

int main(int argc, char **argv)
{
	enum inject_kind kind = argc == 3 ? kind_of(argv[1]) : INJECT_NONE;
	size_t i;
	int sticky;

	if (!kind || chdir(argv[2])) {
		fprintf(stderr, "usage: faults alloc|io|tpm|openssl SCRATCH\n");
		return 2;
	}
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (report == MAP_FAILED)
		return 1;
	if (!ok(prepare(), "keys, certificates and a signed object are made"))
		return done_testing();
	for (sticky = 0; sticky <= 1; sticky++) {
		for (i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
			/* What libtpms does without memory is not ours to judge. */
			if (kind == INJECT_OSSL && flows[i].tpm)
				continue;
			if (kind == INJECT_TPM && !flows[i].tpm)
				continue;
			all_calls(&flows[i], kind, sticky);
		}
	}
	return done_testing();
}
