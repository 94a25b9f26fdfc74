/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ending a lockout. The lockout password has one attempt: the TPM refuses
 * even the right one for a while after a wrong one, so nothing here tries twice.
 */
#include <string.h>

#include "tpm_priv.h"

/* wrong_password - who types it again at once makes the wait start anew. */
static int wrong_password(struct tpm *t, TSS2_RC rc)
{
	struct tpm_state s = { 0 };
	int r;

	if (tpm_rc_is(rc, TPM2_RC_LOCKOUT)) {
		r = -BPFKEY_E_LOCKOUT;
	} else if (tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) || tpm_rc_is(rc, TPM2_RC_BAD_AUTH)) {
		r = -BPFKEY_E_PIN;
	} else {
		return tpm_fail(t, rc, "cannot reset the lockout");
	}
	if (tpm_state(t, &s) < 0)
		return bk_fail(t->ctx, r, "cannot reset the lockout");
	/* Its clock runs while a command does, and starts anew with the next. */
	if (s.lockout_recovery && t->kind == TPM_KIND_EMBEDDED)
		bk_hint(t->ctx, "the clock of an embedded TPM stands between commands, so this "
			"does not end by itself: restore its state from a backup, or make a new "
			"one");
	else if (s.lockout_recovery)
		bk_hint(t->ctx, "wait %u seconds with the TPM switched on, then give the right "
			"lockout password: one attempt is all there is", s.lockout_recovery);
	else
		bk_hint(t->ctx, "restart the machine (an emulator: its process), then give the "
			"right lockout password: one attempt is all there is");
	if (r == -BPFKEY_E_LOCKOUT)
		return bk_fail(t->ctx, r, "cannot reset the lockout: the lockout password itself "
			       "is locked after a wrong one (TPM error 0x%x)", rc);
	return bk_fail(t->ctx, r, "cannot reset the lockout: the lockout password is wrong, and "
		       "the TPM takes none now (TPM error 0x%x)", rc);
}

int tpm_lockout_reset(struct tpm *t, struct bk_secret *auth)
{
	_cleanup_(tpm_object_done) struct tpm_object salt = TPM_OBJECT_NONE(t);
	TPM2B_AUTH a = { 0 };
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	if (auth && bk_secret_len(auth) > sizeof(a.buffer))
		return bk_fail(t->ctx, -BPFKEY_E_TOO_BIG,
			       "a lockout password has at most %zu bytes", sizeof(a.buffer));
	r = tpm_salt_open(t, &salt);
	if (!r)
		r = tpm_session(t, salt.handle, 0, &session);
	if (r < 0)
		return r;
	if (auth) {
		a.size = (uint16_t)bk_secret_len(auth);
		memcpy(a.buffer, bk_secret_data(auth), a.size);
	}
	rc = Esys_TR_SetAuth(t->esys, ESYS_TR_RH_LOCKOUT, &a);
	bk_wipe(&a, sizeof(a));
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_DictionaryAttackLockReset(t->esys, ESYS_TR_RH_LOCKOUT, session,
						    ESYS_TR_NONE, ESYS_TR_NONE);
	/* The TSS keeps its own copy. */
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_LOCKOUT, &a);
	return rc == TSS2_RC_SUCCESS ? 0 : wrong_password(t, rc);
}
