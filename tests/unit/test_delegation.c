/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a delegation and the keys that are enrolled for it to the gate's rules. */
#include <stdlib.h>
#include <time.h>

#include "lib/bpf/decide.h"
#include "lib/crypto/cert.h"
#include "lib/flow/certs.h"
#include "lib/flow/delegation.h"
#include "lib/flow/gate_rule_list.h"
#include "tests/tap.h"

#include <bpfkey.h>

#define XDP (1ULL << 6)
#define HOUR 3600
#define NS 1000000000LL

static struct bpfkey_ctx *ctx;
static struct bpfkey_cert *one, *two;
static char dir[] = "/tmp/delegation.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[2][128];
	static int i;

	i ^= 1;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static bool make(const char *key, const char *pem, struct bpfkey_cert **ret)
{
	struct bpfkey_key_opts k = { .sz = sizeof(k), .form = BPFKEY_FORM_FILE, .alg = "p256" };
	struct bpfkey_cert_opts c = { .sz = sizeof(c), .role = BPFKEY_ROLE_DELEGATED, .days = 9,
				      .name = "delegate", .key = in_dir(key) };

	return !bpfkey_key_new(ctx, c.key, &k, NULL) &&
	       !bpfkey_cert_new(ctx, in_dir(pem), &c, ret);
}

static struct policy_delegation *delegation(struct gate_policy *p, const struct bpfkey_cert *cert)
{
	struct policy_delegation *d = gate_policy_add_delegation(p);

	snprintf(d->name, sizeof(d->name), "flow");
	snprintf(d->loader, sizeof(d->loader), "agent");
	d->types = XDP;
	if (cert)
		policy_cert_set(&d->cert, cert_der(cert));
	return d;
}

/* rules - what the policy makes of a keyring with that one key; @key NULL: nobody has looked */
static size_t rules(const struct gate_policy *p, struct bpfkey_ring_key *key, struct gate_rule *ret)
{
	struct bpfkey_ring ring = { .keys = key, .n = key ? 1 : 0 };
	struct policy_rings rings = { .delegated = 77, .delegated_keys = key ? &ring : NULL };
	_cleanup_(gate_list_done) struct rule_list l = { 0 };

	rings.now.real_ns = (int64_t)time(NULL) * NS;
	rings.now.boot_ns = 5 * NS;
	if (gate_list_add_policy(ctx, p, &rings, &l) || gate_list_settle(ctx, &l))
		return 99;
	if (l.n)
		*ret = l.v[0];
	return l.n;
}

/* In seconds from now, as the rule has it in boot time. */
static long long left(const struct gate_rule *r)
{
	return (long long)(r->until / NS) - 5;
}

static void test_rule(void)
{
	struct bpfkey_ring_key key = { .serial = 5, .state = BPFKEY_RING_KEY_VALID, .cert = one };
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	struct policy_delegation *d = delegation(&p, one);
	struct gate_rule r = { 0 };

	is_int((long long)rules(&p, &key, &r), 1, "an enrolled key is a rule");
	ok(r.kind == GATE_RULE_DELEGATE && r.class == GATE_CLASS_KEY && r.ring == 77,
	   "of its kind, in its keyring");
	ok(r.types == (XDP | GATE_BUILD_TYPES) && r.inner_types == XDP,
	   "it signs loaders, which load its types");
	ok(r.subject && r.subject == gate_subject("agent"), "for its loader");
	is_str(r.name, "flow", "by its name");
	ok(left(&r) > 8 * 24 * HOUR && left(&r) <= 9 * 24 * HOUR, "until its certificate ends");
	key.expires = time(NULL) + HOUR;
	rules(&p, &key, &r);
	ok(left(&r) > HOUR - 9 && left(&r) <= HOUR, "or the kernel drops it");
	d->until = time(NULL) + HOUR / 2;
	rules(&p, &key, &r);
	ok(left(&r) > HOUR / 2 - 9 && left(&r) <= HOUR / 2, "or the delegation is over");
	d->types |= GATE_MASKED_TYPES;
	rules(&p, &key, &r);
	ok(!((r.types | r.inner_types) & GATE_MASKED_TYPES), "what nobody may is not in it");
	key.state = BPFKEY_RING_KEY_EXPIRED;
	is_int((long long)rules(&p, NULL, &r), 1, "its own key, where nobody has looked");
}

static void test_none(void)
{
	struct bpfkey_ring_key key = { .serial = 5, .state = BPFKEY_RING_KEY_VALID, .cert = two };
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	struct policy_delegation *d = delegation(&p, NULL);
	struct gate_rule r = { 0 };

	is_int((long long)rules(&p, &key, &r), 0, "a delegation without a key has no rule");
	ok(!delegation_has(ctx, d, &key), "and no key by chance");
	ok(!delegation_check(ctx, d, two), "but takes one of its role");
	policy_cert_set(&d->issuer, cert_der(one));
	snprintf(d->san, sizeof(d->san), "DNS:x");
	ok(delegation_check(ctx, d, two) < 0, "and with an issuer only what that has issued");
	is_int((long long)rules(&p, &key, &r), 0, "and no rule of it");
	ok(!delegation_accepts(ctx, two), "no delegation of the machine takes it");
}

static void test_names(void)
{
	static const struct {
		const char *san;
		bool good;
	} rows[] = {
		{ "DNS:a.example", true }, { "URI:spiffe://x", true }, { "email:a@b", true },
		{ "IP:192.0.2.1", true }, { "IP:2001:db8::1", true }, { "", false },
		{ "a.example", false }, { "DNS:", false }, { "dns:a", false },
		{ "IP:1.2.3", false },
		{ "IP:x", false }, { "DirName:x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ok(!cert_san_check(ctx, rows[i].san) == rows[i].good, "'%s' is %s name",
		   rows[i].san, rows[i].good ? "a" : "no");
		if (rows[i].good)
			is_int(cert_check_san(ctx, one, rows[i].san), -BPFKEY_E_MISMATCH,
			       "which this certificate does not have");
	}
}

int main(void)
{
	static const char *const files[] = { "a.key", "a.key.meta", "a.pem", "b.key",
					     "b.key.meta", "b.pem" };

	if (bpfkey_ctx_new(&ctx) || !mkdtemp(dir) || bpfkey_ctx_set_root(ctx, dir))
		return 1;
	if (ok(make("a.key", "a.pem", &one) && make("b.key", "b.pem", &two), "two certificates")) {
		test_rule();
		test_none();
		test_names();
	} else {
		printf("# %s\n", bpfkey_ctx_message(ctx));
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(in_dir(files[i]));
	rmdir(dir);
	bpfkey_cert_free(one);
	bpfkey_cert_free(two);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
