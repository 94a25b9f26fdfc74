/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of use inside of this folder: from plain data to authorised commands. */
#ifndef BK_TPM_POLICY_H
#define BK_TPM_POLICY_H

#include "tpm_priv.h"

/* tpm_pcr_selection - @set as TPM commands name it; -BPFKEY_E_NO_SUPPORT for an unknown bank */
int tpm_pcr_selection(struct bpfkey_ctx *ctx, const struct pcr_set *set,
		      TPML_PCR_SELECTION *ret);

/* tpm_policy_signer - a policy key as the TPM loads it from outside; its name is in the policy */
int tpm_policy_signer(struct bpfkey_ctx *ctx, const struct pubkey *signer, TPM2B_PUBLIC *ret);

int tpm_policy_signer_name(struct bpfkey_ctx *ctx, const struct pubkey *signer, TPM2B_NAME *ret);

/* tpm_policy_state - the policy digest of one signed state */
int tpm_policy_state(struct bpfkey_ctx *ctx, const struct pcr_set *pcrs,
		     const struct nv_ref *counter, uint8_t ret[POLICY_DIGEST_LEN]);

/* tpm_policy_operand - the limit as PolicyNV compares it with the counter */
TPM2B_OPERAND tpm_policy_operand(const struct nv_ref *counter);

/*
 * tpm_use_template - what a new object is told about its use: attributes and authPolicy
 *
 * A PIN without a policy is checked as the object's own password, so that no
 * session has to run a policy for it.
 */
int tpm_use_template(struct bpfkey_ctx *ctx, const struct tpm_use *use, TPMT_PUBLIC *p);

/* tpm_use_ready - what goes before making it in @t: tpm_pin_ready() if needed, tpm_id_read() */
int tpm_use_ready(struct tpm *t, const struct tpm_use *use, char ret_id[80]);

/* tpm_use_password - the stretched PIN into a structure of a command; wipe that after use */
int tpm_use_password(struct bpfkey_ctx *ctx, const struct tpm_use *use, TPM2B_AUTH *ret);

/* An NV index that is open; its reader is who authorises reading, without a password. */
struct tpm_nv {
	struct tpm *t;
	ESYS_TR handle, reader;
	bool counter;
};

/* tpm_nv_open - when it is the very counter of @ref: TPM_COUNTER_GOOD; else @ret is untouched */
int tpm_nv_open(struct tpm *t, const struct nv_ref *ref, struct tpm_nv *ret,
		enum tpm_counter *ret_state);
void tpm_nv_done(struct tpm_nv *nv);

/*
 * What authorises commands on one loaded object, as often as needed. @use and
 * what it points to, and the object, must outlive it.
 */
struct tpm_auth {
	struct tpm *t;
	const struct tpm_object *object;
	struct tpm_use use;
	ESYS_TR session;		/* of its own, or ESYS_TR_NONE */
	const struct policy_grant *grant;
	TPMT_TK_VERIFIED *ticket;	/* that @grant is signed */
	int refused;			/* how the TPM took the PIN; it is not asked again */
};

#define TPM_AUTH_NONE(tpm) ((struct tpm_auth){ .t = (tpm), .session = ESYS_TR_NONE })

/*
 * tpm_auth_begin - get ready to use @object
 * @srk: still loaded; what a session is salted with
 *
 * Names what is not met (PCRs, counter, no signed state) before the object is
 * used: -BPFKEY_E_POLICY. _USAGE when there is a PIN and @use has none.
 */
int tpm_auth_begin(struct tpm_auth *a, ESYS_TR srk, const struct tpm_object *object,
		   const struct tpm_use *use);

/*
 * tpm_auth_session - run the assertions; for the next command on the object only
 *
 * A PIN that was wrong is wrong, however many signatures are still wanted: it
 * is not tried again, or a list of files would lock the TPM.
 */
int tpm_auth_session(struct tpm_auth *a, TPMA_SESSION attributes, ESYS_TR *ret);

/*
 * tpm_auth_fail - tpm_fail() for that command
 *
 * A wrong PIN says how many tries are left, a lock-out how long it lasts.
 */
int tpm_auth_fail(struct tpm_auth *a, TSS2_RC rc, const char *what);

void tpm_auth_done(struct tpm_auth *a);

#endif
