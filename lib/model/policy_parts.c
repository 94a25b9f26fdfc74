// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy_parts.h"

#include <string.h>

#include "../base/pcrs.h"
#include "../base/text.h"

/* A TPM name: SHA-256 as the name algorithm, then the hash. */
#define NAME_LEN (2 + 32)

int policy_parts_copy(struct bpfkey_ctx *ctx, const struct js *j, const char *key, char *out,
		      size_t cap)
{
	const char *s;
	int r = js_str(ctx, j, key, &s);

	if (r < 0)
		return r;
	if (strlen(s) >= cap)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is longer than %zu bytes",
			       key, cap - 1);
	snprintf(out, cap, "%s", s);
	return 0;
}

static int get_value(struct bpfkey_ctx *ctx, const struct js *j, size_t i, struct pcr_set *set)
{
	_cleanup_(buf_done) struct buf value = BUF(sizeof(set->value[0]));
	_cleanup_(js_freep) struct js *v = NULL;
	const char *hex;
	uint64_t pcr;
	int r;

	r = js_item(ctx, j, "values", i, &v);
	if (!r)
		r = js_u64(ctx, v, "pcr", &pcr);
	if (!r)
		r = js_str(ctx, v, "value", &hex);
	if (r < 0)
		return r;
	if (pcr >= POLICY_PCRS || set->mask & 1u << pcr)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a PCR %llu cannot stand there%s",
			       (unsigned long long)pcr, pcr < POLICY_PCRS ? " twice" : "");
	if (text_unhex(hex, &value) < 0 || value.n != pcrs_len(set->bank))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the value of PCR %llu is not %zu bytes in "
			       "hex", (unsigned long long)pcr, pcrs_len(set->bank));
	memcpy(set->value[pcr], value.p, value.n);
	set->mask |= 1u << pcr;
	return 0;
}

static int get_pcrs(struct bpfkey_ctx *ctx, const struct js *j, struct pcr_set *ret)
{
	struct pcr_set set = { 0 };
	size_t n = 0;
	int r = policy_parts_copy(ctx, j, "bank", set.bank, sizeof(set.bank));

	if (r < 0)
		return r;
	if (!pcrs_len(set.bank))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "there is no bank '%s' of PCRs", set.bank);
	r = js_list(ctx, j, "values", POLICY_PCRS, &n);
	for (size_t i = 0; !r && i < n; i++)
		r = get_value(ctx, j, i, &set);
	if (r < 0)
		return r;
	if (!n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the list 'values' is empty");
	*ret = set;
	return 0;
}

static int get_counter(struct bpfkey_ctx *ctx, const struct js *j, struct nv_ref *ret)
{
	_cleanup_(buf_done) struct buf name = BUF(NAME_LEN);
	struct nv_ref c = { 0 };
	uint64_t index;
	int r;

	r = js_u64(ctx, j, "index", &index);
	if (!r)
		r = js_u64(ctx, j, "limit", &c.limit);
	if (!r)
		r = policy_parts_copy(ctx, j, "name", c.name, sizeof(c.name));
	if (r < 0)
		return r;
	/* TPM 2.0 part 2, "TPM_HT": NV indices are 0x01xxxxxx. */
	if (index >> 24 != 1)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "0x%llx is not the index of a counter",
			       (unsigned long long)index);
	if (text_unhex(c.name, &name) < 0 || name.n != NAME_LEN)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'name' is not the TPM name of a "
			       "counter");
	c.index = (uint32_t)index;
	*ret = c;
	return 0;
}

int policy_parts_get(struct bpfkey_ctx *ctx, const struct js *j, struct pcr_set *ret_pcrs,
		     struct nv_ref *ret_counter)
{
	_cleanup_(js_freep) struct js *pcrs = NULL, *counter = NULL;
	struct pcr_set set = { 0 };
	struct nv_ref ref = { 0 };
	int r;

	r = js_obj_opt(ctx, j, "pcrs", &pcrs);
	if (!r && pcrs)
		r = get_pcrs(ctx, pcrs, &set);
	if (!r)
		r = js_obj_opt(ctx, j, "counter", &counter);
	if (!r && counter)
		r = get_counter(ctx, counter, &ref);
	if (r < 0)
		return r;
	*ret_pcrs = set;
	*ret_counter = ref;
	return 0;
}

static int set_pcrs(struct bpfkey_ctx *ctx, struct js *j, const struct pcr_set *set)
{
	_cleanup_(js_freep) struct js *o = js_new();

	if (!o)
		return bk_out_of_memory(ctx);
	js_set_str(o, "bank", set->bank);
	for (unsigned int i = 0; i < POLICY_PCRS; i++) {
		_cleanup_(buf_done) struct buf hex = BUF(2 * sizeof(set->value[i]) + 1);
		_cleanup_(js_freep) struct js *v = NULL;

		if (!(set->mask & 1u << i))
			continue;
		text_hex(&hex, (struct view){ set->value[i], pcrs_len(set->bank) });
		v = js_new();
		if (!v || !buf_ok(&hex))
			return bk_out_of_memory(ctx);
		js_set_u64(v, "pcr", i);
		js_set_str(v, "value", buf_cstr(&hex));
		js_add_obj(o, "values", v);
	}
	js_set_obj(j, "pcrs", o);
	return 0;
}

int policy_parts_set(struct bpfkey_ctx *ctx, struct js *j, const struct pcr_set *pcrs,
		     const struct nv_ref *counter)
{
	_cleanup_(js_freep) struct js *o = NULL;
	int r = pcrs->mask ? set_pcrs(ctx, j, pcrs) : 0;

	if (r < 0 || !counter->index)
		return r;
	o = js_new();
	if (!o)
		return bk_out_of_memory(ctx);
	js_set_u64(o, "index", counter->index);
	js_set_str(o, "name", counter->name);
	js_set_u64(o, "limit", counter->limit);
	js_set_obj(j, "counter", o);
	return 0;
}

/* A type that is not known is one that the rule would not have: no reason to go on. */
int policy_parts_types(struct bpfkey_ctx *ctx, const struct js *j, const char *key,
		       int (*parse)(const char *name, unsigned int *ret), uint64_t *ret)
{
	size_t n = 0;
	int r = js_list(ctx, j, key, 64, &n);

	*ret = 0;
	for (size_t i = 0; !r && i < n; i++) {
		const char *name = "";
		unsigned int type = 64;

		r = js_str_item(ctx, j, key, i, &name);
		if (!r && (parse(name, &type) < 0 || type > 63))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' in '%s' is no type that this "
				       "version knows", name, key);
		if (!r)
			*ret |= 1ULL << type;
	}
	return r;
}
