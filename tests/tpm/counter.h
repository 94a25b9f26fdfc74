/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An NV counter for a TPM to lose. */
#ifndef TPM_TEST_COUNTER_H
#define TPM_TEST_COUNTER_H

#include "tpm/tpm_priv.h"

#define COUNTER 0x01800100u

/* counter_open - the counter's handle, made when it is not there yet. */
_unused_ static TSS2_RC counter_open(struct tpm *t, ESYS_TR *ret)
{
	const TPM2B_NV_PUBLIC public = { .nvPublic = {
		.nvIndex = COUNTER,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA |
			      TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT,
		.dataSize = 8,
	} };
	const TPM2B_AUTH no_auth = { 0 };

	if (Esys_TR_FromTPMPublic(t->esys, COUNTER, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  ret) == TSS2_RC_SUCCESS)
		return TSS2_RC_SUCCESS;
	return Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				   ESYS_TR_NONE, &no_auth, &public, ret);
}

_unused_ static TSS2_RC counter_up(struct tpm *t, ESYS_TR nv)
{
	return Esys_NV_Increment(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
}

/* counter_get - its value, or UINT64_MAX. */
_unused_ static uint64_t counter_get(struct tpm *t, ESYS_TR nv)
{
	_cleanup_(tpm_esys_freep) TPM2B_MAX_NV_BUFFER *data = NULL;
	uint64_t v = 0;

	if (Esys_NV_Read(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0,
			 &data))
		return UINT64_MAX;
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | data->buffer[i];
	return v;
}

#endif
