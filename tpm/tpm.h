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

/* tpm_pcr_read - PCRs as they are; -BPFKEY_E_NO_SUPPORT when the TPM lacks one, or the bank */
int tpm_pcr_read(struct tpm *t, const char *bank, uint32_t mask, struct pcr_set *ret);

/* tpm_pcr_digest - SHA-256 of the values, one behind the other; needs no TPM */
int tpm_pcr_digest(struct bpfkey_ctx *ctx, const struct pcr_set *set,
		   uint8_t ret[POLICY_DIGEST_LEN]);

/* tpm_pcr_extend - @digest is as long as the bank's hash */
int tpm_pcr_extend(struct tpm *t, unsigned int pcr, const char *bank, struct view digest);

/*
 * tpm_counter_ref - a counter as policies name it; @ret->limit is 0
 * -BPFKEY_E_NOT_FOUND (no such index, or never incremented), _MISMATCH (it is no counter)
 */
int tpm_counter_ref(struct tpm *t, uint32_t index, struct nv_ref *ret);

enum tpm_counter {
	TPM_COUNTER_GOOD,	/* or none is asked for */
	TPM_COUNTER_PASSED,	/* it is over the limit */
	TPM_COUNTER_OTHER,	/* another index stands in its place */
	TPM_COUNTER_GONE,
};

/* How the TPM stands against one set of PCRs and counter limit. */
struct tpm_match {
	bool met;
	struct pcr_set now;	/* the same PCRs as they are */
	uint32_t differ;	/* bit n: PCR n is another */
	enum tpm_counter counter;
	uint64_t counter_now;	/* when it is good or passed */
};

/* And against a whole policy, but for its PIN. */
struct tpm_standing {
	struct tpm_match literal;
	struct tpm_match granted;	/* met when there is no signer */
	const struct policy_grant *grant; /* what @granted is about: the newest that is met, else */
					  /* the newest that is not revoked; NULL: there is none */
};

/* tpm_standing - find out, without using any key; @use: its policy and grants */
int tpm_standing(struct tpm *t, const struct tpm_use *use, struct tpm_standing *ret);

/* tpm_standing_fail - 0 when all is met, else -BPFKEY_E_POLICY and what is not */
int tpm_standing_fail(struct tpm *t, const struct tpm_use *use, const struct tpm_standing *s);

/* What a TPM gives back: an object as bytes, TPM2B each. */
struct tpm_sealed {
	uint32_t parent;	/* as key files name it */
	char srk_name[80];	/* of the parent, hex; "" when it was wrapped without it */
	char tpm_id[80];	/* as in struct tpm_key_meta */
	struct buf public, private;
	struct buf seed;	/* empty, or it was wrapped for TPM2_Import */
};

void tpm_sealed_done(struct tpm_sealed *s);

#define TPM_SEAL_MAX 128

/* tpm_seal - so that only this TPM gives @data back, and only to who meets @use */
int tpm_seal(struct tpm *t, struct bk_secret *data, const struct tpm_use *use,
	     struct tpm_sealed *ret);

/*
 * tpm_unseal - get it back; one attempt
 * -BPFKEY_E_OTHER_TPM, _PIN, _LOCKOUT, _POLICY, _TPM
 */
int tpm_unseal(struct tpm *t, const struct tpm_sealed *s, const struct tpm_use *use,
	       struct bk_secret **ret);

/*
 * tpm_sealed_try - would it be loaded, whatever its use then asks for?
 * -BPFKEY_E_OTHER_TPM, _FORMAT, _TPM
 */
int tpm_sealed_try(struct tpm *t, const struct tpm_sealed *s);

/* tpm_sealed_here - does this TPM have the storage root key that @s hangs on? */
int tpm_sealed_here(struct tpm *t, const struct tpm_sealed *s, bool *ret);

/* Whose key is it that is not under this TPM's storage root key? */
enum tpm_origin {
	TPM_ORIGIN_UNKNOWN,
	TPM_ORIGIN_THIS,	/* this TPM's, before it was cleared */
	TPM_ORIGIN_OTHER,
};

/* tpm_origin - by the "tpm_id" that was kept when it was made; "" or NULL: there is none */
enum tpm_origin tpm_origin(struct tpm *t, const char *id);

/* The public half of a storage root key, this TPM's or another's. */
struct tpm_storage {
	struct pubkey key;
	unsigned int aes;	/* bits of the AES key in it; 128 unless it is known better */
	char name[80];		/* TPM name in hex; "" when it is not known */
};

/* tpm_storage_parse - out of a TPM2B_PUBLIC; -BPFKEY_E_FORMAT, _NO_SUPPORT */
int tpm_storage_parse(struct bpfkey_ctx *ctx, struct view public, struct tpm_storage *ret);

/* tpm_storage_here - this TPM's; @ret_public: its TPM2B_PUBLIC, appended; NULL: not wanted */
int tpm_storage_here(struct tpm *t, struct tpm_storage *ret, struct buf *ret_public);

/* tpm_seal_for - tpm_seal() for another TPM, whose storage root key is @to; needs no TPM */
int tpm_seal_for(struct bpfkey_ctx *ctx, const struct tpm_storage *to, struct bk_secret *data,
		 const struct tpm_use *use, struct tpm_sealed *ret);

/*
 * tpm_key_create - a signing key under the storage root key, fixed to this TPM
 * @use: NULL for a key that needs nothing
 * @ret_pem: TSS2 PRIVATE KEY PEM (OID 2.23.133.10.1.3) as tpm2-openssl reads it
 * @ret_meta: the JSON sidecar's facts, see struct tpm_key_meta
 */
struct tpm_key_meta {
	char srk_name[80];	/* hex of the parent's TPM name */
	char key_name[80];	/* hex of the key's TPM name */
	char tpm_id[80];	/* what tells another TPM from this one cleared; "" when unknown */
	char alg[16];
};

int tpm_key_create(struct tpm *t, const char *alg, const struct tpm_use *use,
		   struct buf *ret_pem, struct tpm_key_meta *ret_meta);

/*
 * tpm_key_import - a signing key whose private half is known, under the storage
 * root key
 * @private: EC: the scalar; RSA: one prime; as lib/crypto's pkey_numbers() gives it
 *
 * It crosses to the TPM in an outer wrap that only its storage root key opens.
 */
int tpm_key_import(struct tpm *t, const struct pubkey *pub, struct bk_secret *private,
		   const struct tpm_use *use, struct buf *ret_pem, struct tpm_key_meta *ret_meta);

/* tpm_key_is_pem - does this look like a TSS2 PRIVATE KEY file? */
bool tpm_key_is_pem(struct view pem);

/* tpm_key_describe - public part and name of a key file, without any TPM. */
int tpm_key_describe(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret_pub,
		     struct tpm_key_meta *ret_meta);

/*
 * tpm_key_load - load a key file for signing
 * @meta: from the sidecar, or NULL; its SRK name must be this TPM's
 *        (-BPFKEY_E_OTHER_TPM)
 * @use: NULL for a key without policy; what it points to must outlive the key
 * @ret: free before the TPM is closed
 *
 * -BPFKEY_E_POLICY names what is not met; a PIN is first tried by tpm_key_sign().
 */
int tpm_key_load(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
		 const struct tpm_use *use, struct tpm_key **ret);
void tpm_key_free(struct tpm_key *k);
DEFINE_CLEANUP(struct tpm_key *, tpm_key_free)

/* tpm_key_try - tpm_key_load() as far as it needs no PIN and asks for no state */
int tpm_key_try(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
		const struct key_policy *policy);

const struct pubkey *tpm_key_public(const struct tpm_key *k);

/* tpm_key_sign - a sign_fn (lib/base/pubkey.h); @user is the struct tpm_key. */
int tpm_key_sign(void *user, const char *md, const uint8_t *digest, size_t n,
		 uint8_t *sig, size_t cap, size_t *ret_n);

/*
 * tpm_key_meanwhile - what tpm_key_sign() does while the TPM computes
 * @fn: must not use the TPM; NULL: nothing
 */
void tpm_key_meanwhile(struct tpm_key *k, void (*fn)(void *user), void *user);

/*
 * tpm_key_ahead - what tpm_key_sign() will be asked for after its present call, or after the one
 * that comes now
 *
 * The TPM gets it as soon as it is free. Announced in vain, or wrong, it only costs time: nobody
 * sees a signature that was not asked for.
 */
void tpm_key_ahead(struct tpm_key *k, const char *md, const uint8_t *digest, size_t n);

/*
 * An NV index of ours, by what nobody can fake: its TPM name (attributes,
 * policy, that it was written) and that of the storage root key beside it.
 */
struct tpm_index_id {
	uint32_t index;
	char name[80], srk_name[80];	/* hex; srk_name "": of any TPM */
	char tpm_id[80];		/* as in struct tpm_key_meta */
};

/*
 * tpm_counter_new - a monotonic counter that the TPM's owner may count up, and
 * everybody read
 * @index: 0: the first free one of our range
 * @owner: the owner's password, or NULL when none is set; so below, too
 * @ret_value: what it begins with: more than any counter of this TPM ever had
 *
 * Takes over an index of ours that was never written. -BPFKEY_E_EXISTS (the
 * counter, or all of the range), _FOREIGN (something else stands there), _PIN
 * (the owner's password is another), _TPM.
 */
int tpm_counter_new(struct tpm *t, uint32_t index, struct bk_secret *owner,
		    struct tpm_index_id *ret, uint64_t *ret_value);

/* tpm_counter_read - -BPFKEY_E_NOT_FOUND (gone, or made anew), _MISMATCH, _OTHER_TPM, _TPM */
int tpm_counter_read(struct tpm *t, const struct tpm_index_id *id, uint64_t *ret);

/* tpm_counter_up - by one, once; a failure may come after the count */
int tpm_counter_up(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner,
		   uint64_t *ret);

/* tpm_measure_new - an index that SHA-256 digests extend, with its first one */
int tpm_measure_new(struct tpm *t, uint32_t index, struct bk_secret *owner,
		    const uint8_t digest[32], struct tpm_index_id *ret);
int tpm_measure_extend(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner,
		       const uint8_t digest[32]);
int tpm_measure_read(struct tpm *t, const struct tpm_index_id *id, uint8_t ret[32]);

/* tpm_index_remove - the index of @id and no other */
int tpm_index_remove(struct tpm *t, const struct tpm_index_id *id, struct bk_secret *owner);

/*
 * tpm_quote_key_new - a key ("p256", "rsa2048") that signs what the TPM says,
 * and nothing that it is given; its file is a key file like others
 */
int tpm_quote_key_new(struct tpm *t, const char *alg, struct buf *ret_pem,
		      struct tpm_key_meta *ret_meta);

/* tpm_quote_key_public - who verifies needs it; -BPFKEY_E_ROLE when it signs other things, too */
int tpm_quote_key_public(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret);

/*
 * tpm_quote - what the PCRs in @pcrs->mask of its bank are, under a signature
 * @nonce: 16 to 32 bytes of who asks
 * @ret_attest: for lib/model's attest_read_quote(); @ret_sig: as sign_fn() gives it
 *
 * Of a TPM that is software (struct tpm_identity) it proves nothing to others.
 */
int tpm_quote(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
	      const struct pcr_set *pcrs, struct view nonce, struct buf *ret_attest,
	      struct buf *ret_sig);

#endif
