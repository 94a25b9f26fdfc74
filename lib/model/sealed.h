/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sealed key file: a private key, encrypted under a random key that each of
 * its slots gives back in its own way. JSON, in exactly the bytes that
 * sealed_text() writes: any other spelling of the same is refused, so that no
 * byte can change unnoticed (keyctl-bpf-sealed(5)).
 */
#ifndef BK_SEALED_H
#define BK_SEALED_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/policy.h"

#define SEALED_MAX (64 * 1024)
#define SEALED_SLOTS_MAX 32
#define SEALED_NONCE_LEN 12
#define SEALED_MAC_LEN 32

enum sealed_slot_type {
	SEALED_TPM,		/* a TPM unseals it */
	SEALED_WRAPPED,		/* a TPM imports it, then unseals it: made without that TPM */
	SEALED_RECOVERY,	/* a CMS message to a recovery key or under a passphrase */
	SEALED_SLOT__END
};

/* Who opens a recovery slot. */
enum sealed_recovery { SEALED_BY_KEY, SEALED_BY_PASSPHRASE, SEALED_RECOVERY__END };

struct sealed_slot {
	enum sealed_slot_type type;
	char srk_name[80];		/* tpm: hex of the storage root key's TPM name */
	char tpm_id[80];		/* tpm: what tells another TPM from one cleared; "" */
	uint32_t parent;		/* tpm: as key files name it */
	uint8_t to[32];			/* wrapped: SHA-256 of the storage root key's SPKI; */
					/* recovery by key: of the recovery key's */
	struct buf public, private;	/* TPM2B_PUBLIC, TPM2B_PRIVATE */
	struct buf seed;		/* wrapped: TPM2B_ENCRYPTED_SECRET */
	struct key_policy *policy;	/* tpm, wrapped; NULL: none */
	enum sealed_recovery by;
	struct buf cms;			/* recovery: DER */
};

struct sealed {
	char alg[16];
	struct buf public;		/* SubjectPublicKeyInfo, DER */
	uint8_t nonce[SEALED_NONCE_LEN];
	struct buf data;		/* PKCS#8 in AES-256-GCM, the tag last */
	uint8_t mac[SEALED_MAC_LEN];	/* of all the rest, see sealed_covered() */
	size_t n;
	struct sealed_slot *slots;
};

void sealed_done(struct sealed *s);

/* sealed_is - does this look like a sealed key file? */
bool sealed_is(struct view text);

/* sealed_parse - -BPFKEY_E_FORMAT, _TOO_BIG; it proves nothing about who wrote it */
int sealed_parse(struct bpfkey_ctx *ctx, struct view text, struct sealed *ret);

int sealed_text(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret);

/* sealed_header - what the encryption of the private key is bound to */
int sealed_header(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret);

/* sealed_covered - what the MAC covers: everything but itself */
int sealed_covered(struct bpfkey_ctx *ctx, const struct sealed *s, struct buf *ret);

/* sealed_add - one more slot, zeroed, all its bufs ready; borrowed */
int sealed_add(struct bpfkey_ctx *ctx, struct sealed *s, enum sealed_slot_type type,
	       struct sealed_slot **ret);

/* sealed_drop - remove slot @i */
void sealed_drop(struct sealed *s, size_t i);

#endif
