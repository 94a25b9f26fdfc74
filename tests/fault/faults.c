/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults KIND SCRATCH [TPM]: makes each call of a kind fail once in each flow, first
 * alone and then with all calls after it, every attempt in a child of its own.
 * After a failure there is a sentence, the exit status says "failed" (never
 * "refused", which would be an answer), no output or a whole one, no temporary
 * file, no handle that stays in the TPM; and nothing that must be refused is ever accepted.
 * FLOW=NAME does one flow alone, FLOW=guarded those of guard_flows.h.
 */
#include <signal.h>

#include <time.h>

#include "guard_flows.h"
#include "inject_calls.h"
#include "runs.h"
#include "tests/tap.h"

#define MOST 300	/* attempts for one flow and kind, spread over all calls; LONG=1: all */
#define MOST_OSSL 60	/* OpenSSL makes ten thousands */
#define TRIES_KEPT 8	/* of guarded flows, before the TPM forgets failed tries */
#define MOST_GUARDED 3	/* each takes a tenth of a second; another day it is others */

static const struct flow flows[] = {
	{ "key new, file", file_key, { "key.pem", "key.pem.meta" }, check_key, false, false },
	{ "key new, TPM", tpm_key, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key new, fresh TPM", fresh_tpm, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key import, PEM", import_pem, { "key.pem", "key.pem.meta" }, check_key, false, false },
	{ "key import, PKCS#12", import_p12, { "key.pem", "key.pem.meta" }, check_key, false,
	  false },
	{ "key import, TPM", import_tpm, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key show, TPM", tpm_standing_of, { NULL }, NULL, false, true },
	{ "cert new, file", file_cert, { "cert.pem" }, check_cert, false, false },
	{ "cert new, TPM", tpm_cert, { "cert.pem" }, check_cert, false, true },
	{ "sign, file", file_sign, { "signed.o" }, check_file_signed, false, false },
	{ "sign, TPM", tpm_sign, { "signed.o" }, check_tpm_signed, false, true },
	{ "sign, TPM, many", tpm_sign_many, { "a.sig", "b.sig", "c.sig" }, NULL, false, true },
	{ "sign, log", logged_sign, { "signed.o" }, check_file_signed, false, false },
	{ "sign, as a header", write_header, { "signed.h" }, NULL, false, false },
	{ "sign, agent", agent_sign, { NULL }, NULL, false, false },
	{ "resign", resign, { "signed.o" }, check_file_signed, false, false },
	{ "resign, skeleton", resign_header, { "signed.o" }, check_file_signed, false, false },
	{ "sign and verify, memory", memory, { NULL }, NULL, false, false },
	{ "verify", verify_good, { NULL }, NULL, false, false },
	{ "verify, stranger", verify_stranger, { NULL }, NULL, true, false },
	{ "verify, tampered", verify_tampered, { NULL }, NULL, true, false },
};

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
	if (report->left)
		return complain(f, nth, sticky, "handles are left in the TPM");
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
	struct report first;
	bool good;
	int status;

	empty("out");
	empty("fresh");
	rmdir("fresh");
	status = attempt(f->run, kind, nth, sticky);
	good = judge_result(f, kind, nth, sticky, status);
	/* Before an output is tried: what a failed flush left may take all the room. */
	first = *report;
	clear_tpm();
	*report = first;
	good &= judge_outputs(f, nth, sticky);
	return judge_tpm(f, nth, sticky) && good;
}

static bool is_guarded(const struct flow *f)
{
	return f >= guard_flows && f < guard_flows + ARRAY_SIZE(guard_flows);
}

/* stride - from one call that fails to the next, and the first of them */
static unsigned long stride(const struct flow *f, enum inject_kind kind, unsigned long total,
			    unsigned long *ret_first)
{
	unsigned long most = is_guarded(f) ? MOST_GUARDED : kind == INJECT_OSSL ? MOST_OSSL : MOST;
	unsigned long step = getenv("LONG") || total <= most ? 1 : total / most + 1;

	/* Whatever is passed over has its day. */
	*ret_first = is_guarded(f) ? 1 + (unsigned long)time(NULL) / 86400 % step : 1;
	return step;
}

/*
 * A TPM that stops without an orderly shutdown after a PIN was used counts that as one failed try
 * (TPM 2.0 part 1, "Non-orderly Shutdown" of dictionary attack protection): some of the failures
 * here are just that, and 32 of them lock it.
 */
static void forget_tries(void)
{
	attempt(bpfkey_tpm_reset_lockout, INJECT_NONE, 0, false);
}

static void all_calls(const struct flow *f, enum inject_kind kind, bool sticky)
{
	unsigned long total, nth, bad = 0, tried = 0, step, first;

	empty("out");
	empty("fresh");
	rmdir("fresh");
	if (is_guarded(f))
		forget_tries();
	attempt(f->run, kind, 0, false);
	total = report->count;
	if (f->refuses ? report->r >= 0 : report->r < 0) {
		ok(false, "%s: without a fault", f->name);
		complain(f, 0, false, "unexpected result");
		return;
	}
	step = stride(f, kind, total, &first);
	for (nth = first; nth <= total && bad < 10; nth += step) {
		bad += !one(f, kind, nth, sticky);
		tried++;
		if (is_guarded(f) && tried % TRIES_KEPT == 0)
			forget_tries();
		if (tried % 100 == 0)
			printf("# %s: %lu of %lu\n", f->name, nth, total), fflush(stdout);
	}
	ok(total && !bad, "%s: %lu of %lu calls failed in turn%s", f->name, tried, total,
	   sticky ? ", with all later ones" : "");
}

static enum inject_kind kind_of(const char *name)
{
	static const char *const names[] = {
		[INJECT_ALLOC] = "alloc", [INJECT_IO] = "io", [INJECT_TPM] = "tpm",
		[INJECT_OSSL] = "openssl", [INJECT_ESYS] = "esys",
	};
	int k;

	for (k = INJECT_ALLOC; k <= INJECT_ESYS; k++) {
		if (!strcmp(names[k], name))
			return (enum inject_kind)k;
	}
	return INJECT_NONE;
}

static bool is_meant(const struct flow *f, enum inject_kind kind)
{
	const char *only = getenv("FLOW");

	if (only && strcmp(only, f->name) && (strcmp(only, "guarded") || !is_guarded(f)))
		return false;
	/* What libtpms does without memory is not ours to judge. */
	if (kind == INJECT_OSSL)
		return !f->tpm;
	return f->tpm || (kind != INJECT_TPM && kind != INJECT_ESYS);
}

int main(int argc, char **argv)
{
	enum inject_kind kind = argc == 3 || argc == 4 ? kind_of(argv[1]) : INJECT_NONE;
	size_t i;
	int sticky;

	if (!kind || chdir(argv[2])) {
		fprintf(stderr, "usage: faults alloc|io|tpm|openssl|esys SCRATCH [TPM]\n");
		return 2;
	}
	if (argc == 4)
		tpm_spec = argv[3];
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (report == MAP_FAILED)
		return 1;
	if (!ok(prepare(), "keys, certificates and a signed object are made") ||
	    !ok(prepare_guarded(), "and keys that a TPM guards"))
		return done_testing();
	for (sticky = 0; sticky <= 1; sticky++) {
		for (i = 0; i < ARRAY_SIZE(flows); i++)
			if (is_meant(&flows[i], kind))
				all_calls(&flows[i], kind, sticky);
		for (i = 0; i < ARRAY_SIZE(guard_flows); i++)
			if (is_meant(&guard_flows[i], kind))
				all_calls(&guard_flows[i], kind, sticky);
	}
	return done_testing();
}
