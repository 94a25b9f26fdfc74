// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading signed policies, and what they say of this machine. */
#include "policies.h"

#include <string.h>

#include <bpfkey/policy.h>

#include "../../tpm/tpm.h"
#include "../base/file.h"
#include "../base/pcrs.h"
#include "../base/text.h"
#include "../crypto/public.h"
#include "opts.h"
#include "policy_handle.h"

int policies_read(struct bpfkey_ctx *ctx, const char *path, struct policy_file *ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	_cleanup_(buf_done) struct buf text = BUF(POLICY_TEXT_MAX);
	int r;

	r = bk_file_read(ctx, path, POLICY_TEXT_MAX, &text);
	if (r < 0)
		return r;
	r = policy_file_parse(ctx, buf_view(&text), &f);
	if (!r)
		r = public_read(ctx, (struct view){ (const uint8_t *)f.signer, strlen(f.signer) },
				&f.grants.signer);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read policy '%s'", path);
	*ret = f;
	f.grants.v = NULL;
	return 0;
}

int policies_signed(struct bpfkey_ctx *ctx, const struct policy_grants *g, size_t i)
{
	const struct policy_grant *state = &g->v[i];
	uint8_t digest[POLICY_DIGEST_LEN];
	int r;

	r = tpm_policy_to_sign(ctx, &state->pcrs, &state->counter, g->ref, digest);
	if (r < 0)
		return r;
	return public_verify(ctx, &g->signer, digest,
			     (struct view){ state->sig, state->sig_len });
}

int policies_drop_unsigned(struct bpfkey_ctx *ctx, const char *path, struct policy_grants *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n; i++) {
		int r = policies_signed(ctx, g, i);

		if (r == -BPFKEY_E_SIGNATURE) {
			bk_forget(ctx);
			bk_log(ctx, BPFKEY_LOG_WARNING, "state %zu of the policy '%s' is not "
			       "signed by its key and does not count", i + 1, path);
			continue;
		}
		if (r < 0)
			return bk_fail(ctx, r, "state %zu of policy '%s'", i + 1, path);
		if (kept != i)
			g->v[kept] = g->v[i];
		kept++;
	}
	g->n = kept;
	return 0;
}

void bpfkey_policy_free(struct bpfkey_policy *p)
{
	if (!p)
		return;
	policy_file_done(&p->file);
	free(p->matches);
	free(p->good);
	free(p);
}

int policy_handle_new(struct bpfkey_ctx *ctx, struct policy_file *f, bool changed,
		      struct bpfkey_policy **ret)
{
	_cleanup_(bpfkey_policy_freep) struct bpfkey_policy *p = calloc(1, sizeof(*p));
	size_t n = f->grants.n;

	if (!p)
		return bk_out_of_memory(ctx);
	p->good = calloc(n + !n, sizeof(*p->good));
	if (!p->good)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < n; i++) {
		int r = policies_signed(ctx, &f->grants, i);

		if (r == -BPFKEY_E_SIGNATURE)
			bk_forget(ctx);
		else if (r < 0)
			return r;
		p->good[i] = !r;
	}
	p->file = *f;
	p->changed = changed;
	*f = (struct policy_file){ 0 };
	*ret = steal(&p);
	return 0;
}

int bpfkey_policy_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_policy **ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	int r;

	bk_enter(ctx);
	r = policies_read(ctx, path, &f);
	return r < 0 ? r : policy_handle_new(ctx, &f, false, ret);
}

int bpfkey_policy_info(struct bpfkey_ctx *ctx, const struct bpfkey_policy *p,
		       struct bpfkey_policy_info *ret)
{
	struct bpfkey_policy_info i = {
		.ref = p->file.grants.ref,
		.states = p->file.grants.n,
		.changed = p->changed,
	};
	int r;

	bk_enter(ctx);
	r = public_hash(ctx, &p->file.grants.signer, i.signer_hash);
	return r < 0 ? r : opts_give(ctx, ret, &i, sizeof(i));
}

static void put_match(const struct tpm_match *m, struct bpfkey_policy_state *s)
{
	s->compared = true;
	s->met = m->met && s->signed_good;
	s->differ = m->differ;
	for (unsigned int i = 0; i < BPFKEY_PCRS; i++)
		s->there[i] = s->pcrs & 1u << i ? m->now.value[i] : NULL;
	s->counter_there = s->counter && m->counter != TPM_COUNTER_GONE &&
			   m->counter != TPM_COUNTER_OTHER;
	s->counter_now = s->counter_there ? m->counter_now : 0;
}

struct bpfkey_policy_state policies_state(const struct pcr_set *pcrs, const struct nv_ref *counter,
					  bool good, const struct tpm_match *m)
{
	struct bpfkey_policy_state s = { .signed_good = good };

	s.pcrs = pcrs->mask;
	if (s.pcrs) {
		s.bank = pcrs->bank;
		s.value_len = pcrs_len(pcrs->bank);
	}
	for (unsigned int n = 0; n < BPFKEY_PCRS; n++)
		s.values[n] = s.pcrs & 1u << n ? pcrs->value[n] : NULL;
	s.counter = counter->index;
	s.limit = counter->limit;
	if (m)
		put_match(m, &s);
	return s;
}

int bpfkey_policy_state(struct bpfkey_ctx *ctx, const struct bpfkey_policy *p, size_t i,
			struct bpfkey_policy_state *ret)
{
	struct bpfkey_policy_state s;
	const struct policy_grant *g;

	bk_enter(ctx);
	if (i >= p->file.grants.n)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the policy has %zu states, no state %zu",
			       p->file.grants.n, i);
	g = &p->file.grants.v[i];
	s = policies_state(&g->pcrs, &g->counter, p->good[i], p->matches ? &p->matches[i] : NULL);
	s.created = g->created;
	return opts_give(ctx, ret, &s, sizeof(s));
}

int bpfkey_policy_compare(struct bpfkey_ctx *ctx, struct bpfkey_policy *p)
{
	const struct key_policy policy = { .has_signer = true };
	size_t n = p->file.grants.n;
	_cleanup_(bk_freep) struct tpm_match *m = calloc(n + !n, sizeof(*m));
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	int r;

	bk_enter(ctx);
	if (!m)
		return bk_out_of_memory(ctx);
	r = tpm_open(ctx, NULL, &t);
	for (size_t i = 0; !r && i < n; i++) {
		const struct policy_grants one = { .n = 1, .v = &p->file.grants.v[i] };
		const struct tpm_use use = { .policy = &policy, .grants = &one };
		struct tpm_standing s;

		r = tpm_standing(t, &use, &s);
		if (!r)
			m[i] = s.granted;
	}
	if (r < 0)
		return bk_fail(ctx, r, "cannot compare the machine with the policy");
	free(p->matches);
	p->matches = steal(&m);
	return 0;
}
