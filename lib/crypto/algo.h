/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of key algorithms: what they are called here, which of them
 * the policy accepts, the kernel takes, and a TPM may be asked for.
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
	bool kernel;			/* every kernel from 6.18 on adds and uses it */
	bool tpm;			/* some TPMs have it: ask tpm_has_alg() */
	bool make;			/* `key new` offers it */
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
 * algo_check_hash - and this hash, "sha256"?
 * -BPFKEY_E_WEAK for MD5, SHA-1 and SHA-224, although the kernel would take
 * the latter two.
 */
int algo_check_hash(struct bpfkey_ctx *ctx, const char *hash);

#endif
