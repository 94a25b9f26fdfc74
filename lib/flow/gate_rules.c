/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From keyring and policy to the gate's rules, and back to what people see. */
#include "gate_flow.h"

#include <string.h>

#include "../bpf/decide.h"
#include "gate_policy_file.h"
#include "gate_rule_list.h"
#include "ring_snapshot.h"

#define NS 1000000000LL

/* The rule's tag and key words, as signer.bpf.c makes them of the kernel's own copy. */
void gate_rule_set_key(struct gate_rule *rule, const uint8_t *key, size_t n)
{
	memcpy(rule->key, key, n);
	rule->key_len = n;
	rule->tag = gate_tag_start(rule->class);
	for (size_t i = 0; i * 8 < n; i++)
		rule->tag = gate_tag_step(rule->tag, rule->key[i]);
}

/* The earlier of what the keyring and the certificate say, as a moment in boot time. */
uint64_t gate_until(const struct bpfkey_ring_key *k, const struct bpfkey_cert_info *cert)
{
	struct gate_clock now = gate_clock_now();
	int64_t end = cert->not_after;

	if (k->expires > 0 && k->expires < end)
		end = k->expires;
	if (end >= INT64_MAX / NS)
		return 0;
	end = end * NS - now.real_ns + now.boot_ns;
	return end > 0 ? (uint64_t)end : 1;
}

static int make_rule(struct bpfkey_ctx *ctx, const struct bpfkey_ring *ring,
		     const struct bpfkey_ring_key *k, uint64_t types, struct gate_rule *ret)
{
	const struct bpfkey_cert_info *cert = bpfkey_cert_info(k->cert);

	if (cert->public_key_len > GATE_KEY_MAX)
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "the public key of '%s' has %zu bytes, "
			       "the gate takes at most %d", cert->subject, cert->public_key_len,
			       GATE_KEY_MAX);
	*ret = (struct gate_rule){
		.kind = GATE_RULE_BUILD,
		.ring = ring->info.id,
		/* What a native .bpf is called there is not known: the id decides. */
		.ring_type = ring->info.kind == BPFKEY_RING_NATIVE ? 0 : GATE_RING_USER,
		.types = (GATE_BUILD_TYPES | types) & ~GATE_MASKED_TYPES,
		.inner_types = ~GATE_MASKED_TYPES,
		.until = gate_until(k, cert),
	};
	memcpy(ret->fingerprint, cert->fingerprint, sizeof(ret->fingerprint));
	gate_rule_set_key(ret, cert->public_key, cert->public_key_len);
	return 0;
}

/* In a companion keyring that is not there nothing of the policy counts. */
static int32_t ring_id(struct bpfkey_ctx *ctx, enum bpfkey_role role)
{
	struct ring ring;

	if (!ring_find(ctx, role, NULL, &ring))
		return ring.id;
	bk_forget(ctx);
	return 0;
}

static int add_policy(struct bpfkey_ctx *ctx, struct rule_list *list)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *delegated = NULL;
	struct policy_rings rings = { .now = gate_clock_now() };
	int r = gate_policy_read(ctx, &p);

	if (r < 0)
		return r;
	rings.loader = ring_id(ctx, BPFKEY_ROLE_LOADER);
	rings.delegated = ring_id(ctx, BPFKEY_ROLE_DELEGATED);
	if (rings.delegated && p.n_delegations)
		r = ring_snapshot(ctx, BPFKEY_ROLE_DELEGATED, NULL, &delegated);
	rings.delegated_keys = delegated;
	return r ? r : gate_list_add_policy(ctx, &p, &rings, list);
}

int gate_rules_of_ring(struct bpfkey_ctx *ctx, const char *staging, uint64_t types,
		       struct gate_rule **ret, size_t *ret_n)
{
	_cleanup_(gate_list_done) struct rule_list list = { 0 };
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	int r;

	r = ring_snapshot(ctx, BPFKEY_ROLE_BUILD, staging, &ring);
	for (size_t i = 0; !r && i < ring->n; i++) {
		const struct bpfkey_ring_key *k = &ring->keys[i];
		struct gate_rule rule;

		if (k->state != BPFKEY_RING_KEY_VALID)
			continue;
		if (!k->cert) {
			bk_log(ctx, BPFKEY_LOG_WARNING, "key %d in %s was not enrolled here: the "
			       "gate gets no rule for it, and will deny what it signed", k->serial,
			       ring->info.name);
			continue;
		}
		r = make_rule(ctx, ring, k, types, &rule);
		if (!r)
			r = gate_list_add(ctx, &list, &rule);
	}
	if (!r)
		r = add_policy(ctx, &list);
	if (!r)
		r = gate_list_settle(ctx, &list);
	if (r < 0)
		return r;
	*ret = steal(&list.v);
	*ret_n = list.n;
	return 0;
}

int gate_active_rules(struct bpfkey_ctx *ctx, struct gate *g, struct gate_rule **ret,
		      size_t *ret_n)
{
	_cleanup_(bk_freep) struct gate_rule *rules = calloc(GATE_RULES, sizeof(*rules));
	size_t n;

	if (!rules)
		return bk_out_of_memory(ctx);
	for (n = 0; n < GATE_RULES; n++) {
		struct gate_call call = { .op = GATE_OP_RULE, .index = n };
		int r = gate_call(g, &call);

		if (r < 0)
			return r;
		if (call.result)
			break;
		rules[n] = call.u.rule;
	}
	*ret = steal(&rules);
	*ret_n = n;
	return 0;
}

static unsigned int rule_flags(const struct gate_rule *rule)
{
	bool loads = rule->kind == GATE_RULE_LOADER || rule->kind == GATE_RULE_LOADER_KEY ||
		     rule->kind == GATE_RULE_DELEGATE;

	return (rule->class == GATE_CLASS_FILE ? BPFKEY_GATE_RULE_FILE : 0) |
	       (rule->flags & GATE_RULE_F_LENDS ? BPFKEY_GATE_RULE_LENDS : 0) |
	       (loads && bpfkey_types_full_power(rule->types) ? BPFKEY_GATE_RULE_FULL : 0);
}

static const char *const kinds[] = {
	[GATE_RULE_NONE] = "none", [GATE_RULE_BUILD] = "build", [GATE_RULE_REVOKED] = "revoked",
	[GATE_RULE_DELEGATE] = "delegate", [GATE_RULE_LOADER_KEY] = "loader-key",
	[GATE_RULE_LOADER] = "loader", [GATE_RULE_LIBRARY] = "library",
	[GATE_RULE_POLICY] = "policy",
};

static const char *kind_name(__u32 kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind] : "unknown";
}

int bpfkey_gate_rules(struct bpfkey_ctx *ctx, struct bpfkey_gate_rule **ret, size_t *ret_n)
{
	_cleanup_(bk_freep) struct bpfkey_gate_rule *out = NULL;
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct gate_clock clock = gate_clock_now();
	size_t n = 0;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	if (!r)
		r = gate_active_rules(ctx, g, &rules, &n);
	if (r < 0)
		return r;
	out = calloc(n + 1, sizeof(*out));
	if (!out)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct bpfkey_gate_rule){
			.kind = kind_name(rules[i].kind),
			.ring = rules[i].ring,
			.types = rules[i].types,
			.until = rules[i].until ? gate_calendar(&clock, rules[i].until) : 0,
			.key_len = rules[i].key_len,
			.attach = rules[i].attach,
			.flags = rule_flags(&rules[i]),
		};
		memcpy(out[i].fingerprint, rules[i].fingerprint, sizeof(out[i].fingerprint));
		memcpy(out[i].name, rules[i].name, sizeof(rules[i].name));
	}
	*ret = steal(&out);
	*ret_n = n;
	return 0;
}
