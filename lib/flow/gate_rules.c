/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the build keyring to the gate's rules, and back to what people see. */
#include "gate_flow.h"

#include <string.h>

#include "../bpf/decide.h"
#include "ring_snapshot.h"

#define NS 1000000000LL
#define SLACK (5 * NS)

/* The rule's tag and key words, as signer.bpf.c makes them of the kernel's own copy. */
static void set_key(struct gate_rule *rule, const uint8_t *key, size_t n)
{
	memcpy(rule->key, key, n);
	rule->key_len = n;
	rule->tag = gate_tag_start(rule->class);
	for (size_t i = 0; i * 8 < n; i++)
		rule->tag = gate_tag_step(rule->tag, rule->key[i]);
}

/* The earlier of what the keyring and the certificate say, as a moment in boot time. */
static uint64_t until(const struct bpfkey_ring_key *k, const struct bpfkey_cert_info *cert)
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
		.until = until(k, cert),
	};
	memcpy(ret->fingerprint, cert->fingerprint, sizeof(ret->fingerprint));
	set_key(ret, cert->public_key, cert->public_key_len);
	return 0;
}

/* Two certificates of one key make one rule; two keys of one tag must not both stand. */
static int add_rule(struct bpfkey_ctx *ctx, struct gate_rule *rules, size_t *n,
		    const struct gate_rule *rule)
{
	for (size_t i = 0; i < *n; i++) {
		if (rules[i].tag != rule->tag || rules[i].key_len != rule->key_len)
			continue;
		if (memcmp(rules[i].key, rule->key, sizeof(rule->key)))
			return bk_fail(ctx, -BPFKEY_E_DISPLACES, "two different keys have the same "
				       "tag: take one of them out of the keyring");
		if (rules[i].until && (!rule->until || rule->until > rules[i].until))
			rules[i] = *rule;
		return 0;
	}
	if (*n == GATE_RULES)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the keyring holds more than the %d keys "
			       "that the gate takes", GATE_RULES);
	rules[(*n)++] = *rule;
	return 0;
}

int gate_rules_of_ring(struct bpfkey_ctx *ctx, const char *staging, uint64_t types,
		       struct gate_rule **ret, size_t *ret_n)
{
	_cleanup_(bk_freep) struct gate_rule *rules = calloc(GATE_RULES, sizeof(*rules));
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	size_t n = 0;
	int r;

	if (!rules)
		return bk_out_of_memory(ctx);
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
			r = add_rule(ctx, rules, &n, &rule);
	}
	if (r < 0)
		return r;
	*ret = steal(&rules);
	*ret_n = n;
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

static bool same_rule(const struct gate_rule *a, const struct gate_rule *b)
{
	struct gate_rule x = *a, y = *b;
	int64_t apart = (int64_t)(x.until - y.until);

	if (!x.until != !y.until || apart > SLACK || apart < -SLACK)
		return false;
	x.until = y.until = 0;
	return !memcmp(&x, &y, sizeof(x));
}

bool gate_same_rules(const struct gate_rule *a, size_t n, const struct gate_rule *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < m && !same_rule(&a[i], &b[k]))
			k++;
		if (k == m)
			return false;
	}
	return true;
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
			.kind = rules[i].kind == GATE_RULE_REVOKED ? "revoked" : "build",
			.ring = rules[i].ring,
			.types = rules[i].types,
			.until = rules[i].until ? gate_calendar(&clock, rules[i].until) : 0,
			.key_len = rules[i].key_len,
		};
		memcpy(out[i].fingerprint, rules[i].fingerprint, sizeof(out[i].fingerprint));
	}
	*ret = steal(&out);
	*ret_n = n;
	return 0;
}
