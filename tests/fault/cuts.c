/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cuts SCRATCH: the power goes at each point of each flow that replaces files, and what was not
 * synchronised is lost or not (inject_cut()). Whatever was there before, or was reported as done,
 * is whole and usable afterwards, and the same flow succeeds; counters never go back.
 * RUNS (default 10) cuts for each flow, spread over its points; with LONG=1 500.
 */
#include <signal.h>

#include "inject_calls.h"
#include "runs.h"
#include "tests/tap.h"
#include "tests/tpm/counter.h"

struct cut_flow {
	const char *name;
	run_fn run;
	run_fn before;		/* what stands in "out" already, or NULL */
	run_fn usable;		/* it, or what came in its place */
	const char *out;	/* the file that says whether anything is there; NULL: always */
};

static int key_use(struct bpfkey_ctx *ctx)
{
	struct bpfkey_key *key = NULL;
	int r = bpfkey_ctx_set_passphrase_file(ctx, "word");

	r = r < 0 ? r : bpfkey_key_open(ctx, "out/key.pem", &key);
	bpfkey_key_free(key);
	unlink("used.crt");
	return r < 0 ? r : cert_new(ctx, "out/key.pem", "used.crt");
}

static int key_again(struct bpfkey_ctx *ctx, enum bpfkey_form form)
{
	const struct bpfkey_key_opts opts = {
		.sz = sizeof(opts), .alg = "p256", .form = form, .flags = BPFKEY_MAKE_FORCE,
	};

	return bpfkey_key_new(ctx, "out/key.pem", &opts, NULL);
}

static int file_key_again(struct bpfkey_ctx *ctx)
{
	return key_again(ctx, BPFKEY_FORM_FILE);
}

static int tpm_key_again(struct bpfkey_ctx *ctx)
{
	return key_again(ctx, BPFKEY_FORM_TPM);
}

/* A TPM that is made by the way, and so may be lost with the key, but not alone. */
static int fresh_use(struct bpfkey_ctx *ctx)
{
	int r = bpfkey_ctx_set_tpm(ctx, "embedded:fresh");

	return r < 0 ? r : key_use(ctx);
}

static int sign_again(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "in.bpf.o", "out/signed.o", BPFKEY_SIGN_FORCE);
}

/* So many that they wait for the disk together. */
static const char *const many[] = {
	"out/a.o", "out/b.o", "out/c.o", "out/d.o", "out/e.o", "out/f.o", "out/g.o", "out/h.o",
};

static int sign_many(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_sign_opts opts = { .sz = sizeof(opts), .flags = BPFKEY_SIGN_FORCE };
	struct bpfkey_sign_job jobs[ARRAY_SIZE(many)] = { 0 };
	struct bpfkey_signer *s = NULL;
	int r = bpfkey_signer_open(ctx, "file.pem", "file.crt", &s);

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		jobs[i].in = "in.bpf.o";
		jobs[i].out = many[i];
	}
	r = r < 0 ? r : bpfkey_sign_objects(s, jobs, ARRAY_SIZE(many), &opts);
	bpfkey_sign_jobs_done(jobs, ARRAY_SIZE(many));
	bpfkey_signer_free(s);
	return r;
}

/* They get their names in turn, so that of the last all are there. */
static int check_many(struct bpfkey_ctx *ctx)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		r = r < 0 ? r : verify_with(ctx, many[i], "file.crt");
	return r;
}

static int count(struct bpfkey_ctx *ctx)
{
	struct tpm *t = NULL;
	int r = tpm_open(ctx, NULL, &t);
	TSS2_RC rc = 0;
	ESYS_TR nv;

	if (r < 0)
		return r;
	rc = counter_open(t, &nv);
	for (int i = 0; !rc && i < 3; i++) {
		rc = counter_up(t, nv);
		if (!rc)
			report->acked = counter_get(t, nv);
	}
	if (rc)
		r = tpm_fail(t, rc, "cannot count");
	tpm_close(t);
	return r;
}

static uint64_t counted;	/* what it was known to be at last */

/* At least what was acknowledged, and at most the increment more that was under way. */
static int count_check(struct bpfkey_ctx *ctx)
{
	struct tpm *t = NULL;
	int r = tpm_open(ctx, NULL, &t);
	uint64_t got = 0;
	ESYS_TR nv;

	if (!r && !counter_open(t, &nv))
		got = counter_get(t, nv);
	tpm_close(t);
	report->acked = got;
	if (!r && (got == UINT64_MAX || got < counted || got > counted + 1))
		r = bk_fail(ctx, -BPFKEY_E_INTERNAL, "the counter is %llu after %llu",
			    (unsigned long long)got, (unsigned long long)counted);
	return r;
}

static const struct cut_flow flows[] = {
	{ "key new, file", file_key, NULL, key_use, "out/key.pem" },
	{ "key new, TPM", tpm_key, NULL, key_use, "out/key.pem" },
	{ "key new, fresh TPM", fresh_tpm, NULL, fresh_use, "out/key.pem" },
	{ "key new, file for file", file_key_again, file_key, key_use, NULL },
	{ "key new, TPM for TPM", tpm_key_again, tpm_key, key_use, NULL },
	{ "key new, TPM for file", tpm_key_again, file_key, key_use, NULL },
	{ "key import, PEM", import_pem, NULL, key_use, "out/key.pem" },
	{ "key import, TPM", import_tpm, NULL, key_use, "out/key.pem" },
	{ "cert new, TPM", tpm_cert, NULL, check_cert, "out/cert.pem" },
	{ "sign, TPM", tpm_sign, NULL, check_tpm_signed, "out/signed.o" },
	{ "sign, log", logged_sign, NULL, check_file_signed, "out/signed.o" },
	{ "sign, for another", sign_again, file_sign, check_file_signed, NULL },
	{ "sign, many", sign_many, NULL, check_many, "out/h.o" },
	{ "sign, many for others", sign_many, sign_many, check_many, NULL },
	{ "counter", count, NULL, count_check, NULL },
};

static int old_dir;

static void clean(const char *dir)
{
	empty(dir);
	rmdir(dir);
}

/* Runs @f until point @nth; true when that point was reached, or the end was and lost all there. */
static bool cut_at(const struct cut_flow *f, unsigned long nth, unsigned int loses)
{
	int status = -1;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	report->acked = counted;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		inject_cut(nth, loses, old_dir);
		in_context(f->run, report);
		report->count = inject_count();
		report->done = true;
		inject_cut_end();
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static bool blame(const struct cut_flow *f, unsigned long nth, unsigned int loses, const char *what)
{
	printf("# %s, cut at %lu%s%s: %s; %s: %s\n", f->name, nth,
	       loses & CUT_LOSES_DATA ? ", data lost" : "",
	       loses & CUT_LOSES_NAMES ? ", names lost" : "", what, bpfkey_err_name(report->r),
	       report->message);
	return false;
}

static bool prepare_one(const struct cut_flow *f)
{
	empty("out");
	clean("fresh");
	empty("old");
	if (!f->before)
		return true;
	attempt(f->before, INJECT_NONE, 0, false);
	return report->done && report->r == 0;
}

static bool one(const struct cut_flow *f, unsigned long nth, unsigned int loses)
{
	bool acked, there;

	if (!prepare_one(f))
		return blame(f, nth, loses, "nothing to begin with");
	if (!cut_at(f, nth, loses))
		return blame(f, nth, loses, "no cut");
	if (report->done && report->r < 0)
		return blame(f, nth, loses, "it fails without a fault");
	acked = report->done;
	counted = report->acked;
	there = !f->out || !access(f->out, F_OK);
	if (acked && !there)
		return blame(f, nth, loses, "what was reported as done is gone");
	if (there) {
		attempt(f->usable, INJECT_NONE, 0, false);
		if (!report->done || report->r < 0)
			return blame(f, nth, loses, "it cannot be used");
		if (report->acked)
			counted = report->acked;
	}
	/* With what the cut left lying about. */
	if (f->out && there)
		unlink(f->out);
	attempt(f->run, INJECT_NONE, 0, false);
	if (!report->done || report->r < 0)
		return blame(f, nth, loses, "it does not work afterwards");
	if (report->acked)
		counted = report->acked;
	return true;
}

static void all_points(const struct cut_flow *f, unsigned long runs)
{
	unsigned long total, n, bad = 0;

	if (!prepare_one(f) || !cut_at(f, 0, 0) || report->r < 0) {
		ok(false, "%s: without a cut", f->name);
		blame(f, 0, 0, "unexpected result");
		return;
	}
	total = report->count + 1;	/* and one after the end */
	counted = report->acked;
	/* All of the points once in each way, or as many as there is time for, spread evenly. */
	for (n = 0; n < runs && bad < 10; n++) {
		unsigned long at = runs < 4 * total ? n * 4 * total / runs : n % (4 * total);

		bad += !one(f, at / 4 + 1, (unsigned int)(at % 4 + at / 4) % 4);
		if (n % 100 == 99)
			printf("# %s: %lu of %lu\n", f->name, n, runs), fflush(stdout);
	}
	ok(!bad, "%s: %lu cuts, at %lu points", f->name, n, total);
}

/* A cut of a file that nobody synchronised must lose it, or the tests above prove nothing. */
static int careless(struct bpfkey_ctx *ctx _unused_)
{
	int fd = openat(AT_FDCWD, "out/careless.tmp", O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || __wrap_write(fd, "0123456789", 10) != 10 || close(fd) ||
	    __wrap_renameat(AT_FDCWD, "out/careless.tmp", AT_FDCWD, "out/careless"))
		return -BPFKEY_E_IO;
	return 0;
}

static void test_control(void)
{
	const struct cut_flow f = { .name = "control", .run = careless };
	struct stat st = { 0 };

	empty("out");
	ok(cut_at(&f, 99, CUT_LOSES_DATA) && !stat("out/careless", &st) && st.st_size == 5,
	   "data that nobody synchronised is lost");
	empty("out");
	ok(cut_at(&f, 99, CUT_LOSES_NAMES) && access("out/careless", F_OK),
	   "and so is a name");
	empty("old");
}

int main(int argc, char **argv)
{
	const char *runs = getenv("RUNS");
	unsigned long n = runs ? strtoul(runs, NULL, 10) : getenv("LONG") ? 500 : 10;

	if (argc != 2 || chdir(argv[1])) {
		fprintf(stderr, "usage: cuts SCRATCH\n");
		return 2;
	}
	umask(077);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (report == MAP_FAILED)
		return 1;
	if (!ok(prepare() && !mkdir("old", 0700), "keys, certificates and an object are made"))
		return done_testing();
	old_dir = open("old", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_control();
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
		all_points(&flows[i], n);
	return done_testing();
}
