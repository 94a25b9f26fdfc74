// SPDX-License-Identifier: LGPL-2.1-or-later
/* A counter as policies name it: by its TPM name, which another one in its place has not. */
#include "tpm_priv.h"

static void close_index(struct tpm_object *o)
{
	if (o->handle != ESYS_TR_NONE)
		Esys_TR_Close(o->t->esys, &o->handle);
}

int tpm_counter_ref(struct tpm *t, uint32_t index, struct nv_ref *ret)
{
	_cleanup_(close_index) struct tpm_object nv = { t, ESYS_TR_NONE, true, "" };
	_cleanup_(tpm_esys_freep) TPM2B_NV_PUBLIC *public = NULL;
	struct nv_ref ref = { .index = index };
	TPMA_NV attributes;
	TSS2_RC rc;
	int r;

	rc = Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &nv.handle);
	if (rc != TSS2_RC_SUCCESS) {
		nv.handle = ESYS_TR_NONE;
		if (!tpm_rc_is(rc, TPM2_RC_HANDLE))
			return tpm_fail(t, rc, "cannot look at the counter 0x%08x", index);
		bk_hint(t->ctx, "'tpm2_getcap handles-nv-index' lists what this TPM has");
		return bk_fail(t->ctx, -BPFKEY_E_NOT_FOUND, "this TPM has no counter 0x%08x",
			       index);
	}
	rc = Esys_NV_ReadPublic(t->esys, nv.handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				&public, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot look at the counter 0x%08x", index);
	attributes = public->nvPublic.attributes;
	if ((attributes & TPMA_NV_TPM2_NT_MASK) >> TPMA_NV_TPM2_NT_SHIFT != TPM2_NT_COUNTER)
		return bk_fail(t->ctx, -BPFKEY_E_MISMATCH, "what stands at 0x%08x in this TPM is "
			       "no counter", index);
	/* The first increment changes the name, and with it would end every policy. */
	if (!(attributes & TPMA_NV_WRITTEN))
		return tpm_fail(t, TPM2_RC_NV_UNINITIALIZED, "cannot use the counter 0x%08x",
				index);
	r = tpm_object_name(&nv, ref.name, sizeof(ref.name));
	if (r < 0)
		return r;
	*ret = ref;
	return 0;
}
