/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the gate's policy to its rules: what each entry becomes, twins, revocation, and many. */
#include <time.h>

#include "lib/bpf/decide.h"
#include "lib/flow/gate_rule_list.h"
#include "tests/tap.h"

static struct bpfkey_ctx *ctx;
static const struct policy_rings rings = { .now = { .boot_ns = 5000, .real_ns = 5000 } };

static struct file_digest digest(unsigned int i)
{
	struct file_digest d = { FILE_DIGEST_SHA256, 32, { 0 } };

	memcpy(d.value, &i, sizeof(i));
	return d;
}

static void add_file(struct gate_policy *p, const char *name, unsigned int file)
{
	struct policy_loader *l = gate_policy_add_loader(p);

	snprintf(l->name, sizeof(l->name), "%s", name);
	l->digest = digest(file);
	l->types = 1ULL << 6 | 1ULL << GATE_TYPE_SYSCALL;
}

static const struct gate_rule *find(const struct rule_list *l, unsigned int file)
{
	struct gate_rule want = { 0 };
	struct file_digest d = digest(file);

	gate_set_file(&want, &d);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].tag == want.tag)
			return &l->v[i];
	return NULL;
}

static void test_files(void)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(gate_list_done) struct rule_list l = { 0 };
	const struct gate_rule *r;
	struct policy_revoked *v;

	add_file(&p, "agent", 1);
	p.loaders[0].lends_trust = true;
	p.loaders[0].until = 7;
	add_file(&p, "lib", 2);
	p.loaders[1].library = true;
	p.loaders[1].types = 0;
	add_file(&p, "bad", 3);
	v = gate_policy_add_revoked(&p);
	v->is_file = true;
	v->digest = digest(3);
	ok(!gate_list_add_policy(ctx, &p, &rings, &l) && !gate_list_settle(ctx, &l), "rules");
	is_int((long long)l.n, 3, "three");
	r = find(&l, 1);
	ok(r && r->kind == GATE_RULE_LOADER && r->class == GATE_CLASS_FILE && r->key_len == 72,
	   "a loader");
	ok(r && r->types == 1ULL << 6, "which does not load what loads others");
	ok(r && r->flags == GATE_RULE_F_LENDS && !strcmp(r->name, "agent") &&
		   r->subject == gate_subject("agent"), "its name and flags");
	is_int(r ? (long long)r->until : 0, 7000000000LL, "its time");
	r = find(&l, 2);
	ok(r && r->kind == GATE_RULE_LIBRARY && !r->types && !r->subject, "a library");
	r = find(&l, 3);
	ok(r && r->kind == GATE_RULE_REVOKED && !r->types, "revoked wins");
	ok(gate_subject("a") != gate_subject("b") && gate_subject(""), "subjects");
}

static struct gate_rule key_rule(uint32_t kind, uint8_t key, uint64_t until)
{
	struct gate_rule r = { .kind = kind, .until = until };
	uint8_t bytes[65] = { 4, key };

	r.fingerprint[0] = key;
	gate_rule_set_key(&r, bytes, sizeof(bytes));
	return r;
}

static void test_keys(void)
{
	struct gate_rule a = key_rule(GATE_RULE_BUILD, 1, 10), b = key_rule(GATE_RULE_BUILD, 1, 20);
	struct gate_rule c = key_rule(GATE_RULE_LOADER_KEY, 1, 0);
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(gate_list_done) struct rule_list l = { 0 };

	ok(!gate_list_add(ctx, &l, &b) && !gate_list_add(ctx, &l, &a) &&
		   !gate_list_settle(ctx, &l) && l.n == 1 && l.v[0].until == 20,
	   "of two certificates of a key the later counts");
	gate_list_add(ctx, &l, &c);
	is_int(gate_list_settle(ctx, &l), -BPFKEY_E_DISPLACES, "one key, two kinds");
	bk_forget(ctx);
	gate_list_done(&l);
	gate_list_add(ctx, &l, &a);
	gate_policy_add_revoked(&p)->fingerprint[0] = 1;
	ok(!gate_list_add_policy(ctx, &p, &rings, &l) && !gate_list_settle(ctx, &l) && l.n == 1 &&
		   l.v[0].kind == GATE_RULE_REVOKED, "revoked by its certificate's fingerprint");
	b.tag = a.tag;
	b.key[1] ^= 1;
	b.name[0] = 'b';
	gate_list_done(&l);
	gate_list_add(ctx, &l, &a);
	gate_list_add(ctx, &l, &b);
	is_int(gate_list_settle(ctx, &l), -BPFKEY_E_DISPLACES, "two keys of one tag");
	bk_forget(ctx);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each with each would be 10^8 comparisons of 700 bytes, twice: half a minute and more. */
static void test_many(void)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(gate_list_done) struct rule_list a = { 0 }, b = { 0 };
	double start = seconds(), took;
	char name[POLICY_NAME];

	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "loader-%u", i);
		add_file(&p, name, i);
	}
	ok(!gate_list_add_policy(ctx, &p, &rings, &a) && !gate_list_settle(ctx, &a) &&
		   !gate_list_add_policy(ctx, &p, &rings, &b) && !gate_list_settle(ctx, &b) &&
		   a.n == 10000 && b.n == 10000, "10000 rules");
	ok(gate_same_rules(a.v, a.n, b.v, b.n), "are the same");
	for (size_t i = 0; i < b.n / 2; i++) {
		struct gate_rule t = b.v[i];

		b.v[i] = b.v[b.n - 1 - i];
		b.v[b.n - 1 - i] = t;
	}
	ok(gate_same_rules(a.v, a.n, b.v, b.n), "in another order too");
	b.v[4711].types ^= 1;
	ok(!gate_same_rules(a.v, a.n, b.v, b.n), "one bit is a difference");
	took = seconds() - start;
	if (!ok(took < 10, "in no time"))
		printf("# %f s\n", took);
	while (a.n < 4 * GATE_RULES && !gate_list_add(ctx, &a, &b.v[0]))
		;
	is_int(gate_list_add(ctx, &a, &b.v[0]), -BPFKEY_E_TOO_BIG, "there is a limit");
}

int main(void)
{
	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_files();
	test_keys();
	test_many();
	bpfkey_ctx_free(ctx);
	return done_testing();
}
