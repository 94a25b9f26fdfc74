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
	{ "ml-dsa-65", -BPFKEY_E_ALGORITHM, false, false },
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
	is_int((long long)i, 6, "all are offered");
	bpfkey_ctx_free(ctx);
	return done_testing();
}
