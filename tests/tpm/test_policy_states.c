/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signed states on an embedded TPM: what is sealed under a policy key opens in
 * the states that it has signed, until a counter ends them. PCR 16 changes.
 */
#include "lib/crypto/pkey.h"
#include "lib/crypto/public.h"
#include "tests/tpm/help.h"

#define REF "fleet"
#define PCRS (1u << 7 | 1u << 16)

struct world {
	struct tpm *t;
	struct pkey *key;
	struct key_policy policy;
	struct policy_grant states[4];
	struct policy_grants grants;
	struct tpm_sealed sealed;
};

/* add_state - the TPM's state now; @limit 0: without the counter */
static int add_state(struct world *w, uint64_t limit)
{
	struct policy_grant *g = &w->states[w->grants.n];
	uint8_t digest[POLICY_DIGEST_LEN];
	int r = tpm_pcr_read(w->t, "sha256", PCRS, &g->pcrs);

	memset(&g->counter, 0, sizeof(g->counter));
	if (!r && limit)
		r = tpm_counter_ref(w->t, COUNTER, &g->counter);
	if (!r && limit)
		g->counter.limit = limit;
	if (!r)
		r = tpm_policy_to_sign(ctx, &g->pcrs, &g->counter, REF, digest);
	if (!r)
		r = public_sign(ctx, w->key, digest, g->sig, sizeof(g->sig), &g->sig_len);
	w->grants.n += !r;
	return r;
}

/* opens - is what comes back what was sealed? */
static int opens(struct world *w)
{
	const struct tpm_use use = { .policy = &w->policy, .grants = &w->grants };
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	int r;

	bk_enter(ctx);
	r = tpm_unseal(w->t, &w->sealed, &use, &s);
	if (r < 0)
		return r;
	return bk_secret_len(s) == 32 && bk_secret_data(s)[31] == 0x5a ? 0 : 1;
}

static bool extend(struct world *w)
{
	const uint8_t digest[32] = { 1 };

	return !tpm_pcr_extend(w->t, 16, "sha256", (struct view){ digest, sizeof(digest) });
}

static void check_states(struct world *w)
{
	is_int(opens(w), -BPFKEY_E_POLICY, "no state is signed");
	ok(!add_state(w, 0) && !opens(w), "the state is signed: it opens");
	ok(extend(w), "an update");
	is_int(opens(w), -BPFKEY_E_POLICY, "the new state is not signed");
	ok(said("PCR 16"), "and the sentence names the PCR");
	ok(!add_state(w, 0) && !opens(w), "until it is signed: the same object opens");
	w->states[1].sig[5] ^= 1;
	ok(opens(w) < 0, "a signature with a flipped bit opens nothing");
	ok(*bpfkey_ctx_message(ctx), "'%s'", bpfkey_ctx_message(ctx));
	w->states[1].sig[5] ^= 1;
	snprintf(w->policy.ref, sizeof(w->policy.ref), "other");
	ok(opens(w) < 0, "nor does one for a policy of another name");
	snprintf(w->policy.ref, sizeof(w->policy.ref), REF);
	is_int(opens(w), 0, "and back");
}

/* count - one up; the handle is looked up anew, others may have closed what they share */
static bool count(struct world *w, uint64_t *ret_now)
{
	ESYS_TR nv;
	bool good = !counter_open(w->t, &nv) && !counter_up(w->t, nv);

	*ret_now = good ? counter_get(w->t, nv) : 0;
	return good && !Esys_TR_Close(w->t->esys, &nv);
}

static void check_counter(struct world *w)
{
	struct nv_ref ref;
	uint64_t now, later;

	bk_enter(ctx);
	w->grants.n = 0;
	is_int(tpm_counter_ref(w->t, 0x01800199, &ref), -BPFKEY_E_NOT_FOUND, "no such counter");
	if (!ok(count(w, &now) && now, "a counter"))
		return;
	ok(!add_state(w, now) && !opens(w), "a state under its limit opens");
	ok(count(w, &later) && later == now + 1, "the counter moves on");
	is_int(opens(w), -BPFKEY_E_POLICY, "the state is dead");
	ok(said("counter"), "and the sentence says why");
	ok(!add_state(w, now + 1) && !opens(w), "the next one opens it");
	w->grants.n = 1;
	is_int(opens(w), -BPFKEY_E_POLICY, "the first one does not");
}

static void check_pcrs(struct tpm *t)
{
	struct pcr_set set = { 0 }, again = { 0 };
	const uint8_t digest[20] = { 2 };

	ok(!tpm_pcr_read(t, "sha512", 0xffffff, &set) && set.mask == 0xffffff,
	   "24 PCRs of 64 bytes");
	ok(!tpm_pcr_read(t, "sha512", 1u << 20, &again) &&
	   !memcmp(again.value[20], set.value[20], 64), "one of them alone is the same");
	is_int(set.value[20][0], 0xff, "what only a later start can set is all ones");
	bk_enter(ctx);
	is_int(tpm_pcr_read(t, "md5", 1, &set), -BPFKEY_E_NO_SUPPORT, "no such bank");
	is_int(tpm_pcr_extend(t, 16, "sha256", (struct view){ digest, 20 }), -BPFKEY_E_USAGE,
	       "a digest that is too short");
	is_int(tpm_pcr_extend(t, 24, "sha1", (struct view){ digest, 20 }), -BPFKEY_E_USAGE,
	       "no such PCR");
	ok(!tpm_pcr_extend(t, 16, "sha1", (struct view){ digest, 20 }), "one that fits");
}

static void check(const char *alg)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *data = bk_secret_new(32);
	struct world w = { .t = t };
	const struct tpm_use use = { .policy = &w.policy };
	int r;

	if (!ok(t && data && !pkey_generate(ctx, alg, &key), "a %s policy key", alg))
		return;
	memset(bk_secret_data(data), 0x5a, 32);
	bk_secret_set_len(data, 32);
	w.key = key;
	w.grants.v = w.states;
	w.policy.has_signer = true;
	snprintf(w.policy.ref, sizeof(w.policy.ref), REF);
	r = public_of(ctx, key, &w.policy.signer);
	w.grants.signer = w.policy.signer;
	if (!r)
		r = tpm_seal(t, data, &use, &w.sealed);
	if (!ok(!r, "sealed under it"))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	if (r < 0)
		return;
	check_states(&w);
	check_counter(&w);
	check_pcrs(t);
	tpm_sealed_done(&w.sealed);
}

int main(void)
{
	begin();
	check("p256");
	check("rsa2048");
	return end();
}
