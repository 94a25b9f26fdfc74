/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it takes to use a key in a TPM, as plain data: what tpm, model and flow
 * say to one another. All zero: nothing.
 *
 * The order of the assertions is fixed, because the digest depends on it:
 * the signed state (PolicyAuthorize, which starts the digest anew), literal
 * PCRs, the literal counter limit, and the PIN (PolicyAuthValue) last. A
 * signed state is itself PCRs, then the counter limit.
 */
#ifndef BK_POLICY_H
#define BK_POLICY_H

#include <stdbool.h>

#include "pubkey.h"

#define POLICY_PCRS 24		/* PC client profile */
#define POLICY_DIGEST_LEN 32	/* the name algorithm is SHA-256 everywhere */
#define POLICY_FILE_MAX 1024
#define POLICY_GRANTS_MAX 256
#define POLICY_PIN_LEN 32	/* stretched */

struct pcr_set {
	char bank[8];		/* "sha1", "sha256", "sha384", "sha512" */
	uint32_t mask;		/* bit n: PCR n; 0: none at all */
	uint8_t value[POLICY_PCRS][64];	/* of those in @mask, as long as the bank's hash */
};

/* A monotonic counter; the key works while it is at most @limit. */
struct nv_ref {
	uint32_t index;		/* 0: none */
	char name[80];		/* its TPM name in hex: attributes, written bit, policy */
	uint64_t limit;
};

struct key_policy {
	bool pin;
	uint8_t pin_salt[16];
	uint32_t pin_rounds;	/* PBKDF2-HMAC-SHA256 */
	struct pcr_set pcrs;	/* literal */
	bool has_signer;
	struct pubkey signer;	/* who signs states */
	char ref[64];		/* policyRef, text, "" for none */
	char file[POLICY_FILE_MAX];	/* of signed states; relative: to the key file */
	struct nv_ref counter;	/* literal */
};

/* One signed state of a machine. */
struct policy_grant {
	struct pcr_set pcrs;
	struct nv_ref counter;
	uint8_t sig[512];	/* RSA PKCS#1 v1.5, or r then s: as sign_fn() gives them */
	size_t sig_len;
	int64_t created;
};

struct policy_grants {
	struct pubkey signer;
	char ref[64];
	size_t n;
	struct policy_grant *v;	/* the newest last */
};

/* policy_is_empty - can the key be used by whoever can reach the TPM? */
static inline bool policy_is_empty(const struct key_policy *p)
{
	return !p || (!p->pin && !p->pcrs.mask && !p->has_signer && !p->counter.index);
}

/* policy_needs_session - more than a password decides. */
static inline bool policy_needs_session(const struct key_policy *p)
{
	return p && (p->pcrs.mask || p->has_signer || p->counter.index);
}

#endif
