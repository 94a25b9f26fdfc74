/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How things stand against a policy, found out without using the key: a TPM
 * only ever says that a policy is not met, not which part of it.
 */
#include <string.h>

#include "../lib/base/text.h"
#include "tpm_policy.h"

void tpm_nv_done(struct tpm_nv *nv)
{
	if (nv->handle != ESYS_TR_NONE)
		Esys_TR_Close(nv->t->esys, &nv->handle);
	nv->handle = ESYS_TR_NONE;
}

/* nv_facts - its name, and who may read it */
static int nv_facts(struct tpm_nv *nv, char *name, size_t cap)
{
	const struct tpm_object o = { nv->t, nv->handle, true, "" };
	_cleanup_(tpm_esys_freep) TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc;

	rc = Esys_NV_ReadPublic(nv->t->esys, nv->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				&public, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(nv->t, rc, "cannot look at a counter");
	nv->reader = public->nvPublic.attributes & TPMA_NV_AUTHREAD ? nv->handle : ESYS_TR_RH_OWNER;
	nv->counter = (public->nvPublic.attributes & TPMA_NV_TPM2_NT_MASK) >>
			      TPMA_NV_TPM2_NT_SHIFT == TPM2_NT_COUNTER;
	return tpm_object_name(&o, name, cap);
}

int tpm_nv_open(struct tpm *t, const struct nv_ref *ref, struct tpm_nv *ret,
		enum tpm_counter *ret_state)
{
	_cleanup_(tpm_nv_done) struct tpm_nv nv = { .t = t, .handle = ESYS_TR_NONE };
	char name[80];
	TSS2_RC rc;
	int r;

	rc = Esys_TR_FromTPMPublic(t->esys, ref->index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &nv.handle);
	if (rc != TSS2_RC_SUCCESS)
		nv.handle = ESYS_TR_NONE;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE)) {
		*ret_state = TPM_COUNTER_GONE;
		return 0;
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot look at the counter 0x%08x", ref->index);
	r = nv_facts(&nv, name, sizeof(name));
	if (r < 0)
		return r;
	if (!nv.counter || strcmp(name, ref->name)) {
		*ret_state = TPM_COUNTER_OTHER;
		return 0;
	}
	*ret_state = TPM_COUNTER_GOOD;
	*ret = nv;
	nv.handle = ESYS_TR_NONE;
	return 0;
}

static int read_counter(struct tpm *t, const struct nv_ref *ref, struct tpm_match *m)
{
	_cleanup_(tpm_nv_done) struct tpm_nv nv = { .t = t, .handle = ESYS_TR_NONE };
	_cleanup_(tpm_esys_freep) TPM2B_MAX_NV_BUFFER *value = NULL;
	TSS2_RC rc;
	int r;

	r = tpm_nv_open(t, ref, &nv, &m->counter);
	if (r < 0 || m->counter != TPM_COUNTER_GOOD)
		return r;
	rc = Esys_NV_Read(t->esys, nv.reader, nv.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			  ESYS_TR_NONE, 8, 0, &value);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot read the counter 0x%08x", ref->index);
	m->counter_now = 0;
	for (uint16_t i = 0; i < value->size; i++)
		m->counter_now = m->counter_now << 8 | value->buffer[i];
	if (m->counter_now > ref->limit)
		m->counter = TPM_COUNTER_PASSED;
	return 0;
}

static int match(struct tpm *t, const struct pcr_set *pcrs, const struct nv_ref *counter,
		 struct tpm_match *ret)
{
	struct tpm_match m = { .counter = TPM_COUNTER_GOOD };
	int r = 0;

	if (pcrs->mask)
		r = tpm_pcr_read(t, pcrs->bank, pcrs->mask, &m.now);
	if (!r && counter->index)
		r = read_counter(t, counter, &m);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < POLICY_PCRS; i++)
		if (pcrs->mask & 1u << i &&
		    memcmp(pcrs->value[i], m.now.value[i], sizeof(pcrs->value[i])) != 0)
			m.differ |= 1u << i;
	m.met = !m.differ && m.counter == TPM_COUNTER_GOOD;
	*ret = m;
	return 0;
}

/* match_grants - the newest that is met; else the newest whose counter still allows it */
static int match_grants(struct tpm *t, const struct policy_grants *g, struct tpm_standing *s)
{
	struct tpm_match m;
	int r;

	for (size_t i = g ? g->n : 0; i-- > 0;) {
		r = match(t, &g->v[i].pcrs, &g->v[i].counter, &m);
		if (r < 0)
			return r;
		if (m.met || !s->grant ||
		    (s->granted.counter != TPM_COUNTER_GOOD && m.counter == TPM_COUNTER_GOOD)) {
			s->grant = &g->v[i];
			s->granted = m;
		}
		if (m.met)
			break;
	}
	return 0;
}

int tpm_standing(struct tpm *t, const struct tpm_use *use, struct tpm_standing *ret)
{
	const struct key_policy *p = use ? use->policy : NULL;
	struct tpm_standing s = { .literal = { .met = true }, .granted = { .met = true } };
	int r;

	if (p) {
		r = match(t, &p->pcrs, &p->counter, &s.literal);
		if (!r && p->has_signer) {
			s.granted.met = false;
			r = match_grants(t, use->grants, &s);
		}
		if (r < 0)
			return r;
	}
	*ret = s;
	return 0;
}

static void put_pcrs(struct buf *b, const struct pcr_set *want, const struct tpm_match *m)
{
	/* Enough to tell two values apart; 'key show' has them whole. */
	const size_t few = 8;

	for (unsigned int i = 0; i < POLICY_PCRS; i++) {
		if (!(m->differ & 1u << i))
			continue;
		buf_printf(b, "%sPCR %u is ", b->n ? ", " : "", i);
		text_hex(b, (struct view){ m->now.value[i], few });
		buf_str(b, "..., not ");
		text_hex(b, (struct view){ want->value[i], few });
		buf_str(b, "...");
	}
}

static int fail_pcrs(struct tpm *t, const struct pcr_set *want, const struct tpm_match *m,
		     const char *what)
{
	_cleanup_(buf_done) struct buf list = BUF(4096);

	put_pcrs(&list, want, m);
	bk_hint(t->ctx, "'keyctl-bpf key show' tells more; if an update changed the machine, sign "
		"its state with 'keyctl-bpf key policy sign' (a literal policy: use the recovery "
		"key, or make a new key); else find out what changed");
	return bk_fail(t->ctx, -BPFKEY_E_POLICY, "%s: in the bank %s %s", what, want->bank,
		       buf_cstr(&list));
}

static int fail_counter(struct tpm *t, const struct nv_ref *ref, const struct tpm_match *m,
			const char *what)
{
	if (m->counter == TPM_COUNTER_PASSED) {
		bk_hint(t->ctx, "use the newest key, or the newest signed policy: this one was "
			"revoked");
		return bk_fail(t->ctx, -BPFKEY_E_POLICY,
			       "%s: the counter 0x%08x is %lu, and the limit %lu", what, ref->index,
			       (unsigned long)m->counter_now, (unsigned long)ref->limit);
	}
	bk_hint(t->ctx, "it cannot be made again with its old value: use the recovery key, or "
		"make a new key");
	if (m->counter == TPM_COUNTER_GONE)
		return bk_fail(t->ctx, -BPFKEY_E_POLICY, "%s: this TPM has no counter 0x%08x any "
			       "more", what, ref->index);
	return bk_fail(t->ctx, -BPFKEY_E_POLICY, "%s: what stands at 0x%08x in this TPM is not the "
		       "counter that it was made for", what, ref->index);
}

int tpm_standing_fail(struct tpm *t, const struct tpm_use *use, const struct tpm_standing *s)
{
	static const char literal[] = "the policy of the key is not met";
	static const char granted[] = "no signed state of the key's policy is the present one; "
				      "against the newest";

	if (!s->granted.met && !s->grant) {
		bk_hint(t->ctx, "'keyctl-bpf key policy sign' adds the state of this machine to "
			"the policy file");
		return bk_fail(t->ctx, -BPFKEY_E_POLICY, "the policy of the key wants a signed "
			       "state, and there is none%s%s", use->policy->file[0] ? " in " : "",
			       use->policy->file);
	}
	if (!s->granted.met && s->granted.counter != TPM_COUNTER_GOOD)
		return fail_counter(t, &s->grant->counter, &s->granted, granted);
	if (!s->granted.met)
		return fail_pcrs(t, &s->grant->pcrs, &s->granted, granted);
	if (s->literal.counter != TPM_COUNTER_GOOD)
		return fail_counter(t, &use->policy->counter, &s->literal, literal);
	if (s->literal.differ)
		return fail_pcrs(t, &use->policy->pcrs, &s->literal, literal);
	return 0;
}
