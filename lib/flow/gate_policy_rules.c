// SPDX-License-Identifier: LGPL-2.1-or-later
/* From the gate's policy to its rules. */
#include <string.h>

#include "../base/text.h"
#include "../bpf/decide.h"
#include "../crypto/cert.h"
#include "delegation.h"
#include "gate_policy_file.h"
#include "gate_rule_list.h"

#define NS 1000000000LL

_Static_assert(POLICY_NAME == GATE_NAME, "a name in the policy is a name in the gate");
_Static_assert(POLICY_ENTRIES == GATE_RULES, "no more entries than rules");

uint64_t gate_subject(const char *name)
{
	uint64_t h = gate_tag_start(0);

	for (; *name; name++)
		h = gate_tag_step(h, (uint8_t)*name);
	return h ? h : 1;
}

void gate_set_file(struct gate_rule *rule, const struct file_digest *d)
{
	struct gate_file_id id = { .algorithm = d->algorithm, .size = d->size };

	memcpy(id.digest, d->value, d->size);
	rule->class = GATE_CLASS_FILE;
	rule->key_len = sizeof(id);
	rule->tag = gate_tag_of_file(&id);
	memcpy(rule->key, &id, sizeof(id));
	memcpy(rule->fingerprint, id.digest, sizeof(rule->fingerprint));
}

/* The earlier of two calendar times, 0 being never, as a moment in boot time. */
static uint64_t boot_time(const struct gate_clock *now, int64_t a, int64_t b)
{
	int64_t end = !a || (b && b < a) ? b : a;

	if (!end || end >= INT64_MAX / NS)
		return 0;
	end = end * NS - now->real_ns + now->boot_ns;
	return end > 0 ? (uint64_t)end : 1;
}

/* set_cert - the rule is about this certificate's key */
static int set_cert(struct bpfkey_ctx *ctx, const struct policy_cert *c, struct gate_rule *rule,
		    int64_t *ret_end)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	const struct bpfkey_cert_info *info;
	int r = cert_from_der(ctx, (struct view){ c->p, c->n }, &cert);

	if (r < 0)
		return r;
	info = cert_info(cert);
	if (info->public_key_len > GATE_KEY_MAX)
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "the public key of '%s' has %zu bytes, "
			       "the gate takes at most %d", info->subject, info->public_key_len,
			       GATE_KEY_MAX);
	rule->class = GATE_CLASS_KEY;
	memcpy(rule->fingerprint, info->fingerprint, sizeof(rule->fingerprint));
	gate_rule_set_key(rule, info->public_key, info->public_key_len);
	*ret_end = info->not_after;
	return 0;
}

static int add_loader(struct bpfkey_ctx *ctx, const struct policy_loader *l,
		      const struct policy_rings *rings, struct rule_list *list)
{
	struct gate_rule rule = {
		.kind = l->library ? GATE_RULE_LIBRARY : GATE_RULE_LOADER,
		.types = l->types & ~GATE_TRUSTED_MASKED,
		.attach = l->attach,
		.subject = l->library ? 0 : gate_subject(l->name),
		.flags = l->lends_trust ? GATE_RULE_F_LENDS : 0,
	};
	int64_t end = 0;
	int r = 0;

	memcpy(rule.name, l->name, sizeof(rule.name));
	if (!l->cert.n) {
		gate_set_file(&rule, &l->digest);
	} else if (!rings->loader) {
		bk_log(ctx, BPFKEY_LOG_WARNING, "there is no keyring of loader keys: what the key "
		       "of '%s' signed is not trusted (keyctl-bpf keyring create, keyctl-bpf "
		       "keyring enroll --role loader)", l->name);
		return 0;
	} else {
		rule.kind = GATE_RULE_LOADER_KEY;
		rule.ring = rings->loader;
		rule.ring_type = GATE_RING_USER;
		r = set_cert(ctx, &l->cert, &rule, &end);
	}
	rule.until = boot_time(&rings->now, l->until, end);
	if (!r)
		r = gate_list_add(ctx, list, &rule);
	return r < 0 ? bk_fail(ctx, r, "loader '%s'", l->name) : 0;
}

/* add_delegated - one key of a delegation; @expires: when the kernel drops it, 0: not known */
static int add_delegated(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
			 const struct policy_cert *cert, int64_t expires,
			 const struct policy_rings *rings, struct rule_list *list)
{
	struct gate_rule rule = {
		.kind = GATE_RULE_DELEGATE,
		.ring = rings->delegated,
		.ring_type = GATE_RING_USER,
		.types = (GATE_BUILD_TYPES | d->types) & ~GATE_MASKED_TYPES,
		.inner_types = d->types & ~GATE_MASKED_TYPES,
		.attach = d->attach,
		.subject = gate_subject(d->loader),
	};
	int64_t end = 0;
	int r;

	memcpy(rule.name, d->name, sizeof(rule.name));
	r = set_cert(ctx, cert, &rule, &end);
	if (expires > 0 && expires < end)
		end = expires;
	rule.until = boot_time(&rings->now, d->until, end);
	if (!r)
		r = gate_list_add(ctx, list, &rule);
	return r < 0 ? bk_fail(ctx, r, "delegation '%s'", d->name) : 0;
}

/* Every enrolled key that belongs to it; its own also when nobody knows what is enrolled. */
static int add_delegation(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
			  const struct policy_rings *rings, struct rule_list *list)
{
	const struct bpfkey_ring *ring = rings->delegated_keys;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; !r && rings->delegated && ring && i < ring->n; i++) {
		struct view der = { NULL, 0 };
		struct policy_cert cert;

		if (!delegation_has(ctx, d, &ring->keys[i]))
			continue;
		der = cert_der(ring->keys[i].cert);
		cert = (struct policy_cert){ (uint8_t *)(uintptr_t)der.p, der.n };
		r = add_delegated(ctx, d, &cert, ring->keys[i].expires, rings, list);
		n++;
	}
	if (!r && !n && rings->delegated && d->cert.n)
		r = add_delegated(ctx, d, &d->cert, 0, rings, list);
	else if (!r && !n)
		bk_log(ctx, BPFKEY_LOG_WARNING, "the delegation '%s' is without effect: %s",
		       d->name, rings->delegated ? "no key of it is enrolled (keyctl-bpf "
		       "delegation enroll)" : "there is no keyring of delegated keys");
	return r;
}

static int by_fingerprint(const void *a, const void *b)
{
	const struct policy_revoked *const *x = a, *const *y = b;

	return memcmp((*x)->fingerprint, (*y)->fingerprint, sizeof((*x)->fingerprint));
}

/* Of a revoked key only the name may be known: then the rule that its certificate made is it. */
static int revoke_by_name(struct bpfkey_ctx *ctx, const struct gate_policy *p,
			  struct rule_list *list)
{
	_cleanup_(bk_freep) const struct policy_revoked **v = calloc(p->n_revoked + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < p->n_revoked; i++)
		if (!p->revoked[i].is_file)
			v[n++] = &p->revoked[i];
	qsort(v, n, sizeof(*v), by_fingerprint);
	for (size_t i = 0; i < list->n; i++) {
		struct gate_rule *rule = &list->v[i];
		struct policy_revoked want = { 0 };
		const struct policy_revoked *w = &want;

		memcpy(want.fingerprint, rule->fingerprint, sizeof(want.fingerprint));
		if (rule->class == GATE_CLASS_KEY && bsearch(&w, v, n, sizeof(*v), by_fingerprint))
			rule->kind = GATE_RULE_REVOKED;
	}
	return 0;
}

static int add_revoked(struct bpfkey_ctx *ctx, const struct policy_revoked *v,
		       struct rule_list *list)
{
	struct gate_rule rule = { .kind = GATE_RULE_REVOKED };
	int64_t end;
	int r = 0;

	if (v->is_file)
		gate_set_file(&rule, &v->digest);
	else if (v->cert.n)
		r = set_cert(ctx, &v->cert, &rule, &end);
	else
		return 0;
	if (!r)
		r = gate_list_add(ctx, list, &rule);
	return r < 0 ? bk_fail(ctx, r, "a revoked key") : 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A delegation finds its loader by that number. */
static int check_subjects(struct bpfkey_ctx *ctx, const struct gate_policy *p)
{
	_cleanup_(bk_freep) uint64_t *v = calloc(p->n_loaders + 1, sizeof(*v));

	if (!v)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < p->n_loaders; i++)
		v[i] = gate_subject(p->loaders[i].name);
	qsort(v, p->n_loaders, sizeof(*v), by_number);
	for (size_t i = 1; i < p->n_loaders; i++)
		if (v[i] == v[i - 1])
			return bk_fail(ctx, -BPFKEY_E_DISPLACES, "two loaders have names that the "
				       "gate cannot tell apart: rename one");
	return 0;
}

int gate_list_add_policy(struct bpfkey_ctx *ctx, const struct gate_policy *p,
			 const struct policy_rings *rings, struct rule_list *l)
{
	int r = check_subjects(ctx, p);

	for (size_t i = 0; !r && i < p->n_loaders; i++)
		r = add_loader(ctx, &p->loaders[i], rings, l);
	for (size_t i = 0; !r && i < p->n_delegations; i++)
		r = add_delegation(ctx, &p->delegations[i], rings, l);
	for (size_t i = 0; !r && i < p->n_revoked; i++)
		r = add_revoked(ctx, &p->revoked[i], l);
	if (!r)
		r = revoke_by_name(ctx, p, l);
	return r < 0 ? bk_fail(ctx, r, "the gate policy makes no rules") : 0;
}
