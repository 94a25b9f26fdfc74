// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Response codes of a TPM and what becomes of them: those of facts-tpm.md that
 * a software TPM can be brought to, from an embedded one; every row of the
 * table from a transport that answers with nothing else, which also counts how
 * often it is asked.
 */
#include <bpfkey.h>

#include "lib/base/explain.h"
#include "tests/tpm/handles.h"
#include "tests/tpm/help.h"

static struct tpm *t;

static const TPM2B_SENSITIVE_CREATE no_secret;
static const TPML_PCR_SELECTION no_pcrs;
static const TPM2B_DATA no_data;
static const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
static const TPMT_SIG_SCHEME ecdsa = { TPM2_ALG_ECDSA, { .ecdsa.hashAlg = TPM2_ALG_SHA256 } };

static bool tamper;	/* with the next object, before it is loaded */
static TPMA_OBJECT added;	/* attributes of it that it was not made with */

/* make - an object below the storage root key, loaded */
static TSS2_RC make(TPM2B_PUBLIC *want, const char *pin, const void *data, uint16_t n,
		    struct tpm_object *ret)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_CREATE s = no_secret;
	TSS2_RC rc;

	s.sensitive.userAuth.size = (uint16_t)strlen(pin);
	memcpy(s.sensitive.userAuth.buffer, pin, strlen(pin));
	s.sensitive.data.size = n;
	if (n)
		memcpy(s.sensitive.data.buffer, data, n);
	if (tpm_srk_open(t, TPM2_RH_OWNER, false, &srk))
		return TPM2_RC_FAILURE;
	rc = Esys_Create(t->esys, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &s,
			 want, &no_data, &no_pcrs, &private, &public, NULL, NULL, NULL);
	if (!rc && tamper)
		private->buffer[40] ^= 1;
	if (!rc)
		public->publicArea.objectAttributes |= added;
	return rc ? rc : Esys_Load(t->esys, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				   ESYS_TR_NONE, private, public, &ret->handle);
}

static TPM2B_PUBLIC key_template(void)
{
	return tpm_key_template(tpm_alg_find("p256"));
}

static TPM2B_PUBLIC data_template(void)
{
	return (TPM2B_PUBLIC){ .publicArea = {
		.type = TPM2_ALG_KEYEDHASH, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_NODA,
		.authPolicy = { 32, { 1 } },
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
}

static TSS2_RC sign_with(const struct tpm_object *key, const char *pin)
{
	_cleanup_(tpm_esys_freep) TPMT_SIGNATURE *signature = NULL;
	TPM2B_AUTH auth = { .size = (uint16_t)strlen(pin) };
	TPM2B_DIGEST digest = { .size = 32 };

	memcpy(auth.buffer, pin, auth.size);
	Esys_TR_SetAuth(t->esys, key->handle, &auth);
	return Esys_Sign(t->esys, key->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			 &digest, &ecdsa, &no_ticket, &signature);
}

static TSS2_RC guess(TPMA_OBJECT without, unsigned int tries)
{
	_cleanup_(tpm_object_done) struct tpm_object key = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = key_template();
	TSS2_RC rc;

	want.publicArea.objectAttributes &= ~without;
	rc = make(&want, "1234", NULL, 0, &key);
	if (rc)
		return TPM2_RC_FAILURE;
	while (tries--)
		rc = sign_with(&key, "bad");
	return rc;
}

static TSS2_RC wrong_counted(void)
{
	return guess(TPMA_OBJECT_NODA, 1);
}

static TSS2_RC wrong(void)
{
	return guess(0, 1);
}

static TSS2_RC locked_out(void)
{
	TSS2_RC rc = Esys_DictionaryAttackParameters(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
						     ESYS_TR_NONE, ESYS_TR_NONE, 3, 600, 0);

	rc = rc ? rc : guess(TPMA_OBJECT_NODA, 4);
	Esys_DictionaryAttackLockReset(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				       ESYS_TR_NONE);
	return rc;
}

static TSS2_RC password_for_policy(void)
{
	_cleanup_(tpm_object_done) struct tpm_object key = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = key_template();
	TSS2_RC rc;

	want.publicArea.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_USERWITHAUTH;
	rc = make(&want, "", NULL, 0, &key);
	return rc ? rc : sign_with(&key, "");
}

static TSS2_RC session(TPM2_SE type, struct tpm_object *ret)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

	return Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				     ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, &none,
				     TPM2_ALG_SHA256, &ret->handle);
}

static TSS2_RC policy_pcr(const struct tpm_object *s)
{
	const TPML_PCR_SELECTION pcr16 = { 1, { { TPM2_ALG_SHA256, 3, { 0, 0, 1 } } } };

	return Esys_PolicyPCR(t->esys, s->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			      &(TPM2B_DIGEST){ 0 }, &pcr16);
}

/* unseal - under a policy that is another; @extend: a PCR moves between assertion and use */
static TSS2_RC unseal(bool extend)
{
	_cleanup_(tpm_object_done) struct tpm_object data = TPM_OBJECT_NONE(t),
						     s = TPM_OBJECT_NONE(t);
	const TPML_DIGEST_VALUES one = { 1, { { TPM2_ALG_SHA256, { .sha256 = { 1 } } } } };
	_cleanup_(tpm_esys_freep) TPM2B_SENSITIVE_DATA *out = NULL;
	TPM2B_PUBLIC want = data_template();
	TSS2_RC rc = make(&want, "", "data", 4, &data);

	if (!rc)
		rc = session(TPM2_SE_POLICY, &s);
	if (!rc)
		rc = policy_pcr(&s);
	if (!rc && extend)
		rc = Esys_PCR_Extend(t->esys, ESYS_TR_PCR7, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &one);
	return rc ? rc : Esys_Unseal(t->esys, data.handle, s.handle, ESYS_TR_NONE, ESYS_TR_NONE,
				     &out);
}

static TSS2_RC policy_failed(void)
{
	return unseal(false);
}

static TSS2_RC pcr_moved(void)
{
	return unseal(true);
}

static TSS2_RC not_signed(void)
{
	_cleanup_(tpm_object_done) struct tpm_object s = TPM_OBJECT_NONE(t);
	const TPMT_TK_VERIFIED forged = { .tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_OWNER,
					  .digest = { 32, { 0 } } };
	const TPM2B_NAME name = { 34, { 0, 0x0b } };
	TSS2_RC rc = session(TPM2_SE_POLICY, &s);

	return rc ? rc : Esys_PolicyAuthorize(t->esys, s.handle, ESYS_TR_NONE, ESYS_TR_NONE,
					      ESYS_TR_NONE, &(TPM2B_DIGEST){ 0 },
					      &(TPM2B_NONCE){ 0 }, &name, &forged);
}

static TSS2_RC counter_moved(void)
{
	_cleanup_(tpm_object_done) struct tpm_object s = TPM_OBJECT_NONE(t);
	const TPM2B_OPERAND zero = { .size = 8 };
	ESYS_TR nv;
	TSS2_RC rc = counter_open(t, &nv);

	if (!rc)
		rc = counter_up(t, nv);
	if (!rc)
		rc = session(TPM2_SE_POLICY, &s);
	if (!rc)
		rc = Esys_PolicyNV(t->esys, nv, nv, s.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				   ESYS_TR_NONE, &zero, 0, TPM2_EO_UNSIGNED_LE);
	Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE);
	return rc;
}

static TSS2_RC never_counted(void)
{
	_cleanup_(tpm_esys_freep) TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR nv;
	TSS2_RC rc = counter_open(t, &nv);

	if (!rc)
		rc = Esys_NV_Read(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8,
				  0, &data);
	Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE);
	return rc;
}

static TSS2_RC foreign_blob(void)
{
	_cleanup_(tpm_object_done) struct tpm_object key = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = key_template();
	TSS2_RC rc;

	tamper = true;
	rc = make(&want, "", NULL, 0, &key);
	tamper = false;
	return rc;
}

static TSS2_RC later_attributes(void)
{
	_cleanup_(tpm_object_done) struct tpm_object key = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = key_template();
	TSS2_RC rc;

	added = 1u << 31;
	rc = make(&want, "", NULL, 0, &key);
	added = 0;
	return rc;
}

static TSS2_RC no_handle(void)
{
	ESYS_TR h;

	return Esys_TR_FromTPMPublic(t->esys, 0x81005555, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				     &h);
}

static TSS2_RC objects_full(void)
{
	struct tpm_object o[4] = { TPM_OBJECT_NONE(t), TPM_OBJECT_NONE(t), TPM_OBJECT_NONE(t),
				   TPM_OBJECT_NONE(t) };
	TPM2B_PUBLIC want = key_template();
	TSS2_RC rc = 0;

	for (size_t i = 0; !rc && i < 4; i++)
		rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &no_secret, &want, &no_data, &no_pcrs,
					&o[i].handle, NULL, NULL, NULL, NULL);
	for (size_t i = 0; i < 4; i++)
		tpm_object_done(&o[i]);
	return rc;
}

static TSS2_RC sessions_full(void)
{
	struct tpm_object s[4] = { TPM_OBJECT_NONE(t), TPM_OBJECT_NONE(t), TPM_OBJECT_NONE(t),
				   TPM_OBJECT_NONE(t) };
	TSS2_RC rc = 0;

	for (size_t i = 0; !rc && i < 4; i++)
		rc = session(TPM2_SE_HMAC, &s[i]);
	for (size_t i = 0; i < 4; i++)
		tpm_object_done(&s[i]);
	return rc;
}

static TSS2_RC too_large_key(void)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = tpm_key_template(tpm_alg_find("rsa4096"));

	return make(&want, "", NULL, 0, &o);
}

static TSS2_RC no_curve(void)
{
	TPMT_PUBLIC_PARMS p = { .type = TPM2_ALG_ECC, .parameters.eccDetail = {
		.symmetric.algorithm = TPM2_ALG_NULL, .scheme.scheme = TPM2_ALG_NULL,
		.curveID = 0x40, .kdf.scheme = TPM2_ALG_NULL,
	} };

	return Esys_TestParms(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &p);
}

static TSS2_RC too_long(void)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	TPM2B_PUBLIC want = data_template();
	uint8_t data[129] = { 0 };

	return make(&want, "", data, sizeof(data), &o);
}

/*
 * The rows of facts-tpm.md, but 0x101, 0x920 and 0x922, which no healthy
 * emulator says, and 0x100, which the TSS takes for a good start.
 */
static const struct { const char *what; TPM2_RC rc; TSS2_RC (*run)(void); int code; } cases[] = {
	{ "a wrong PIN", 0x98e, wrong_counted, BPFKEY_E_PIN },
	{ "a wrong PIN that is not counted", 0x9a2, wrong, BPFKEY_E_PIN },
	{ "too many of them", 0x921, locked_out, BPFKEY_E_LOCKOUT },
	{ "another policy", 0x99d, policy_failed, BPFKEY_E_POLICY },
	{ "a PCR that moves in between", 0x128, pcr_moved, 0 },
	{ "a state that nobody signed", 0x1c4, not_signed, 0 },
	{ "a counter over its limit", 0x126, counter_moved, BPFKEY_E_POLICY },
	{ "a password where a policy decides", 0x12f, password_for_policy, BPFKEY_E_POLICY },
	{ "a blob with another bit", 0x1df, foreign_blob, BPFKEY_E_OTHER_TPM },
	{ "attributes that no TPM knows", 0x2e1, later_attributes, 0 },
	{ "a handle without object", 0x18b, no_handle, BPFKEY_E_NOT_FOUND },
	{ "a counter that was never counted up", 0x14a, never_counted, BPFKEY_E_NOT_FOUND },
	{ "a fourth object", 0x902, objects_full, BPFKEY_E_BUSY },
	{ "a fourth session", 0x903, sessions_full, BPFKEY_E_BUSY },
	{ "RSA-4096", 0x2c4, too_large_key, 0 },
	{ "a curve that it has not", 0x2e6, no_curve, BPFKEY_E_NO_SUPPORT },
	{ "129 bytes to seal", 0x1d5, too_long, BPFKEY_E_TOO_BIG },
};

/* told - the sentence has the row's cause, the hint is its next step */
static bool told(TPM2_RC rc)
{
	const struct bpfkey_explanation *e =
		bpfkey_explain(BPFKEY_EXPLAIN_TPM, bk_explain_tpm_code(rc));

	return e && said(e->cause) && !strcmp(bpfkey_ctx_hint(ctx), e->next);
}

static void test_real(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TSS2_RC rc = cases[i].run();
		int r;

		bk_forget(ctx);
		ok(tpm_rc_is(rc, bk_explain_tpm_code(cases[i].rc)), "%s is 0x%x: 0x%x",
		   cases[i].what, cases[i].rc, rc);
		r = tpm_fail(t, rc, "cannot do it");
		ok(said("cannot do it: ") && told(cases[i].rc), "0x%x in words", cases[i].rc);
		if (cases[i].code)
			ok(r == -cases[i].code, "0x%x as our code", cases[i].rc);
		bk_forget(ctx);
	}
	is_int(handles_from(t, first_of(TPM2_HT_TRANSIENT)), 0, "no object is left");
	is_int(handles_from(t, first_of(TPM2_HT_LOADED_SESSION)), 0, "no session is left");
}

/* Every code of the specification has its row, but for what we never ask for. */
static void test_whole(void)
{
	static const TPM2_RC never[] = {
		TPM2_RC_BAD_TAG, TPM2_RC_PRIVATE, TPM2_RC_HMAC, TPM2_RC_MGF, TPM2_RC_PP,
		TPM2_RC_NO_RESULT,
	};
	static const struct { TPM2_RC from, to; } spans[] = {
		{ TPM2_RC_INITIALIZE, TPM2_RC_SENSITIVE },
		{ TPM2_RC_ASYMMETRIC, TPM2_RC_ECC_POINT },
		{ TPM2_RC_CONTEXT_GAP, TPM2_RC_NV_UNAVAILABLE },
	};
	/* Numbers that the specification leaves free. */
	static const TPM2_RC gaps[] = {
		0x086, 0x091, 0x093, 0x094, 0x099, 0x09e, 0x90b, 0x90c, 0x90d, 0x90e, 0x90f, 0x917,
		0x91f, 0x102, 0x122, 0x123,
	};
	unsigned int missing = 0;

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		for (TPM2_RC rc = spans[i].from; rc <= spans[i].to; rc++) {
			bool known = bpfkey_explain(BPFKEY_EXPLAIN_TPM, bk_explain_tpm_code(rc));

			for (size_t j = 0; j < ARRAY_SIZE(never); j++)
				known |= rc == never[j];
			for (size_t j = 0; j < ARRAY_SIZE(gaps); j++)
				known |= rc == gaps[j];
			/* And between those of format 0. */
			known |= (rc > 0x103 && rc < 0x120) || (rc > 0x128 && rc < 0x12d) ||
				 (rc > 0x131 && rc < 0x142) || (rc > 0x14c && rc < 0x150);
			if (!known)
				printf("# no row for 0x%x\n", rc);
			missing += !known;
		}
	}
	is_int(missing, 0, "every code of the specification has a row");
}

/* A transport that answers every command with one code, and counts them. */
static struct {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1;
	TPM2_RC rc;
	unsigned int asked;
} parrot;

static TSS2_RC parrot_take(TSS2_TCTI_CONTEXT *c, size_t n, const uint8_t *command)
{
	(void)c;
	(void)command;
	parrot.asked += n > 0;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC parrot_answer(TSS2_TCTI_CONTEXT *c, size_t *n, uint8_t *out, int32_t timeout)
{
	const uint8_t answer[10] = { 0x80, 0x01, 0, 0, 0, 10, (uint8_t)(parrot.rc >> 24),
				     (uint8_t)(parrot.rc >> 16), (uint8_t)(parrot.rc >> 8),
				     (uint8_t)parrot.rc };

	(void)c;
	(void)timeout;
	if (out)
		memcpy(out, answer, sizeof(answer));
	*n = sizeof(answer);
	return TSS2_RC_SUCCESS;
}

static void test_rows(void)
{
	struct tpm p = { .ctx = ctx, .kind = TPM_KIND_OTHER, .session = ESYS_TR_NONE };
	unsigned int more = 0, silent = 0, good = 0;
	struct tpm_state s;
	bool has;

	parrot.v1 = (TSS2_TCTI_CONTEXT_COMMON_V1){ .version = 1, .transmit = parrot_take,
						   .receive = parrot_answer };
	p.tcti = (TSS2_TCTI_CONTEXT *)&parrot;
	if (Esys_Initialize(&p.esys, p.tcti, NULL)) {
		ok(false, "a TPM that repeats itself");
		return;
	}
	for (size_t i = 0; i < bk_explain_tpm_n; i++) {
		TPM2_RC rc = (TPM2_RC)strtoul(bk_explain_tpm[i].name, NULL, 16);
		/* The TSS itself sends a command again that the TPM did not begin with. */
		bool by_tss = rc == TPM2_RC_RETRY || rc == TPM2_RC_TESTING ||
			      rc == TPM2_RC_YIELDED;

		bk_forget(ctx);
		parrot.rc = rc;
		parrot.asked = 0;
		good += tpm_state(&p, &s) < 0;
		if (!told(rc))
			silent++;
		if (by_tss ? parrot.asked > 6 : parrot.asked != 1) {
			printf("# 0x%x was asked for %u times\n", rc, parrot.asked);
			more++;
		}
	}
	is_int(good, (int)bk_explain_tpm_n, "each row of the table is a failure");
	is_int(silent, 0, "with its cause and its next step");
	is_int(more, 0, "and the command was sent once");
	parrot.rc = 0x17f;
	bk_forget(ctx);
	is_int(tpm_has_alg(&p, "p256", &has), -BPFKEY_E_TPM, "a code that nobody knows");
	ok(said("the TPM answered with error 0x17f"), "is told as it is");
	bk_forget(ctx);
	Esys_Finalize(&p.esys);
}

int main(void)
{
	begin();
	t = opened();
	ok(t != NULL, "the TPM is open");
	if (!t)
		return end();
	test_real();
	tpm_close(t);
	test_whole();
	test_rows();
	return end();
}
