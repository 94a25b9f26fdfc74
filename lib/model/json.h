/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON, strict: one value, UTF-8, no duplicate names, a size cap, and line and
 * column in the sentence. Getters say which field is missing or of the wrong
 * type; unknown fields are left alone, because fields are only ever added,
 * unless js_only() says that here a field that is not understood is a mistake.
 */
#ifndef BK_JSON_H
#define BK_JSON_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

struct js;

/* js_parse - an object; -BPFKEY_E_FORMAT or _TOO_BIG (more than @max bytes). */
int js_parse(struct bpfkey_ctx *ctx, struct view text, size_t max, struct js **ret);

/* js_new - an empty object; NULL without memory. */
struct js *js_new(void);
void js_free(struct js *j);
DEFINE_CLEANUP(struct js *, js_free)

/* Borrowed from @j. The _opt form gives NULL for a field that is not there. */
int js_str(struct bpfkey_ctx *ctx, const struct js *j, const char *key, const char **ret);
int js_str_opt(struct bpfkey_ctx *ctx, const struct js *j, const char *key, const char **ret);
int js_u64(struct bpfkey_ctx *ctx, const struct js *j, const char *key, uint64_t *ret);
int js_bool(struct bpfkey_ctx *ctx, const struct js *j, const char *key, bool *ret);

/*
 * Objects inside of objects. What they give is a handle of its own on the same
 * value: free it with js_free(). The _opt form gives NULL for a field that is
 * not there.
 */
int js_obj(struct bpfkey_ctx *ctx, const struct js *j, const char *key, struct js **ret);
int js_obj_opt(struct bpfkey_ctx *ctx, const struct js *j, const char *key, struct js **ret);

/* js_list - how many objects the list @key has, at most @max; js_item - the I-th of them */
int js_list(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t max,
	    size_t *ret_n);
int js_item(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t i,
	    struct js **ret);

/* js_str_item - the I-th of a list of strings, which js_list() counts */
int js_str_item(struct bpfkey_ctx *ctx, const struct js *j, const char *key, size_t i,
		const char **ret);

/* js_has - is the field there, and not null? js_only - no field but those of @keys, of which
 * the last is NULL; else -BPFKEY_E_FORMAT
 */
bool js_has(const struct js *j, const char *key);
int js_only(struct bpfkey_ctx *ctx, const struct js *j, const char *const *keys);

/* Setters stick: a failure is reported by js_text(). */
void js_set_str(struct js *j, const char *key, const char *value);
void js_set_u64(struct js *j, const char *key, uint64_t value);
void js_set_bool(struct js *j, const char *key, bool value);

/* js_set_list - an empty one */
void js_set_list(struct js *j, const char *key);

/* js_set_obj - @value inside of @j; js_add_obj - at the end of the list @key, made when needed */
void js_set_obj(struct js *j, const char *key, const struct js *value);
void js_add_obj(struct js *j, const char *key, const struct js *value);

/* js_add_str - at the end of the list @key, made when needed */
void js_add_str(struct js *j, const char *key, const char *value);

/* js_text - indented, in the order of setting, with a final newline. */
int js_text(struct bpfkey_ctx *ctx, const struct js *j, struct buf *ret);

/* js_line - the same on one line. */
int js_line(struct bpfkey_ctx *ctx, const struct js *j, struct buf *ret);

#endif
