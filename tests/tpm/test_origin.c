// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three sentences for a storage root key that is not there: another TPM, this
 * one after TPM2_Clear, and one of the two when the TPM cannot be asked.
 */
#include <time.h>

#include <bpfkey.h>

#include "tests/tpm/handles.h"
#include "tests/tpm/swtpm.h"

/* What is made in one TPM and tried in another. */
struct things {
	struct buf pem;
	struct tpm_key_meta meta;
	struct tpm_sealed sealed;
	struct tpm_index_id counter;
};

static bool make(struct things *s)
{
	_cleanup_(bk_secret_freep) struct bk_secret *data = bk_secret_new(16);
	_cleanup_(tpm_closep) struct tpm *t = opened();
	uint64_t value;

	bk_secret_set_len(data, 16);
	memset(s, 0, sizeof(*s));
	s->pem = BUF(TPM_FILE_MAX);
	return t && !tpm_key_create(t, "p256", NULL, &s->pem, &s->meta) &&
	       !tpm_seal(t, data, NULL, &s->sealed) &&
	       !tpm_counter_new(t, 0, NULL, &s->counter, &value);
}

static void things_done(struct things *s)
{
	buf_done(&s->pem);
	tpm_sealed_done(&s->sealed);
}

/* forget_ids - as files of older versions are, and of TPMs that did not let us see it */
static void forget_ids(struct things *s)
{
	s->meta.tpm_id[0] = s->sealed.tpm_id[0] = s->counter.tpm_id[0] = '\0';
}

static bool same_ids(const struct things *s)
{
	return !strcmp(s->meta.tpm_id, s->sealed.tpm_id) &&
	       !strcmp(s->meta.tpm_id, s->counter.tpm_id);
}

/* one - it failed as something of another storage root key, and said so in these words */
static void one(int r, const char *what, const char *words)
{
	char want[160];

	is_int(r, -BPFKEY_E_OTHER_TPM, what);
	snprintf(want, sizeof(want), "%s %s", what, words);
	ok(said(want), "%s", words);
	ok(*bpfkey_ctx_hint(ctx), "with what to do");
	bk_forget(ctx);
}

static void try_all(struct things *s, const char *words)
{
	_cleanup_(bk_secret_freep) struct bk_secret *data = NULL;
	_cleanup_(tpm_closep) struct tpm *t = opened();
	struct tpm_key *k = NULL;
	uint64_t value = 0;

	ok(t != NULL, "a TPM that made none of it");
	one(tpm_key_load(t, buf_view(&s->pem), &s->meta, NULL, &k), "the key", words);
	one(tpm_unseal(t, &s->sealed, NULL, &data), "the sealed key", words);
	one(tpm_counter_read(t, &s->counter, &value), "the counter 0x01842000", words);
	/* On a bus the salted session is kept until the TPM is closed. */
	ok(!handles_from(t, first_of(TPM2_HT_TRANSIENT)) &&
	   handles_from(t, first_of(TPM2_HT_HMAC_SESSION)) <= 1,
	   "and nothing is left in it");
}

static bool clear(void)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();

	return t && !Esys_Clear(t->esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE);
}

static bool endorsement_password(const char *word)
{
	TPM2B_AUTH a = { .size = (uint16_t)strlen(word) };
	_cleanup_(tpm_closep) struct tpm *t = opened();

	memcpy(a.buffer, word, a.size);
	return t && !Esys_HierarchyChangeAuth(t->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
					      ESYS_TR_NONE, ESYS_TR_NONE, &a);
}

static const char cleared[] = "was made in this TPM, which was cleared since";
static const char another[] = "was made in another TPM, whose storage root key is";
static const char either[] = "was made in a TPM whose storage root key is";

static void test_cleared(void)
{
	struct things s, later;

	ok(make(&s) && strlen(s.meta.tpm_id) == 68 && same_ids(&s), "a key, a secret, a counter");
	ok(clear(), "the TPM is cleared");
	try_all(&s, cleared);
	ok(make(&later) && !strcmp(later.meta.tpm_id, s.meta.tpm_id) &&
	   strcmp(later.meta.srk_name, s.meta.srk_name), "it is still the same TPM");
	forget_ids(&s);
	try_all(&s, either);
	things_done(&later);
	ok(endorsement_password("theirs"), "an endorsement hierarchy with a password");
	ok(make(&later) && !later.meta.tpm_id[0] && same_ids(&later), "hinders no making");
	things_done(&later);
	things_done(&s);
}

static void test_another(void (*other)(void))
{
	struct things s;

	ok(clear() && make(&s), "a key, a secret, a counter");
	other();
	try_all(&s, another);
	ok(endorsement_password("theirs"), "with an endorsement password there");
	try_all(&s, either);
	things_done(&s);
}

/* How long it takes to find out, which is once for each key that is made. */
static void measure(void)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	struct timespec a, b;
	char id[80];
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; t && i < 21; i++)
		r |= tpm_id_read(t, id);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ok(t && !r, "it is asked 21 times");
	printf("# %ld us each on %.8s\n", ((b.tv_sec - a.tv_sec) * 1000000 +
	       (b.tv_nsec - a.tv_nsec) / 1000) / 21, spec);
}

static void other_embedded(void)
{
	snprintf(spec, sizeof(spec), "embedded:%s/second", dir);
}

/* anew - another directory, and in it another TPM on a bus */
static void anew(void)
{
	swtpm_stop();
	leave();
	bpfkey_ctx_free(ctx);
	strcpy(dir, "/tmp/keyctl-bpf-tpm.XXXXXX");
	swtpm_begin();
}

int main(void)
{
	begin();
	measure();
	test_cleared();
	test_another(other_embedded);
	anew();
	measure();
	test_cleared();
	test_another(anew);
	return swtpm_end();
}
