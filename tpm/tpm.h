/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The door to the TPM; the other headers in this folder are its own. One open
 * TPM serves many signatures, which is where the speed is.
 */
#ifndef BK_TPM_H
#define BK_TPM_H

#include <stdbool.h>

#include "../lib/base/buf.h"
#include "../lib/base/ctx.h"
#include "../lib/base/policy.h"
#include "../lib/base/pubkey.h"
#include "../lib/base/secret.h"

struct tpm;
struct tpm_key;

/*
 * tpm_open - reach a TPM and see that it answers
 * @spec: "device:PATH", "swtpm:CONF", "embedded:DIR", another TCTI string of
 *        the fixed list; NULL for the context's, and then the default
 *
 * -BPFKEY_E_NO_TPM, _BUSY (embedded, another process has it), _INSECURE or
 * _IO (its state directory), _TPM.
 */
int tpm_open(struct bpfkey_ctx *ctx, const char *spec, struct tpm **ret);
void tpm_close(struct tpm *t);
DEFINE_CLEANUP(struct tpm *, tpm_close)

struct tpm_identity {
	char spec[160];		/* as it was resolved */
	char kind[16];		/* "device", "swtpm", "embedded", "other" */
	char manufacturer[8];	/* TPM_PT_MANUFACTURER as text: "IBM", "IFX" */
	char vendor[20];	/* TPM_PT_VENDOR_STRING_1 to 4 */
	char firmware[32];	/* "7.85.4555.0" */
	char revision[8];	/* of the specification, "1.59" */
	bool software;		/* swtpm or libtpms by what it says of itself, or embedded */
};

int tpm_identify(struct tpm *t, struct tpm_identity *ret);

/*
 * tpm_state - what changes: lockout, passwords, the persistent storage root key
 */
struct tpm_state {
	char srk_name[80];	/* hex of the TPM name at 0x81000001; "" when there is none */
	bool owner_auth, lockout_auth, locked_out;
	uint32_t lockout_counter, lockout_max, lockout_interval, lockout_recovery;
};

int tpm_state(struct tpm *t, struct tpm_state *ret);

/*
 * tpm_lockout_reset - forget all wrong PINs
 * @auth: the lockout password, or NULL when none is set
 *
 * One attempt. -BPFKEY_E_PIN (wrong password, which locks the password itself),
 * _LOCKOUT (it is locked).
 */
int tpm_lockout_reset(struct tpm *t, struct bk_secret *auth);

/*
 * tpm_algs - the names that tpm_has_alg() answers yes to, static strings
 * @ret_n: at most @cap of them
 */
int tpm_algs(struct tpm *t, const char **names, size_t cap, size_t *ret_n);

/* tpm_has_alg - can this TPM make and use "p256", "rsa2048", ...? By TestParms. */
int tpm_has_alg(struct tpm *t, const char *alg, bool *ret);

/*
 * What a command that makes or uses something in the TPM comes with. Making
 * reads @policy and @auth only; using tries @grants, the newest first.
 */
struct tpm_use {
	const struct key_policy *policy;	/* NULL: none */
	struct bk_secret *auth;			/* the stretched PIN, or NULL */
	const struct policy_grants *grants;	/* of the policy's signer, or NULL */
};

/* tpm_policy_digest - the authPolicy of @policy, computed here; no TPM, no PIN. */
int tpm_policy_digest(struct bpfkey_ctx *ctx, const struct key_policy *policy,
		      uint8_t ret[POLICY_DIGEST_LEN]);

/*
 * tpm_policy_to_sign - what a policy key signs to allow a state
 * @ref: policyRef, "" for none
 * @ret: SHA-256 of the state's policy digest and @ref; sign_fn()'s @digest
 */
int tpm_policy_to_sign(struct bpfkey_ctx *ctx, const struct pcr_set *pcrs,
		       const struct nv_ref *counter, const char *ref,
		       uint8_t ret[POLICY_DIGEST_LEN]);

/*
 * tpm_key_create - a signing key under the storage root key, fixed to this TPM
 * @ret_pem: TSS2 PRIVATE KEY PEM (OID 2.23.133.10.1.3) as tpm2-openssl reads it
 * @ret_meta: the JSON sidecar's facts, see struct tpm_key_meta
 */
struct tpm_key_meta {
	char srk_name[80];	/* hex of the parent's TPM name */
	char key_name[80];	/* hex of the key's TPM name */
	char alg[16];
};

int tpm_key_create(struct tpm *t, const char *alg, struct buf *ret_pem,
		   struct tpm_key_meta *ret_meta);

/*
 * tpm_key_import - a signing key whose private half is known, under the storage
 * root key
 * @private: EC: the scalar; RSA: one prime; as lib/crypto's pkey_numbers() gives it
 *
 * It crosses to the TPM in an outer wrap that only its storage root key opens.
 */
int tpm_key_import(struct tpm *t, const struct pubkey *pub, struct bk_secret *private,
		   struct buf *ret_pem, struct tpm_key_meta *ret_meta);

/* tpm_key_is_pem - does this look like a TSS2 PRIVATE KEY file? */
bool tpm_key_is_pem(struct view pem);

/* tpm_key_describe - public part and name of a key file, without any TPM. */
int tpm_key_describe(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret_pub,
		     struct tpm_key_meta *ret_meta);

/*
 * tpm_key_load - load a key file for signing
 * @meta: from the sidecar, or NULL; its SRK name must be this TPM's
 *        (-BPFKEY_E_OTHER_TPM)
 * @ret: free before the TPM is closed
 */
int tpm_key_load(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
		 struct tpm_key **ret);
void tpm_key_free(struct tpm_key *k);
DEFINE_CLEANUP(struct tpm_key *, tpm_key_free)

const struct pubkey *tpm_key_public(const struct tpm_key *k);

/* tpm_key_sign - a sign_fn (lib/base/pubkey.h); @user is the struct tpm_key. */
int tpm_key_sign(void *user, const char *md, const uint8_t *digest, size_t n,
		 uint8_t *sig, size_t cap, size_t *ret_n);

#endif
