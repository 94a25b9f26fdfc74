// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sealed.h"

#include <string.h>

#include "../base/base64.h"
#include "../base/text.h"
#include "json.h"
#include "policy_json.h"

#define SCHEMA 1
#define CIPHER "aes-256-gcm"
#define BLOB_MAX (48 * 1024)

static const char *const types[SEALED_SLOT__END] = { "tpm", "wrapped", "recovery" };
static const char *const openers[SEALED_RECOVERY__END] = { "key", "passphrase" };

static void slot_done(struct sealed_slot *t)
{
	buf_done(&t->public);
	buf_done(&t->private);
	buf_done(&t->seed);
	buf_done(&t->cms);
	free(t->policy);
}

void sealed_done(struct sealed *s)
{
	for (size_t i = 0; i < s->n; i++)
		slot_done(&s->slots[i]);
	free(s->slots);
	buf_done(&s->public);
	buf_done(&s->data);
	*s = (struct sealed){ 0 };
}

int sealed_add(struct bpfkey_ctx *ctx, struct sealed *s, enum sealed_slot_type type,
	       struct sealed_slot **ret)
{
	struct sealed_slot *more;

	if (s->n == SEALED_SLOTS_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "a sealed key has at most %d slots",
			       SEALED_SLOTS_MAX);
	more = reallocarray(s->slots, s->n + 1, sizeof(*more));
	if (!more)
		return bk_out_of_memory(ctx);
	s->slots = more;
	s->slots[s->n] = (struct sealed_slot){
		.type = type,
		.public = BUF(BLOB_MAX), .private = BUF(BLOB_MAX),
		.seed = BUF(BLOB_MAX), .cms = BUF(BLOB_MAX),
	};
	*ret = &s->slots[s->n++];
	return 0;
}

void sealed_drop(struct sealed *s, size_t i)
{
	slot_done(&s->slots[i]);
	s->n--;
	memmove(&s->slots[i], &s->slots[i + 1], (s->n - i) * sizeof(s->slots[i]));
}

bool sealed_is(struct view text)
{
	return text.n && text.p[0] == '{';
}

/* take - a field of bytes in base64 */
static int take(struct bpfkey_ctx *ctx, const struct js *j, const char *key, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(BLOB_MAX);
	const char *s;
	int r;

	r = js_str(ctx, j, key, &s);
	if (r < 0)
		return r;
	if (base64_get((struct view){ (const uint8_t *)s, strlen(s) }, &b) < 0) {
		if (b.no_memory)
			return bk_out_of_memory(ctx);
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not base64", key);
	}
	if (!b.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is empty", key);
	buf_done(ret);
	*ret = b;
	b = BUF(0);
	return 0;
}

static int take_fixed(struct bpfkey_ctx *ctx, const struct js *j, const char *key, uint8_t *out,
		      size_t n)
{
	_cleanup_(buf_done) struct buf b = BUF(BLOB_MAX);
	int r = take(ctx, j, key, &b);

	if (r < 0)
		return r;
	if (b.n != n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' has %zu bytes, not %zu", key,
			       b.n, n);
	memcpy(out, b.p, n);
	return 0;
}

static int take_hash(struct bpfkey_ctx *ctx, const struct js *j, const char *key, uint8_t out[32])
{
	_cleanup_(buf_done) struct buf b = BUF(32);
	const char *s;
	int r = js_str(ctx, j, key, &s);

	if (r < 0)
		return r;
	if (text_unhex(s, &b) < 0 || b.n != 32)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is not a SHA-256", key);
	memcpy(out, b.p, 32);
	return 0;
}

static int take_str(struct bpfkey_ctx *ctx, const struct js *j, const char *key, char *out,
		    size_t cap)
{
	const char *s;
	int r = js_str(ctx, j, key, &s);

	if (r < 0)
		return r;
	if (strlen(s) >= cap)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is too long", key);
	strcpy(out, s);
	return 0;
}

/* take_word - one of a list */
static int take_word(struct bpfkey_ctx *ctx, const struct js *j, const char *key,
		     const char *const *words, unsigned int n, unsigned int *ret)
{
	const char *s;
	int r = js_str(ctx, j, key, &s);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < n; i++) {
		if (!strcmp(s, words[i])) {
			*ret = i;
			return 0;
		}
	}
	return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' says '%s', which is unknown", key, s);
}

/* expect - a field that can have one value */
static int expect(struct bpfkey_ctx *ctx, const struct js *j, const char *key, const char *want)
{
	unsigned int i;

	return take_word(ctx, j, key, &want, 1, &i);
}

/* take_policy - what the slot's TPM asks for */
static int take_policy(struct bpfkey_ctx *ctx, const struct js *j, struct sealed_slot *t)
{
	_cleanup_(bk_freep) struct key_policy *p = calloc(1, sizeof(*p));
	int r = p ? policy_json_get(ctx, j, p) : bk_out_of_memory(ctx);

	if (!r && !policy_is_empty(p))
		t->policy = steal(&p);
	return r;
}

static int slot_decode(struct bpfkey_ctx *ctx, const struct js *j, struct sealed *s)
{
	struct sealed_slot *t;
	unsigned int type = 0, by = 0;
	uint64_t parent = 0;
	int r;

	r = take_word(ctx, j, "type", types, SEALED_SLOT__END, &type);
	if (!r)
		r = sealed_add(ctx, s, (enum sealed_slot_type)type, &t);
	if (r < 0)
		return r;
	if (type == SEALED_RECOVERY) {
		r = take_word(ctx, j, "by", openers, SEALED_RECOVERY__END, &by);
		t->by = (enum sealed_recovery)by;
		if (!r && by == SEALED_BY_KEY)
			r = take_hash(ctx, j, "to", t->to);
		return r ? r : take(ctx, j, "cms", &t->cms);
	}
	if (type == SEALED_TPM) {
		const char *id = NULL;

		r = take_str(ctx, j, "srk_name", t->srk_name, sizeof(t->srk_name));
		if (!r)
			r = js_str_opt(ctx, j, "tpm_id", &id);
		if (!r && id)
			r = take_str(ctx, j, "tpm_id", t->tpm_id, sizeof(t->tpm_id));
		if (!r)
			r = js_u64(ctx, j, "parent", &parent);
		if (!r && parent > UINT32_MAX)
			r = bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'parent' is no handle");
		t->parent = (uint32_t)parent;
	} else {
		r = take_hash(ctx, j, "to", t->to);
		if (!r)
			r = take(ctx, j, "seed", &t->seed);
	}
	if (!r)
		r = take(ctx, j, "public", &t->public);
	if (!r)
		r = take(ctx, j, "private", &t->private);
	return r ? r : take_policy(ctx, j, t);
}

static int decode(struct bpfkey_ctx *ctx, const struct js *j, struct sealed *s)
{
	uint64_t schema = 0;
	size_t n = 0;
	int r;

	r = js_u64(ctx, j, "schema", &schema);
	if (!r && schema != SCHEMA)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its schema is %lu, this version reads %d",
			       (unsigned long)schema, SCHEMA);
	if (!r)
		r = expect(ctx, j, "form", "sealed");
	if (!r)
		r = take_str(ctx, j, "alg", s->alg, sizeof(s->alg));
	if (!r)
		r = take(ctx, j, "public", &s->public);
	if (!r)
		r = expect(ctx, j, "cipher", CIPHER);
	if (!r)
		r = take_fixed(ctx, j, "nonce", s->nonce, sizeof(s->nonce));
	if (!r)
		r = take(ctx, j, "data", &s->data);
	if (!r)
		r = js_list(ctx, j, "slots", SEALED_SLOTS_MAX, &n);
	for (size_t i = 0; !r && i < n; i++) {
		_cleanup_(js_freep) struct js *slot = NULL;

		r = js_item(ctx, j, "slots", i, &slot);
		if (!r)
			r = slot_decode(ctx, slot, s);
		if (r < 0)
			return bk_fail(ctx, r, "slot %zu", i);
	}
	return r ? r : take_fixed(ctx, j, "mac", s->mac, sizeof(s->mac));
}

static void put(struct js *j, const char *key, struct view v, bool *failed)
{
	_cleanup_(buf_done) struct buf text = BUF(2 * BLOB_MAX);

	base64_put(&text, v, 0);
	js_set_str(j, key, buf_cstr(&text));
	if (!buf_ok(&text))
		*failed = true;
}

static void put_hash(struct js *j, const char *key, const uint8_t hash[32], bool *failed)
{
	_cleanup_(buf_done) struct buf text = BUF(65);

	text_hex(&text, (struct view){ hash, 32 });
	js_set_str(j, key, buf_cstr(&text));
	if (!buf_ok(&text))
		*failed = true;
}

static void put_header(struct js *j, const struct sealed *s, bool *failed)
{
	js_set_u64(j, "schema", SCHEMA);
	js_set_str(j, "form", "sealed");
	js_set_str(j, "alg", s->alg);
	put(j, "public", buf_view(&s->public), failed);
	js_set_str(j, "cipher", CIPHER);
}

static int put_slot(struct bpfkey_ctx *ctx, struct js *j, const struct sealed_slot *t,
		    bool *failed)
{
	js_set_str(j, "type", types[t->type]);
	if (t->type == SEALED_RECOVERY) {
		js_set_str(j, "by", openers[t->by]);
		if (t->by == SEALED_BY_KEY)
			put_hash(j, "to", t->to, failed);
		put(j, "cms", buf_view(&t->cms), failed);
		return 0;
	}
	if (t->type == SEALED_TPM) {
		js_set_str(j, "srk_name", t->srk_name);
		if (t->tpm_id[0])
			js_set_str(j, "tpm_id", t->tpm_id);
		js_set_u64(j, "parent", t->parent);
	} else {
		put_hash(j, "to", t->to, failed);
		put(j, "seed", buf_view(&t->seed), failed);
	}
	put(j, "public", buf_view(&t->public), failed);
	put(j, "private", buf_view(&t->private), failed);
	return t->policy ? policy_json_set(ctx, j, t->policy) : 0;
}

/* put_covered - what the MAC covers */
static int put_covered(struct bpfkey_ctx *ctx, struct js *j, const struct sealed *s, bool *failed)
{
	put_header(j, s, failed);
	put(j, "nonce", (struct view){ s->nonce, sizeof(s->nonce) }, failed);
	put(j, "data", buf_view(&s->data), failed);
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_(js_freep) struct js *slot = js_new();

		int r = slot ? put_slot(ctx, slot, &s->slots[i], failed) : bk_out_of_memory(ctx);

		if (r < 0)
			return r;
		js_add_obj(j, "slots", slot);
	}
	return 0;
}

int sealed_header(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();
	bool failed = false;

	if (!j)
		return bk_out_of_memory(ctx);
	put_header(j, s, &failed);
	return failed ? bk_out_of_memory(ctx) : js_line(ctx, j, ret);
}

int sealed_covered(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();
	bool failed = false;
	int r;

	r = j ? put_covered(ctx, j, s, &failed) : bk_out_of_memory(ctx);
	if (r < 0)
		return r;
	return failed ? bk_out_of_memory(ctx) : js_line(ctx, j, ret);
}

int sealed_text(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();
	bool failed = false;
	int r;

	r = j ? put_covered(ctx, j, s, &failed) : bk_out_of_memory(ctx);
	if (r < 0)
		return r;
	put(j, "mac", (struct view){ s->mac, sizeof(s->mac) }, &failed);
	return failed ? bk_out_of_memory(ctx) : js_text(ctx, j, ret);
}

/* check_bytes - what was read is written in these very bytes */
static int check_bytes(struct bpfkey_ctx *ctx, struct view text, const struct sealed *s)
{
	_cleanup_(buf_done) struct buf again = BUF(SEALED_MAX);
	int r = sealed_text(ctx, s, &again);

	if (r < 0)
		return r;
	if (again.n == text.n && !memcmp(again.p, text.p, text.n))
		return 0;
	bk_hint(ctx, "restore it from a backup: such a file is not edited, and no tool may format "
		"it anew; a newer version of this program may know fields that this one does not");
	return bk_fail(ctx, -BPFKEY_E_FORMAT, "it does not consist of the bytes that were written");
}

int sealed_parse(struct bpfkey_ctx *ctx, struct view text, struct sealed *ret)
{
	_cleanup_(js_freep) struct js *j = NULL;
	_cleanup_(sealed_done) struct sealed s = { 0 };
	int r;

	r = js_parse(ctx, text, SEALED_MAX, &j);
	if (!r)
		r = decode(ctx, j, &s);
	if (!r)
		r = check_bytes(ctx, text, &s);
	if (r < 0)
		return bk_fail(ctx, r, "not a whole sealed key file");
	*ret = s;
	s = (struct sealed){ 0 };
	return 0;
}
