// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dictionary attack protection: a process that ends in order costs nothing,
 * and our keys do not take part in it at all.
 */
#include <bpfkey.h>

#include "tests/tpm/help.h"

/* How many wrong PINs an embedded TPM takes, which is manufactured by us. */
#define TRIES 32

/* A key as others make it: with a PIN, and protected. Kept as its blobs. */
static TPM2B_PUBLIC *public;
static TPM2B_PRIVATE *private;

static bool make_key_with_pin(void)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.userAuth = { 4, "1234" } };
	const TPM2B_PUBLIC template = { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	} };
	_cleanup_(tpm_closep) struct tpm *t = opened();
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);

	return t && !tpm_srk_open(t, TPM2_RH_OWNER, false, &srk) &&
	       !Esys_Create(t->esys, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			    &sensitive, &template, &(TPM2B_DATA){ 0 }, &(TPML_PCR_SELECTION){ 0 },
			    &private, &public, NULL, NULL, NULL);
}

/* use_key - one signature with the PIN; a response code. */
static TSS2_RC use_key(struct tpm *t, const char *pin)
{
	const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	const TPMT_SIG_SCHEME scheme = { TPM2_ALG_ECDSA, { .ecdsa.hashAlg = TPM2_ALG_SHA256 } };
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t),
						     key = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_esys_freep) TPMT_SIGNATURE *signature = NULL;
	TPM2B_AUTH auth = { .size = (uint16_t)strlen(pin) };
	TPM2B_DIGEST digest = { .size = 32 };
	TSS2_RC rc;

	memcpy(auth.buffer, pin, auth.size);
	if (tpm_srk_open(t, TPM2_RH_OWNER, false, &srk))
		return TPM2_RC_FAILURE;
	rc = Esys_Load(t->esys, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, private,
		       public, &key.handle);
	if (rc)
		return rc;
	Esys_TR_SetAuth(t->esys, key.handle, &auth);
	return Esys_Sign(t->esys, key.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &digest,
			 &scheme, &no_ticket, &signature);
}

static unsigned int tries(bool *locked)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	struct tpm_state s = { .lockout_counter = 99 };

	if (t)
		tpm_state(t, &s);
	if (locked)
		*locked = s.locked_out;
	return s.lockout_counter;
}

/* in_child - use the key in a process that then ends in order or is killed. */
static int in_child(bool orderly)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct tpm *t = opened();

		if (!t || use_key(t, "1234"))
			_exit(1);
		if (!orderly)
			kill(getpid(), SIGKILL);
		tpm_close(t);
		_exit(0);
	}
	return exit_of(pid);
}

/* Ours: killed at work it costs nothing, because there is no PIN to guess. */
static int own_in_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct tpm *t = opened();
		struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_key *k = NULL;
		struct tpm_key_meta meta;
		uint8_t digest[32] = { 0 }, sig[64];
		size_t n;

		if (!t || tpm_key_create(t, "p256", NULL, &pem, &meta) ||
		    tpm_key_load(t, buf_view(&pem), &meta, NULL, &k) ||
		    tpm_key_sign(k, "sha256", digest, 32, sig, sizeof(sig), &n))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	return exit_of(pid);
}

/* A key that asks for a PIN, and cannot be tried without it being counted, is refused. */
static void test_file_with_pin(void)
{
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_file f = { .parent = TPM2_RH_OWNER, .needs_auth = true };
	struct tpm *t = opened();
	struct tpm_key *k = NULL;

	f.public = *public;
	f.private = *private;
	ok(t && !tpm_file_put(ctx, &f, &pem), "a file of a key with a PIN");
	is_int(tpm_key_load(t, buf_view(&pem), NULL, NULL, &k), -BPFKEY_E_NO_SUPPORT, "is refused");
	ok(said("asks for a PIN"), "with the reason");
	bk_forget(ctx);
	tpm_close(t);
	is_int(tries(NULL), 0, "and nothing was counted");
}

static void test_locked(void)
{
	struct tpm *t = opened();
	TSS2_RC rc = 0;
	bool locked = false;

	bk_forget(ctx);
	rc = use_key(t, "bad");
	is_int(tpm_fail(t, rc, "cannot sign"), -BPFKEY_E_PIN, "a wrong PIN");
	ok(said("cannot sign: the PIN is wrong, and the TPM has counted the attempt (TPM error "
		"0x98e)"),
	   "is told as such");
	for (int i = 0; i < 3; i++)
		rc = use_key(t, "bad");
	ok(tpm_rc_is(rc, TPM2_RC_AUTH_FAIL), "three more do not lock a TPM that we made");
	for (int i = 0; i < TRIES - 3; i++)
		rc = use_key(t, "bad");
	bk_forget(ctx);
	is_int(tpm_fail(t, rc, "cannot sign"), -BPFKEY_E_LOCKOUT, "after 32 it is locked");
	ok(said("locked out after too many wrong PINs"), "which is told, too");
	bk_forget(ctx);
	tpm_close(t);
	ok(tries(&locked) == TRIES && locked, "and shows");
	is_int(own_in_child(), 128 + SIGKILL, "our keys still work then");
}

/* set_password - of the lockout hierarchy, in an opening of its own */
static bool set_password(const char *was, const char *now)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	TPM2B_AUTH a = { .size = (uint16_t)strlen(was) }, b = { .size = (uint16_t)strlen(now) };

	memcpy(a.buffer, was, a.size);
	memcpy(b.buffer, now, b.size);
	return t && !Esys_TR_SetAuth(t->esys, ESYS_TR_RH_LOCKOUT, &a) &&
	       !Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					 ESYS_TR_NONE, ESYS_TR_NONE, &b);
}

static char right[] = "way out", wrong[] = "not it";
static int asked;

static int answer(void *user, enum bpfkey_secret what, const char *name, char *buf, size_t cap,
		  size_t *ret_len)
{
	const char *word = user;

	asked += what == BPFKEY_SECRET_PIN && strstr(name, spec) && cap > strlen(word);
	*ret_len = strlen(word);
	memcpy(buf, word, *ret_len);
	return 0;
}

/* lock_again - as many wrong PINs as it takes */
static bool lock_again(void)
{
	struct tpm *t = opened();
	bool locked = false;

	for (int i = 0; t && i <= TRIES; i++)
		use_key(t, "bad");
	tpm_close(t);
	return tries(&locked) == TRIES && locked;
}

static TSS2_RC use_once(const char *pin)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();

	return t ? use_key(t, pin) : TPM2_RC_FAILURE;
}

static void test_reset(void)
{
	bool locked = true;

	bpfkey_ctx_set_tpm(ctx, spec);
	is_int(use_once("1234"), TPM2_RC_LOCKOUT, "locked, the right PIN is refused");
	is_int(bpfkey_tpm_reset_lockout(ctx), 0, "without a lockout password it is reset");
	ok(!tries(&locked) && !locked, "nothing is remembered then");
	is_int(use_once("1234"), 0, "and the right PIN is right again");
	ok(set_password("", right) && lock_again(), "locked once more, with a password set");
	is_int(bpfkey_tpm_reset_lockout(ctx), -BPFKEY_E_USAGE, "nobody can be asked for it");
	ok(said("a lockout password is set in this TPM: it needs a PIN"), "which is told");
	bpfkey_ctx_set_ask(ctx, answer, right);
	is_int(bpfkey_tpm_reset_lockout(ctx), 0, "the right password resets it");
	is_int(asked, 1, "asked for once, by the TPM's name");
	ok(!tries(&locked) && !locked, "nothing is remembered");
}

/*
 * A wrong lockout password: one attempt, and the password itself is locked, for as long as this
 * TPM runs. Ours is taken again by the next process; one that waits would wait for ever.
 */
static void test_wrong_password(void)
{
	struct tpm *t;
	TPM2B_AUTH none = { 0 };

	asked = 0;
	ok(lock_again(), "locked for the third time");
	bpfkey_ctx_set_ask(ctx, answer, wrong);
	is_int(bpfkey_tpm_reset_lockout(ctx), -BPFKEY_E_PIN, "a wrong lockout password");
	ok(said("cannot reset the lockout: the lockout password is wrong, and the TPM takes none "
		"now") && strstr(bpfkey_ctx_hint(ctx), "with the next command"), "in words");
	is_int(asked, 1, "was asked for once");
	is_int(own_in_child(), 128 + SIGKILL, "our keys without PIN work even now");
	bpfkey_ctx_set_ask(ctx, answer, right);
	is_int(bpfkey_tpm_reset_lockout(ctx), 0, "the next command takes the right one");

	t = opened();
	memcpy(none.buffer, right, none.size = sizeof(right) - 1);
	ok(t && !Esys_TR_SetAuth(t->esys, ESYS_TR_RH_LOCKOUT, &none) &&
	   !Esys_DictionaryAttackParameters(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE, TRIES, 600, 1000),
	   "a TPM whose owner lets the password wait");
	tpm_close(t);
	ok(lock_again(), "is locked");
	bpfkey_ctx_set_ask(ctx, answer, wrong);
	is_int(bpfkey_tpm_reset_lockout(ctx), -BPFKEY_E_PIN, "a wrong lockout password there");
	ok(strstr(bpfkey_ctx_hint(ctx), "embedded TPM stands") != NULL, "in other words");
	bpfkey_ctx_set_ask(ctx, answer, right);
	is_int(bpfkey_tpm_reset_lockout(ctx), -BPFKEY_E_LOCKOUT, "then the right one is refused");
	ok(said("the lockout password itself is locked after a wrong one (TPM error 0x921)"),
	   "in other words again");
	bpfkey_ctx_set_ask(ctx, NULL, NULL);
}

static void heard(void *user, enum bpfkey_log_level level, const char *line)
{
	if (level == BPFKEY_LOG_WARNING)
		snprintf(user, 400, "%s", line);
}

/* limits - as whoever owns the TPM sets them */
static bool limits(uint32_t max, uint32_t interval, uint32_t recovery)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();

	return t && !Esys_DictionaryAttackParameters(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
						     ESYS_TR_NONE, ESYS_TR_NONE, max, interval,
						     recovery);
}

/* with_pin - make a key with a PIN; what was warned of, and the limits then */
static bool with_pin(char warned[400], struct tpm_state *now)
{
	_cleanup_(bk_secret_freep) struct bk_secret *auth = bk_secret_new(POLICY_PIN_LEN);
	const struct key_policy policy = { .pin = true };
	const struct tpm_use use = { .policy = &policy, .auth = auth };
	_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
	_cleanup_(tpm_closep) struct tpm *t = opened();
	struct tpm_key_meta meta;
	bool good;

	memset(bk_secret_data(auth), 7, POLICY_PIN_LEN);
	bk_secret_set_len(auth, POLICY_PIN_LEN);
	warned[0] = '\0';
	bpfkey_ctx_set_log(ctx, heard, warned);
	good = t && !tpm_key_create(t, "p256", &use, &pem, &meta) && !tpm_state(t, now);
	bpfkey_ctx_set_log(ctx, NULL, NULL);
	return good;
}

/* What a TPM gets when it is made, and what a key with a PIN changes: never an owner's choice. */
static void test_limits(void)
{
	struct tpm_state s = { 0 };
	char warned[400];

	ok(with_pin(warned, &s) && s.lockout_max == TRIES && s.lockout_interval == 600 &&
	   !s.lockout_recovery, "an embedded TPM comes with limits of ours");
	is_str(warned, "", "of which nobody is warned");
	ok(limits(3, 1000, 1000) && with_pin(warned, &s) && s.lockout_max == TRIES &&
	   !s.lockout_recovery, "one that was made without them gets them with its first PIN");
	is_str(warned, "", "without a word");
	ok(limits(4, 60, 1000) && with_pin(warned, &s) && s.lockout_max == 4 &&
	   s.lockout_interval == 60, "an owner's limits are left alone");
	is_str(warned, "", "also without a word: four tries are enough");
	ok(limits(2, 60, 1000) && with_pin(warned, &s) && s.lockout_max == 2, "two");
	ok(strstr(warned, "2 wrong PINs lock this TPM") && strstr(warned, "tpm2_dictionarylockout"),
	   "are worth a warning");
	ok(limits(32, 0, 1000) && with_pin(warned, &s) && strstr(warned, "never forgets"),
	   "so is a TPM that never forgets");
	ok(limits(32, 86401, 1000) && with_pin(warned, &s) && strstr(warned, "after 86401 seconds"),
	   "and one that takes days");
	ok(limits(32, 600, 0), "ours again");
}

int main(void)
{
	int bad = 0;

	begin();
	test_limits();
	ok(make_key_with_pin(), "a key with a PIN");
	for (int i = 0; i < 4; i++)
		bad += in_child(true);
	is_int(bad, 0, "used with the right PIN by four processes");
	is_int(tries(NULL), 0, "that end in order: nothing is counted");
	test_file_with_pin();
	for (int i = 0; i < 4; i++)
		bad += own_in_child() != 128 + SIGKILL;
	is_int(bad, 0, "our keys, used by four processes that are killed");
	is_int(tries(NULL), 0, "count for nothing");
	is_int(in_child(false), 128 + SIGKILL, "but one use of the other, killed");
	is_int(tries(NULL), 1, "counts, so the orderly end is what helps");
	test_locked();
	test_reset();
	test_wrong_password();
	Esys_Free(public);
	Esys_Free(private);
	return end();
}
