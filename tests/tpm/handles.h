/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TPM holds at the moment. */
#ifndef TPM_TEST_HANDLES_H
#define TPM_TEST_HANDLES_H

#include "tpm/tpm_priv.h"

/* The first handle of a type (TPM2_HT_...): the TSS's own constants shift an int too far. */
static inline TPM2_HANDLE first_of(uint8_t type)
{
	return (TPM2_HANDLE)type << 24;
}

/* handles_from - how many the TPM has of @first's type, from it on; 99: it does not say */
_unused_ static unsigned int handles_from(struct tpm *t, TPM2_HANDLE first)
{
	_cleanup_(tpm_esys_freep) TPMS_CAPABILITY_DATA *data = NULL;

	if (Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
			       first, 64, &(TPMI_YES_NO){ 0 }, &data))
		return 99;
	return data->data.handles.count;
}

#endif
