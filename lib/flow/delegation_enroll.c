// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys of delegations: enrolled for a time, and revoked for good. */
#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "../bpf/decide.h"
#include "../kernel/ring_key.h"
#include "certs.h"
#include "delegation.h"
#include "gate_flow.h"
#include "gate_policy_file.h"
#include "ring_change.h"

struct enrolling {
	struct bpfkey_ctx *ctx;
	struct gate_policy policy;
	struct policy_delegation *d;
	struct bpfkey_cert *cert;
	unsigned int flags;
};

static void enrolling_done(struct enrolling *e)
{
	gate_policy_done(&e->policy);
	cert_free(e->cert);
}

static int find(struct bpfkey_ctx *ctx, const struct gate_policy *p, const char *name,
		struct policy_delegation **ret)
{
	*ret = gate_policy_delegation(p, name);
	if (*ret)
		return 0;
	bk_hint(ctx, "keyctl-bpf delegation list");
	return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "there is no delegation '%s'", name);
}

static bool of_same_key(const struct policy_cert *c, const struct bpfkey_cert *cert)
{
	_cleanup_(cert_freep) struct bpfkey_cert *other = NULL;

	return c->n && !cert_from_der(NULL, (struct view){ c->p, c->n }, &other) &&
	       !memcmp(cert_info(other)->public_hash, cert_info(cert)->public_hash, 32);
}

/* check_free - a key has one purpose, and none once it is revoked */
static int check_free(struct enrolling *e)
{
	const struct gate_policy *p = &e->policy;
	const uint8_t *fingerprint = cert_info(e->cert)->fingerprint;

	for (size_t i = 0; i < p->n_revoked; i++)
		if (!p->revoked[i].is_file &&
		    (!memcmp(p->revoked[i].fingerprint, fingerprint, 32) ||
		     of_same_key(&p->revoked[i].cert, e->cert)))
			return bk_fail(e->ctx, -BPFKEY_E_REVOKED, "its key is revoked");
	for (size_t i = 0; i < p->n_delegations; i++)
		if (&p->delegations[i] != e->d && of_same_key(&p->delegations[i].cert, e->cert))
			return bk_fail(e->ctx, -BPFKEY_E_DISPLACES, "its key is that of the "
				       "delegation '%s'", p->delegations[i].name);
	for (size_t i = 0; i < p->n_loaders; i++)
		if (of_same_key(&p->loaders[i].cert, e->cert))
			return bk_fail(e->ctx, -BPFKEY_E_DISPLACES, "its key signs loaders: '%s'",
				       p->loaders[i].name);
	return 0;
}

/* check_ring - it is no build key, and the kernel looks into the keyring of delegated keys */
static int check_ring(struct enrolling *e)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	const struct bpfkey_cert_info *i = cert_info(e->cert);

	if (ring_snapshot(e->ctx, BPFKEY_ROLE_BUILD, NULL, &ring) < 0) {
		bk_forget(e->ctx);
		return 0;
	}
	if (ring->info.kind == BPFKEY_RING_NATIVE)
		return bk_fail(e->ctx, -BPFKEY_E_NO_SUPPORT, "this kernel verifies against its own "
			       "'.bpf' alone: keys in other keyrings do not count");
	for (size_t n = 0; n < ring->n; n++)
		if (ring->keys[n].state != BPFKEY_RING_KEY_ABSENT &&
		    ring->keys[n].public_key_len == i->public_key_len &&
		    !memcmp(ring->keys[n].public_key, i->public_key, i->public_key_len))
			return bk_fail(e->ctx, -BPFKEY_E_DISPLACES, "its key is a build key, which "
				       "everybody may load by");
	return 0;
}

/* check_sealed - on a sealed gate only a key that has its rule already is of any use */
static int check_sealed(struct enrolling *e)
{
	const struct bpfkey_cert_info *i = cert_info(e->cert);
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct gate_state state;
	size_t n = 0;
	int r = gate_open(e->ctx, &g);

	if (r == -BPFKEY_E_NO_GATE) {
		bk_forget(e->ctx);
		return 0;
	}
	if (!r)
		r = gate_read_state(g, &state);
	if (!r && state.sealed)
		r = gate_active_rules(e->ctx, g, &rules, &n);
	if (r < 0 || !state.sealed)
		return r;
	for (size_t k = 0; k < n; k++)
		if (rules[k].kind == GATE_RULE_DELEGATE && !strcmp(rules[k].name, e->d->name) &&
		    rules[k].key_len == i->public_key_len &&
		    !memcmp(rules[k].key, i->public_key, i->public_key_len))
			return 0;
	bk_hint(e->ctx, "renew the certificate of the same key, or bring an image of the new "
		"policy there: keyctl-bpf gate image, gate sign, gate apply");
	return bk_fail(e->ctx, -BPFKEY_E_SEALED, "the gate is sealed and has no rule for this key");
}

static int check_all(struct enrolling *e, const char *path)
{
	int r = cert_read(e->ctx, path, &e->cert);

	if (!r && e->d->until && e->d->until <= time(NULL))
		return bk_fail(e->ctx, -BPFKEY_E_EXPIRED, "the delegation is over");
	if (!r)
		r = delegation_check(e->ctx, e->d, e->cert);
	if (!r)
		r = check_free(e);
	if (!r)
		r = check_ring(e);
	return r ? r : check_sealed(e);
}

/* drop_others - of one delegation all keys but this one leave the keyring */
static int drop_others(struct enrolling *e)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	int r = ring_snapshot(e->ctx, BPFKEY_ROLE_DELEGATED, NULL, &ring);

	for (size_t i = 0; !r && i < ring->n; i++)
		if (delegation_has(e->ctx, e->d, &ring->keys[i]) &&
		    memcmp(cert_info(ring->keys[i].cert)->public_hash,
			   cert_info(e->cert)->public_hash, 32) != 0)
			r = ringkey_unlink(e->ctx, &ring->ring, ring->keys[i].serial);
	return r;
}

static int enroll(struct enrolling *e, const char *path)
{
	bool dry = e->flags & BPFKEY_DELEGATION_DRY_RUN;
	struct ring_delegated how = { .any_role = e->d->issuer.n, .until = e->d->until };
	int64_t end = e->d->ttl ? time(NULL) + (int64_t)e->d->ttl : 0;
	int r = check_all(e, path);

	if (end && (!how.until || end < how.until))
		how.until = end;
	if (!r)
		r = ring_enroll_delegated(e->ctx, path, dry, &how);
	if (r < 0 || dry)
		return r;
	if (e->d->issuer.n)
		return e->flags & BPFKEY_DELEGATION_REPLACE ? drop_others(e) : 0;
	if (policy_cert_set(&e->d->cert, cert_der(e->cert)) < 0)
		return bk_out_of_memory(e->ctx);
	return gate_policy_save(e->ctx, &e->policy);
}

int bpfkey_delegation_enroll(struct bpfkey_ctx *ctx, const char *name, const char *path,
			     unsigned int flags)
{
	_cleanup_(enrolling_done) struct enrolling e = { .ctx = ctx, .flags = flags };
	_cleanup_(bk_closep) int lock = -1;
	int r;

	bk_enter(ctx);
	r = flags & BPFKEY_DELEGATION_DRY_RUN ? gate_policy_read(ctx, &e.policy) :
						gate_policy_open(ctx, &e.policy, &lock);
	if (!r)
		r = find(ctx, &e.policy, name, &e.d);
	if (!r)
		r = enroll(&e, path);
	return r < 0 ? bk_fail(ctx, r, "cannot enrol '%s' for '%s'", path, name) : 0;
}

static int revoke_cert(struct bpfkey_ctx *ctx, struct gate_policy *p,
		       const struct bpfkey_cert *cert, const char *reason)
{
	struct policy_revoked *v;

	if (gate_policy_revoked_key(p, cert_info(cert)->fingerprint))
		return 0;
	v = gate_policy_add_revoked(p);
	if (!v)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "no room for more revocations");
	v->since = time(NULL);
	snprintf(v->reason, sizeof(v->reason), "%s", reason ? reason : "");
	memcpy(v->fingerprint, cert_info(cert)->fingerprint, sizeof(v->fingerprint));
	return policy_cert_set(&v->cert, cert_der(cert)) < 0 ? bk_out_of_memory(ctx) : 0;
}

/* revoke_keys - those that are enrolled, and the one that the policy names; unlinked when saved */
static int revoke_keys(struct bpfkey_ctx *ctx, struct gate_policy *p,
		       const struct policy_delegation *d, const struct bpfkey_ring *ring,
		       const char *reason)
{
	_cleanup_(cert_freep) struct bpfkey_cert *own = NULL;
	int r = 0;

	if (d->cert.n)
		r = cert_from_der(ctx, (struct view){ d->cert.p, d->cert.n }, &own);
	if (!r && own)
		r = revoke_cert(ctx, p, own, reason);
	for (size_t i = 0; !r && ring && i < ring->n; i++)
		if (delegation_has(ctx, d, &ring->keys[i]))
			r = revoke_cert(ctx, p, ring->keys[i].cert, reason);
	return r;
}

static void unlink_keys(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
			const struct bpfkey_ring *ring)
{
	for (size_t i = 0; ring && i < ring->n; i++)
		if (delegation_has(ctx, d, &ring->keys[i]) &&
		    ringkey_unlink(NULL, &ring->ring, ring->keys[i].serial) < 0)
			bk_log(ctx, BPFKEY_LOG_WARNING, "key %d stays in keyring '%s', which does "
			       "not let go of it; the gate refuses it",
			       ring->keys[i].serial, ring->info.name);
}

static int revoke_all(struct bpfkey_ctx *ctx, struct gate_policy *p, struct policy_delegation *d,
		  const char *reason, bool dry)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	struct gate_policy gone = { 0 };
	int r;

	if (ring_snapshot(ctx, BPFKEY_ROLE_DELEGATED, NULL, &ring) < 0)
		bk_forget(ctx);
	r = revoke_keys(ctx, p, d, ring, reason);
	if (r < 0 || dry)
		return r;
	/* The entry is looked at once more when the policy does not have it any more. */
	gone.delegations = malloc(sizeof(*d));
	if (!gone.delegations)
		return bk_out_of_memory(ctx);
	gone.n_delegations = 1;
	*gone.delegations = *d;
	d->cert = d->issuer = (struct policy_cert){ 0 };
	gate_policy_drop_delegation(p, (size_t)(d - p->delegations));
	r = gate_policy_save(ctx, p);
	if (!r)
		unlink_keys(ctx, gone.delegations, ring);
	gate_policy_done(&gone);
	return r;
}

int bpfkey_delegation_revoke(struct bpfkey_ctx *ctx, const char *name, const char *reason,
			     unsigned int flags)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	bool dry = flags & BPFKEY_DELEGATION_DRY_RUN;
	struct policy_delegation *d = NULL;
	_cleanup_(bk_closep) int lock = -1;
	int r = 0;

	bk_enter(ctx);
	if (reason && strlen(reason) >= POLICY_REASON)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "a reason has at most %d bytes",
			    POLICY_REASON - 1);
	if (!r)
		r = dry ? gate_policy_read(ctx, &p) : gate_policy_open(ctx, &p, &lock);
	if (!r)
		r = find(ctx, &p, name, &d);
	if (!r)
		r = revoke_all(ctx, &p, d, reason, dry);
	return r < 0 ? bk_fail(ctx, r, "cannot revoke '%s'", name) : 0;
}
