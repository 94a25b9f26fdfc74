/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seal: the gate keeps its policy keys, and then changes only with their signatures. */
#include "gate_flow.h"

#include <string.h>

#include <bpfkey/gate_image.h>

#include "../bpf/decide.h"
#include "opts.h"
#include "ring_snapshot.h"

static const enum bpfkey_role ring_roles[GATE_ROLES] = {
	[GATE_ROLE_BUILD] = BPFKEY_ROLE_BUILD,
	[GATE_ROLE_LOADER] = BPFKEY_ROLE_LOADER,
	[GATE_ROLE_DELEGATED] = BPFKEY_ROLE_DELEGATED,
	[GATE_ROLE_POLICY] = BPFKEY_ROLE_POLICY,
};

static struct gate_rule policy_rule(const struct bpfkey_ring *ring, const struct bpfkey_ring_key *k)
{
	const struct bpfkey_cert_info *cert = bpfkey_cert_info(k->cert);
	struct gate_rule rule = {
		.kind = GATE_RULE_POLICY,
		.class = GATE_CLASS_KEY,
		.ring = ring->info.id,
		.ring_type = GATE_RING_USER,
		.until = gate_until(k, cert),
	};

	memcpy(rule.fingerprint, cert->fingerprint, sizeof(rule.fingerprint));
	gate_rule_set_key(&rule, cert->public_key, cert->public_key_len);
	return rule;
}

static bool has_tag(const struct gate_rule *rules, size_t n, uint64_t tag)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i].tag == tag)
			return true;
	return false;
}

int gate_add_policy_keys(struct bpfkey_ctx *ctx, struct gate_rule **rules, size_t *n,
			 unsigned int threshold)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	struct gate_rule *more;
	size_t keys = 0;
	int r = ring_snapshot(ctx, BPFKEY_ROLE_POLICY, NULL, &ring);

	if (r < 0)
		return r;
	more = reallocarray(*rules, *n + ring->n + 1, sizeof(*more));
	if (!more)
		return bk_out_of_memory(ctx);
	*rules = more;
	for (size_t i = 0; i < ring->n; i++) {
		const struct bpfkey_ring_key *k = &ring->keys[i];
		struct gate_rule rule;

		if (k->state != BPFKEY_RING_KEY_VALID || !k->cert ||
		    bpfkey_cert_info(k->cert)->public_key_len > GATE_KEY_MAX)
			continue;
		rule = policy_rule(ring, k);
		keys++;
		if (has_tag(more, *n, rule.tag))
			continue;
		more[(*n)++] = rule;
	}
	if (keys >= threshold)
		return 0;
	bk_hint(ctx, "keyctl-bpf keyring enroll --role policy CERT");
	return bk_fail(ctx, -BPFKEY_E_THRESHOLD,
		       "%s holds %zu valid policy keys, and an image is to "
		       "need %u signatures",
		       ring->info.name, keys, threshold);
}

int gate_rings(struct bpfkey_ctx *ctx, const struct gate_rule *rules, size_t n,
	       int32_t ret[GATE_ROLES])
{
	memset(ret, 0, GATE_ROLES * sizeof(*ret));
	for (int role = GATE_ROLE_BUILD; role <= GATE_ROLE_POLICY; role++) {
		struct ring ring;

		if (!ring_find(ctx, ring_roles[role], NULL, &ring))
			ret[role] = ring.id;
		else
			bk_forget(ctx);
	}
	/* Build keys may stand in a staging keyring. */
	for (size_t i = 0; i < n; i++)
		if (rules[i].kind == GATE_RULE_BUILD)
			ret[GATE_ROLE_BUILD] = rules[i].ring;
	if (ret[GATE_ROLE_POLICY])
		return 0;
	bk_hint(ctx, "keyctl-bpf keyring create");
	return bk_fail(ctx, -BPFKEY_E_NO_KEYRING, "there is no keyring of policy keys");
}

static int may_seal(struct bpfkey_ctx *ctx, const struct gate_state *s, unsigned int threshold)
{
	if (!threshold || threshold > BPFKEY_GATE_SIGNERS)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the threshold is from 1 to %d",
			       BPFKEY_GATE_SIGNERS);
	if (s->mode == GATE_ENFORCE && !s->removing)
		return 0;
	bk_hint(ctx, s->mode == GATE_TRY
			     ? "keyctl-bpf gate confirm"
			     : "keyctl-bpf gate mode enforce, and see that everything works");
	return bk_fail(ctx, -BPFKEY_E_WOULD_DENY,
		       s->mode == GATE_TRY
			       ? "the gate is on trial: only what was confirmed is sealed"
			       : "the gate does not enforce: what was not tried is not sealed");
}

/* Sealed is what lets itself be changed no more. */
static int check_sealed(struct bpfkey_ctx *ctx, struct gate *g)
{
	int r = gate_set_mode(g, GATE_ENFORCE);

	if (r == -BPFKEY_E_SEALED) {
		bk_forget(ctx);
		return 0;
	}
	return r < 0 ? r
		     : bk_fail(ctx, -BPFKEY_E_SELF_TEST,
			       "the gate was sealed, and let itself be "
			       "changed all the same");
}

static int seal(struct bpfkey_ctx *ctx, struct gate *g, const struct bpfkey_gate_seal_opts *opts)
{
	struct gate_call call = {.op = GATE_OP_SEAL, .u.seal.threshold = opts->threshold};
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	size_t n = 0;
	int r = gate_active_rules(ctx, g, &rules, &n);

	if (!r)
		r = gate_add_policy_keys(ctx, &rules, &n, opts->threshold);
	if (!r && n > GATE_IMAGE_RULES)
		r = bk_fail(ctx, -BPFKEY_E_TOO_BIG,
			    "the gate has %zu rules, and an image holds at "
			    "most %d: sealed, it could not be changed any more",
			    n, GATE_IMAGE_RULES);
	if (!r)
		r = gate_rings(ctx, rules, n, call.u.seal.rings);
	if (r < 0 || opts->dry_run)
		return r;
	r = gate_write_rules(g, rules, n);
	if (!r)
		r = gate_do(g, &call);
	return r < 0 ? r : check_sealed(ctx, g);
}

int bpfkey_gate_seal(struct bpfkey_ctx *ctx, const struct bpfkey_gate_seal_opts *opts,
		     bool *ret_sealed)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct bpfkey_gate_seal_opts o;
	struct gate_state state;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = gate_open(ctx, &g);
	if (!r)
		r = gate_read_state(g, &state);
	if (!r && state.sealed) {
		*ret_sealed = false;
		return 0;
	}
	if (!r)
		r = may_seal(ctx, &state, o.threshold);
	if (!r)
		r = seal(ctx, g, &o);
	if (r < 0)
		return bk_fail(ctx, r, "cannot seal the gate");
	*ret_sealed = true;
	return 0;
}
