/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a TPM says of its PCRs under its signature (TPM2_Quote), read without a TPM. */
#ifndef BK_ATTEST_H
#define BK_ATTEST_H

#include "../base/ctx.h"
#include "../base/policy.h"

#define ATTEST_MAX 1024
#define ATTEST_NONCE_MIN 16	/* bytes that no older quote has */

struct attest_quote {
	char bank[8];
	uint32_t mask;
	uint8_t pcr_digest[POLICY_DIGEST_LEN];	/* SHA-256 of the values, one behind the other */
	uint32_t resets, restarts;
	bool safe;		/* its clock never went back */
	uint64_t firmware;
};

/*
 * attest_read_quote - take a quote apart; the signature over @bytes is checked elsewhere
 * @nonce: what it was asked with
 *
 * -BPFKEY_E_MALFORMED (no quote: a key that signs what it is given could have
 * made it), -BPFKEY_E_MISMATCH (another nonce: an old one, or another's).
 */
int attest_read_quote(struct bpfkey_ctx *ctx, struct view bytes, struct view nonce,
		      struct attest_quote *ret);

#endif
