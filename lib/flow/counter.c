/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <bpfkey/counter.h>

#include "../../tpm/tpm.h"
#include "opts.h"
#include "tpm_owner.h"

_Static_assert(sizeof(((struct bpfkey_counter *)0)->name) ==
	       sizeof(((struct tpm_index_id *)0)->name), "name");
_Static_assert(sizeof(((struct bpfkey_counter *)0)->tpm_id) ==
	       sizeof(((struct tpm_index_id *)0)->tpm_id), "tpm_id");
_Static_assert(sizeof(((struct bpfkey_counter *)0)->srk_name) ==
	       sizeof(((struct tpm_index_id *)0)->srk_name), "srk_name");

/* take - @c as the layer below knows it; an older caller's has what it has */
static int take(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c, struct tpm_index_id *ret,
		uint64_t *ret_base)
{
	struct bpfkey_counter copy = { 0 };
	int r = opts_take(ctx, &copy, sizeof(copy), c);

	if (r < 0)
		return r;
	if (!copy.index || !memchr(copy.name, 0, sizeof(copy.name)) || !copy.name[0] ||
	    !memchr(copy.srk_name, 0, sizeof(copy.srk_name)) ||
	    !memchr(copy.tpm_id, 0, sizeof(copy.tpm_id)))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a counter without index or name");
	ret->index = copy.index;
	memcpy(ret->name, copy.name, sizeof(ret->name));
	memcpy(ret->srk_name, copy.srk_name, sizeof(ret->srk_name));
	memcpy(ret->tpm_id, copy.tpm_id, sizeof(ret->tpm_id));
	*ret_base = copy.base;
	return 0;
}

static int since(struct bpfkey_ctx *ctx, uint32_t index, uint64_t base, uint64_t now,
		 uint64_t *ret)
{
	if (now < base) {
		bk_hint(ctx, "a TPM of hardware cannot do that; the state of an emulator can be "
			"restored: put the newest one back");
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the counter 0x%08x went back: it was made "
			       "at %llu and is at %llu", index, (unsigned long long)base,
			       (unsigned long long)now);
	}
	*ret = now - base;
	return 0;
}

int bpfkey_counter_new(struct bpfkey_ctx *ctx, uint32_t index, struct bpfkey_counter *ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct bpfkey_counter c = { 0 };
	struct tpm_index_id id = { 0 };
	int r;

	bk_enter(ctx);
	/* A counter that the caller cannot be told of would be lost in the TPM. */
	if (ret->sz != sizeof(c))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a counter of %zu bytes, not %zu", ret->sz,
			       sizeof(c));
	r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_owner_ask(ctx, t, &owner);
	if (!r)
		r = tpm_counter_new(t, index, owner, &id, &c.base);
	if (r < 0)
		return r;
	c.sz = sizeof(c);
	c.index = id.index;
	memcpy(c.name, id.name, sizeof(c.name));
	memcpy(c.srk_name, id.srk_name, sizeof(c.srk_name));
	memcpy(c.tpm_id, id.tpm_id, sizeof(c.tpm_id));
	*ret = c;
	return 0;
}

int bpfkey_counter_read(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c,
			uint64_t *ret_value)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	struct tpm_index_id id;
	uint64_t base, now = 0;
	int r;

	bk_enter(ctx);
	r = take(ctx, c, &id, &base);
	if (!r)
		r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_counter_read(t, &id, &now);
	return r < 0 ? r : since(ctx, id.index, base, now, ret_value);
}

/* as_owner - what writes to a counter takes: which it is, its TPM, the owner's password */
static int as_owner(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c,
		    struct tpm_index_id *ret_id, uint64_t *ret_base, struct tpm **ret_tpm,
		    struct bk_secret **ret_owner)
{
	int r;

	bk_enter(ctx);
	r = take(ctx, c, ret_id, ret_base);
	if (!r)
		r = tpm_open(ctx, NULL, ret_tpm);
	return r < 0 ? r : tpm_owner_ask(ctx, *ret_tpm, ret_owner);
}

int bpfkey_counter_increment(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c,
			     uint64_t *ret_value)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct tpm_index_id id;
	uint64_t base, now = 0, value;
	int r;

	r = as_owner(ctx, c, &id, &base, &t, &owner);
	if (!r)
		r = tpm_counter_up(t, &id, owner, &now);
	return r < 0 ? r : since(ctx, id.index, base, now, ret_value ? ret_value : &value);
}

int bpfkey_counter_remove(struct bpfkey_ctx *ctx, const struct bpfkey_counter *c)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct tpm_index_id id;
	uint64_t base;
	int r;

	r = as_owner(ctx, c, &id, &base, &t, &owner);
	return r < 0 ? r : tpm_index_remove(t, &id, owner);
}
