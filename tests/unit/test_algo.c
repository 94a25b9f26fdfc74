/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/crypto/algo.h"
#include "tests/tap.h"

static const struct {
	const char *name;
	int check;
	bool tpm, make;
} keys[] = {
	{ "p256", 0, true, true },
	{ "p384", 0, true, true },
	{ "p521", 0, true, true },
	{ "rsa2048", 0, true, true },
	{ "rsa3072", 0, true, true },
	{ "rsa4096", 0, true, true },
	{ "rsa2056", 0, false, false },
	{ "rsa2047", -BPFKEY_E_WEAK, false, false },
	{ "rsa1024", -BPFKEY_E_WEAK, false, false },
	{ "rsa4104", -BPFKEY_E_ALGORITHM, false, false },
	{ "rsa-pss2048", -BPFKEY_E_ALGORITHM, false, false },
	{ "rsa-pss1024", -BPFKEY_E_WEAK, false, false },
	{ "ed25519", -BPFKEY_E_ALGORITHM, false, false },
	{ "ed448", -BPFKEY_E_ALGORITHM, false, false },
	{ "secp256k1", -BPFKEY_E_ALGORITHM, false, false },
	{ "ml-dsa-44", 0, false, true },
	{ "ml-dsa-65", 0, false, true },
	{ "ml-dsa-87", 0, false, true },
	{ "ml-dsa-66", -BPFKEY_E_ALGORITHM, false, false },
	{ "brainpoolp256r1", -BPFKEY_E_ALGORITHM, false, false },
	{ "rsa", -BPFKEY_E_ALGORITHM, false, false },
	{ "rsa2048x", -BPFKEY_E_ALGORITHM, false, false },
	{ "rsa02048", 0, false, false },
	{ "rsa99999999999999999999", -BPFKEY_E_ALGORITHM, false, false },
	{ "", -BPFKEY_E_ALGORITHM, false, false },
};

static const struct {
	const char *name;
	int check;
} hashes[] = {
	{ "sha256", 0 }, { "sha384", 0 }, { "sha512", 0 }, { "sha3-256", 0 },
	{ "sha1", -BPFKEY_E_WEAK }, { "sha224", -BPFKEY_E_WEAK }, { "md5", -BPFKEY_E_WEAK },
	{ "sha3-224", -BPFKEY_E_WEAK }, { "sha512-256", -BPFKEY_E_ALGORITHM },
	{ "", -BPFKEY_E_ALGORITHM }, { "SHA256", -BPFKEY_E_ALGORITHM },
};

static const struct {
	const char *alg, *hash;
	int want;
	const char *says;	/* the hash, or part of the sentence */
} picks[] = {
	{ "p256", NULL, 0, "sha256" },
	{ "rsa4096", NULL, 0, "sha256" },
	{ "ml-dsa-65", NULL, 0, "sha512" },
	{ "ml-dsa-65", "sha512", 0, "sha512" },
	{ "ml-dsa-65", "sha256", -BPFKEY_E_USAGE, "'sha256' does not go with a key 'ml-dsa-65'" },
	{ "p256", "sha512", 0, "sha512" },
	{ "p521", "sha3-256", 0, "sha3-256" },
	{ "p256", "md5", -BPFKEY_E_WEAK, "the hash 'md5' is too weak" },
	{ "p256", "sha1", -BPFKEY_E_WEAK, "the hash 'sha1' is too weak" },
	{ "p256", "sha224", -BPFKEY_E_WEAK, "the hash 'sha224' is too weak" },
	{ "p256", "sha3-224", -BPFKEY_E_WEAK, "the hash 'sha3-224' is too weak" },
	{ "p256", "sha512-256", -BPFKEY_E_ALGORITHM, "no kernel takes the hash 'sha512-256'" },
	{ "p256", "SHA256", -BPFKEY_E_USAGE, "no hash 'SHA256'" },
	{ "p256", "", -BPFKEY_E_USAGE, "no hash ''" },
};

static void test_pick(struct bpfkey_ctx *ctx)
{
	const char *got, *untouched = "untouched";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(picks); i++) {
		bk_enter(ctx);
		got = untouched;
		is_int(algo_pick_hash(ctx, picks[i].alg, picks[i].hash, &got), picks[i].want,
		       picks[i].hash ? picks[i].hash : "no hash");
		if (!picks[i].want)
			is_str(got, picks[i].says, picks[i].alg);
		else
			ok(got == untouched && strstr(bpfkey_ctx_message(ctx), picks[i].says),
			   "'%s'", bpfkey_ctx_message(ctx));
	}
}

/* facts-kernel.md section 2: what Debian's kernels refuse, or need a module for. */
static const struct {
	const char *name;
	unsigned int series;
	char answer;	/* 'y' yes, 'n' no, 'd' it depends */
} answers[] = {
	{ "sha256", 618, 'y' }, { "sha256", 701, 'y' }, { "sha256", 0, 'y' },
	{ "sha384", 700, 'y' }, { "sha384", 701, 'd' }, { "sha384", 702, 'y' },
	{ "sha512", 700, 'y' }, { "sha512", 701, 'd' }, { "sha512", 703, 'y' },
	{ "sha512", 0, 'd' },
	{ "sha3-256", 700, 'y' }, { "sha3-384", 701, 'd' }, { "sha3-512", 703, 'd' },
	{ "sha3-512", 704, 'd' }, { "sha3-256", 0, 'd' },
	{ "ml-dsa-44", 618, 'n' }, { "ml-dsa-65", 619, 'n' }, { "ml-dsa-87", 700, 'd' },
	{ "ml-dsa-87", 0, 'n' }, { "p256", 618, 'y' }, { "rsa4096", 0, 'y' },
};

static void test_limits(void)
{
	const struct algo_limit *l;
	size_t i, k;
	char got;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		got = 'y';
		for (k = 0; (l = algo_limit(answers[i].name, answers[i].series, k)); k++)
			got = l->never ? 'n' : got == 'n' ? 'n' : 'd';
		ok(got == answers[i].answer, "%s on %u: %c", answers[i].name, answers[i].series,
		   got);
	}
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;
	struct algo a;
	size_t i;

	bpfkey_ctx_new(&ctx);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		bk_enter(ctx);
		is_int(algo_check(ctx, keys[i].name), keys[i].check, keys[i].name);
		if (algo_find(keys[i].name, &a))
			ok(a.tpm == keys[i].tpm && a.make == keys[i].make,
			   "%s: who makes it", keys[i].name);
		if (keys[i].check)
			ok(strstr(bpfkey_ctx_message(ctx), "its key") != NULL,
			   "%s: with a sentence", keys[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		is_int(algo_check_hash(ctx, hashes[i].name), hashes[i].check, hashes[i].name);
	for (i = 0; algo_make(i); i++)
		ok(algo_make(i)->strong && algo_make(i)->kernel, "%s is one that kernels take",
		   algo_make(i)->name);
	is_int((long long)i, 9, "all are offered");
	test_pick(ctx);
	test_limits();
	bpfkey_ctx_free(ctx);
	return done_testing();
}
