/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monotonic counters, and indices that take measurements. */
#include <string.h>

#include "tpm_index.h"

static int read_value(struct tpm_index *i, uint64_t *ret)
{
	uint8_t b[8];
	uint64_t v = 0;
	int r = tpm_index_read(i, b);

	if (r < 0)
		return r;
	for (size_t n = 0; n < sizeof(b); n++)
		v = v << 8 | b[n];
	*ret = v;
	return 0;
}

static int identify(struct tpm_index *i, struct tpm_index_id *ret)
{
	struct tpm_index_id id = { .index = i->index };
	int r = tpm_index_name(i, id.name);

	if (!r)
		r = tpm_index_srk(i, id.srk_name);
	if (!r)
		r = tpm_id_read(i->t, id.tpm_id);
	if (r < 0)
		return r;
	*ret = id;
	return 0;
}

int tpm_counter_new(struct tpm *t, uint32_t index, struct bk_secret *owner,
		    struct tpm_index_id *ret, uint64_t *ret_value)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	struct tpm_index_id id;
	uint64_t value = 0;
	int r = tpm_index_define(t, &tpm_index_counter, index, owner, &i);

	/* Only then it has a value, and its name no longer changes. */
	if (!r)
		r = tpm_index_write(&i, owner, NULL);
	if (!r)
		r = read_value(&i, &value);
	if (!r)
		r = identify(&i, &id);
	if (r < 0)
		return r;
	*ret = id;
	*ret_value = value;
	return 0;
}

int tpm_counter_read(struct tpm *t, const struct tpm_index_id *id, uint64_t *ret)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	int r = tpm_index_open(t, &tpm_index_counter, id, &i);

	return r < 0 ? r : read_value(&i, ret);
}

int tpm_counter_up(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner,
		   uint64_t *ret)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	int r = tpm_index_open(t, &tpm_index_counter, id, &i);

	if (!r)
		r = tpm_index_write(&i, owner, NULL);
	return r < 0 ? r : read_value(&i, ret);
}

int tpm_measure_new(struct tpm *t, uint32_t index, struct bk_secret *owner,
		    const uint8_t digest[32], struct tpm_index_id *ret)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	int r = tpm_index_define(t, &tpm_index_measure, index, owner, &i);

	if (!r)
		r = tpm_index_write(&i, owner, digest);
	return r < 0 ? r : identify(&i, ret);
}

int tpm_measure_extend(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner,
		       const uint8_t digest[32])
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	int r = tpm_index_open(t, &tpm_index_measure, id, &i);

	return r < 0 ? r : tpm_index_write(&i, owner, digest);
}

int tpm_measure_read(struct tpm *t, const struct tpm_index_id *id, uint8_t ret[32])
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	uint8_t value[32];
	int r = tpm_index_open(t, &tpm_index_measure, id, &i);

	if (!r)
		r = tpm_index_read(&i, value);
	if (r < 0)
		return r;
	memcpy(ret, value, sizeof(value));
	return 0;
}

int tpm_index_remove(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	int r = tpm_index_open(t, &tpm_index_counter, id, &i);

	if (r == -BPFKEY_E_MISMATCH) {
		bk_forget(t->ctx);
		r = tpm_index_open(t, &tpm_index_measure, id, &i);
	}
	return r < 0 ? r : tpm_index_undefine(&i, owner);
}
