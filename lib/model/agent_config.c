// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent_config.h"

#include <string.h>

#include "../base/text.h"
#include "json.h"
#include "policy_parts.h"

void agent_config_done(struct agent_config *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].key);
		free(c->v[i].cert);
	}
	free(c->v);
	*c = (struct agent_config){ 0 };
}

/* The agent's folder is nobody's business: a path begins at the root, or it is a token's URI. */
static int get_path(struct bpfkey_ctx *ctx, const struct js *j, const char *key, char **ret)
{
	const char *s = NULL;
	int r = js_str_opt(ctx, j, key, &s);

	if (r < 0 || !s)
		return r;
	if (*s != '/' && strncmp(s, "pkcs11:", 7))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is neither an absolute path "
			       "nor a pkcs11: URI", key);
	*ret = strdup(s);
	return *ret ? 0 : bk_out_of_memory(ctx);
}

static int get_entry(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *words,
		     struct agent_config_entry *e)
{
	static const char *const keys[] = { "loader", "key", "cert", "types", NULL };
	int r = policy_parts_copy(ctx, j, "loader", e->loader, sizeof(e->loader));

	if (!r)
		r = js_only(ctx, j, keys);
	if (!r && !text_is_name(e->loader))
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'loader' is not a name");
	if (!r)
		r = get_path(ctx, j, "key", &e->key);
	if (!r && !e->key)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'key' is missing");
	if (!r)
		r = get_path(ctx, j, "cert", &e->cert);
	if (!r)
		r = policy_parts_types(ctx, j, "types", words->prog_parse, &e->types);
	if (!r && !e->types)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the list 'types' is empty: nothing is signed "
			    "by omission");
	return r < 0 ? bk_fail(ctx, r, "signer of '%s'", e->loader) : 0;
}

static int get_entries(struct bpfkey_ctx *ctx, const struct js *j, const struct gate_words *words,
		       struct agent_config *c)
{
	size_t n = 0;
	int r = js_list(ctx, j, "signers", AGENT_CONFIG_ENTRIES, &n);

	if (!r && !n)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the list 'signers' is empty");
	if (r < 0)
		return r;
	c->v = calloc(n, sizeof(*c->v));
	if (!c->v)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < n; i++) {
		_cleanup_(js_freep) struct js *o = NULL;

		c->n = i + 1;
		r = js_item(ctx, j, "signers", i, &o);
		if (!r)
			r = get_entry(ctx, o, words, &c->v[i]);
		for (size_t k = 0; !r && k < i; k++)
			if (!strcmp(c->v[k].loader, c->v[i].loader))
				r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the loader '%s' has two keys",
					    c->v[i].loader);
		if (r < 0)
			return r;
	}
	return 0;
}

int agent_config_parse(struct bpfkey_ctx *ctx, struct view text, const struct gate_words *words,
		       struct agent_config *ret)
{
	static const char *const keys[] = { "schema", "signers", NULL };
	_cleanup_(agent_config_done) struct agent_config c = { 0 };
	_cleanup_(js_freep) struct js *j = NULL;
	uint64_t schema = 0;
	int r = js_parse(ctx, text, AGENT_CONFIG_MAX, &j);

	if (!r)
		r = js_u64(ctx, j, "schema", &schema);
	if (!r && schema != AGENT_CONFIG_SCHEMA)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a configuration of schema %llu; this "
			       "version reads %d", (unsigned long long)schema, AGENT_CONFIG_SCHEMA);
	if (!r)
		r = js_only(ctx, j, keys);
	if (!r)
		r = get_entries(ctx, j, words, &c);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct agent_config){ 0 };
	return 0;
}
