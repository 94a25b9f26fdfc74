/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows of faults.c through keys under policies, and what a TPM is told; for it alone. */
#ifndef GUARD_FLOWS_H
#define GUARD_FLOWS_H

#include "runs.h"
#include "tests/guarded.h"

static const uint8_t guard_digest[32] = "what is measured";

/* kept - @n bytes about something in the TPM, from one process to the next */
static bool kept(const char *path, void *p, size_t n, bool put)
{
	FILE *f = fopen(path, put ? "we" : "re");
	bool good = f && (put ? fwrite(p, n, 1, f) : fread(p, n, 1, f)) == 1;

	return f && !fclose(f) && good;
}

static int new_sealed(struct bpfkey_ctx *ctx)
{
	return guarded_new(ctx, "out/key.pem", BPFKEY_FORM_SEALED, GUARD_ALL);
}

static int new_guarded(struct bpfkey_ctx *ctx)
{
	return guarded_new(ctx, "out/key.pem", BPFKEY_FORM_TPM, GUARD_ALL);
}

static int import_sealed(struct bpfkey_ctx *ctx)
{
	return guarded_import(ctx, "out/key.pem", BPFKEY_FORM_SEALED, GUARD_ALL);
}

static int import_guarded(struct bpfkey_ctx *ctx)
{
	return guarded_import(ctx, "out/key.pem", BPFKEY_FORM_TPM, GUARD_ALL);
}

/* Whatever is there can be used. */
static int check_used(struct bpfkey_ctx *ctx)
{
	return guarded_use(ctx, "out/key.pem", "check.crt");
}

static int sealed_sign(struct bpfkey_ctx *ctx)
{
	struct bpfkey_sign_job job = { .in = "in.bpf.o", .out = "out/a.sig" };

	return guarded_sign(ctx, "sealed.pem", "sealed.crt", &job, 1);
}

static int guarded_cert(struct bpfkey_ctx *ctx)
{
	return guarded_use(ctx, "guarded.pem", "out/cert.pem");
}

static int recover(struct bpfkey_ctx *ctx)
{
	return guarded_recover(ctx, "sealed.pem", "out/key.pem", BPFKEY_FORM_SEALED, true);
}

static int recover_file(struct bpfkey_ctx *ctx)
{
	return guarded_recover(ctx, "sealed.pem", "out/key.pem", BPFKEY_FORM_FILE, true);
}

/* In its place: the old one or the new one is there, and works. */
static int reseal(struct bpfkey_ctx *ctx)
{
	if (system("cp here.pem out/key.pem && cp here.pem.meta out/key.pem.meta"))
		return -BPFKEY_E_INTERNAL;
	return guarded_reseal(ctx, "out/key.pem", false);
}

static int wrap(struct bpfkey_ctx *ctx)
{
	return guarded_wrap(ctx, "fleet.pem", "out/key.pem");
}

static int escrow(struct bpfkey_ctx *ctx)
{
	return guarded_escrow(ctx, "fleet.pem", "out/kept.pem");
}

static int new_policy(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_policy_opts o = { .sz = sizeof(o), .key = "policy.key" };

	return bpfkey_policy_new(ctx, "out/states", &o, NULL);
}

static int sign_state(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_state_opts o = { .sz = sizeof(o), .key = "policy.key",
		.pcrs = "sha256:15,16", .counter = GUARDED_INDEX, .limit = UINT32_MAX };

	if (system("cp states out/states"))
		return -BPFKEY_E_INTERNAL;
	return bpfkey_policy_sign(ctx, "out/states", &o, NULL);
}

static int check_states(struct bpfkey_ctx *ctx)
{
	struct bpfkey_policy *p = NULL;
	int r = bpfkey_policy_open(ctx, "out/states", &p);

	bpfkey_policy_free(p);
	return r;
}

static int standing_sealed(struct bpfkey_ctx *ctx)
{
	return guarded_standing(ctx, "sealed.pem");
}

static int standing_guarded(struct bpfkey_ctx *ctx)
{
	return guarded_standing(ctx, "guarded.pem");
}

static int new_quote_key(struct bpfkey_ctx *ctx)
{
	return bpfkey_quote_key_new(ctx, "out/key.pem", NULL, 0);
}

static int check_quote_key(struct bpfkey_ctx *ctx)
{
	char *pem = NULL;
	int r = bpfkey_quote_key_public(ctx, "out/key.pem", &pem);

	bpfkey_free(pem);
	return r;
}

static int quote(struct bpfkey_ctx *ctx)
{
	struct bpfkey_quote_facts f = { .sz = sizeof(f) };
	struct bpfkey_quote q = { .sz = sizeof(q) };
	char *pem = NULL;
	int r = bpfkey_quote_make(ctx, "quote.pem", "sha256:0-7", guard_digest, 32, &q);

	r = r < 0 ? r : bpfkey_quote_key_public(ctx, "quote.pem", &pem);
	r = r < 0 ? r : bpfkey_quote_verify(ctx, pem, &q, guard_digest, 32, &f);
	bpfkey_free(pem);
	return r;
}

static int measure(struct bpfkey_ctx *ctx)
{
	struct bpfkey_measure m;
	uint8_t value[32];
	int r = kept("measure", &m, sizeof(m), false) ? 0 : -BPFKEY_E_INTERNAL;

	r = r < 0 ? r : bpfkey_measure_extend(ctx, &m, guard_digest);
	return r < 0 ? r : bpfkey_measure_read(ctx, &m, value);
}

/* Not one that a key here is bound to. */
static int extend(struct bpfkey_ctx *ctx)
{
	struct bpfkey_pcrs p;
	int r = bpfkey_pcr_extend(ctx, 23, "sha256", guard_digest, 32);

	return r < 0 ? r : bpfkey_pcr_read(ctx, "sha256:23", &p);
}

static int count(struct bpfkey_ctx *ctx)
{
	struct bpfkey_counter c;
	uint64_t v;
	int r = kept("counter", &c, sizeof(c), false) ? 0 : -BPFKEY_E_INTERNAL;

	r = r < 0 ? r : bpfkey_counter_increment(ctx, &c, &v);
	return r < 0 ? r : bpfkey_counter_read(ctx, &c, &v);
}

static const struct flow guard_flows[] = {
	{ "key new, sealed", new_sealed, { "key.pem", "key.pem.meta" }, check_used, false, true },
	{ "key new, guarded", new_guarded, { "key.pem", "key.pem.meta" }, check_used, false, true },
	{ "key import, sealed", import_sealed, { "key.pem", "key.pem.meta" }, check_used, false,
	  true },
	{ "key import, guarded", import_guarded, { "key.pem", "key.pem.meta" }, check_used, false,
	  true },
	{ "sign, sealed", sealed_sign, { "a.sig" }, NULL, false, true },
	{ "cert new, guarded", guarded_cert, { "cert.pem" }, check_cert, false, true },
	{ "key recover", recover, { "key.pem", "key.pem.meta" }, check_used, false, true },
	{ "key recover, file", recover_file, { "key.pem", "key.pem.meta" }, check_used, false,
	  false },
	{ "key reseal", reseal, { "key.pem", "key.pem.meta" }, check_used, false, true },
	{ "key wrap", wrap, { "key.pem", "key.pem.meta" }, check_key, false, true },
	{ "key escrow", escrow, { "kept.pem" }, NULL, false, true },
	{ "key policy new", new_policy, { "states" }, check_states, false, false },
	{ "key policy sign", sign_state, { "states" }, check_states, false, true },
	{ "key show, sealed", standing_sealed, { NULL }, NULL, false, true },
	{ "key show, guarded", standing_guarded, { NULL }, NULL, false, true },
	{ "quote, key", new_quote_key, { "key.pem", "key.pem.meta" }, check_quote_key, false,
	  true },
	{ "quote", quote, { NULL }, NULL, false, true },
	{ "measure", measure, { NULL }, NULL, false, true },
	{ "PCR extend", extend, { NULL }, NULL, false, true },
	{ "counter up", count, { NULL }, NULL, false, true },
};

static int make_guarded_keys(struct bpfkey_ctx *ctx)
{
	int r = guarded_states(ctx);

	r = r < 0 ? r : guarded_new(ctx, "sealed.pem", BPFKEY_FORM_SEALED, GUARD_ALL);
	r = r < 0 ? r : guarded_use(ctx, "sealed.pem", "sealed.crt");
	r = r < 0 ? r : guarded_new(ctx, "guarded.pem", BPFKEY_FORM_TPM, GUARD_ALL);
	/* Without a file of states, which would have to go wherever it goes. */
	r = r < 0 ? r : guarded_new(ctx, "here.pem", BPFKEY_FORM_SEALED, GUARD_ALL & ~GUARD_STATES);
	r = r < 0 ? r : guarded_new(ctx, "fleet.pem", BPFKEY_FORM_SEALED, GUARD_MOVES);
	return r < 0 ? r : bpfkey_quote_key_new(ctx, "quote.pem", NULL, 0);
}

static int make_told(struct bpfkey_ctx *ctx)
{
	struct bpfkey_measure m = { .sz = sizeof(m) };
	struct bpfkey_counter c = { .sz = sizeof(c) };
	int r = bpfkey_measure_new(ctx, 0, guard_digest, &m);

	r = r < 0 ? r : bpfkey_counter_new(ctx, 0, &c);
	if (!r && (!kept("measure", &m, sizeof(m), true) || !kept("counter", &c, sizeof(c), true)))
		r = -BPFKEY_E_IO;
	r = r < 0 ? r : bpfkey_ctx_set_tpm(ctx, "embedded:other");
	return r < 0 ? r : bpfkey_tpm_srk(ctx, "srk", 0);
}

static bool prepare_guarded(void)
{
	static const run_fn steps[] = { make_guarded_keys, make_told };

	if (!guarded_files())
		return false;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		attempt(steps[i], INJECT_NONE, 0, false);
		if (report->r < 0 || !report->done) {
			printf("# guarded, step %zu: %s\n", i + 1, report->message);
			return false;
		}
	}
	return true;
}

#endif
