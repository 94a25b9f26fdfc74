/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On the way to a chip an interposer could listen and answer in its place, so
 * commands go through one session that is salted with the storage root key:
 * requests and answers are authenticated, secrets in them encrypted. It is
 * kept for all commands of one opening and always flushed; the TSS would let
 * it live on.
 */
#include "tpm_priv.h"

static int session_start(struct tpm *t, ESYS_TR srk)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	TSS2_RC rc;

	/* Unsalted, the session would hide nothing and still look as if it did. */
	if (srk == ESYS_TR_NONE)
		return bk_fail(t->ctx, -BPFKEY_E_INTERNAL, "no key to salt a TPM session with");
	rc = Esys_StartAuthSession(t->esys, srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, NULL, TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256,
				   &t->session);
	if (rc != TSS2_RC_SUCCESS) {
		t->session = ESYS_TR_NONE;
		return tpm_fail(t, rc, "cannot start an encrypted session with the TPM");
	}
	return 0;
}

int tpm_session(struct tpm *t, ESYS_TR srk, TPMA_SESSION attributes, ESYS_TR *ret)
{
	TSS2_RC rc;
	int r;

	if (t->kind == TPM_KIND_EMBEDDED) {
		*ret = ESYS_TR_PASSWORD;
		return 0;
	}
	r = t->session == ESYS_TR_NONE ? session_start(t, srk) : 0;
	if (r < 0)
		return r;
	rc = Esys_TRSess_SetAttributes(t->esys, t->session,
				       attributes | TPMA_SESSION_CONTINUESESSION, 0xff);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot use the session with the TPM");
	*ret = t->session;
	return 0;
}

void tpm_session_close(struct tpm *t)
{
	if (t->session == ESYS_TR_NONE)
		return;
	/* A TPM that is gone has no session left either. */
	if (Esys_FlushContext(t->esys, t->session) != TSS2_RC_SUCCESS)
		Esys_TR_Close(t->esys, &t->session);
	t->session = ESYS_TR_NONE;
}
