// SPDX-License-Identifier: LGPL-2.1-or-later
/* Delegations in the gate's policy: made, listed, taken out. */
#include "delegation.h"

#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "../base/text.h"
#include "../bpf/decide.h"
#include "certs.h"
#include "gate_flow.h"
#include "gate_policy_file.h"
#include "opts.h"

static struct view der_of(const struct policy_cert *c)
{
	return (struct view){ c->p, c->n };
}

int delegation_check(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
		     const struct bpfkey_cert *cert)
{
	_cleanup_(cert_freep) struct bpfkey_cert *issuer = NULL;
	int r;

	if (!d->issuer.n)
		return cert_check_role(ctx, cert, BPFKEY_ROLE_DELEGATED);
	r = cert_from_der(ctx, der_of(&d->issuer), &issuer);
	if (!r)
		r = cert_check_issuer(ctx, cert, issuer);
	if (!r)
		r = cert_check_san(ctx, cert, d->san);
	if (!r) {
		r = cert_check_validity(ctx, issuer, time(NULL));
		if (r < 0)
			r = bk_fail(ctx, r, "its CA");
	}
	return r;
}

bool delegation_accepts(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	bool accepted = false;

	if (cert_info(cert)->ca || gate_policy_read(ctx, &p) < 0) {
		bk_forget(ctx);
		return false;
	}
	for (size_t i = 0; i < p.n_delegations && !accepted; i++)
		accepted = p.delegations[i].issuer.n &&
			   !delegation_check(ctx, &p.delegations[i], cert);
	bk_forget(ctx);
	return accepted;
}

bool delegation_has(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
		    const struct bpfkey_ring_key *key)
{
	_cleanup_(cert_freep) struct bpfkey_cert *own = NULL;
	bool has = false;

	if (!key->cert || key->state != BPFKEY_RING_KEY_VALID)
		return false;
	if (d->issuer.n)
		has = !delegation_check(ctx, d, key->cert);
	else if (d->cert.n && !cert_from_der(ctx, der_of(&d->cert), &own))
		has = !memcmp(cert_info(own)->public_hash, cert_info(key->cert)->public_hash, 32);
	bk_forget(ctx);
	return has;
}

static int check(struct bpfkey_ctx *ctx, const struct bpfkey_delegation_opts *o)
{
	if (!o->name || !text_is_name(o->name) || strlen(o->name) >= POLICY_NAME)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no name for a delegation: letters, "
			       "digits and ._-, at most %d", o->name ? o->name : "",
			       POLICY_NAME - 1);
	if (!o->loader)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no loader is named");
	if (o->types & GATE_MASKED_TYPES)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "nobody can be allowed the type 'ext': such "
			       "programs replace functions of others, of the gate's too");
	if (!o->types)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no program types: nothing is allowed by "
			       "omission");
	if (o->until && o->until <= time(NULL))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "that time is over");
	if (!o->issuer != !o->san)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an issuer and a subject alternative name go "
			       "together: alone, one would accept whatever there is");
	if (o->san && strlen(o->san) >= POLICY_SAN)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a subject alternative name has at most %d "
			       "bytes here", POLICY_SAN - 1);
	return o->san ? cert_san_check(ctx, o->san) : 0;
}

static int take_issuer(struct bpfkey_ctx *ctx, const char *path, struct policy_delegation *d)
{
	_cleanup_(cert_freep) struct bpfkey_cert *ca = NULL;
	int r = cert_read(ctx, path, &ca);

	if (!r && !cert_info(ca)->ca)
		r = bk_fail(ctx, -BPFKEY_E_ROLE, "it is no CA's certificate");
	if (!r)
		r = cert_check_strength(ctx, ca);
	if (!r)
		r = cert_check_validity(ctx, ca, time(NULL));
	if (!r && policy_cert_set(&d->issuer, cert_der(ca)) < 0)
		r = bk_out_of_memory(ctx);
	return r < 0 ? bk_fail(ctx, r, "issuer '%s'", path) : 0;
}

static bool same_cert(const struct policy_cert *a, const struct policy_cert *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n));
}

static bool same(const struct policy_delegation *a, const struct policy_delegation *b)
{
	return !strcmp(a->loader, b->loader) && a->types == b->types && a->attach == b->attach &&
	       a->until == b->until && a->ttl == b->ttl && same_cert(&a->issuer, &b->issuer) &&
	       !strcmp(a->san, b->san);
}

/* put - in the place of that of its name; a key that is there stays, unless a CA is named now */
static int put(struct bpfkey_ctx *ctx, struct gate_policy *p, struct policy_delegation *n,
	       bool *changed)
{
	struct policy_delegation *d = gate_policy_delegation(p, n->name);

	if (d && same(d, n))
		return 0;
	*changed = true;
	if (!d)
		d = gate_policy_add_delegation(p);
	if (!d)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "no room for more than %d delegations",
			       POLICY_ENTRIES);
	if (!n->issuer.n) {
		n->cert = d->cert;
		d->cert = (struct policy_cert){ 0 };
	}
	free(d->cert.p);
	free(d->issuer.p);
	*d = *n;
	n->cert = n->issuer = (struct policy_cert){ 0 };
	return 0;
}

static int add(struct bpfkey_ctx *ctx, const struct bpfkey_delegation_opts *o, bool *changed)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 }, own = { 0 };
	struct policy_delegation *d = gate_policy_add_delegation(&own);
	bool dry = o->flags & BPFKEY_DELEGATION_DRY_RUN;
	_cleanup_(bk_closep) int lock = -1;
	struct policy_loader *l = NULL;
	int r;

	if (!d)
		return bk_out_of_memory(ctx);
	r = dry ? gate_policy_read(ctx, &p) : gate_policy_open(ctx, &p, &lock);
	if (!r)
		l = gate_policy_loader(&p, o->loader);
	if (!r && (!l || l->library)) {
		bk_hint(ctx, "keyctl-bpf loader allow BIN --name %s --types TYPE,...", o->loader);
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "there is no trusted loader '%s'",
			       o->loader);
	}
	if (!r && o->issuer)
		r = take_issuer(ctx, o->issuer, d);
	if (r < 0)
		return r;
	snprintf(d->name, sizeof(d->name), "%s", o->name);
	snprintf(d->loader, sizeof(d->loader), "%s", o->loader);
	snprintf(d->san, sizeof(d->san), "%s", o->san ? o->san : "");
	d->types = o->types;
	d->attach = o->attach;
	d->until = o->until;
	d->ttl = o->ttl;
	r = put(ctx, &p, d, changed);
	return r || !*changed || dry ? r : gate_policy_save(ctx, &p);
}

int bpfkey_delegation_add(struct bpfkey_ctx *ctx, const struct bpfkey_delegation_opts *opts,
			  bool *ret_changed)
{
	struct bpfkey_delegation_opts o;
	bool changed = false;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = check(ctx, &o);
	if (!r)
		r = add(ctx, &o, &changed);
	if (r < 0)
		return bk_fail(ctx, r, "cannot add the delegation");
	*ret_changed = changed;
	return 0;
}

static void show(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
		 const struct bpfkey_ring *ring, struct bpfkey_delegation *ret)
{
	_cleanup_(cert_freep) struct bpfkey_cert *issuer = NULL;

	*ret = (struct bpfkey_delegation){
		.types = d->types, .attach = d->attach, .ttl = d->ttl, .until = d->until,
		.full_power = bpfkey_types_full_power(d->types),
	};
	memcpy(ret->name, d->name, sizeof(ret->name));
	memcpy(ret->loader, d->loader, sizeof(ret->loader));
	memcpy(ret->san, d->san, sizeof(ret->san));
	if (d->issuer.n && !cert_from_der(NULL, der_of(&d->issuer), &issuer))
		memcpy(ret->issuer, cert_info(issuer)->fingerprint, sizeof(ret->issuer));
	for (size_t i = 0; ring && i < ring->n; i++) {
		const struct bpfkey_ring_key *k = &ring->keys[i];
		int64_t end;

		if (!delegation_has(ctx, d, k))
			continue;
		end = k->expires > 0 ? k->expires : cert_info(k->cert)->not_after;
		ret->keys++;
		ret->expires = end > ret->expires ? end : ret->expires;
	}
}

/* What is in the gate under the name of a delegation, and still has time. */
static void mark_in_force(struct bpfkey_ctx *ctx, struct bpfkey_delegation *v, size_t n)
{
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	__u64 now = gate_clock_now().boot_ns;
	size_t m = 0;

	if (gate_open(ctx, &g) < 0 || gate_active_rules(ctx, g, &rules, &m) < 0) {
		bk_forget(ctx);
		return;
	}
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n && rules[i].kind == GATE_RULE_DELEGATE; j++)
			if (!strcmp(rules[i].name, v[j].name) && v[j].keys &&
			    (!rules[i].until || rules[i].until > now))
				v[j].in_force = true;
}

int bpfkey_delegation_list(struct bpfkey_ctx *ctx, struct bpfkey_delegation **ret, size_t *ret_n)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *ring = NULL;
	_cleanup_(bk_freep) struct bpfkey_delegation *v = NULL;
	int r;

	bk_enter(ctx);
	r = gate_policy_read(ctx, &p);
	if (r < 0)
		return r;
	v = calloc(p.n_delegations + 1, sizeof(*v));
	if (!v)
		return bk_out_of_memory(ctx);
	if (ring_snapshot(ctx, BPFKEY_ROLE_DELEGATED, NULL, &ring) < 0)
		bk_forget(ctx);
	for (size_t i = 0; i < p.n_delegations; i++)
		show(ctx, &p.delegations[i], ring, &v[i]);
	mark_in_force(ctx, v, p.n_delegations);
	*ret = steal(&v);
	*ret_n = p.n_delegations;
	return 0;
}
