// SPDX-License-Identifier: LGPL-2.1-or-later
/* PCRs: what they hold now, and one more measurement into one of them. */
#include <string.h>

#include "../lib/base/pcrs.h"
#include "tpm_policy.h"

/*
 * A bank that is not allocated is no error to a TPM: it just returns nothing,
 * and a policy over nothing would hold for ever.
 */
static int no_bank(struct tpm *t, const struct pcr_set *want, uint32_t missing)
{
	_cleanup_(buf_done) struct buf list = BUF(256);
	struct pcr_set set = { .mask = missing };

	memcpy(set.bank, want->bank, sizeof(set.bank));
	pcrs_put(&list, &set);
	bk_hint(t->ctx, "choose another bank: 'tpm2_getcap pcrs' lists those of this TPM");
	return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "the TPM does not have the PCRs '%s'",
		       buf_cstr(&list));
}

/* take - values of the PCRs in @got, in order, into @set; those that were taken */
static uint32_t take(struct pcr_set *set, const TPML_PCR_SELECTION *got, const TPML_DIGEST *values)
{
	size_t len = pcrs_len(set->bank);
	uint32_t mask = 0;
	unsigned int n = 0;

	if (!got->count)
		return 0;
	for (unsigned int i = 0; i < POLICY_PCRS && n < values->count; i++) {
		if (i / 8 >= got->pcrSelections[0].sizeofSelect ||
		    !(got->pcrSelections[0].pcrSelect[i / 8] & 1u << i % 8))
			continue;
		if (values->digests[n].size != len)
			return 0;
		memcpy(set->value[i], values->digests[n++].buffer, len);
		mask |= 1u << i;
	}
	return mask;
}

/* read_once - a TPM gives eight at a time; @ret_count: changes when a PCR does */
static int read_once(struct tpm *t, struct pcr_set *set, uint32_t left, uint32_t *ret_mask,
		     uint32_t *ret_count)
{
	_cleanup_(tpm_esys_freep) TPML_PCR_SELECTION *got = NULL;
	_cleanup_(tpm_esys_freep) TPML_DIGEST *values = NULL;
	struct pcr_set part = *set;
	TPML_PCR_SELECTION want;
	TSS2_RC rc;
	int r;

	part.mask = left;
	r = tpm_pcr_selection(t->ctx, &part, &want);
	if (r < 0)
		return r;
	rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &want, ret_count,
			   &got, &values);
	if (tpm_rc_is(rc, TPM2_RC_HASH))
		return no_bank(t, set, left);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot read the PCRs of the TPM");
	*ret_mask = take(set, got, values) & left;
	return *ret_mask ? 0 : no_bank(t, set, left);
}

int tpm_pcr_read(struct tpm *t, const char *bank, uint32_t mask, struct pcr_set *ret)
{
	uint32_t left = mask, got = 0, first = 0, count = 0;
	struct pcr_set now = { .mask = mask };
	int r;

	snprintf(now.bank, sizeof(now.bank), "%s", bank);
	for (bool begun = false; left; begun = true) {
		r = read_once(t, &now, left, &got, &count);
		if (r < 0)
			return r;
		/* Values of different moments are the state of none. */
		if (begun && count != first)
			return tpm_fail(t, TPM2_RC_PCR_CHANGED, "cannot read the PCRs of the TPM");
		first = count;
		left &= ~got;
	}
	*ret = now;
	return 0;
}

int tpm_pcr_extend(struct tpm *t, unsigned int pcr, const char *bank, struct view digest)
{
	struct pcr_set set = { .mask = 1 };
	TPML_DIGEST_VALUES values = { .count = 1 };
	TPML_PCR_SELECTION s;
	TSS2_RC rc;
	int r;

	snprintf(set.bank, sizeof(set.bank), "%s", bank);
	r = tpm_pcr_selection(t->ctx, &set, &s);
	if (r < 0)
		return r;
	if (pcr >= POLICY_PCRS || digest.n != pcrs_len(bank))
		return bk_fail(t->ctx, -BPFKEY_E_USAGE, "PCR %u of the bank '%s' takes no digest "
			       "of %zu bytes", pcr, bank, digest.n);
	values.digests[0].hashAlg = s.pcrSelections[0].hash;
	memcpy(&values.digests[0].digest, digest.p, digest.n);
	rc = Esys_PCR_Extend(t->esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			     ESYS_TR_NONE, &values);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot extend PCR %u", pcr);
	return 0;
}
