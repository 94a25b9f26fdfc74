// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a key needs and whether that is met, by the public calls, on an embedded
 * TPM: its PCRs are zero at each start, so a policy that wants them is met, and
 * one that wants something else is not.
 */
#include <bpfkey.h>

#include "lib/base/file.h"
#include "lib/crypto/pkey.h"
#include "lib/flow/keys.h"
#include "lib/flow/policies.h"
#include "lib/flow/sealed_key.h"
#include "tests/eventlog.h"
#include "tests/tpm/help.h"

#define LOG_DIR "/sys/kernel/security/tpm0"

/* pcrs - one PCR of the SHA-256 bank that is wanted to be @fill all over */
static struct pcr_set pcrs(unsigned int pcr, uint8_t fill)
{
	struct pcr_set s = { .bank = "sha256", .mask = 1u << pcr };

	memset(s.value[pcr], fill, 32);
	return s;
}

/* make_key - in the TPM, under @policy, with a file and a sidecar as 'key new' writes them */
static bool make_key(const char *path, const struct key_policy *policy)
{
	_cleanup_(bk_secret_freep) struct bk_secret *auth = bk_secret_new(POLICY_PIN_LEN);
	const struct tpm_use use = { .policy = policy, .auth = policy->pin ? auth : NULL };
	struct sidecar m = { .form = BPFKEY_FORM_TPM, .alg = "p256", .policy = *policy };
	_cleanup_(tpm_closep) struct tpm *t = opened();
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_key_meta facts, again;
	struct tpm_identity id;
	struct pubkey pub;

	memset(bk_secret_data(auth), 7, POLICY_PIN_LEN);
	bk_secret_set_len(auth, POLICY_PIN_LEN);
	if (!t || tpm_identify(t, &id) || tpm_key_create(t, "p256", &use, &pem, &facts) ||
	    tpm_key_describe(ctx, buf_view(&pem), &pub, &again) ||
	    key_public_hash(ctx, &pub, m.public_hash))
		return false;
	key_tpm_facts(&m, &id, &facts);
	return !key_file_write(ctx, path, buf_view(&pem), &m, true);
}

/* An answer, with the key that it is about. */
struct answer {
	struct bpfkey_key *key;
	struct bpfkey_standing *st;
	struct bpfkey_standing_info i;
	struct bpfkey_way w;
};

static void answer_done(struct answer *a)
{
	bpfkey_standing_free(a->st);
	bpfkey_key_free(a->key);
	*a = (struct answer){ 0 };
}

static bool stands(struct answer *a, const char *path, unsigned int flags)
{
	a->i.sz = sizeof(a->i);
	a->w.sz = sizeof(a->w);
	if (bpfkey_key_open(ctx, path, &a->key) ||
	    bpfkey_key_standing(ctx, a->key, flags, &a->st) ||
	    bpfkey_standing_info(ctx, a->st, &a->i))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	else if (!a->i.ways || !bpfkey_standing_way(ctx, a->st, 0, &a->w))
		return true;
	return false;
}

/* is_answer - of the key at @path; @why: a part of the sentence, NULL: there is none */
static void is_answer(const char *path, unsigned int flags, enum bpfkey_usable usable, int code,
		      const char *why, const char *name)
{
	_cleanup_(answer_done) struct answer a = { 0 };

	ok(stands(&a, path, flags), "%s", name);
	is_int(a.i.usable, usable, "its answer");
	is_int(a.i.code, code, "its code");
	ok(why ? a.i.why && strstr(a.i.why, why) : !a.i.why, "its sentence");
	if (why && (!a.i.why || !strstr(a.i.why, why)))
		printf("# why: %s\n", a.i.why);
	is_str(bpfkey_ctx_message(ctx), "", "and no failure is left behind");
}

static void test_plain(void)
{
	const struct key_policy none = { 0 };

	ok(make_key("plain", &none), "a key that needs nothing");
	is_answer("plain", 0, BPFKEY_USABLE_UNKNOWN, 0, NULL, "nobody is asked");
	is_answer("plain", BPFKEY_STANDING_ASK, BPFKEY_USABLE_YES, 0, NULL, "asked, it works");
	bpfkey_ctx_set_tpm(ctx, "embedded:none");
	is_answer("plain", BPFKEY_STANDING_ASK, BPFKEY_USABLE_UNKNOWN, -BPFKEY_E_NO_TPM,
		  "'embedded:none' does not exist", "without a TPM");
	ok(access("none", F_OK) < 0, "which is not made");
	bpfkey_ctx_set_tpm(ctx, "embedded:other");
	ok(!bpfkey_tpm_info(ctx, &(struct bpfkey_tpm_info){ .sz = sizeof(struct bpfkey_tpm_info) }),
	   "another TPM");
	is_answer("plain", BPFKEY_STANDING_ASK, BPFKEY_USABLE_NO, -BPFKEY_E_OTHER_TPM,
		  "the key was made in another TPM", "has not got the key");
	bpfkey_ctx_set_tpm(ctx, spec);
}

static bool put_log(const char *root)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	char dir_path[260], path[300];

	put_header(&b);
	put_event(&b, 7, 5, 3, "new setup", 9);
	snprintf(dir_path, sizeof(dir_path), "%s" LOG_DIR, root);
	snprintf(path, sizeof(path), "%s/binary_bios_measurements", dir_path);
	return !bk_dir_make(ctx, dir_path, 0700, NULL) &&
	       !bk_file_replace(ctx, path, 0600, buf_view(&b), BK_FILE_FORCE);
}

static void test_literal(void)
{
	struct key_policy p = { .pcrs = pcrs(16, 0) };
	struct bpfkey_policy_state s = { .sz = sizeof(s) };
	_cleanup_(answer_done) struct answer a = { 0 };
	char root[200];

	ok(make_key("met", &p), "a key under PCRs as they are");
	is_answer("met", 0, BPFKEY_USABLE_YES, 0, NULL, "it works");
	p.pcrs = pcrs(7, 0x11);
	ok(make_key("unmet", &p), "one under others");
	is_answer("unmet", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY,
		  "PCR 7 is 0000000000000000..., not 1111111111111111...", "it does not");
	snprintf(root, sizeof(root), "%s/root", dir);
	ok(put_log(root) && !bpfkey_ctx_set_root(ctx, root), "a machine with an event log");
	is_answer("unmet", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY,
		  "PCR 7 was last changed by event 1 of the boot log, an action of the firmware, "
		  "'new setup'", "says more");
	bpfkey_ctx_set_root(ctx, NULL);
	ok(stands(&a, "unmet", 0) && !a.w.pin && !a.w.ref, "what it needs");
	ok(!bpfkey_standing_state(ctx, a.st, 0, false, &s) && s.compared && !s.met &&
	   s.differ == 1u << 7 && s.values[7][0] == 0x11 && s.there[7][31] == 0, "in numbers");
	is_int(bpfkey_standing_state(ctx, a.st, 0, true, &s), -BPFKEY_E_NOT_FOUND,
	       "no signed state");
	is_int(bpfkey_standing_state(ctx, a.st, 1, false, &s), -BPFKEY_E_USAGE, "no second way");
	is_int(bpfkey_standing_way(ctx, a.st, 1, &a.w), -BPFKEY_E_USAGE, "nowhere");
	a.w.sz = 4;
	is_int(bpfkey_standing_way(ctx, a.st, 0, &a.w), -BPFKEY_E_USAGE, "nor of that version");
}

static void test_counter(void)
{
	struct bpfkey_policy_state s = { .sz = sizeof(s) };
	_cleanup_(answer_done) struct answer a = { 0 };
	struct key_policy p = { 0 };
	struct tpm_index_id id;
	struct tpm *t = opened();
	uint64_t v = 0;

	ok(t && !tpm_counter_new(t, 0, NULL, &id, &v) && !tpm_counter_ref(t, id.index, &p.counter),
	   "a counter");
	p.counter.limit = v;
	tpm_close(t);
	ok(make_key("counted", &p), "a key up to it");
	is_answer("counted", 0, BPFKEY_USABLE_YES, 0, NULL, "works");
	t = opened();
	ok(t && !tpm_counter_up(t, &id, NULL, &v), "one more");
	tpm_close(t);
	is_answer("counted", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY, "and the limit", "it does not");
	ok(stands(&a, "counted", 0) && !bpfkey_standing_state(ctx, a.st, 0, false, &s) &&
	   s.counter == id.index && s.limit + 1 == s.counter_now && s.counter_there, "in numbers");
	t = opened();
	ok(t && !tpm_index_remove(t, &id, NULL), "without it");
	tpm_close(t);
	is_answer("counted", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY, "has no counter", "neither");
}

/* sign_state - PCR 16 as it is, or with @values */
static bool sign_state(const char *values)
{
	const struct bpfkey_state_opts o = { .sz = sizeof(o), .key = "policy.key",
		.pcrs = values ? NULL : "sha256:16", .values = values };

	return !bpfkey_policy_sign(ctx, "sub/p", &o, NULL);
}

static bool make_policy(struct key_policy *ret)
{
	const struct bpfkey_key_opts k = { .sz = sizeof(k), .alg = "p256",
					   .form = BPFKEY_FORM_FILE };
	const struct bpfkey_policy_opts o = { .sz = sizeof(o), .key = "policy.key",
					      .ref = "fleet" };
	_cleanup_(policy_file_done) struct policy_file f = { 0 };

	if (mkdir("sub", 0700) || bpfkey_key_new(ctx, "policy.key", &k, NULL) ||
	    bpfkey_policy_new(ctx, "sub/p", &o, NULL) || policies_read(ctx, "sub/p", &f))
		return false;
	ret->has_signer = true;
	ret->signer = f.grants.signer;
	strcpy(ret->ref, "fleet");
	strcpy(ret->file, "p");
	return true;
}

static void test_signed(void)
{
	static const char other[] = "sha256:\n  16 : 0x1111111111111111111111111111111111111111111"
				    "111111111111111111111\n";
	struct bpfkey_policy_state s = { .sz = sizeof(s) };
	_cleanup_(answer_done) struct answer a = { 0 };
	struct key_policy p = { 0 };

	ok(make_policy(&p) && make_key("sub/signed", &p), "a key under signed states");
	is_answer("sub/signed", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY, "and there is none in p",
		  "none is signed yet");
	ok(!bk_file_replace(ctx, "values", 0600, (struct view){ (const uint8_t *)other,
			    sizeof(other) - 1 }, 0) && sign_state("values"), "one of elsewhere");
	is_answer("sub/signed", 0, BPFKEY_USABLE_NO, -BPFKEY_E_POLICY,
		  "no signed state of the key's policy is the present one", "is not enough");
	ok(sign_state(NULL), "one of here");
	is_answer("sub/signed", 0, BPFKEY_USABLE_YES, 0, NULL, "is");
	ok(stands(&a, "sub/signed", 0) && !strcmp(a.w.ref, "fleet") && !strcmp(a.w.file, "sub/p") &&
	   a.w.states_read && a.w.states == 2 && a.w.newest, "its file, beside the key");
	ok(!bpfkey_standing_state(ctx, a.st, 0, true, &s) && s.met && s.created == a.w.newest,
	   "the state that is met");
	ok(!rename("sub/p", "sub/away"), "without the file");
	is_answer("sub/signed", 0, BPFKEY_USABLE_NO, -BPFKEY_E_NOT_FOUND,
		  "the states that the key may be used in cannot be read", "the file is missed");
	bpfkey_ctx_set_tpm(ctx, "embedded:none");
	answer_done(&a);
	ok(stands(&a, "sub/signed", 0) && a.i.usable == BPFKEY_USABLE_UNKNOWN && !a.w.states_read &&
	   a.w.why, "and without a TPM, too");
	bpfkey_ctx_set_tpm(ctx, spec);
	strcpy(p.ref, "other");
	ok(!rename("sub/away", "sub/p") && make_key("sub/signed", &p), "a key of another policy");
	is_answer("sub/signed", 0, BPFKEY_USABLE_NO, -BPFKEY_E_MISMATCH, "is another one than that",
		  "does not take this one's states");
}

static void test_pin(void)
{
	const struct key_policy p = { .pin = true, .pin_rounds = 1000 };
	_cleanup_(answer_done) struct answer a = { 0 };
	struct tpm_use use = { .policy = &p };
	struct tpm *t;
	int r = 0;

	ok(make_key("pin", &p), "a key with a PIN");
	ok(stands(&a, "pin", 0) && a.i.usable == BPFKEY_USABLE_YES && a.w.pin && a.i.lockout &&
	   a.i.tries_left == a.i.tries_max && a.i.forget_seconds, "works, and how many tries");
	use.auth = bk_secret_new(POLICY_PIN_LEN);
	memset(bk_secret_data(use.auth), 8, POLICY_PIN_LEN);
	bk_secret_set_len(use.auth, POLICY_PIN_LEN);
	t = opened();
	for (uint32_t i = 0; t && i <= a.i.tries_max; i++) {
		_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;
		_cleanup_(key_file_done) struct key_file f = { 0 };
		uint8_t digest[32] = { 0 }, sig[64];
		size_t n;

		if (key_file_read(ctx, "pin", &f) ||
		    tpm_key_load(t, key_file_view(&f), NULL, &use, &k))
			break;
		r = tpm_key_sign(k, "sha256", digest, 32, sig, sizeof(sig), &n);
	}
	tpm_close(t);
	bk_secret_free(steal(&use.auth));
	bk_enter(ctx);
	is_int(r, -BPFKEY_E_LOCKOUT, "wrong PINs, as many as it takes");
	is_answer("pin", 0, BPFKEY_USABLE_NO, -BPFKEY_E_LOCKOUT, "locked out after 32 wrong PINs",
		  "the lockout is told");
	answer_done(&a);
	ok(stands(&a, "pin", 0) && a.i.locked_out && !a.i.tries_left, "in numbers");
	is_answer("plain", BPFKEY_STANDING_ASK, BPFKEY_USABLE_YES, 0, NULL,
		  "others work all the same");
	ok(!bpfkey_tpm_reset_lockout(ctx), "it ends");
}

/* Of two slots the one for this TPM counts, and each says its own. */
static void test_sealed(void)
{
	const struct bpfkey_key_opts o = { .sz = sizeof(o), .alg = "p256",
		.form = BPFKEY_FORM_SEALED, .flags = BPFKEY_MAKE_NO_RECOVERY };
	static const char *const to[] = { "srk" };
	_cleanup_(answer_done) struct answer a = { 0 };
	int r;

	r = bpfkey_key_new(ctx, "sealed", &o, NULL);
	bpfkey_ctx_set_tpm(ctx, "embedded:other");
	r = r ? r : bpfkey_tpm_srk(ctx, "srk", 0);
	bpfkey_ctx_set_tpm(ctx, spec);
	is_int(r ? r : bpfkey_key_wrap(ctx, "sealed", to, 1, "both", 0, NULL), 0,
	       "a sealed key for two");
	bk_enter(ctx);
	is_answer("both", BPFKEY_STANDING_ASK, BPFKEY_USABLE_YES, 0, NULL, "works here");
	ok(stands(&a, "both", BPFKEY_STANDING_ASK) && a.i.ways == 2 &&
	   a.w.usable == BPFKEY_USABLE_YES && !bpfkey_standing_way(ctx, a.st, 1, &a.w) &&
	   a.w.slot == 1 && a.w.usable == BPFKEY_USABLE_NO &&
	   !strcmp(a.w.why, "it was wrapped for another TPM"), "by one of its slots");
	answer_done(&a);
	bpfkey_ctx_set_tpm(ctx, "embedded:other");
	is_answer("both", BPFKEY_STANDING_ASK, BPFKEY_USABLE_YES, 0, NULL, "and there");
	ok(stands(&a, "both", BPFKEY_STANDING_ASK) && a.w.usable == BPFKEY_USABLE_NO &&
	   strstr(a.w.why, "was made in another TPM"), "by the other");
	is_answer("sealed", BPFKEY_STANDING_ASK, BPFKEY_USABLE_NO, -BPFKEY_E_OTHER_TPM,
		  "none of its 1 slots for TPMs is for this one", "the first copy not");
	bpfkey_ctx_set_tpm(ctx, spec);
}

static void test_others(void)
{
	_cleanup_(answer_done) struct answer a = { 0 };

	ok(stands(&a, "policy.key", BPFKEY_STANDING_ASK) && !a.i.ways && !a.i.asked && !a.i.why,
	   "nobody is asked about a key in a file");
	ok(!unlink("unmet.meta"), "a key without sidecar");
	is_answer("unmet", BPFKEY_STANDING_ASK, BPFKEY_USABLE_NO, -BPFKEY_E_NO_SUPPORT,
		  "only under a policy, and no sidecar tells which", "says what is missing");
}

static void test_cleared(void)
{
	struct tpm *t = opened();

	ok(t && !Esys_Clear(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			    ESYS_TR_NONE), "the TPM is cleared");
	tpm_close(t);
	is_answer("plain", BPFKEY_STANDING_ASK, BPFKEY_USABLE_NO, -BPFKEY_E_OTHER_TPM,
		  "the key was made in this TPM, which was cleared since", "a key");
	is_answer("sealed", BPFKEY_STANDING_ASK, BPFKEY_USABLE_NO, -BPFKEY_E_OTHER_TPM,
		  "it was sealed to this TPM, which was cleared since", "a sealed one");
}

int main(void)
{
	begin();
	bpfkey_ctx_set_tpm(ctx, spec);
	test_plain();
	test_literal();
	test_counter();
	test_signed();
	test_pin();
	test_sealed();
	test_others();
	test_cleared();
	return end();
}
