/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which TPM something is of, when the storage root key is not the one that it
 * was made under. TPM2_Clear changes the seed that storage root keys come from
 * and leaves that of the endorsement hierarchy alone, so a primary of ours
 * there is what a TPM is known by after it was cleared. Its name explains and
 * permits nothing: whoever sits in front of a TPM can answer with it.
 */
#include <string.h>

#include "tpm_priv.h"

int tpm_id_read(struct tpm *t, char ret[80])
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	TSS2_RC rc = tpm_primary(t, ESYS_TR_RH_ENDORSEMENT, false, &o);

	ret[0] = '\0';
	/* An owner who keeps this hierarchy to himself keeps nobody from making keys. */
	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL) ||
	    tpm_rc_is(rc, TPM2_RC_HIERARCHY))
		return 0;
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot find out which TPM this is");
	return tpm_object_name(&o, ret, 80);
}

enum tpm_origin tpm_origin(struct tpm *t, const char *id)
{
	char here[80];

	if (!id || !id[0])
		return TPM_ORIGIN_UNKNOWN;
	if (tpm_id_read(t, here) < 0) {
		bk_forget(t->ctx);
		return TPM_ORIGIN_UNKNOWN;
	}
	if (!here[0])
		return TPM_ORIGIN_UNKNOWN;
	return strcmp(here, id) ? TPM_ORIGIN_OTHER : TPM_ORIGIN_THIS;
}

int tpm_fail_origin(struct tpm *t, const char *what, const char *srk_name, const char *id)
{
	switch (tpm_origin(t, id)) {
	case TPM_ORIGIN_THIS:
		bk_hint(t->ctx, "what the TPM held is lost: bring a sealed key back with "
			"'keyctl-bpf key recover', make any other anew; if nobody cleared it, look "
			"whether its owner has another key at 0x%08x now", TPM_SRK_HANDLE);
		return bk_fail(t->ctx, -BPFKEY_E_OTHER_TPM, "%s was made in this TPM, which was "
			       "cleared since: its storage root key %s is gone", what, srk_name);
	case TPM_ORIGIN_OTHER:
		bk_hint(t->ctx, "use the machine where it was made, or name that TPM with --tpm; a "
			"sealed key comes here with 'keyctl-bpf key recover', or with "
			"'keyctl-bpf key wrap' there; if this is that machine, look for what sits "
			"in front of its TPM");
		return bk_fail(t->ctx, -BPFKEY_E_OTHER_TPM, "%s was made in another TPM, whose "
			       "storage root key is %s", what, srk_name);
	default:
		bk_hint(t->ctx, "use the machine where it was made; if this is that machine, its "
			"TPM was cleared or something sits in front of it: bring a sealed key back "
			"with 'keyctl-bpf key recover', make any other anew");
		return bk_fail(t->ctx, -BPFKEY_E_OTHER_TPM, "%s was made in a TPM whose storage "
			       "root key is %s: another one, or this one before it was cleared",
			       what, srk_name);
	}
}
