// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy_file.h"

#include <string.h>

#include "../base/base64.h"
#include "../base/text.h"
#include "json.h"
#include "policy_parts.h"

#define SCHEMA 1

void policy_file_done(struct policy_file *f)
{
	free(f->grants.v);
	f->grants.v = NULL;
	f->grants.n = 0;
}

static int get_signature(struct bpfkey_ctx *ctx, const struct js *j, struct policy_grant *g)
{
	_cleanup_(buf_done) struct buf sig = BUF(sizeof(g->sig));
	const char *s;
	int r = js_str(ctx, j, "signature", &s);

	if (r < 0)
		return r;
	if (base64_get((struct view){ (const uint8_t *)s, strlen(s) }, &sig) < 0 || !sig.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'signature' is not a signature in "
			       "base64");
	memcpy(g->sig, sig.p, sig.n);
	g->sig_len = sig.n;
	return 0;
}

static int get_state(struct bpfkey_ctx *ctx, const struct js *j, struct policy_grant *g)
{
	const char *created;
	int r = policy_parts_get(ctx, j, &g->pcrs, &g->counter);

	if (!r && !g->pcrs.mask && !g->counter.index)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "it has neither PCRs nor a counter");
	if (!r)
		r = get_signature(ctx, j, g);
	if (!r)
		r = js_str(ctx, j, "created", &created);
	if (!r && text_time(created, &g->created) < 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'created' is not a time");
	return r;
}

static int get_states(struct bpfkey_ctx *ctx, const struct js *j, struct policy_grants *g)
{
	size_t n;
	int r = js_list(ctx, j, "states", POLICY_GRANTS_MAX, &n);

	if (r < 0)
		return r;
	g->v = calloc(n + !n, sizeof(*g->v));
	if (!g->v)
		return bk_out_of_memory(ctx);
	for (g->n = 0; g->n < n; g->n++) {
		_cleanup_(js_freep) struct js *state = NULL;

		r = js_item(ctx, j, "states", g->n, &state);
		if (!r)
			r = get_state(ctx, state, &g->v[g->n]);
		if (r < 0)
			return bk_fail(ctx, r, "state %zu", g->n + 1);
	}
	return 0;
}

int policy_file_parse(struct bpfkey_ctx *ctx, struct view text, struct policy_file *ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	_cleanup_(js_freep) struct js *j = NULL;
	uint64_t schema;
	int r;

	r = js_parse(ctx, text, POLICY_TEXT_MAX, &j);
	if (!r)
		r = js_u64(ctx, j, "schema", &schema);
	if (!r && schema != SCHEMA)
		r = bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a policy of schema %llu; this version "
			    "reads %d", (unsigned long long)schema, SCHEMA);
	if (!r)
		r = policy_parts_copy(ctx, j, "signer", f.signer, sizeof(f.signer));
	if (!r)
		r = policy_parts_copy(ctx, j, "ref", f.grants.ref, sizeof(f.grants.ref));
	if (!r && !text_is_name(f.grants.ref))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'ref' is not a name");
	if (!r)
		r = get_states(ctx, j, &f.grants);
	if (r < 0)
		return r;
	*ret = f;
	f.grants.v = NULL;
	return 0;
}

static int set_state(struct bpfkey_ctx *ctx, struct js *j, const struct policy_grant *g)
{
	_cleanup_(buf_done) struct buf sig = BUF(1024);
	_cleanup_(js_freep) struct js *s = js_new();
	char created[TEXT_TIME_MAX];
	int r;

	base64_put(&sig, (struct view){ g->sig, g->sig_len }, 0);
	if (!s || !buf_ok(&sig))
		return bk_out_of_memory(ctx);
	js_set_str(s, "created", text_from_time(g->created, created));
	r = policy_parts_set(ctx, s, &g->pcrs, &g->counter);
	if (r < 0)
		return r;
	js_set_str(s, "signature", buf_cstr(&sig));
	js_add_obj(j, "states", s);
	return 0;
}

int policy_file_text(struct bpfkey_ctx *ctx, const struct policy_file *f, struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();
	int r = 0;

	if (!j)
		return bk_out_of_memory(ctx);
	js_set_u64(j, "schema", SCHEMA);
	js_set_str(j, "signer", f->signer);
	js_set_str(j, "ref", f->grants.ref);
	js_set_list(j, "states");
	for (size_t i = 0; !r && i < f->grants.n; i++)
		r = set_state(ctx, j, &f->grants.v[i]);
	return r < 0 ? r : js_text(ctx, j, ret);
}

int policy_file_add(struct bpfkey_ctx *ctx, struct policy_file *f, const struct policy_grant *g)
{
	struct policy_grant *v;

	if (f->grants.n >= POLICY_GRANTS_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the policy has %d signed states, which is "
			       "the most", POLICY_GRANTS_MAX);
	v = realloc(f->grants.v, (f->grants.n + 1) * sizeof(*v));
	if (!v)
		return bk_out_of_memory(ctx);
	v[f->grants.n++] = *g;
	f->grants.v = v;
	return 0;
}
