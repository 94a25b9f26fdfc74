// SPDX-License-Identifier: LGPL-2.1-or-later
/* The only user of jansson in the library. */
#include "json.h"

#include <jansson.h>
#include <string.h>

struct js {
	json_t *root;
	bool failed;
};

void js_free(struct js *j)
{
	if (!j)
		return;
	json_decref(j->root);
	free(j);
}

struct js *js_new(void)
{
	struct js *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->root = json_object();
	if (!j->root) {
		free(j);
		return NULL;
	}
	return j;
}

int js_parse(struct bpfkey_ctx *ctx, struct view text, size_t max, struct js **ret)
{
	_cleanup_(js_freep) struct js *j = calloc(1, sizeof(*j));
	json_error_t e;

	if (!j)
		return bk_out_of_memory(ctx);
	if (text.n > max)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "larger than %zu bytes", max);
	if (!text.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "empty, not JSON");

	j->root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);
	if (!j->root)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not JSON: line %d, column %d: %s", e.line,
			       e.column, e.text);
	if (!json_is_object(j->root))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not a JSON object");
	*ret = steal(&j);
	return 0;
}

int js_str_opt(struct bpfkey_ctx *ctx, const struct js *j, const char *key, const char **ret)
{
	const json_t *v = json_object_get(j->root, key);

	if (v && !json_is_string(v) && !json_is_null(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a string", key);
	*ret = v ? json_string_value(v) : NULL;
	return 0;
}

static int missing(struct bpfkey_ctx *ctx, const char *key)
{
	return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is missing", key);
}

int js_str(struct bpfkey_ctx *ctx, const struct js *j, const char *key, const char **ret)
{
	const char *s = NULL;
	int r;

	r = js_str_opt(ctx, j, key, &s);
	if (r < 0)
		return r;
	if (!s)
		return missing(ctx, key);
	*ret = s;
	return 0;
}

int js_u64(struct bpfkey_ctx *ctx, const struct js *j, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(j->root, key);

	if (!v)
		return missing(ctx, key);
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a whole number from "
			       "0 on", key);
	*ret = (uint64_t)json_integer_value(v);
	return 0;
}

int js_bool(struct bpfkey_ctx *ctx, const struct js *j, const char *key, bool *ret)
{
	const json_t *v = json_object_get(j->root, key);

	if (!v)
		return missing(ctx, key);
	if (!json_is_boolean(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is neither true nor false",
			       key);
	*ret = json_is_true(v);
	return 0;
}

/* share - another handle on a value inside */
static int share(struct bpfkey_ctx *ctx, json_t *v, struct js **ret)
{
	struct js *j = calloc(1, sizeof(*j));

	if (!j)
		return bk_out_of_memory(ctx);
	j->root = json_incref(v);
	*ret = j;
	return 0;
}

int js_obj_opt(struct bpfkey_ctx *ctx, const struct js *j, const char *key, struct js **ret)
{
	json_t *v = json_object_get(j->root, key);

	if (!v || json_is_null(v)) {
		*ret = NULL;
		return 0;
	}
	if (!json_is_object(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not an object", key);
	return share(ctx, v, ret);
}

int js_obj(struct bpfkey_ctx *ctx, const struct js *j, const char *key, struct js **ret)
{
	struct js *v = NULL;
	int r;

	r = js_obj_opt(ctx, j, key, &v);
	if (r < 0)
		return r;
	if (!v)
		return missing(ctx, key);
	*ret = v;
	return 0;
}

int js_list(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t max,
	    size_t *ret_n)
{
	const json_t *v = json_object_get(j->root, key);

	if (!v)
		return missing(ctx, key);
	if (!json_is_array(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a list", key);
	if (json_array_size(v) > max)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the list '%s' has %zu entries, at most %zu "
			       "are read", key, json_array_size(v), max);
	*ret_n = json_array_size(v);
	return 0;
}

int js_item(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t i,
	    struct js **ret)
{
	json_t *v = json_array_get(json_object_get(j->root, key), i);

	if (!json_is_object(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "entry %zu of the list '%s' is not an object",
			       i, key);
	return share(ctx, v, ret);
}

int js_str_item(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t i,
		const char **ret)
{
	const json_t *v = json_array_get(json_object_get(j->root, key), i);

	if (!json_is_string(v))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "entry %zu of the list '%s' is not a string",
			       i, key);
	*ret = json_string_value(v);
	return 0;
}

bool js_has(const struct js *j, const char *key)
{
	const json_t *v = json_object_get(j->root, key);

	return v && !json_is_null(v);
}

int js_only(struct bpfkey_ctx *ctx, const struct js *j, const char *const *keys)
{
	const char *key;
	json_t *v;

	json_object_foreach(j->root, key, v) {
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], key))
			i++;
		if (!keys[i])
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "a field '%s' has no meaning here",
				       key);
	}
	return 0;
}

void js_set_str(struct js *j, const char *key, const char *value)
{
	if (json_object_set_new(j->root, key, value ? json_string(value) : json_null()) < 0)
		j->failed = true;
}

void js_set_u64(struct js *j, const char *key, uint64_t value)
{
	if (value > INT64_MAX ||
	    json_object_set_new(j->root, key, json_integer((json_int_t)value)) < 0)
		j->failed = true;
}

void js_set_bool(struct js *j, const char *key, bool value)
{
	if (json_object_set_new(j->root, key, json_boolean(value)) < 0)
		j->failed = true;
}

void js_set_obj(struct js *j, const char *key, const struct js *value)
{
	if (value->failed || json_object_set(j->root, key, value->root) < 0)
		j->failed = true;
}

void js_set_list(struct js *j, const char *key)
{
	if (json_object_set_new(j->root, key, json_array()) < 0)
		j->failed = true;
}

void js_add_obj(struct js *j, const char *key, const struct js *value)
{
	json_t *list = json_object_get(j->root, key);

	if (!list && json_object_set_new(j->root, key, json_array()) == 0)
		list = json_object_get(j->root, key);
	if (value->failed || !list || json_array_append(list, value->root) < 0)
		j->failed = true;
}

void js_add_str(struct js *j, const char *key, const char *value)
{
	json_t *list = json_object_get(j->root, key);

	if (!list && json_object_set_new(j->root, key, json_array()) == 0)
		list = json_object_get(j->root, key);
	if (!list || json_array_append_new(list, json_string(value)) < 0)
		j->failed = true;
}

static int dump(struct bpfkey_ctx *ctx, const struct js *j, size_t flags, struct buf *ret)
{
	char *s = j->failed ? NULL : json_dumps(j->root, flags);

	if (!s)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "cannot write JSON");
	buf_str(ret, s);
	buf_u8(ret, '\n');
	free(s);
	if (ret->no_memory)
		return bk_out_of_memory(ctx);
	return buf_ok(ret) ? 0 : bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the JSON is too long");
}

int js_text(struct bpfkey_ctx *ctx, const struct js *j, struct buf *ret)
{
	return dump(ctx, j, JSON_INDENT(2), ret);
}

int js_line(struct bpfkey_ctx *ctx, const struct js *j, struct buf *ret)
{
	return dump(ctx, j, 0, ret);
}
