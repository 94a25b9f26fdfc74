/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_do SPEC WHAT [N]: what happens to a TPM while keys hang on it, on each back end alike.
 *
 *   extend N        PCR N of the bank sha256 by an update
 *   counter-new N   a counter at the index N; prints its value
 *   counter-up N    one more; prints its value
 *   remove N        the index N is gone
 *   clear           what an owner does in the firmware's menu: the storage seed is another
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm/tpm_index.h"
#include "tpm/tpm_priv.h"

static int extend(struct tpm *t, uint32_t pcr)
{
	const uint8_t update[32] = { 0x75, 0x70 };

	return tpm_pcr_extend(t, pcr, "sha256", (struct view){ update, sizeof(update) });
}

/* id_of - the index as it stands, whoever made it */
static int id_of(struct tpm *t, uint32_t index, struct tpm_index_id *ret)
{
	struct nv_ref ref;
	int r = tpm_counter_ref(t, index, &ref);

	if (r < 0)
		return r;
	*ret = (struct tpm_index_id){ .index = index };
	snprintf(ret->name, sizeof(ret->name), "%s", ref.name);
	return 0;
}

static int counter(struct tpm *t, const char *what, uint32_t index)
{
	struct tpm_index_id id;
	uint64_t value = 0;
	int r;

	if (!strcmp(what, "counter-new")) {
		r = tpm_counter_new(t, index, NULL, &id, &value);
	} else {
		r = id_of(t, index, &id);
		if (!r && !strcmp(what, "remove"))
			return tpm_index_remove(t, &id, NULL);
		r = r < 0 ? r : tpm_counter_up(t, &id, NULL, &value);
	}
	if (!r)
		printf("%llu\n", (unsigned long long)value);
	return r;
}

static int clear(struct tpm *t)
{
	return Esys_Clear(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			  ESYS_TR_NONE) == TSS2_RC_SUCCESS ? 0 : -BPFKEY_E_TPM;
}

static int act(struct tpm *t, const char *what, uint32_t n)
{
	if (!strcmp(what, "extend"))
		return extend(t, n);
	if (!strcmp(what, "clear"))
		return clear(t);
	return counter(t, what, n);
}

int main(int argc, char **argv)
{
	struct bpfkey_ctx *ctx = NULL;
	struct tpm *t = NULL;
	int r = -BPFKEY_E_USAGE;

	if (argc < 3 || bpfkey_ctx_new(&ctx) < 0)
		return 2;
	r = tpm_open(ctx, argv[1], &t);
	if (!r)
		r = act(t, argv[2], argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 0);
	if (r < 0)
		fprintf(stderr, "tpm_do: %s: %s\n", argv[2], bpfkey_ctx_message(ctx));
	tpm_close(t);
	bpfkey_ctx_free(ctx);
	return r ? 1 : 0;
}
