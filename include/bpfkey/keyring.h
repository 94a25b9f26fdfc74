/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keyrings that the kernel verifies BPF programs against: find, make,
 * fill, empty and seal them. One per role; the build keys' is .bpf.
 */
#ifndef BPFKEY_KEYRING_H
#define BPFKEY_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/key.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum bpfkey_ring_kind {
	BPFKEY_RING_NATIVE,	/* the kernel's own, id BPFKEY_SPEC_BPF_KEYRING */
	BPFKEY_RING_MODULE,	/* made by bpf_keyring.ko */
	BPFKEY_RING_STAGING,	/* an ordinary keyring, for development */
	BPFKEY_RING_ORDINARY,	/* beside a native .bpf, where the module is not loaded */
};

/** bpfkey_ring_kind_name - "native", "module", "staging", "ordinary". */
const char *bpfkey_ring_kind_name(enum bpfkey_ring_kind kind);

/* How a keyring is sealed: what its restriction and its permissions say together. */
enum bpfkey_profile {
	BPFKEY_PROFILE_OPEN,	/* not sealed: never counts as provisioned */
	BPFKEY_PROFILE_LOCKED,	/* no change until reboot */
	BPFKEY_PROFILE_ANCHORED, /* takes what a key in .bpf_anchor signed */
	BPFKEY_PROFILE_FOREIGN,	/* restricted in a way that is none of ours */
	BPFKEY_PROFILE_PARTIAL,	/* restricted, but the permissions are laxer than its profile */
	BPFKEY_PROFILE_UNKNOWN,	/* could not be read */
};

/** bpfkey_profile_name - "open" and so on; never NULL. */
const char *bpfkey_profile_name(enum bpfkey_profile profile);

/** bpfkey_profile_parse - one of "locked", "anchored", "open"; 0 or -BPFKEY_E_USAGE. */
int bpfkey_profile_parse(const char *name, enum bpfkey_profile *ret);

/**
 * struct bpfkey_ring_info - a keyring as it was when the snapshot was made
 * @id:      what loaders pass as keyring_id: @serial, or -9 for a native one
 * @anchor:  serial of the key or keyring that vouches for new keys, or 0
 * @detail:  a sentence on what is odd about the seal, or ""
 * @nested:  keyrings linked inside; the kernel searches them too
 * @other:   keys inside that are neither certificates nor keyrings
 */
struct bpfkey_ring_info {
	enum bpfkey_role role;
	enum bpfkey_ring_kind kind;
	const char *name;
	int32_t serial, id, anchor;
	uint32_t perm;
	enum bpfkey_profile profile;
	const char *detail;
	unsigned int nested, other;
};

enum bpfkey_ring_key_state {
	BPFKEY_RING_KEY_VALID,
	BPFKEY_RING_KEY_EXPIRED,
	BPFKEY_RING_KEY_REVOKED,
	BPFKEY_RING_KEY_ABSENT,	/* was enrolled, is no longer in the keyring */
};

/** bpfkey_ring_key_state_name - "valid" and so on. */
const char *bpfkey_ring_key_state_name(enum bpfkey_ring_key_state state);

/**
 * struct bpfkey_ring_key - one certificate in a keyring
 * @serial:     of the key; 0 when it is absent
 * @expires:    when the kernel stops using it; 0: never, -1: could not be read
 * @cert:       the certificate as it was enrolled here, or NULL: an unknown key,
 *              put there by somebody else
 * @public_key: as the kernel holds it (bpfkey_cert_info); NULL when it could
 *              not be read and the certificate is not known
 * @compared:   @public_key was read from the kernel and is the certificate's
 */
struct bpfkey_ring_key {
	int32_t serial;
	uint32_t perm;
	const char *description;
	enum bpfkey_ring_key_state state;
	int64_t expires;
	const struct bpfkey_cert *cert;
	const uint8_t *public_key;
	size_t public_key_len;
	bool compared;
};

/* A snapshot of a keyring and of what is in it. */
struct bpfkey_ring;

/**
 * bpfkey_ring_open - find the keyring of a role and read it
 * @staging: NULL, or the name of a staging keyring
 * @ret: free with bpfkey_ring_free()
 *
 * -BPFKEY_E_NO_KEYRING, _PRIVILEGE (not root), _FOREIGN (something of that
 * name that is not ours). A native or module keyring is never replaced by a
 * weaker one.
 */
int bpfkey_ring_open(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		     struct bpfkey_ring **ret);
void bpfkey_ring_free(struct bpfkey_ring *ring);
const struct bpfkey_ring_info *bpfkey_ring_info(const struct bpfkey_ring *ring);
size_t bpfkey_ring_key_count(const struct bpfkey_ring *ring);
const struct bpfkey_ring_key *bpfkey_ring_key(const struct bpfkey_ring *ring, size_t i);

/**
 * struct bpfkey_ring_opts - how to change a keyring
 * @sz:      sizeof(struct bpfkey_ring_opts) as the caller knows it
 * @staging: NULL, or the name of a staging keyring
 * @dry_run: check everything, change nothing
 */
struct bpfkey_ring_opts {
	size_t sz;
	enum bpfkey_role role;
	const char *staging;
	bool dry_run;
};

/**
 * bpfkey_ring_create - see that the keyrings exist, and publish the id of .bpf
 * @ret_made: whether something was made (or, in a dry run, would be)
 *
 * Where the kernel has no .bpf, the module bpf_keyring is loaded; with a
 * staging name ordinary keyrings are made. Does nothing twice.
 */
int bpfkey_ring_create(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		       bool *ret_made);

/**
 * struct bpfkey_ring_change - what became of one certificate
 * @what: 0 it stays, +1 it was added, -1 it was removed
 */
struct bpfkey_ring_change {
	int what;
	int32_t serial;			/* 0 when not in the keyring */
	char description[80];
	char fingerprint[65];		/* hex; "" for an unknown key */
	char subject[128];
};

/**
 * bpfkey_ring_enroll - put certificates into a keyring
 * @paths: certificate files, PEM or DER
 * @ret:   every key of the keyring before or after; free with free()
 *
 * All are checked before the first is added, and all are added or none. The
 * answers are -BPFKEY_E_ROLE, _EXPIRED, _NOT_YET_VALID, _WEAK, _ALGORITHM,
 * _ENROLLED, _DISPLACES, _SEALED, _UNKNOWN_SIGNER (an anchored keyring, and no
 * anchor signed it), _NO_SUPPORT and _NO_KERNEL (this OpenSSL, this kernel has no
 * ML-DSA) and those of bpfkey_ring_open().
 */
int bpfkey_ring_enroll(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		       const char *const *paths, size_t n,
		       struct bpfkey_ring_change **ret, size_t *ret_n);

/**
 * bpfkey_ring_remove - take certificates out of a keyring
 * @names: certificate files, or fingerprints in hex of which at least eight
 *         digits name exactly one key
 */
int bpfkey_ring_remove(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		       const char *const *names, size_t n,
		       struct bpfkey_ring_change **ret, size_t *ret_n);

/**
 * bpfkey_ring_seal - seal a keyring, for good until reboot
 * @ret_sealed: whether this call did it: false when it was so already
 *
 * Refuses what would lock everybody out: an empty keyring, one without a valid
 * key, one with a nested keyring. The seal is read back from the kernel; where
 * that cannot be done nothing is sealed. For BPFKEY_PROFILE_ANCHORED the
 * keyring of the anchors is locked first.
 */
int bpfkey_ring_seal(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		     enum bpfkey_profile profile, bool *ret_sealed);

/**
 * bpfkey_ring_published - the keyring_id that loaders are told to pass
 *
 * From BPFKEY_KEYRING_ID_FILE, after checking that it still names a keyring.
 * -BPFKEY_E_NO_KEYRING when nothing is published.
 */
int bpfkey_ring_published(struct bpfkey_ctx *ctx, int32_t *ret_id);

/**
 * bpfkey_ring_id - the keyring_id to pass, published or not
 * @ret_id: the published one; where none is published, that of the .bpf which
 *          this kernel has: BPFKEY_SPEC_BPF_KEYRING or the serial of the module's
 *
 * Never one that was found by its name, so never what somebody else has made.
 * bpfkey_object_load() does the same when it is given no keyring; this call is
 * for loaders that make the system calls themselves.
 *
 * -BPFKEY_E_NO_KEYRING when there is none, _FOREIGN when what is published is
 * not root's keyring, _FORMAT, _PRIVILEGE.
 *
 * Since: 0.1
 */
int bpfkey_ring_id(struct bpfkey_ctx *ctx, int32_t *ret_id);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
