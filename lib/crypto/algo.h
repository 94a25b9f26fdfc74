/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of key algorithms and of hashes: what they are called here,
 * which of them the policy accepts, kernels take, and a TPM may be asked for.
 * What differs between machines is asked of OpenSSL, kernel and TPM themselves.
 */
#ifndef BK_ALGO_H
#define BK_ALGO_H

#include <stdbool.h>

#include "../base/ctx.h"

enum algo_type {
	ALGO_RSA, ALGO_EC, ALGO_RSA_PSS, ALGO_EDDSA, ALGO_MLDSA, ALGO_OTHER,
};

#define ALGO_NAME_MAX 48

struct algo {
	char name[ALGO_NAME_MAX];	/* "p256", "rsa2048", "secp256k1", "ed25519" */
	enum algo_type type;
	unsigned int bits;		/* 0 when not known */
	const char *openssl;		/* group or key type as OpenSSL calls it, or NULL */
	bool strong;			/* not below the policy's minimum */
	bool kernel;			/* there are kernels that take it: see algo_limit() */
	bool tpm;			/* some TPMs have it: ask tpm_has_alg() */
	bool make;			/* `key new` offers it */
	const char *oid;		/* of such keys, for an OpenSSL that may not know it */
	const char *hash;		/* the only one that goes with it, or NULL for each */
};

/*
 * algo_find - by our name, "rsaN" of any size included
 * Returns false, *ret untouched, for a name that is none.
 */
bool algo_find(const char *name, struct algo *ret);

/* algo_make - the I-th algorithm that `key new` offers, or NULL past the last. */
const struct algo *algo_make(size_t i);

/*
 * algo_check - is this key algorithm accepted for signed BPF?
 * 0, -BPFKEY_E_WEAK (too small) or -BPFKEY_E_ALGORITHM (no kernel takes it)
 */
int algo_check(struct bpfkey_ctx *ctx, const char *name);

/*
 * algo_check_openssl - can the OpenSSL that is loaded use it?
 * -BPFKEY_E_NO_SUPPORT; found by asking it, never by its version.
 */
int algo_check_openssl(struct bpfkey_ctx *ctx, const char *name);

/*
 * algo_check_hash - is this hash, "sha256", accepted in what others signed?
 * -BPFKEY_E_WEAK for MD5, SHA-1 and SHA-224, although the kernel would take
 * the latter two.
 */
int algo_check_hash(struct bpfkey_ctx *ctx, const char *hash);

/*
 * algo_pick_hash - the hash that a key of algorithm @name shall sign with
 * @hash: NULL for the default
 * @ret: static
 *
 * -BPFKEY_E_WEAK, _ALGORITHM (no kernel takes it), _USAGE (no such hash, or
 * none that goes with the algorithm).
 */
int algo_pick_hash(struct bpfkey_ctx *ctx, const char *name, const char *hash,
		   const char **ret);

/* algo_hash_ecdsa - the identifier of ECDSA signatures over it, or NULL. */
const char *algo_hash_ecdsa(const char *hash);

/* What kernels there are that do not take everything. */
struct algo_limit {
	const char *prefix;	/* of names of algorithms and hashes */
	unsigned int from, to;	/* first and last series, 100 * major + minor */
	bool never;		/* else it depends on the machine */
	const char *why;	/* a sentence: "Linux 7.1 refuses SHA-384 unless ..." */
};

/*
 * algo_limit - the I-th thing to know about an algorithm or hash
 * @series: on this kernel, 100 * major + minor; 0: on any
 * NULL past the last.
 */
const struct algo_limit *algo_limit(const char *name, unsigned int series, size_t i);

/*
 * algo_signs_limit - the same of signatures by an algorithm over a hash; for an
 * algorithm that hashes by itself the hash does not count
 */
const struct algo_limit *algo_signs_limit(const char *alg, const char *hash,
					  unsigned int series, size_t i);

#endif
