/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TPM, or the TSS below us, answers becomes one of our codes and a
 * sentence; cause and advice come from the table behind 'explain'.
 */
#include <stdarg.h>

#include "../lib/base/explain.h"
#include "tcti_libtpms.h"
#include "tpm_priv.h"

/* Only what is not simply "the TPM answered with an error". */
static const struct {
	TPM2_RC rc;
	int code;
} codes[] = {
	{ TPM2_RC_AUTH_FAIL, BPFKEY_E_PIN },
	{ TPM2_RC_BAD_AUTH, BPFKEY_E_PIN },
	{ TPM2_RC_LOCKOUT, BPFKEY_E_LOCKOUT },
	{ TPM2_RC_POLICY_FAIL, BPFKEY_E_POLICY },
	{ TPM2_RC_POLICY, BPFKEY_E_POLICY },
	{ TPM2_RC_POLICY_CC, BPFKEY_E_POLICY },
	{ TPM2_RC_EXPIRED, BPFKEY_E_POLICY },
	{ TPM2_RC_AUTH_UNAVAILABLE, BPFKEY_E_POLICY },
	{ TPM2_RC_AUTH_TYPE, BPFKEY_E_POLICY },
	{ TPM2_RC_INTEGRITY, BPFKEY_E_OTHER_TPM },
	{ TPM2_RC_BINDING, BPFKEY_E_MISMATCH },
	{ TPM2_RC_HANDLE, BPFKEY_E_NOT_FOUND },
	{ TPM2_RC_SIZE, BPFKEY_E_TOO_BIG },
	{ TPM2_RC_CURVE, BPFKEY_E_NO_SUPPORT },
	{ TPM2_RC_KEY_SIZE, BPFKEY_E_NO_SUPPORT },
	{ TPM2_RC_COMMAND_CODE, BPFKEY_E_NO_SUPPORT },
	{ TPM2_RC_NV_UNINITIALIZED, BPFKEY_E_NOT_FOUND },
	{ TPM2_RC_OBJECT_MEMORY, BPFKEY_E_BUSY },
	{ TPM2_RC_SESSION_MEMORY, BPFKEY_E_BUSY },
	{ TPM2_RC_SESSION_HANDLES, BPFKEY_E_BUSY },
	{ TPM2_RC_MEMORY, BPFKEY_E_BUSY },
	{ TPM2_RC_NV_RATE, BPFKEY_E_BUSY },
	{ TPM2_RC_NV_UNAVAILABLE, BPFKEY_E_BUSY },
	{ TPM2_RC_RETRY, BPFKEY_E_BUSY },
	{ TPM2_RC_YIELDED, BPFKEY_E_BUSY },
	{ TPM2_RC_TESTING, BPFKEY_E_BUSY },
};

/* from_tpm - the TPM itself has answered; resource managers pass it through. */
static bool from_tpm(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER ||
	       (layer == TSS2_RESMGR_RC_LAYER && (rc & 0xffff) >= TPM2_RC_FMT1);
}

bool tpm_rc_is(TSS2_RC rc, TPM2_RC normal)
{
	return rc != TSS2_RC_SUCCESS && from_tpm(rc) && bk_explain_tpm_code(rc) == normal;
}

static int fail_tpm(struct tpm *t, TSS2_RC rc)
{
	const struct bpfkey_explanation *e =
		bpfkey_explain(BPFKEY_EXPLAIN_TPM, bk_explain_tpm_code(rc));
	int r = -BPFKEY_E_TPM;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (tpm_rc_is(rc, codes[i].rc))
			r = -codes[i].code;
	if (!e) {
		bk_hint(t->ctx, "'tpm2_rc_decode 0x%x' tells what the number means", rc);
		return bk_fail(t->ctx, r, "the TPM answered with error 0x%x", rc);
	}
	bk_hint(t->ctx, "%s", e->next);
	return bk_fail(t->ctx, r, "%s (TPM error 0x%x)", e->cause, rc);
}

/* fail_tss - the TPM was not reached, or its answer was not accepted. */
static int fail_tss(struct tpm *t, TSS2_RC rc)
{
	TSS2_RC base = rc & ~TSS2_RC_LAYER_MASK;

	switch (base) {
	case TSS2_BASE_RC_MEMORY:
		return bk_out_of_memory(t->ctx);
	case TSS2_BASE_RC_RSP_AUTH_FAILED:
		bk_hint(t->ctx, "repeat it; if it happens again, look for what sits between "
			"this machine and its TPM");
		return bk_fail(t->ctx, -BPFKEY_E_TPM,
			       "the answer does not come from the TPM that the "
			       "session was opened with, or was changed on its way (0x%x)",
			       rc);
	case TSS2_BASE_RC_MALFORMED_RESPONSE:
	case TSS2_BASE_RC_INSUFFICIENT_RESPONSE:
		return bk_fail(t->ctx, -BPFKEY_E_TPM, "the TPM's answer is malformed (0x%x)", rc);
	case TSS2_BASE_RC_IO_ERROR:
	case TSS2_BASE_RC_NO_CONNECTION:
	case TSS2_BASE_RC_TRY_AGAIN:
		bk_hint(t->ctx, "see that the TPM is still there: 'keyctl-bpf tpm show'");
		return bk_fail(t->ctx, -BPFKEY_E_IO, "the TPM '%s' does not answer any more (0x%x)",
			       t->id.spec, rc);
	default:
		return bk_fail(t->ctx, -BPFKEY_E_INTERNAL,
			       "the TPM software stack refuses it (0x%x)", rc);
	}
}

int tpm_fail(struct tpm *t, TSS2_RC rc, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *what = NULL;
	va_list ap;
	int n, r = 0;

	/* A state that cannot be saved is the cause, failure mode what follows. */
	if (t->kind == TPM_KIND_EMBEDDED && t->tcti)
		r = tcti_libtpms_trouble(t->tcti);
	if (!r)
		r = from_tpm(rc) ? fail_tpm(t, rc) : fail_tss(t, rc);
	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return bk_out_of_memory(t->ctx);
	}
	return bk_fail(t->ctx, r, "%s", what);
}
