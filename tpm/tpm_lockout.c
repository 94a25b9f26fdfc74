/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wrong PINs: how many a TPM takes, and how a lockout ends. The lockout
 * password has one attempt: the TPM refuses even the right one for a while
 * after a wrong one, so nothing here tries twice.
 */
#include <string.h>

#include "tpm_priv.h"

/* What libtpms makes a TPM with: three typing errors are the end of it. */
#define MADE_TRIES 3
#define MADE_SECONDS 1000

/*
 * Ours, and those that Windows gives to a TPM: few enough for no PIN of four digits to be
 * guessed, more than a person mistypes. The lockout password is taken again by the next
 * process, not after a time, because the clock of an embedded TPM stands between them.
 */
#define OWN_TRIES 32
#define OWN_FORGET_SECONDS 600
#define OWN_RECOVERY_SECONDS 0

#define FEW_TRIES 3
#define LONG_SECONDS 86400

int tpm_limits_own(struct tpm *t)
{
	struct tpm_state s = { 0 };
	TSS2_RC rc;
	int r = tpm_state(t, &s);

	if (r < 0)
		return r;
	/* Somebody who has set other ones has meant them. */
	if (s.lockout_auth || s.lockout_max != MADE_TRIES ||
	    s.lockout_interval != MADE_SECONDS || s.lockout_recovery != MADE_SECONDS)
		return 0;
	rc = Esys_DictionaryAttackParameters(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, OWN_TRIES,
					     OWN_FORGET_SECONDS, OWN_RECOVERY_SECONDS);
	return rc == TSS2_RC_SUCCESS ? 0 :
		tpm_fail(t, rc, "cannot set how many wrong PINs the TPM takes");
}

static void warn_of_limits(struct tpm *t, const struct tpm_state *s)
{
	static const char more[] = "its owner allows more with 'tpm2_dictionarylockout "
				   "--setup-parameters --max-tries=32 --recovery-time=600 "
				   "--lockout-recovery-time=86400'";
	uint32_t left = s->lockout_counter < s->lockout_max ?
				s->lockout_max - s->lockout_counter : 0;

	if (s->locked_out || !left)
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "this TPM is locked out after wrong PINs, and "
		       "takes no PIN before that ends: 'keyctl-bpf tpm reset-lockout'");
	else if (left <= FEW_TRIES)
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "%u wrong PINs lock this TPM for all keys with "
		       "a PIN, and one is forgotten each %u seconds: %s", left,
		       s->lockout_interval, more);
	else if (!s->lockout_interval)
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "this TPM never forgets a wrong PIN: %s", more);
	else if (s->lockout_interval > LONG_SECONDS)
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "this TPM forgets a wrong PIN after %u seconds "
		       "only: %s", s->lockout_interval, more);
}

int tpm_pin_ready(struct tpm *t)
{
	struct tpm_state s = { 0 };
	int r = t->kind == TPM_KIND_EMBEDDED ? tpm_limits_own(t) : 0;

	if (!r)
		r = tpm_state(t, &s);
	if (!r)
		warn_of_limits(t, &s);
	return r;
}

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
	if (!s.lockout_recovery && t->kind == TPM_KIND_EMBEDDED)
		bk_hint(t->ctx, "give the right lockout password with the next command");
	else if (s.lockout_recovery && t->kind == TPM_KIND_EMBEDDED)
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
