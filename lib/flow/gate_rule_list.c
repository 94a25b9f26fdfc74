// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate_rule_list.h"

#include <string.h>

void gate_list_done(struct rule_list *l)
{
	free(l->v);
	*l = (struct rule_list){ 0 };
}

int gate_list_add(struct bpfkey_ctx *ctx, struct rule_list *l, const struct gate_rule *rule)
{
	size_t room = l->room ? 2 * l->room : 16;
	struct gate_rule *v = l->v;

	/* Twins are merged later: with them there may be more than the gate takes. */
	if (l->n == 4 * GATE_RULES)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "far more rules than the %d that the gate "
			       "takes", GATE_RULES);
	if (l->n == l->room) {
		v = reallocarray(v, room, sizeof(*v));
		if (!v)
			return bk_out_of_memory(ctx);
		l->v = v;
		l->room = room;
	}
	l->v[l->n++] = *rule;
	return 0;
}

static int by_tag(const void *a, const void *b)
{
	const struct gate_rule *x = a, *y = b;
	int d = (x->tag > y->tag) - (x->tag < y->tag);

	if (!d)
		d = memcmp(x->key, y->key, sizeof(x->key));
	/* A tie must not leave the order to the sort. */
	return d ? d : (x->kind > y->kind) - (x->kind < y->kind);
}

static const char *shown(const struct gate_rule *r, char out[80])
{
	static const char digits[] = "0123456789abcdef";

	if (r->name[0]) {
		snprintf(out, 80, "%s", r->name);
		return out;
	}
	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = digits[r->fingerprint[i] >> 4];
		out[2 * i + 1] = digits[r->fingerprint[i] & 15];
	}
	out[64] = 0;
	return out;
}

/* Into @a what is left of two rules about one thing. */
static int merge(struct bpfkey_ctx *ctx, struct gate_rule *a, const struct gate_rule *b)
{
	char x[80], y[80];

	if (a->class != b->class || a->key_len != b->key_len ||
	    memcmp(a->key, b->key, sizeof(a->key)))
		return bk_fail(ctx, -BPFKEY_E_DISPLACES, "'%s' and '%s' are different and have the "
			       "same tag: take one of them out", shown(a, x), shown(b, y));
	if (a->kind == GATE_RULE_REVOKED)
		return 0;
	if (b->kind == GATE_RULE_REVOKED) {
		*a = *b;
		return 0;
	}
	if (a->kind != b->kind || a->subject != b->subject) {
		bk_hint(ctx, "keyctl-bpf loader list; keyctl-bpf keyring show");
		return bk_fail(ctx, -BPFKEY_E_DISPLACES, "'%s' and '%s' are one key with two "
			       "different rules", shown(a, x), shown(b, y));
	}
	if (a->until && (!b->until || b->until > a->until))
		*a = *b;
	return 0;
}

int gate_list_settle(struct bpfkey_ctx *ctx, struct rule_list *l)
{
	size_t n = 0;
	int r = 0;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_tag);
	for (size_t i = 0; !r && i < l->n; i++) {
		if (n && l->v[n - 1].tag == l->v[i].tag)
			r = merge(ctx, &l->v[n - 1], &l->v[i]);
		else if (n++ != i)
			l->v[n - 1] = l->v[i];
	}
	if (r < 0)
		return r;
	l->n = n;
	if (n > GATE_RULES)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "%zu rules, and the gate takes %d", n,
			       GATE_RULES);
	return 0;
}

static int by_pointed_tag(const void *a, const void *b)
{
	const struct gate_rule *x = *(const struct gate_rule *const *)a;
	const struct gate_rule *y = *(const struct gate_rule *const *)b;

	return (x->tag > y->tag) - (x->tag < y->tag);
}

static const struct gate_rule **sorted(const struct gate_rule *rules, size_t n)
{
	const struct gate_rule **v = calloc(n + 1, sizeof(*v));

	for (size_t i = 0; v && i < n; i++)
		v[i] = &rules[i];
	if (v)
		qsort(v, n, sizeof(*v), by_pointed_tag);
	return v;
}

#define SLACK 5000000000LL

static bool same_rule(const struct gate_rule *a, const struct gate_rule *b)
{
	int64_t apart = (int64_t)(a->until - b->until);
	struct gate_rule x, y;

	if (a->tag != b->tag || !a->until != !b->until || apart > SLACK || apart < -SLACK)
		return false;
	x = *a;
	y = *b;
	x.until = y.until = 0;
	return !memcmp(&x, &y, sizeof(x));
}

/* Each tag is there once, so in order one stands beside the other. */
bool gate_same_rules(const struct gate_rule *a, size_t n, const struct gate_rule *b, size_t m)
{
	_cleanup_(bk_freep) const struct gate_rule **x = NULL, **y = NULL;

	if (n != m)
		return false;
	x = sorted(a, n);
	y = sorted(b, m);
	/* Without memory for the question they are written anew, which is never wrong. */
	if (!x || !y)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_rule(x[i], y[i]))
			return false;
	return true;
}
