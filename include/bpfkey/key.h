/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private keys in their forms, and certificates with their roles. */
#ifndef BPFKEY_KEY_H
#define BPFKEY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a certificate is for; each is an extended key usage (BPFKEY_OID_...). */
enum bpfkey_role {
	BPFKEY_ROLE_BUILD,
	BPFKEY_ROLE_DELEGATED,
	BPFKEY_ROLE_LOADER,
	BPFKEY_ROLE_POLICY,
	BPFKEY_ROLE_ANCHOR,
	BPFKEY_ROLE__END
};

/** bpfkey_role_name - "build" and so on; NULL past the last. */
const char *bpfkey_role_name(enum bpfkey_role role);

/** bpfkey_role_parse - 0 and @ret, or -BPFKEY_E_USAGE. */
int bpfkey_role_parse(const char *name, enum bpfkey_role *ret);

/* Where a private key is. */
enum bpfkey_form {
	BPFKEY_FORM_FILE,	/* its numbers are in the file: for tests and migration */
	BPFKEY_FORM_TPM,	/* only the TPM that made it can use it */
	BPFKEY_FORM_PKCS11,	/* on a token that a pkcs11: URI names; not made here */
	BPFKEY_FORM_SEALED,	/* encrypted in the file, under a key that a TPM seals */
	BPFKEY_FORM__END
};

/** bpfkey_form_name - "file", "tpm", "pkcs11", "sealed"; NULL past the last. */
const char *bpfkey_form_name(enum bpfkey_form form);

/** bpfkey_form_parse - 0 and @ret, or -BPFKEY_E_USAGE. */
int bpfkey_form_parse(const char *name, enum bpfkey_form *ret);

struct bpfkey_key;

/**
 * struct bpfkey_key_slot - one of the ways into a sealed key
 * @type: "tpm" (a TPM unseals it), "wrapped" (made for a TPM without that TPM),
 *        "recovery-key", "recovery-passphrase"
 * @name: hex: of a TPM the name of its storage root key; of "wrapped" and
 *        "recovery-key" the SHA-256 of the SubjectPublicKeyInfo; else NULL
 */
struct bpfkey_key_slot {
	const char *type, *name;
};

/**
 * struct bpfkey_key_info - what a key file and its sidecar say
 * Strings belong to the key. @sidecar: FILE.meta was there; without it, and for
 * forms that have none, the fields after it are NULL or 0.
 */
struct bpfkey_key_info {
	const char *path, *alg;
	enum bpfkey_form form;
	uint8_t public_hash[32];	/* SHA-256 of the SubjectPublicKeyInfo */
	bool sidecar;
	int64_t created;
	const char *tpm_kind;		/* "device", "swtpm", "embedded", "other" */
	bool tpm_software;		/* an emulator: protects nothing from root */
	const char *srk_name, *key_name; /* hex of the TPM's names */
	bool imported;			/* it was made elsewhere, where copies may be */
	bool passphrase;		/* the file is encrypted; known without sidecar */
	bool pkcs12;			/* a PKCS#12 file, else PEM; likewise */
	const struct bpfkey_key_slot *slots; /* of a sealed key; likewise */
	size_t slots_n;
};

/* Flags of calls that make files. */
enum bpfkey_make_flags {
	BPFKEY_MAKE_FORCE = 1 << 0,	/* replace what is there */
	BPFKEY_MAKE_DRY_RUN = 1 << 1,	/* check everything, change nothing */
	BPFKEY_MAKE_RECOVERY_PASSPHRASE = 1 << 2, /* sealed: a passphrase is the way back */
	BPFKEY_MAKE_NO_RECOVERY = 1 << 3, /* sealed: with this TPM the key is lost */
	BPFKEY_MAKE_PIN = 1 << 4,	/* tpm, sealed: under a PIN that is asked for (secret.h) */
	BPFKEY_MAKE_NO_POLICY = 1 << 5,	/* recover, reseal only: nothing stays of what use needed */
};

/**
 * struct bpfkey_key_opts - a key to be made
 * @sz:    sizeof(struct bpfkey_key_opts)
 * @alg:   "p256", "p384", "p521", "rsa2048", "rsa3072" or "rsa4096"; with an
 *         OpenSSL that has them "ml-dsa-44", "ml-dsa-65" or "ml-dsa-87"
 * @form:  where it shall live
 * @flags: enum bpfkey_make_flags
 * @recovery: BPFKEY_FORM_SEALED: a file with the certificate or public key (PEM,
 *         RSA or EC) that can bring the key back; or NULL with one of the flags
 *         BPFKEY_MAKE_RECOVERY_PASSPHRASE and BPFKEY_MAKE_NO_RECOVERY
 * @recovery_key: its private key, to try it out now; NULL: not here
 * @recovery_passphrase_file: as bpfkey_ctx_set_passphrase_file() takes it; NULL:
 *         the passphrase is asked for, twice
 * @policy: BPFKEY_FORM_TPM, BPFKEY_FORM_SEALED, like all below: a policy file
 *         (bpfkey/policy.h); the key works in each state that is signed in it, now or
 *         later, and wants the file where it was; NULL: none
 * @pcrs:  "sha256:0,2,7": the key works while these PCRs are what they are now, so
 *         that an update which changes one ends it; NULL: none
 * @counter: NV index of a counter of this TPM; 0: none
 * @limit: the key works while the counter is at most this; 0: its present value
 */
struct bpfkey_key_opts {
	size_t sz;
	const char *alg;
	enum bpfkey_form form;
	unsigned int flags;
	const char *recovery, *recovery_key, *recovery_passphrase_file;
	const char *policy, *pcrs;
	uint32_t counter;
	uint64_t limit;
};

/**
 * bpfkey_key_new - make a private key
 * @path: the key file, mode 0600; its sidecar is written to PATH.meta first, so
 *        that no crash leaves a key without one
 * @ret:  facts of the new key (of a dry run: without hash); NULL if not wanted
 *
 * A sealed key is tried before it is written, so the machine has to be in a state
 * that is signed in @opts->policy; for BPFKEY_FORM_TPM that it is not is a warning.
 *
 * -BPFKEY_E_EXISTS without BPFKEY_MAKE_FORCE, _USAGE (no such algorithm),
 * _NO_SUPPORT (this TPM, or this OpenSSL, has not got it, or the PCRs), _NOT_FOUND or
 * _MISMATCH (the counter), _POLICY (the state, or the counter is over its limit), and
 * what tpm and files answer.
 *
 * Since: 0.1
 */
int bpfkey_key_new(struct bpfkey_ctx *ctx, const char *path,
		   const struct bpfkey_key_opts *opts, struct bpfkey_key **ret);

/**
 * bpfkey_key_import - put a private key that others made where ours live
 * @source: PEM or PKCS#12, with or without passphrase (bpfkey/secret.h); left
 *          as it is
 * @path:   as bpfkey_key_new()
 * @opts:   @alg is NULL: the key has one. BPFKEY_FORM_TPM: it crosses to the
 *          TPM wrapped for its storage root key; BPFKEY_FORM_FILE: PKCS#8 in
 *          PEM, encrypted with the passphrase of @source when that has one
 * @ret:    facts of the key; NULL if not wanted
 *
 * As bpfkey_key_new(), and -BPFKEY_E_FORMAT, _PIN (wrong passphrase), _WEAK,
 * _ALGORITHM (no kernel takes it), _NO_SUPPORT (also: a key that is in a TPM or
 * on a token already).
 *
 * Since: 0.1
 */
int bpfkey_key_import(struct bpfkey_ctx *ctx, const char *source, const char *path,
		      const struct bpfkey_key_opts *opts, struct bpfkey_key **ret);

/**
 * bpfkey_key_open - read a key file's public facts; needs no TPM
 * @path: the file, or a pkcs11: URI
 * @ret: free with bpfkey_key_free()
 *
 * -BPFKEY_E_INSECURE when others can read the file, _FORMAT, _MISMATCH when
 * the sidecar describes another key, _PIN (wrong passphrase or PIN), and of
 * tokens _NO_TOKEN, _NOT_FOUND, _LOCKOUT, _TOKEN. A missing sidecar is a warning.
 *
 * Since: 0.1
 */
int bpfkey_key_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_key **ret);
void bpfkey_key_free(struct bpfkey_key *key);
const struct bpfkey_key_info *bpfkey_key_info(const struct bpfkey_key *key);

struct bpfkey_cert;

/**
 * struct bpfkey_cert_info - what a certificate says
 * Strings belong to the certificate. Times are seconds since 1970 UTC.
 */
struct bpfkey_cert_info {
	const char *subject, *issuer, *serial;	/* RFC 2253 names; serial in hex */
	const char *alg;			/* "p256", "rsa2048", "ed25519", ... */
	const char *signature_hash;		/* "sha256"; "" when the algorithm has none */
	unsigned int roles;			/* 1u << enum bpfkey_role each */
	bool ca, self_signed;
	int64_t not_before, not_after;
	uint8_t fingerprint[32];		/* SHA-256 of the DER */
	uint8_t key_id[64];			/* subjectKeyIdentifier as it stands */
	size_t key_id_len;			/* 0: the certificate has none */
	const uint8_t *public_key;		/* contents of subjectPublicKey, as the */
	size_t public_key_len;			/* kernel holds it (RFC 5280 4.1.2.7) */
	uint8_t public_hash[32];		/* SHA-256 of the SubjectPublicKeyInfo */
	uint8_t authority_id[64];		/* authorityKeyIdentifier's key id */
	size_t authority_id_len;		/* 0: the certificate has none */
};

/**
 * bpfkey_cert_open - read one certificate, PEM or DER
 * @ret: free with bpfkey_cert_free()
 *
 * -BPFKEY_E_IO, _TOO_BIG (64 KiB), _FORMAT (also: more than one in the file).
 */
int bpfkey_cert_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_cert **ret);

/**
 * bpfkey_cert_open_mem - the same of bytes in memory, @n of them at @data
 * @name: what sentences call it; nothing is read there
 *
 * Since: 0.1
 */
int bpfkey_cert_open_mem(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
			 struct bpfkey_cert **ret);
void bpfkey_cert_free(struct bpfkey_cert *cert);
const struct bpfkey_cert_info *bpfkey_cert_info(const struct bpfkey_cert *cert);

/**
 * struct bpfkey_cert_opts - a certificate to be made
 * @sz:    sizeof(struct bpfkey_cert_opts)
 * @key:   private key file that signs: the certificate's own for
 *         bpfkey_cert_new() and bpfkey_cert_request(), the CA's for
 *         bpfkey_cert_issue()
 * @name:  common name, 1 to 64 printable ASCII characters; unused by
 *         bpfkey_cert_issue(), where the request has it
 * @role:  chosen by whoever signs; unused by bpfkey_cert_request()
 * @days:  validity, at most BPFKEY_CERT_DAYS_MAX; 0: bpfkey_cert_days_default()
 * @ca:    bpfkey_cert_issue(): the CA's certificate file
 * @flags: enum bpfkey_make_flags
 * @hash:  to sign it with, as bpfkey_signer_use_hash() takes it; NULL: SHA-256
 */
struct bpfkey_cert_opts {
	size_t sz;
	const char *key;
	const char *name;
	enum bpfkey_role role;
	uint32_t days;
	const char *ca;
	unsigned int flags;
	const char *hash;
};

#define BPFKEY_CERT_DAYS_MAX 7300

/** bpfkey_cert_days_default - how long a certificate of this role lives. */
uint32_t bpfkey_cert_days_default(enum bpfkey_role role);

/**
 * bpfkey_cert_new - a certificate signed by its own key
 * @path: receives it as PEM, mode 0644
 * @ret:  the certificate, of a dry run too; NULL if not wanted
 *
 * It is valid from ten minutes ago, because the machine that enrols it may
 * have a clock that is behind.
 *
 * Since: 0.1
 */
int bpfkey_cert_new(struct bpfkey_ctx *ctx, const char *path,
		    const struct bpfkey_cert_opts *opts, struct bpfkey_cert **ret);

/**
 * bpfkey_cert_request - a PKCS#10 request to be answered by an anchor
 *
 * Since: 0.1
 */
int bpfkey_cert_request(struct bpfkey_ctx *ctx, const char *path,
			const struct bpfkey_cert_opts *opts);

/**
 * bpfkey_cert_issue - answer the request in the file @request
 *
 * Nothing but name and key is taken from the request. Role anchor is refused:
 * anchors are self-signed. A certificate never outlives its CA: without
 * @opts->days it ends with it, with more days than that it is
 * -BPFKEY_E_USAGE. -BPFKEY_E_ROLE when the CA is no anchor, _EXPIRED,
 * _MISMATCH (key and certificate of the CA), _SIGNATURE (of the request).
 *
 * Since: 0.1
 */
int bpfkey_cert_issue(struct bpfkey_ctx *ctx, const char *request, const char *path,
		      const struct bpfkey_cert_opts *opts, struct bpfkey_cert **ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
