// SPDX-License-Identifier: LGPL-2.1-or-later
/* The gate's policy as text; what reads it is gate_policy_json.c. */
#include "gate_policy_json.h"

#include "../base/base64.h"
#include "../base/text.h"
#include "json.h"

static void set_mask(struct js *j, const char *key, uint64_t mask,
		     const char *(*name)(unsigned int type))
{
	for (unsigned int i = 0; i < 64; i++)
		if (mask >> i & 1)
			js_add_str(j, key, name(i));
}

static void set_time(struct js *j, const char *key, int64_t t)
{
	char text[TEXT_TIME_MAX];

	if (t)
		js_set_str(j, key, text_from_time(t, text));
}

/* A failed buffer gives "", which js_set_str() cannot tell from a value: so it is reported. */
static int set_cert(struct js *j, const char *key, const struct policy_cert *c)
{
	_cleanup_(buf_done) struct buf b = BUF(2 * POLICY_CERT_MAX);

	if (!c->n)
		return 0;
	base64_put(&b, (struct view){ c->p, c->n }, 0);
	js_set_str(j, key, buf_cstr(&b));
	return buf_ok(&b) ? 0 : -1;
}

static int set_digest(struct js *j, const struct file_digest *d)
{
	_cleanup_(buf_done) struct buf b = BUF(160);

	if (!d->size)
		return 0;
	file_digest_put(&b, d);
	js_set_str(j, "digest", buf_cstr(&b));
	return buf_ok(&b) ? 0 : -1;
}

static int set_loader(struct js *j, const struct policy_loader *l, const struct gate_words *w)
{
	int r = 0;

	js_set_str(j, "name", l->name);
	r |= set_digest(j, &l->digest);
	r |= set_cert(j, "key", &l->cert);
	set_mask(j, "types", l->types, w->prog_name);
	set_mask(j, "attach_types", l->attach, w->attach_name);
	if (l->lends_trust)
		js_set_bool(j, "lends_trust", true);
	if (l->library)
		js_set_bool(j, "library", true);
	set_time(j, "until", l->until);
	return r;
}

static int set_delegation(struct js *j, const struct policy_delegation *d,
			  const struct gate_words *w)
{
	int r = 0;

	js_set_str(j, "name", d->name);
	js_set_str(j, "loader", d->loader);
	set_mask(j, "types", d->types, w->prog_name);
	set_mask(j, "attach_types", d->attach, w->attach_name);
	set_time(j, "until", d->until);
	if (d->ttl)
		js_set_u64(j, "ttl", d->ttl);
	r |= set_cert(j, "key", &d->cert);
	r |= set_cert(j, "issuer", &d->issuer);
	if (d->san[0])
		js_set_str(j, "san", d->san);
	return r;
}

static int set_revoked(struct js *j, const struct policy_revoked *v, const struct gate_words *w)
{
	_cleanup_(buf_done) struct buf hex = BUF(80);
	int r = set_digest(j, &v->digest);

	(void)w;
	js_set_str(j, "kind", v->is_file ? "file" : "key");
	if (!v->is_file) {
		text_hex(&hex, (struct view){ v->fingerprint, sizeof(v->fingerprint) });
		js_set_str(j, "fingerprint", buf_cstr(&hex));
	}
	r |= set_cert(j, "certificate", &v->cert);
	if (v->reason[0])
		js_set_str(j, "reason", v->reason);
	set_time(j, "since", v->since);
	return buf_ok(&hex) ? r : -1;
}

#define SET_LIST(j, key, list, n, set, w)                                      \
	({                                                                     \
		int _r = 0;                                                    \
		js_set_list((j), (key));                                       \
		for (size_t _i = 0; !_r && _i < (n); _i++) {                   \
			_cleanup_(js_freep) struct js *_o = js_new();          \
			_r = _o ? set(_o, &(list)[_i], (w)) : -1;              \
			if (!_r)                                               \
				js_add_obj((j), (key), _o);                    \
		}                                                              \
		_r;                                                            \
	})

int gate_policy_text(struct bpfkey_ctx *ctx, const struct gate_policy *p,
		     const struct gate_words *words, struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();

	if (!j)
		return bk_out_of_memory(ctx);
	js_set_u64(j, "schema", GATE_POLICY_SCHEMA);
	if (SET_LIST(j, "loaders", p->loaders, p->n_loaders, set_loader, words) ||
	    SET_LIST(j, "delegations", p->delegations, p->n_delegations, set_delegation, words) ||
	    SET_LIST(j, "revoked", p->revoked, p->n_revoked, set_revoked, words))
		return bk_out_of_memory(ctx);
	return js_text(ctx, j, ret);
}
