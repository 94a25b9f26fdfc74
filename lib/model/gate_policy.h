/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator wants of the gate beside its keyring: the trusted
 * loaders, whom a key is delegated to, and what is revoked. Here are the lists
 * as they are; what they mean in the kernel is made in lib/flow/gate_rules*.c.
 */
#ifndef BK_GATE_POLICY_H
#define BK_GATE_POLICY_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define POLICY_NAME	32	/* of an entry, with its NUL */
#define POLICY_ENTRIES	16384	/* in each list */
#define POLICY_SAN	256
#define POLICY_REASON	128
#define POLICY_CERT_MAX	(64 * 1024)

/* An fs-verity digest, numbered as the kernel does it; size 0: none. */
struct file_digest {
	uint16_t algorithm, size;
	uint8_t value[64];
};

#define FILE_DIGEST_SHA256	1	/* FS_VERITY_HASH_ALG_* */
#define FILE_DIGEST_SHA512	2

/* A certificate as DER, malloc'ed; n 0: none. */
struct policy_cert {
	uint8_t *p;
	size_t n;
};

/* A file that is a trusted loader, a key whose files are, or a file that they may map. */
struct policy_loader {
	char name[POLICY_NAME];
	struct file_digest digest;	/* this or the certificate of a loader key */
	struct policy_cert cert;
	uint64_t types, attach;		/* one bit each; attach 0: any */
	int64_t until;			/* seconds since 1970; 0: never */
	bool lends_trust, library;
};

/* A key that may sign what one trusted loader loads. */
struct policy_delegation {
	char name[POLICY_NAME], loader[POLICY_NAME];
	uint64_t types, attach;
	int64_t until;
	uint64_t ttl;			/* seconds that an enrolled key counts; 0: its own time */
	struct policy_cert cert;	/* the delegated key's, as soon as there is one; or */
	struct policy_cert issuer;	/* whatever this CA has issued ... */
	char san[POLICY_SAN];		/* ... for this subject alternative name, "DNS:host" */
};

struct policy_revoked {
	bool is_file;
	struct file_digest digest;	/* of a file */
	uint8_t fingerprint[32];	/* of a key: SHA-256 of its certificate */
	struct policy_cert cert;	/* and itself, where it was at hand */
	char reason[POLICY_REASON];
	int64_t since;
};

struct gate_policy {
	struct policy_loader *loaders;
	size_t n_loaders;
	struct policy_delegation *delegations;
	size_t n_delegations;
	struct policy_revoked *revoked;
	size_t n_revoked;
};

void gate_policy_done(struct gate_policy *p);

/*
 * gate_policy_check - what holds for the whole: names once, files and keys
 * once, each delegation's loader there; -BPFKEY_E_FORMAT
 */
int gate_policy_check(struct bpfkey_ctx *ctx, const struct gate_policy *p);

/* Room for one more at the end, zeroed; NULL without memory or with POLICY_ENTRIES there. */
struct policy_loader *gate_policy_add_loader(struct gate_policy *p);
struct policy_delegation *gate_policy_add_delegation(struct gate_policy *p);
struct policy_revoked *gate_policy_add_revoked(struct gate_policy *p);

/* These keep the order. */
void gate_policy_drop_loader(struct gate_policy *p, size_t i);
void gate_policy_drop_delegation(struct gate_policy *p, size_t i);
void gate_policy_drop_revoked(struct gate_policy *p, size_t i);

/* Borrowed, or NULL. */
struct policy_loader *gate_policy_loader(const struct gate_policy *p, const char *name);
struct policy_delegation *gate_policy_delegation(const struct gate_policy *p,
						 const char *name);
struct policy_loader *gate_policy_file(const struct gate_policy *p,
				       const struct file_digest *d);
struct policy_revoked *gate_policy_revoked_file(const struct gate_policy *p,
						const struct file_digest *d);
struct policy_revoked *gate_policy_revoked_key(const struct gate_policy *p,
					       const uint8_t fingerprint[32]);

/* policy_cert_set - a copy of @der; 0 or -1 without memory */
int policy_cert_set(struct policy_cert *c, struct view der);

/* file_digest_parse - "sha256:HEX" or "sha512:HEX"; 0 or -1. file_digest_put - the same out. */
int file_digest_parse(const char *text, struct file_digest *ret);
void file_digest_put(struct buf *b, const struct file_digest *d);
bool file_digest_same(const struct file_digest *a, const struct file_digest *b);

#endif
