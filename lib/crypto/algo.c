// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which algorithms sign BPF. What the kernel takes was tried on 6.18 to 7.3;
 * what is strong is decided here, because the kernel takes SHA-1 and RSA-1024.
 */
#include "algo.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "../base/text.h"
#include "ossl.h"

#define RSA_MIN 2048
#define RSA_KERNEL_MAX 4096	/* the largest that was tried on every kernel */
#define RSA_NAME_MAX 16384	/* beyond it a name is no name */

/* name, type, bits, OpenSSL's name, strong, kernel, tpm, make */
static const struct algo table[] = {
	{ "p256", ALGO_EC, 256, "P-256", true, true, true, true },
	{ "p384", ALGO_EC, 384, "P-384", true, true, true, true },
	{ "p521", ALGO_EC, 521, "P-521", true, true, true, true },
	{ "rsa2048", ALGO_RSA, 2048, "RSA", true, true, true, true },
	{ "rsa3072", ALGO_RSA, 3072, "RSA", true, true, true, true },
	{ "rsa4096", ALGO_RSA, 4096, "RSA", true, true, true, true },
	{ "ed25519", ALGO_EDDSA, 256, "ED25519", true, false, false, false },
	{ "ed448", ALGO_EDDSA, 456, "ED448", true, false, false, false },
	{ "secp256k1", ALGO_EC, 256, "secp256k1", true, false, false, false },
	{ "ml-dsa-44", ALGO_MLDSA, 0, "ML-DSA-44", true, false, false, false },
	{ "ml-dsa-65", ALGO_MLDSA, 0, "ML-DSA-65", true, false, false, false },
	{ "ml-dsa-87", ALGO_MLDSA, 0, "ML-DSA-87", true, false, false, false },
};

static void rsa(const char *prefix, unsigned int bits, struct algo *ret)
{
	bool pss = strcmp(prefix, "rsa-pss") == 0;

	*ret = (struct algo){
		.type = pss ? ALGO_RSA_PSS : ALGO_RSA,
		.bits = bits,
		.strong = bits >= RSA_MIN,
		.kernel = !pss && bits <= RSA_KERNEL_MAX,
	};
	snprintf(ret->name, sizeof(ret->name), "%s%u", prefix, bits);
}

bool algo_find(const char *name, struct algo *ret)
{
	const char *prefix = strncmp(name, "rsa-pss", 7) == 0 ? "rsa-pss" : "rsa";
	uint64_t bits;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(name, table[i].name) == 0) {
			*ret = table[i];
			return true;
		}
	}

	if (strncmp(name, prefix, strlen(prefix)) != 0 ||
	    text_u64(name + strlen(prefix), RSA_NAME_MAX, &bits) < 0)
		return false;
	rsa(prefix, (unsigned int)bits, ret);
	return true;
}

const struct algo *algo_make(size_t i)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(table); k++)
		if (table[k].make && i-- == 0)
			return &table[k];
	return NULL;
}

static void other(const EVP_PKEY *key, char group[ALGO_NAME_MAX], struct algo *ret)
{
	const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;
	size_t i;

	if (group[0])
		name = group;
	*ret = (struct algo){ .type = ALGO_OTHER, .strong = true };
	snprintf(ret->name, sizeof(ret->name), "%s", name ? name : "unknown");
	for (i = 0; ret->name[i]; i++)
		if (ret->name[i] >= 'A' && ret->name[i] <= 'Z')
			ret->name[i] = (char)(ret->name[i] - 'A' + 'a');
}

static bool same_group(const char *table_name, const char *group)
{
	return strcmp(table_name, group) == 0 ||
	       (strcmp(table_name, "P-256") == 0 && strcmp(group, "prime256v1") == 0) ||
	       (strcmp(table_name, "P-384") == 0 && strcmp(group, "secp384r1") == 0) ||
	       (strcmp(table_name, "P-521") == 0 && strcmp(group, "secp521r1") == 0);
}

void algo_of(const EVP_PKEY *key, struct algo *ret)
{
	char group[ALGO_NAME_MAX] = "";
	size_t i;

	if (key && EVP_PKEY_is_a(key, "RSA")) {
		rsa("rsa", (unsigned int)EVP_PKEY_get_bits(key), ret);
		algo_find(ret->name, ret);
		return;
	}
	if (key && EVP_PKEY_is_a(key, "RSA-PSS")) {
		rsa("rsa-pss", (unsigned int)EVP_PKEY_get_bits(key), ret);
		return;
	}
	if (key && EVP_PKEY_is_a(key, "EC"))
		EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
					       sizeof(group), NULL);

	for (i = 0; key && i < ARRAY_SIZE(table); i++) {
		if (group[0] ? same_group(table[i].openssl, group)
			     : EVP_PKEY_is_a(key, table[i].openssl)) {
			*ret = table[i];
			return;
		}
	}
	other(key, group, ret);
}

int algo_check(struct bpfkey_ctx *ctx, const char *name)
{
	struct algo a;

	if (algo_find(name, &a) && !a.strong)
		return bk_fail(ctx, -BPFKEY_E_WEAK, "its key '%s' is too small, RSA needs %d bits",
			       name, RSA_MIN);
	if (!algo_find(name, &a) || !a.kernel) {
		bk_hint(ctx, "use a key made by 'keyctl-bpf key new': P-256, P-384, P-521 or "
			"RSA with 2048 to 4096 bits");
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its key algorithm '%s' is none that "
			       "kernels take for BPF", name);
	}
	return 0;
}

int algo_check_hash(struct bpfkey_ctx *ctx, const char *hash)
{
	static const char *const good[] = {
		"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512",
	};
	static const char *const weak[] = {
		"md2", "md4", "md5", "md5-sha1", "sha1", "sha224", "sha3-224", "ripemd160",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		if (strcmp(hash, good[i]) == 0)
			return 0;
	for (i = 0; i < ARRAY_SIZE(weak); i++)
		if (strcmp(hash, weak[i]) == 0)
			return bk_fail(ctx, -BPFKEY_E_WEAK, "its signature uses the weak hash "
				       "'%s'", hash);
	return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its signature uses the hash '%s', which is "
		       "not accepted", hash);
}
