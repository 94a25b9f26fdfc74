/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loaded signing key: tpm_key.c loads it, tpm_sign.c uses it. */
#ifndef BK_TPM_SIGN_H
#define BK_TPM_SIGN_H

#include "tpm_policy.h"

/* A digest that is to be signed; of size 0: none. */
struct tpm_ask {
	TPM2B_DIGEST digest;
	TPMI_ALG_HASH hash;
};

struct tpm_key {
	struct tpm_object object;
	struct tpm_auth auth;
	struct pubkey public;
	TPMI_ALG_HASH hash;	/* the only one it signs, or TPM2_ALG_NULL */
	struct tpm_ask sent;	/* the TPM is at work on it */
	struct tpm_ask next;	/* what tpm_key_ahead() announced */
	void (*meanwhile)(void *user);
	void *meanwhile_user;
};

/* tpm_put_padded - big-endian numbers from a TPM may lack leading zeros; 0 or -1 */
int tpm_put_padded(uint8_t *out, size_t want, const uint8_t *p, size_t n);

/* tpm_sign_end - take from the TPM what nobody asked for after all */
void tpm_sign_end(struct tpm_key *k);

#endif
