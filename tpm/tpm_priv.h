/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share; callers see tpm.h only. */
#ifndef BK_TPM_PRIV_H
#define BK_TPM_PRIV_H

#include <tss2/tss2_esys.h>

#include "tpm.h"

/* Where the platform's owner, or an operating system, leaves a storage root key. */
#define TPM_SRK_HANDLE 0x81000001u

enum tpm_kind { TPM_KIND_DEVICE, TPM_KIND_SWTPM, TPM_KIND_EMBEDDED, TPM_KIND_OTHER };

struct tpm {
	struct bpfkey_ctx *ctx;
	enum tpm_kind kind;
	TSS2_TCTI_CONTEXT *tcti;
	bool by_tctildr;	/* who finalises the transport */
	ESYS_CONTEXT *esys;
	ESYS_TR session;	/* salted and encrypting, or ESYS_TR_NONE until needed */
	struct tpm_identity id;
};

static inline void tpm_esys_freep(void *p)
{
	Esys_Free(*(void **)p);
}

/*
 * tpm_fail - a response code becomes a code of ours and a sentence
 * @fmt: what was tried, "cannot load the key"
 */
int tpm_fail(struct tpm *t, TSS2_RC rc, const char *fmt, ...) _printf_(3, 4);

/* tpm_rc_is - @rc without layer and numbers, as the explain table holds it. */
bool tpm_rc_is(TSS2_RC rc, TPM2_RC normal);

/*
 * tpm_session - the authorisation for a command on objects without password
 * @srk: what a session is salted with when one must be started
 * @attributes: TPMA_SESSION_DECRYPT, _ENCRYPT as the command's parameters allow
 * @ret: belongs to @t
 *
 * Inside this process there is no bus to listen on, so there it is a plain password.
 */
int tpm_session(struct tpm *t, ESYS_TR srk, TPMA_SESSION attributes, ESYS_TR *ret);
void tpm_session_close(struct tpm *t);

/* A loaded object; a persistent one is forgotten, another flushed. */
struct tpm_object {
	struct tpm *t;
	ESYS_TR handle;
	bool persistent;
	char name[80];		/* hex, of what was made here; else tpm_object_name() asks */
};

#define TPM_OBJECT_NONE(tpm) ((struct tpm_object){ .t = (tpm), .handle = ESYS_TR_NONE })

void tpm_object_done(struct tpm_object *o);

/* tpm_object_name - its TPM name as hex. */
int tpm_object_name(const struct tpm_object *o, char *out, size_t cap);

/*
 * tpm_srk_find - the storage root key that stands at TPM_SRK_HANDLE
 * @ret_there: false and no failure when there is none
 */
int tpm_srk_find(struct tpm *t, struct tpm_object *ret, bool *ret_there);

/*
 * tpm_srk_open - the parent that a key file names
 * @parent: a persistent handle, or TPM2_RH_OWNER for the primary of the TCG's
 *          template (ECC P-256, or RSA-2048 with @rsa), made anew
 */
int tpm_srk_open(struct tpm *t, TPM2_HANDLE parent, bool rsa, struct tpm_object *ret);

/* tpm_primary - of the same template in any hierarchy that has no password; a response code */
TSS2_RC tpm_primary(struct tpm *t, ESYS_TR hierarchy, bool rsa, struct tpm_object *ret);

/*
 * tpm_id_read - what this TPM is known by, whoever owns it and whenever it was cleared
 * @ret: TPM name in hex; "" when its endorsement hierarchy is closed to us
 */
int tpm_id_read(struct tpm *t, char ret[80]);

/*
 * tpm_fail_origin - that @what hangs on a storage root key which this TPM has not got, and
 * whether it was cleared since or is another one; -BPFKEY_E_OTHER_TPM
 * @id: tpm_id_read() of when it was made; "" or NULL: not known
 */
int tpm_fail_origin(struct tpm *t, const char *what, const char *srk_name, const char *id);

/*
 * tpm_pin_ready - before something gets a PIN: an embedded TPM as it was manufactured gets
 * limits of ours for wrong ones; of another TPM a warning when a few of them lock it
 */
int tpm_pin_ready(struct tpm *t);

/* tpm_limits_own - those limits, for an embedded TPM that was just made */
int tpm_limits_own(struct tpm *t);

/*
 * tpm_salt_open - what a session is salted with when no storage root key is at
 * hand: the persistent one, or a primary that needs no password
 *
 * None is opened inside this process.
 */
int tpm_salt_open(struct tpm *t, struct tpm_object *ret);

/* What a TSS2 PRIVATE KEY file holds. */
struct tpm_file {
	TPM2_HANDLE parent;
	bool rsa_parent;	/* the primary of a permanent parent is RSA-2048 */
	bool needs_auth;	/* emptyAuth FALSE: it says that there is a password */
	TPM2B_PUBLIC public;
	TPM2B_PRIVATE private;
};

#define TPM_FILE_MAX 65536

int tpm_file_parse(struct bpfkey_ctx *ctx, struct view pem, struct tpm_file *ret);

/* tpm_file_put - a key without password, for tpm2-openssl's eyes. */
int tpm_file_put(struct bpfkey_ctx *ctx, const struct tpm_file *f, struct buf *ret_pem);

/* tpm_public_name - the TPM name of a public area as hex, computed here. */
int tpm_public_name(struct bpfkey_ctx *ctx, const TPM2B_PUBLIC *public, char *out, size_t cap);

/* tpm_public_key - as plain numbers; refuses what is no signing key we can use. */
int tpm_public_key(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p, struct pubkey *ret);

/* tpm_public_numbers - the same of any RSA or EC key, whatever it is for; 0 or -1 */
int tpm_public_numbers(const TPMT_PUBLIC *p, struct pubkey *ret);

/* tpm_public_unique - the numbers of @k into an area of its type and size */
void tpm_public_unique(const struct pubkey *k, TPMT_PUBLIC *p);

/* tpm_key_into - check a key file, and load it; @ret_srk, @ret: TPM_OBJECT_NONE before */
int tpm_key_into(struct tpm *t, const struct tpm_file *f, const struct tpm_key_meta *meta,
		 const struct key_policy *policy, struct tpm_object *ret_srk,
		 struct tpm_object *ret);

struct tpm_alg;

/* tpm_key_template - a signing key that is born in the TPM */
TPM2B_PUBLIC tpm_key_template(const struct tpm_alg *alg);

/*
 * tpm_key_parent - where new keys go: the persistent storage root key, or the
 * primary of the template
 * @ret_parent: as a key file names it; @ret_name: its TPM name in hex, 80 bytes
 */
int tpm_key_parent(struct tpm *t, TPM2_HANDLE *ret_parent, char *ret_name,
		   struct tpm_object *ret);

/* What the outer wrap has to know of the key that it is made for. */
struct tpm_parent {
	struct pubkey key;
	unsigned int aes;	/* bits */
};

/* tpm_parent_of - of a public area; tpm_srk_parent - of a storage root key at hand */
int tpm_parent_of(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p, struct tpm_parent *ret);
int tpm_srk_parent(const struct tpm_object *srk, struct tpm_parent *ret);

/*
 * tpm_outer_wrap - for TPM2_Import under @parent; needs no TPM
 * @name: the TPM name of the object; @sensitive: its TPM2B_SENSITIVE, marshalled
 */
int tpm_outer_wrap(struct bpfkey_ctx *ctx, const struct tpm_parent *parent, struct view name,
		   struct bk_secret *sensitive, TPM2B_PRIVATE *ret_duplicate,
		   TPM2B_ENCRYPTED_SECRET *ret_seed);

/* tpm_import - what tpm_outer_wrap() made, as a private area for Load */
int tpm_import(const struct tpm_object *srk, const TPM2B_PUBLIC *public,
	       const TPM2B_PRIVATE *duplicate, const TPM2B_ENCRYPTED_SECRET *seed,
	       TPM2B_PRIVATE *ret);

/* tpm_key_alg - the row of an algorithm that this TPM has */
int tpm_key_alg(struct tpm *t, const char *name, const struct tpm_alg **ret);

/* One row for each algorithm that a TPM key may have. */
struct tpm_alg {
	const char *name;
	TPMI_ALG_PUBLIC type;
	uint16_t bits;
	TPMI_ECC_CURVE curve;
};

/* tpm_alg_find - by name, NULL when a TPM has no such keys; tpm_alg_of - by type and size. */
const struct tpm_alg *tpm_alg_find(const char *name);
const struct tpm_alg *tpm_alg_of(const struct pubkey *k);

/* tpm_alg_next - walk the rows; NULL for the first. */
const struct tpm_alg *tpm_alg_next(const struct tpm_alg *prev);

/* tpm_caps_read - fill t->id from the TPM's fixed properties. */
int tpm_caps_read(struct tpm *t);

#endif
