// SPDX-License-Identifier: LGPL-2.1-or-later
/* PCRs, and measurements in a TPM's memory. */
#include "measure.h"

#include <string.h>

#include "../../tpm/tpm.h"
#include "../base/pcrs.h"
#include "opts.h"
#include "tpm_owner.h"

_Static_assert(BPFKEY_PCRS == POLICY_PCRS, "PCRs");
_Static_assert(sizeof(((struct bpfkey_pcrs *)0)->bank) ==
	       sizeof(((struct pcr_set *)0)->bank), "bank");
_Static_assert(sizeof(((struct bpfkey_pcrs *)0)->value) ==
	       sizeof(((struct pcr_set *)0)->value), "value");
_Static_assert(sizeof(((struct bpfkey_measure *)0)->name) ==
	       sizeof(((struct tpm_index_id *)0)->name), "name");
_Static_assert(sizeof(((struct bpfkey_measure *)0)->srk_name) ==
	       sizeof(((struct tpm_index_id *)0)->srk_name), "srk_name");
_Static_assert(sizeof(((struct bpfkey_measure *)0)->tpm_id) ==
	       sizeof(((struct tpm_index_id *)0)->tpm_id), "tpm_id");

void measure_give(const struct pcr_set *set, struct bpfkey_pcrs *ret)
{
	memcpy(ret->bank, set->bank, sizeof(ret->bank));
	memcpy(ret->value, set->value, sizeof(ret->value));
	ret->mask = set->mask;
}

int measure_take(const struct bpfkey_pcrs *p, struct pcr_set *ret)
{
	struct pcr_set set = { .mask = p->mask };

	if (!memchr(p->bank, 0, sizeof(p->bank)) || !pcrs_len(p->bank) || !p->mask ||
	    p->mask >> POLICY_PCRS)
		return -1;
	memcpy(set.bank, p->bank, sizeof(set.bank));
	memcpy(set.value, p->value, sizeof(set.value));
	*ret = set;
	return 0;
}

int measure_parse(struct bpfkey_ctx *ctx, const char *text, struct pcr_set *ret)
{
	if (text && !pcrs_parse(text, ret))
		return 0;
	return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' names no PCRs: BANK:LIST, as in "
		       "'sha256:0,2,7'", text ? text : "");
}

int bpfkey_pcr_read(struct bpfkey_ctx *ctx, const char *pcrs, struct bpfkey_pcrs *ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	struct pcr_set want = { 0 }, now;
	int r;

	bk_enter(ctx);
	r = measure_parse(ctx, pcrs, &want);
	if (!r)
		r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_pcr_read(t, want.bank, want.mask, &now);
	if (r < 0)
		return r;
	measure_give(&now, ret);
	return 0;
}

int bpfkey_pcr_extend(struct bpfkey_ctx *ctx, unsigned int pcr, const char *bank,
		      const uint8_t *digest, size_t n)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	int r;

	bk_enter(ctx);
	if (pcr >= POLICY_PCRS || !bank || !pcrs_len(bank) || n != pcrs_len(bank))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "PCR %u of the bank '%s' takes no digest of "
			       "%zu bytes", pcr, bank ? bank : "", n);
	r = tpm_open(ctx, NULL, &t);
	return r < 0 ? r : tpm_pcr_extend(t, pcr, bank, (struct view){ digest, n });
}

uint32_t bpfkey_pcrs_differ(const struct bpfkey_pcrs *want, const struct bpfkey_pcrs *there)
{
	struct pcr_set a, b;

	if (measure_take(want, &a) < 0 || measure_take(there, &b) < 0 || strcmp(a.bank, b.bank))
		return want->mask;
	return pcrs_differ(&a, &b);
}

static int take(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m, struct tpm_index_id *ret)
{
	struct bpfkey_measure copy = { 0 };
	int r = opts_take(ctx, &copy, sizeof(copy), m);

	if (r < 0)
		return r;
	if (!copy.index || !memchr(copy.name, 0, sizeof(copy.name)) || !copy.name[0] ||
	    !memchr(copy.srk_name, 0, sizeof(copy.srk_name)) ||
	    !memchr(copy.tpm_id, 0, sizeof(copy.tpm_id)))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a measurement without index or name");
	ret->index = copy.index;
	memcpy(ret->name, copy.name, sizeof(ret->name));
	memcpy(ret->srk_name, copy.srk_name, sizeof(ret->srk_name));
	memcpy(ret->tpm_id, copy.tpm_id, sizeof(ret->tpm_id));
	return 0;
}

int bpfkey_measure_new(struct bpfkey_ctx *ctx, uint32_t index, const uint8_t digest[32],
		       struct bpfkey_measure *ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct bpfkey_measure m = { .sz = sizeof(m) };
	struct tpm_index_id id = { 0 };
	int r;

	bk_enter(ctx);
	/* As with counters: what the caller cannot be told of would be lost in the TPM. */
	if (ret->sz != sizeof(m))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a measurement of %zu bytes, not %zu",
			       ret->sz, sizeof(m));
	r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_owner_ask(ctx, t, &owner);
	if (!r)
		r = tpm_measure_new(t, index, owner, digest, &id);
	if (r < 0)
		return r;
	m.index = id.index;
	memcpy(m.name, id.name, sizeof(m.name));
	memcpy(m.srk_name, id.srk_name, sizeof(m.srk_name));
	memcpy(m.tpm_id, id.tpm_id, sizeof(m.tpm_id));
	*ret = m;
	return 0;
}

/* as_owner - what writing takes: which it is, its TPM, the owner's password */
static int as_owner(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m,
		    struct tpm_index_id *ret_id, struct tpm **ret_tpm,
		    struct bk_secret **ret_owner)
{
	int r;

	bk_enter(ctx);
	r = take(ctx, m, ret_id);
	if (!r)
		r = tpm_open(ctx, NULL, ret_tpm);
	return r < 0 ? r : tpm_owner_ask(ctx, *ret_tpm, ret_owner);
}

int bpfkey_measure_extend(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m,
			  const uint8_t digest[32])
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct tpm_index_id id;
	int r = as_owner(ctx, m, &id, &t, &owner);

	return r < 0 ? r : tpm_measure_extend(t, &id, owner, digest);
}

int bpfkey_measure_read(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m,
			uint8_t ret_value[32])
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	struct tpm_index_id id;
	int r;

	bk_enter(ctx);
	r = take(ctx, m, &id);
	if (!r)
		r = tpm_open(ctx, NULL, &t);
	return r < 0 ? r : tpm_measure_read(t, &id, ret_value);
}

int bpfkey_measure_remove(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *owner = NULL;
	struct tpm_index_id id;
	int r = as_owner(ctx, m, &id, &t, &owner);

	return r < 0 ? r : tpm_index_remove(t, &id, owner);
}
