/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Authorising the use of one object: by nothing, a PIN, a policy, or both. On
 * a bus the session is salted with the storage root key and, when there is a
 * PIN, bound to the object: who answers in the TPM's place and knows the one
 * still lacks the other. One attempt, always.
 */
#include <string.h>

#include "tpm_policy.h"

static bool has_pin(const struct tpm_auth *a)
{
	return a->use.policy && a->use.policy->pin;
}

/* tell_password - to the TSS, which keeps a copy until tpm_auth_done() */
static int tell_password(struct tpm_auth *a)
{
	TPM2B_AUTH password = { 0 };
	TSS2_RC rc;
	int r;

	if (!has_pin(a))
		return 0;
	if (!a->use.auth)
		return bk_fail(a->t->ctx, -BPFKEY_E_USAGE, "the key needs its PIN");
	r = tpm_use_password(a->t->ctx, &a->use, &password);
	if (r < 0)
		return r;
	rc = Esys_TR_SetAuth(a->t->esys, a->object->handle, &password);
	bk_wipe(&password, sizeof(password));
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(a->t, rc, "cannot use the PIN");
}

static int start_session(struct tpm_auth *a, ESYS_TR srk, TPM2_SE type)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB,
	};
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	bool bus = a->t->kind != TPM_KIND_EMBEDDED;
	/*
	 * PolicyAuthValue has the PIN in the session's HMAC as it is; bound as well, TSS
	 * 3.2.1 and libtpms 0.9.2 do not agree on the key.
	 */
	ESYS_TR bind = bus && has_pin(a) && type == TPM2_SE_HMAC ? a->object->handle : ESYS_TR_NONE;
	TSS2_RC rc;

	if (bus && srk == ESYS_TR_NONE)
		return bk_fail(a->t->ctx, -BPFKEY_E_INTERNAL, "no key to salt a TPM session with");
	rc = Esys_StartAuthSession(a->t->esys, bus ? srk : ESYS_TR_NONE, bind, ESYS_TR_NONE,
				   ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, bus ? &aes : &none,
				   TPM2_ALG_SHA256, &a->session);
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	a->session = ESYS_TR_NONE;
	return tpm_fail(a->t, rc, "cannot start a session with the TPM for the key");
}

/* take_signature - plain numbers into the TPM's structure */
static int take_signature(struct tpm *t, const struct policy_grant *g, const struct pubkey *k,
			  TPMT_SIGNATURE *ret)
{
	size_t n = pubkey_bytes(k);
	TPMT_SIGNATURE s = { 0 };

	if (g->sig_len != (k->type == PUBKEY_EC ? 2 * n : n))
		return bk_fail(t->ctx, -BPFKEY_E_FORMAT, "the signature of a state is %zu bytes "
			       "long, which no signature of its policy key is", g->sig_len);
	if (k->type == PUBKEY_EC) {
		TPMS_SIGNATURE_ECDSA *e = &s.signature.ecdsa;

		s.sigAlg = TPM2_ALG_ECDSA;
		e->hash = TPM2_ALG_SHA256;
		e->signatureR.size = e->signatureS.size = (uint16_t)n;
		memcpy(e->signatureR.buffer, g->sig, n);
		memcpy(e->signatureS.buffer, g->sig + n, n);
	} else {
		s.sigAlg = TPM2_ALG_RSASSA;
		s.signature.rsassa.hash = TPM2_ALG_SHA256;
		s.signature.rsassa.sig.size = (uint16_t)n;
		memcpy(s.signature.rsassa.sig.buffer, g->sig, n);
	}
	*ret = s;
	return 0;
}

static int load_signer(struct tpm *t, const struct pubkey *k, struct tpm_object *ret)
{
	TPM2B_PUBLIC public;
	TSS2_RC rc;
	int r = tpm_policy_signer(t->ctx, k, &public);

	if (r < 0)
		return r;
	/* Not the null hierarchy: its tickets prove nothing. */
	rc = Esys_LoadExternal(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &public,
			       ESYS_TR_RH_OWNER, &ret->handle);
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	ret->handle = ESYS_TR_NONE;
	return tpm_fail(t, rc, "cannot load the policy key into the TPM");
}

/* get_ticket - the TPM checks the signature of the state once for all uses */
static int get_ticket(struct tpm_auth *a)
{
	const struct key_policy *p = a->use.policy;
	_cleanup_(tpm_object_done) struct tpm_object signer = TPM_OBJECT_NONE(a->t);
	TPM2B_DIGEST d = { .size = POLICY_DIGEST_LEN };
	TPMT_SIGNATURE s;
	TSS2_RC rc;
	int r;

	r = tpm_policy_to_sign(a->t->ctx, &a->grant->pcrs, &a->grant->counter, p->ref, d.buffer);
	if (!r)
		r = take_signature(a->t, a->grant, &p->signer, &s);
	if (!r)
		r = load_signer(a->t, &p->signer, &signer);
	if (r < 0)
		return r;
	rc = Esys_VerifySignature(a->t->esys, signer.handle, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &d, &s, &a->ticket);
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (!tpm_rc_is(rc, TPM2_RC_SIGNATURE))
		return tpm_fail(a->t, rc, "cannot check the signature of the state");
	bk_hint(a->t->ctx, "sign the state again with 'keyctl-bpf key policy sign'");
	return bk_fail(a->t->ctx, -BPFKEY_E_SIGNATURE,
		       "the policy key has not signed this state of the machine");
}

int tpm_auth_begin(struct tpm_auth *a, ESYS_TR srk, const struct tpm_object *object,
		   const struct tpm_use *use)
{
	struct tpm_standing s;
	int r;

	a->object = object;
	a->use = use ? *use : (struct tpm_use){ 0 };
	r = tell_password(a);
	if (r < 0 || policy_is_empty(a->use.policy))
		return r;
	if (!policy_needs_session(a->use.policy))
		return a->t->kind == TPM_KIND_EMBEDDED ? 0 : start_session(a, srk, TPM2_SE_HMAC);
	r = tpm_standing(a->t, &a->use, &s);
	if (!r)
		r = tpm_standing_fail(a->t, &a->use, &s);
	if (r < 0)
		return r;
	a->grant = a->use.policy->has_signer ? s.grant : NULL;
	r = a->grant ? get_ticket(a) : 0;
	return r < 0 ? r : start_session(a, srk, TPM2_SE_POLICY);
}

static int run_pcrs(struct tpm_auth *a, const struct pcr_set *set)
{
	TPM2B_DIGEST d = { .size = POLICY_DIGEST_LEN };
	TPML_PCR_SELECTION s;
	TSS2_RC rc;
	int r;

	if (!set->mask)
		return 0;
	r = tpm_pcr_selection(a->t->ctx, set, &s);
	if (!r)
		r = tpm_pcr_digest(a->t->ctx, set, d.buffer);
	if (r < 0)
		return r;
	rc = Esys_PolicyPCR(a->t->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &d,
			    &s);
	if (tpm_rc_is(rc, TPM2_RC_VALUE)) {
		bk_hint(a->t->ctx, "run the command again; 'keyctl-bpf key show' names the PCRs");
		return bk_fail(a->t->ctx, -BPFKEY_E_POLICY, "the policy of the key is not met: a "
			       "PCR was changed in this very moment");
	}
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(a->t, rc, "cannot show the PCRs to the TPM");
}

static int run_counter(struct tpm_auth *a, const struct nv_ref *ref)
{
	_cleanup_(tpm_nv_done) struct tpm_nv nv = { .t = a->t, .handle = ESYS_TR_NONE };
	const TPM2B_OPERAND limit = tpm_policy_operand(ref);
	enum tpm_counter state = TPM_COUNTER_GOOD;
	TSS2_RC rc;
	int r;

	if (!ref->index)
		return 0;
	r = tpm_nv_open(a->t, ref, &nv, &state);
	if (r < 0)
		return r;
	if (state != TPM_COUNTER_GOOD)
		return bk_fail(a->t->ctx, -BPFKEY_E_POLICY, "the policy of the key is not met: the "
			       "counter 0x%08x was replaced in this very moment", ref->index);
	rc = Esys_PolicyNV(a->t->esys, nv.reader, nv.handle, a->session, ESYS_TR_PASSWORD,
			   ESYS_TR_NONE, ESYS_TR_NONE, &limit, 0, TPM2_EO_UNSIGNED_LE);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(a->t, rc, "cannot show the counter 0x%08x to "
						    "the TPM", ref->index);
}

static int run_grant(struct tpm_auth *a)
{
	const struct key_policy *p = a->use.policy;
	TPM2B_DIGEST approved = { .size = POLICY_DIGEST_LEN };
	TPM2B_NONCE ref = { .size = (uint16_t)strlen(p->ref) };
	TPM2B_NAME name;
	TSS2_RC rc;
	int r;

	r = run_pcrs(a, &a->grant->pcrs);
	if (!r)
		r = run_counter(a, &a->grant->counter);
	if (!r)
		r = tpm_policy_state(a->t->ctx, &a->grant->pcrs, &a->grant->counter,
				     approved.buffer);
	if (!r)
		r = tpm_policy_signer_name(a->t->ctx, &p->signer, &name);
	if (r < 0)
		return r;
	memcpy(ref.buffer, p->ref, ref.size);
	rc = Esys_PolicyAuthorize(a->t->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &approved, &ref, &name, a->ticket);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(a->t, rc, "cannot show the signed state to "
						    "the TPM");
}

static int run_policy(struct tpm_auth *a)
{
	const struct key_policy *p = a->use.policy;
	TSS2_RC rc;
	int r = 0;

	/* A use ends the policy that was run for it; one that failed half way is still there. */
	rc = Esys_PolicyRestart(a->t->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(a->t, rc, "cannot start the policy of the key");
	if (a->grant)
		r = run_grant(a);
	if (!r)
		r = run_pcrs(a, &p->pcrs);
	if (!r)
		r = run_counter(a, &p->counter);
	if (r < 0 || !p->pin)
		return r;
	rc = Esys_PolicyAuthValue(a->t->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(a->t, rc, "cannot tell the TPM of the PIN");
}

int tpm_auth_session(struct tpm_auth *a, TPMA_SESSION attributes, ESYS_TR *ret)
{
	TSS2_RC rc;
	int r;

	if (a->refused < 0) {
		bk_hint(a->t->ctx, "run the command again with the right PIN; 'keyctl-bpf tpm "
			"show' tells how many tries are left");
		return bk_fail(a->t->ctx, a->refused,
			       "not tried: the TPM refused the PIN before");
	}
	/*
	 * Neither PIN nor policy, and nothing to hide: whoever could change this command on its
	 * way could send one of his own, and an HMAC would cost ten times what it takes to sign.
	 */
	if (a->session == ESYS_TR_NONE && !attributes) {
		*ret = ESYS_TR_PASSWORD;
		return 0;
	}
	if (a->session == ESYS_TR_NONE)
		return tpm_session(a->t, ESYS_TR_NONE, attributes, ret);
	if (a->t->kind == TPM_KIND_EMBEDDED)
		attributes = 0;
	rc = Esys_TRSess_SetAttributes(a->t->esys, a->session,
				       attributes | TPMA_SESSION_CONTINUESESSION, 0xff);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(a->t, rc, "cannot use the session with the TPM");
	r = policy_needs_session(a->use.policy) ? run_policy(a) : 0;
	if (r < 0)
		return r;
	*ret = a->session;
	return 0;
}

/* tell_tries - what is left of them, as far as the TPM says it */
static void tell_tries(struct tpm_auth *a, bool locked)
{
	struct tpm_state s = { 0 };

	if (tpm_state(a->t, &s) < 0) {
		bk_forget(a->t->ctx);
		return;
	}
	if (locked)
		bk_hint(a->t->ctx, "%u wrong PINs of %u; wait %u seconds for one more try%s, or "
			"end it with 'keyctl-bpf tpm reset-lockout'", s.lockout_counter,
			s.lockout_max, s.lockout_interval, a->t->kind == TPM_KIND_EMBEDDED ?
			" (an embedded TPM's clock only runs while it is in use)" : "");
	else
		bk_hint(a->t->ctx, "%u wrong PINs are counted of %u that lock the TPM; %u seconds "
			"take one back", s.lockout_counter, s.lockout_max, s.lockout_interval);
}

int tpm_auth_fail(struct tpm_auth *a, TSS2_RC rc, const char *what)
{
	bool locked = tpm_rc_is(rc, TPM2_RC_LOCKOUT);
	bool refused = has_pin(a) && (locked || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL));
	int r;

	if (refused)
		tell_tries(a, locked);
	r = tpm_fail(a->t, rc, "%s", what);
	if (refused)
		a->refused = r;
	return r;
}

void tpm_auth_done(struct tpm_auth *a)
{
	const TPM2B_AUTH zeros = { .size = POLICY_PIN_LEN };

	if (a->session != ESYS_TR_NONE &&
	    Esys_FlushContext(a->t->esys, a->session) != TSS2_RC_SUCCESS)
		Esys_TR_Close(a->t->esys, &a->session);
	a->session = ESYS_TR_NONE;
	/* Over the copy that the TSS would leave behind in memory. */
	if (a->object && a->object->handle != ESYS_TR_NONE && has_pin(a))
		Esys_TR_SetAuth(a->t->esys, a->object->handle, &zeros);
	Esys_Free(steal(&a->ticket));
	a->object = NULL;
}
