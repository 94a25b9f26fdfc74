// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which algorithms sign BPF. What kernels take was tried on 6.18 to 7.3; what
 * is strong is decided here, because the kernel takes SHA-1 and RSA-1024.
 */
#include "algo.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "../base/text.h"
#include "ossl.h"

#define RSA_MIN 2048
#define RSA_KERNEL_MAX 4096	/* the largest that was tried on every kernel */
#define RSA_NAME_MAX 16384	/* beyond it a name is no name */

#define ML_DSA_OID(n) "2.16.840.1.101.3.4.3." n	/* RFC 9881 */

/* name, type, bits, OpenSSL's name, strong, kernel, tpm, make, OID, hash */
static const struct algo table[] = {
	{ "p256", ALGO_EC, 256, "P-256", true, true, true, true, NULL, NULL },
	{ "p384", ALGO_EC, 384, "P-384", true, true, true, true, NULL, NULL },
	{ "p521", ALGO_EC, 521, "P-521", true, true, true, true, NULL, NULL },
	{ "rsa2048", ALGO_RSA, 2048, "RSA", true, true, true, true, NULL, NULL },
	{ "rsa3072", ALGO_RSA, 3072, "RSA", true, true, true, true, NULL, NULL },
	{ "rsa4096", ALGO_RSA, 4096, "RSA", true, true, true, true, NULL, NULL },
	{ "ed25519", ALGO_EDDSA, 256, "ED25519", true, false, false, false, NULL, NULL },
	{ "ed448", ALGO_EDDSA, 456, "ED448", true, false, false, false, NULL, NULL },
	{ "secp256k1", ALGO_EC, 256, "secp256k1", true, false, false, false, NULL, NULL },
	{ "ml-dsa-44", ALGO_MLDSA, 0, "ML-DSA-44", true, true, false, true, ML_DSA_OID("17"),
	  "sha512" },
	{ "ml-dsa-65", ALGO_MLDSA, 0, "ML-DSA-65", true, true, false, true, ML_DSA_OID("18"),
	  "sha512" },
	{ "ml-dsa-87", ALGO_MLDSA, 0, "ML-DSA-87", true, true, false, true, ML_DSA_OID("19"),
	  "sha512" },
};

enum hash_class { HASH_UNKNOWN, HASH_GOOD, HASH_WEAK, HASH_NOWHERE };

/* Those that are not named here OpenSSL may know, but neither do kernels nor do we. */
static const struct {
	const char *name;
	enum hash_class class;
	const char *ecdsa;	/* RFC 5758, and NIST's for SHA-3 */
} hashes[] = {
	{ "sha256", HASH_GOOD, "1.2.840.10045.4.3.2" },
	{ "sha384", HASH_GOOD, "1.2.840.10045.4.3.3" },
	{ "sha512", HASH_GOOD, "1.2.840.10045.4.3.4" },
	{ "sha3-256", HASH_GOOD, "2.16.840.1.101.3.4.3.10" },
	{ "sha3-384", HASH_GOOD, "2.16.840.1.101.3.4.3.11" },
	{ "sha3-512", HASH_GOOD, "2.16.840.1.101.3.4.3.12" },
	{ "md2", HASH_WEAK, NULL }, { "md4", HASH_WEAK, NULL }, { "md5", HASH_WEAK, NULL },
	{ "md5-sha1", HASH_WEAK, NULL }, { "sha1", HASH_WEAK, NULL },
	{ "sha224", HASH_WEAK, NULL }, { "sha3-224", HASH_WEAK, NULL },
	{ "sha512-224", HASH_WEAK, NULL }, { "ripemd160", HASH_WEAK, NULL },
	{ "sha512-256", HASH_NOWHERE, NULL }, { "sm3", HASH_NOWHERE, NULL },
	{ "blake2b512", HASH_NOWHERE, NULL }, { "blake2s256", HASH_NOWHERE, NULL },
	{ "shake128", HASH_NOWHERE, NULL }, { "shake256", HASH_NOWHERE, NULL },
};

#define LATER 99999

/* As Debian builds them: 7.1 has SHA-512, and from 7.1 on all have SHA-3, as a module. */
static const struct algo_limit limits[] = {
	{ "sha384", 701, 701, false, "Linux 7.1 refuses SHA-384 unless it can load its module "
	  "sha512, which early at boot it cannot" },
	{ "sha512", 701, 701, false, "Linux 7.1 refuses SHA-512 unless it can load its module "
	  "sha512, which early at boot it cannot" },
	{ "sha3-", 701, LATER, false, "Linux 7.1 and later refuse SHA-3 unless they can load "
	  "their module sha3, which early at boot they cannot" },
	{ "ml-dsa-", 0, 619, true, "Linux 6.18 and 6.19 know no ML-DSA" },
	{ "ml-dsa-", 700, LATER, false, "Linux 7.0 and later refuse ML-DSA unless built with "
	  "CONFIG_CRYPTO_MLDSA, which Debian's kernels are not" },
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

bool algo_of_oid(const ASN1_OBJECT *oid, struct algo *ret)
{
	char text[64];
	size_t i;

	if (!oid || OBJ_obj2txt(text, sizeof(text), oid, 1) <= 0)
		return false;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].oid && strcmp(text, table[i].oid) == 0) {
			*ret = table[i];
			return true;
		}
	}
	return false;
}

void algo_of_spki(const X509_PUBKEY *spki, struct algo *ret)
{
	ASN1_OBJECT *oid = NULL;

	if (X509_PUBKEY_get0_param(&oid, NULL, NULL, NULL, spki) && algo_of_oid(oid, ret))
		return;
	algo_of(X509_PUBKEY_get0(spki), ret);
}

int algo_check_openssl(struct bpfkey_ctx *ctx, const char *name)
{
	EVP_KEYMGMT *k = NULL;
	struct algo a;

	if (!algo_find(name, &a) || a.type != ALGO_MLDSA)
		return 0;
	if (bk_ossl())
		k = EVP_KEYMGMT_fetch(bk_ossl(), a.openssl, "provider=default");
	ERR_clear_error();
	EVP_KEYMGMT_free(k);
	if (k)
		return 0;
	bk_hint(ctx, "use OpenSSL 3.5 or later, as in Debian 13; this is %s",
		OpenSSL_version(OPENSSL_VERSION_STRING));
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "this OpenSSL has no ML-DSA ('%s')", name);
}

int algo_check(struct bpfkey_ctx *ctx, const char *name)
{
	struct algo a;

	if (algo_find(name, &a) && !a.strong)
		return bk_fail(ctx, -BPFKEY_E_WEAK, "its key '%s' is too small, RSA needs %d bits",
			       name, RSA_MIN);
	if (!algo_find(name, &a) || !a.kernel) {
		bk_hint(ctx, "use a key made by 'keyctl-bpf key new': P-256, P-384, P-521, RSA "
			"with 2048 to 4096 bits, or ML-DSA");
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its key algorithm '%s' is none that "
			       "kernels take for BPF", name);
	}
	return 0;
}

static enum hash_class class_of(const char *hash)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strcmp(hash, hashes[i].name) == 0)
			return hashes[i].class;
	return HASH_UNKNOWN;
}

const char *algo_hash_ecdsa(const char *hash)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strcmp(hash, hashes[i].name) == 0)
			return hashes[i].ecdsa;
	return NULL;
}

int algo_check_hash(struct bpfkey_ctx *ctx, const char *hash)
{
	enum hash_class class = class_of(hash);

	if (class == HASH_GOOD)
		return 0;
	if (class == HASH_WEAK)
		return bk_fail(ctx, -BPFKEY_E_WEAK, "its signature uses the weak hash '%s'", hash);
	return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its signature uses the hash '%s', which is "
		       "not accepted", hash);
}

static int refuse_hash(struct bpfkey_ctx *ctx, const char *hash)
{
	enum hash_class class = class_of(hash);

	bk_hint(ctx, "leave it out for sha256, which every kernel takes; there are sha384, "
		"sha512, sha3-256, sha3-384 and sha3-512");
	if (class == HASH_UNKNOWN)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no hash '%s'", hash);
	if (class == HASH_WEAK)
		return bk_fail(ctx, -BPFKEY_E_WEAK, "the hash '%s' is too weak to sign with", hash);
	return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "no kernel takes the hash '%s'", hash);
}

int algo_pick_hash(struct bpfkey_ctx *ctx, const char *name, const char *hash,
		   const char **ret)
{
	const char *only = NULL;
	struct algo a;
	size_t i;

	if (algo_find(name, &a))
		only = a.hash;
	if (!hash)
		hash = only ? only : "sha256";
	for (i = 0; i < ARRAY_SIZE(hashes); i++) {
		if (hashes[i].class != HASH_GOOD || strcmp(hash, hashes[i].name) != 0)
			continue;
		if (only && strcmp(hash, only) != 0) {
			bk_hint(ctx, "leave the hash out: '%s' hashes what it signs by itself",
				name);
			return bk_fail(ctx, -BPFKEY_E_USAGE, "the hash '%s' does not go with a "
				       "key '%s'", hash, name);
		}
		*ret = hashes[i].name;
		return 0;
	}
	return refuse_hash(ctx, hash);
}

const struct algo_limit *algo_limit(const char *name, unsigned int series, size_t i)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(limits); k++) {
		const struct algo_limit *l = &limits[k];

		if (strncmp(name, l->prefix, strlen(l->prefix)) != 0)
			continue;
		if (series && (series < l->from || series > l->to))
			continue;
		if (i-- == 0)
			return l;
	}
	return NULL;
}

const struct algo_limit *algo_signs_limit(const char *alg, const char *hash,
					  unsigned int series, size_t i)
{
	size_t n = 0;
	struct algo a;

	while (algo_limit(alg, series, n))
		n++;
	if (i < n)
		return algo_limit(alg, series, i);
	if (algo_find(alg, &a) && a.hash)
		return NULL;
	return algo_limit(hash, series, i - n);
}
