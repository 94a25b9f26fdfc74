// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate_policy_json.h"

#include <string.h>

#include "../base/base64.h"
#include "../base/text.h"
#include "json.h"
#include "policy_parts.h"

static int get_types(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *w,
		     uint64_t *ret_types, uint64_t *ret_attach)
{
	int r = policy_parts_types(ctx, j, "types", w->prog_parse, ret_types);

	if (!r && !*ret_types)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the list 'types' is empty: nothing is allowed "
			    "by omission");
	if (!r && js_has(j, "attach_types")) {
		r = policy_parts_types(ctx, j, "attach_types", w->attach_parse, ret_attach);
		if (!r && !*ret_attach)
			r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the list 'attach_types' is empty: "
				    "leave it out, or name some");
	}
	return r;
}

static int get_name(struct bpfkey_ctx *ctx, const struct js *j, const char *key,
		    char ret[POLICY_NAME])
{
	int r = policy_parts_copy(ctx, j, key, ret, POLICY_NAME);

	if (!r && !text_is_name(ret))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a name: letters, digits "
			    "and ._-", key);
	return r;
}

static int get_time(struct bpfkey_ctx *ctx, const struct js *j, const char *key, int64_t *ret)
{
	const char *s;
	int r = js_str_opt(ctx, j, key, &s);

	if (!r && s && text_time(s, ret) < 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a time", key);
	return r;
}

static int get_flag(struct bpfkey_ctx *ctx, const struct js *j, const char *key, bool *ret)
{
	return js_has(j, key) ? js_bool(ctx, j, key, ret) : 0;
}

static int get_cert(struct bpfkey_ctx *ctx, const struct js *j, const char *key,
		    struct policy_cert *ret)
{
	_cleanup_(buf_done) struct buf der = BUF(POLICY_CERT_MAX);
	const char *s;
	int r = js_str_opt(ctx, j, key, &s);

	if (r < 0 || !s)
		return r;
	if (base64_get((struct view){ (const uint8_t *)s, strlen(s) }, &der) < 0 || !der.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a certificate: DER in "
			       "base64", key);
	return policy_cert_set(ret, buf_view(&der)) < 0 ? bk_out_of_memory(ctx) : 0;
}

static int get_digest(struct bpfkey_ctx *ctx, const struct js *j, struct file_digest *ret)
{
	const char *s;
	int r = js_str_opt(ctx, j, "digest", &s);

	if (!r && s && file_digest_parse(s, ret) < 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'digest' is not an fs-verity digest: "
			    "sha256:HEX or sha512:HEX");
	return r;
}

static int loader_named(struct bpfkey_ctx *ctx, struct policy_loader *l, const char *has_types)
{
	if (!l->digest.size == !l->cert.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "one of the fields 'digest' and 'key' is "
			       "needed, and not both");
	if (l->library && (l->cert.n || has_types || l->lends_trust))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a library has a digest and loads nothing: "
			       "no 'key', 'types' or 'lends_trust'");
	return 0;
}

static int get_loader(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *w,
		      struct policy_loader *l)
{
	static const char *const keys[] = { "name", "digest", "key", "types", "attach_types",
					    "lends_trust", "until", "library", NULL };
	int r = js_only(ctx, j, keys);

	if (!r)
		r = get_name(ctx, j, "name", l->name);
	if (!r)
		r = get_digest(ctx, j, &l->digest);
	if (!r)
		r = get_cert(ctx, j, "key", &l->cert);
	if (!r)
		r = get_flag(ctx, j, "lends_trust", &l->lends_trust);
	if (!r)
		r = get_flag(ctx, j, "library", &l->library);
	if (!r)
		r = get_time(ctx, j, "until", &l->until);
	if (!r)
		r = loader_named(ctx, l, js_has(j, "types") || js_has(j, "attach_types") ? "" :
				 NULL);
	if (!r && !l->library)
		r = get_types(ctx, j, w, &l->types, &l->attach);
	return r < 0 ? bk_fail(ctx, r, "loader '%s'", l->name) : 0;
}

static int get_delegation(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *w,
			  struct policy_delegation *d)
{
	static const char *const keys[] = { "name", "loader", "types", "attach_types", "until",
					    "ttl", "key", "issuer", "san", NULL };
	int r = js_only(ctx, j, keys);

	if (!r)
		r = get_name(ctx, j, "name", d->name);
	if (!r)
		r = get_name(ctx, j, "loader", d->loader);
	if (!r)
		r = get_types(ctx, j, w, &d->types, &d->attach);
	if (!r)
		r = get_time(ctx, j, "until", &d->until);
	if (!r && js_has(j, "ttl"))
		r = js_u64(ctx, j, "ttl", &d->ttl);
	if (!r)
		r = get_cert(ctx, j, "key", &d->cert);
	if (!r)
		r = get_cert(ctx, j, "issuer", &d->issuer);
	if (!r && js_has(j, "san"))
		r = policy_parts_copy(ctx, j, "san", d->san, sizeof(d->san));
	if (!r && ((d->cert.n && d->issuer.n) || !d->issuer.n != !d->san[0]))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "it has either a 'key', or an 'issuer' and a "
			    "'san', or none of them yet");
	return r < 0 ? bk_fail(ctx, r, "delegation '%s'", d->name) : 0;
}

static int get_fingerprint(struct bpfkey_ctx *ctx, const struct js *j, uint8_t ret[32])
{
	_cleanup_(buf_done) struct buf b = BUF(32);
	const char *s = "";
	int r = js_str(ctx, j, "fingerprint", &s);

	if (!r && (text_unhex(s, &b) < 0 || b.n != 32))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'fingerprint' is not the SHA-256 of "
			    "a certificate in hex");
	if (!r)
		memcpy(ret, b.p, 32);
	return r;
}

static int get_revoked(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *w,
		       struct policy_revoked *v)
{
	static const char *const keys[] = { "kind", "fingerprint", "digest", "certificate",
					    "reason", "since", NULL };
	const char *kind = "";
	int r = js_only(ctx, j, keys);

	(void)w;
	if (!r)
		r = js_str(ctx, j, "kind", &kind);
	v->is_file = !strcmp(kind, "file");
	if (!r && !v->is_file && strcmp(kind, "key"))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'kind' is neither 'key' nor 'file'");
	if (!r)
		r = get_digest(ctx, j, &v->digest);
	if (!r)
		r = get_cert(ctx, j, "certificate", &v->cert);
	if (!r && !v->is_file)
		r = get_fingerprint(ctx, j, v->fingerprint);
	if (!r && (v->is_file ? !v->digest.size || v->cert.n || js_has(j, "fingerprint") :
		   v->digest.size))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "a file has a 'digest'; a key has a "
			    "'fingerprint', and perhaps a 'certificate'");
	if (!r && js_has(j, "reason"))
		r = policy_parts_copy(ctx, j, "reason", v->reason, sizeof(v->reason));
	if (!r)
		r = get_time(ctx, j, "since", &v->since);
	return r;
}

/* Each of a list into a new entry of the model. */
#define GET_LIST(ctx, j, key, add, get, p, w)                                  \
	({                                                                     \
		size_t _n = 0;                                                 \
		int _r = js_list((ctx), (j), (key), POLICY_ENTRIES, &_n);      \
		for (size_t _i = 0; !_r && _i < _n; _i++) {                    \
			_cleanup_(js_freep) struct js *_o = NULL;              \
			__typeof__(add(p)) _e = NULL;                          \
			_r = js_item((ctx), (j), (key), _i, &_o);              \
			if (!_r && !(_e = add(p)))                             \
				_r = bk_out_of_memory(ctx);                    \
			if (!_r)                                               \
				_r = get((ctx), _o, (w), _e);                  \
			if (_r < 0)                                            \
				bk_fail((ctx), _r, "entry %zu of '%s'",        \
					_i + 1, (key));                        \
		}                                                              \
		_r;                                                            \
	})

int gate_policy_parse(struct bpfkey_ctx *ctx, struct view text, const struct gate_words *words,
		      struct gate_policy *ret)
{
	static const char *const keys[] = { "schema", "loaders", "delegations", "revoked", NULL };
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(js_freep) struct js *j = NULL;
	uint64_t schema = 0;
	int r = js_parse(ctx, text, GATE_POLICY_MAX, &j);

	if (!r)
		r = js_u64(ctx, j, "schema", &schema);
	if (!r && schema != GATE_POLICY_SCHEMA)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a gate policy of schema %llu; this "
			       "version reads %d", (unsigned long long)schema, GATE_POLICY_SCHEMA);
	if (!r)
		r = js_only(ctx, j, keys);
	if (!r && js_has(j, "loaders"))
		r = GET_LIST(ctx, j, "loaders", gate_policy_add_loader, get_loader, &p, words);
	if (!r && js_has(j, "delegations"))
		r = GET_LIST(ctx, j, "delegations", gate_policy_add_delegation, get_delegation, &p,
			     words);
	if (!r && js_has(j, "revoked"))
		r = GET_LIST(ctx, j, "revoked", gate_policy_add_revoked, get_revoked, &p, words);
	if (!r)
		r = gate_policy_check(ctx, &p);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct gate_policy){ 0 };
	return 0;
}
