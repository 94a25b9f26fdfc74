// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters and measurements in NV memory: what makes them, who may write them,
 * and what happens when they are gone, replaced or not ours. On an embedded
 * TPM, or on the one that the first argument names.
 */
#include <openssl/sha.h>

#include <bpfkey.h>

#include "tests/tpm/handles.h"
#include "tests/tpm/help.h"
#include "tpm/tpm_index.h"

static struct tpm *t;

/* is_clean - nothing stays loaded; the one session that an open TPM keeps is not counted */
static void is_clean(const char *after)
{
	tpm_session_close(t);
	ok(!handles_from(t, first_of(TPM2_HT_TRANSIENT)), "no object is left %s", after);
	ok(!handles_from(t, first_of(TPM2_HT_LOADED_SESSION)), "no session is left %s", after);
}

/* foreign - a counter as others make it: open to all */
static TSS2_RC foreign(uint32_t index, ESYS_TR *ret)
{
	const TPM2B_NV_PUBLIC public = { .nvPublic = {
		.nvIndex = index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA |
			      TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT,
		.dataSize = 8,
	} };

	return Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				   ESYS_TR_NONE, &(TPM2B_AUTH){ 0 }, &public, ret);
}

static void test_counter(struct tpm_index_id *id, uint64_t *base)
{
	uint64_t v = 0, was;
	unsigned int bad = 0;

	is_int(tpm_counter_new(t, 0, NULL, id, base), 0, "a counter");
	ok(id->index == BPFKEY_NV_FIRST && strlen(id->name) == 68 && strlen(id->srk_name) == 68,
	   "at the first place of our range");
	ok(!tpm_counter_read(t, id, &v) && v == *base, "is read");
	for (was = v; v < was + 3; bad += v != ++*base)
		if (tpm_counter_up(t, id, NULL, &v))
			break;
	is_int(bad, 0, "counts by one");
	is_int(v - was, 3, "three times");
	is_int(tpm_counter_new(t, id->index, NULL, id, base), -BPFKEY_E_EXISTS, "not made twice");
	ok(said("the counter 0x01842000 is there already"), "which is told");
	bk_forget(ctx);
	is_clean("by a counter");
}

/* Nobody writes it but by its policy. */
static void test_write(const struct tpm_index_id *id)
{
	uint64_t before = 0, after = 1;
	ESYS_TR nv;

	tpm_counter_read(t, id, &before);
	ok(!Esys_TR_FromTPMPublic(t->esys, id->index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &nv), "anybody finds it");
	ok(tpm_rc_is(Esys_NV_Increment(t->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				       ESYS_TR_NONE), TPM2_RC_AUTH_UNAVAILABLE),
	   "its own empty password does not count it up");
	ok(tpm_rc_is(Esys_NV_Increment(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE), TPM2_RC_NV_AUTHORIZATION),
	   "nor does the owner's without the policy");
	Esys_TR_Close(t->esys, &nv);
	ok(!tpm_counter_read(t, id, &after) && after == before, "it has not moved");
}

/* Removed and made anew: never back, and never taken for what it was. */
static void test_gone(struct tpm_index_id *id, uint64_t *base)
{
	struct tpm_index_id other, was = *id;
	uint64_t v = 0, w = 0;
	ESYS_TR nv = ESYS_TR_NONE;

	ok(!tpm_counter_read(t, id, &v) && !tpm_index_remove(t, id, NULL), "it is removed");
	is_int(tpm_counter_read(t, id, &w), -BPFKEY_E_NOT_FOUND, "then it is gone");
	ok(said("the counter 0x01842000 is gone from this TPM") && !w, "which is told");
	bk_forget(ctx);
	is_int(tpm_counter_up(t, id, NULL, &w), -BPFKEY_E_NOT_FOUND, "and does not count");
	bk_forget(ctx);
	ok(!foreign(id->index, &nv) && !counter_up(t, nv), "another in its place");
	is_int(tpm_counter_read(t, id, &w), -BPFKEY_E_MISMATCH, "is not taken for it");
	ok(said("is not the counter: its TPM name is"), "which is told");
	bk_forget(ctx);
	is_int(tpm_counter_new(t, id->index, NULL, &other, &w), -BPFKEY_E_FOREIGN,
	       "nor replaced");
	bk_forget(ctx);
	ok(!tpm_counter_new(t, 0, NULL, &other, &w) && other.index == id->index + 1,
	   "the next place is taken");
	ok(w > v, "and its count goes on above what any counter had");
	ok(!tpm_index_remove(t, &other, NULL), "that is removed");
	/* The TSS has one handle for an index, whoever opens it; ours is closed by now. */
	ok(!Esys_TR_FromTPMPublic(t->esys, id->index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &nv) &&
	   !Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				  ESYS_TR_NONE), "the other's, too");
	ok(!tpm_counter_new(t, id->index, NULL, id, base) && *base > v &&
	   !strcmp(id->name, was.name), "ours is made again");
	was.srk_name[5] ^= 1;
	is_int(tpm_counter_read(t, &was, &w), -BPFKEY_E_OTHER_TPM, "of another TPM it is not ours");
	bk_forget(ctx);
	is_clean("by failures");
}

/* A run that ended between making and the first count. */
static void test_unwritten(void)
{
	struct tpm_index_id id = { .index = BPFKEY_NV_LAST };
	struct tpm_index i = TPM_INDEX_NONE(t);
	uint64_t v = 0;

	ok(!tpm_index_define(t, &tpm_index_counter, BPFKEY_NV_LAST, NULL, &i),
	   "an index that was never counted up");
	tpm_index_done(&i);
	is_int(tpm_counter_read(t, &id, &v), -BPFKEY_E_NOT_FOUND, "has no value");
	ok(said("was made anew and never written since") && !v, "which is not zero");
	bk_forget(ctx);
	ok(!tpm_counter_new(t, BPFKEY_NV_LAST, NULL, &id, &v) && v, "the next run ends it");
	ok(!tpm_counter_up(t, &id, NULL, &v), "and it counts");
	ok(!tpm_index_remove(t, &id, NULL), "it is removed");
}

static void test_measure(void)
{
	uint8_t d[32], want[64] = { 0 }, got[32] = { 0 };
	struct tpm_index_id id;
	uint64_t v;

	memset(d, 0x5a, sizeof(d));
	ok(!tpm_measure_new(t, 0, NULL, d, &id), "an index that is extended");
	memcpy(want + 32, d, 32);
	SHA256(want, 64, want);
	ok(!tpm_measure_read(t, &id, got) && !memcmp(got, want, 32), "begins with the first");
	d[0] = 1;
	memcpy(want + 32, d, 32);
	SHA256(want, 64, want);
	ok(!tpm_measure_extend(t, &id, NULL, d) && !tpm_measure_read(t, &id, got) &&
	   !memcmp(got, want, 32), "and is extended");
	is_int(tpm_counter_read(t, &id, &v), -BPFKEY_E_MISMATCH, "it is no counter");
	bk_forget(ctx);
	ok(!tpm_index_remove(t, &id, NULL), "it is removed");
	is_clean("by measurements");
}

/* An owner's password: the storage root key must be persistent then. */
static void test_owner(const struct tpm_index_id *id)
{
	static char word[] = "owned", bad[] = "other";
	struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(bk_secret_freep) struct bk_secret *right = bk_secret_take(word, 5),
						    *wrong = bk_secret_take(bad, 5);
	const TPM2B_AUTH owned = { .size = 5, .buffer = "owned" }, none = { 0 };
	uint64_t v = 0, w = 0;
	ESYS_TR p;

	ok(!tpm_srk_open(t, TPM2_RH_OWNER, false, &srk) &&
	   !Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, srk.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE, TPM_SRK_HANDLE, &p), "a persistent storage root key");
	tpm_object_done(&srk);
	ok(!Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &owned), "the owner sets a password");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &none);
	ok(!tpm_counter_read(t, id, &v), "everybody reads the counter");
	is_int(tpm_counter_up(t, id, NULL, &w), -BPFKEY_E_PIN, "nobody counts it up");
	ok(said("cannot write the counter 0x01842000: that is the owner's to do"), "which is told");
	bk_forget(ctx);
	is_int(tpm_counter_up(t, id, wrong, &w), -BPFKEY_E_PIN, "nor with a wrong password");
	bk_forget(ctx);
	ok(!tpm_counter_up(t, id, right, &w) && w == v + 1, "but with the owner's");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &owned);
	ok(!Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &none), "the owner clears it");
	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &none);
	ok(!Esys_TR_FromTPMPublic(t->esys, TPM_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &p) &&
	   !Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, p, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			      ESYS_TR_NONE, TPM_SRK_HANDLE, &p), "and removes the key");
	is_clean("by passwords");
}

/* What programs call; each call opens the TPM by itself. */
static void test_public(void)
{
	struct bpfkey_counter c = { .sz = sizeof(c) }, bad, small = { .sz = 40 };
	uint64_t v = 99;

	bpfkey_ctx_set_tpm(ctx, spec);
	is_int(bpfkey_counter_new(ctx, 0, &small), -BPFKEY_E_USAGE, "no room for the answer");
	ok(!small.index, "and nothing is made");
	is_int(bpfkey_counter_new(ctx, 0, &c), 0, "a counter by the library");
	ok(c.index == BPFKEY_NV_FIRST && c.base > 0, "with an offset");
	ok(!bpfkey_counter_read(ctx, &c, &v) && !v, "begins with 0");
	ok(!bpfkey_counter_increment(ctx, &c, &v) && v == 1, "goes on with 1");
	ok(!bpfkey_counter_increment(ctx, &c, NULL), "and with 2");
	ok(!bpfkey_counter_read(ctx, &c, &v) && v == 2, "which stays");
	bad = c;
	bad.base += 10;
	is_int(bpfkey_counter_read(ctx, &bad, &v), -BPFKEY_E_MISMATCH, "one that went back");
	ok(said("the counter 0x01842000 went back: it was made at") && v == 2, "is told");
	bad = c;
	bad.name[0] = 0;
	is_int(bpfkey_counter_read(ctx, &bad, &v), -BPFKEY_E_USAGE, "one without a name is none");
	is_int(bpfkey_counter_remove(ctx, &c), 0, "it is removed");
	is_int(bpfkey_counter_increment(ctx, &c, &v), -BPFKEY_E_NOT_FOUND, "and gone");
	ok(v == 2, "which is not 0");
}

int main(int argc, char **argv)
{
	struct tpm_index_id id = { 0 };
	uint64_t base = 0;

	begin();
	if (argc > 1)
		snprintf(spec, sizeof(spec), "%s", argv[1]);
	t = opened();
	ok(t != NULL, "the TPM is open");
	if (!t)
		return end();
	test_counter(&id, &base);
	test_write(&id);
	test_gone(&id, &base);
	test_unwritten();
	test_measure();
	test_owner(&id);
	ok(!tpm_index_remove(t, &id, NULL), "nothing stays");
	is_int(handles_from(t, BPFKEY_NV_FIRST), 0, "in the TPM");
	tpm_close(t);
	test_public();
	return end();
}
