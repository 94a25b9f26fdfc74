/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Delegations: a key may sign what one trusted loader loads, of certain program
 * types, for some time. Whatever else the key signs is worth nothing, and so is
 * what it signed when somebody else loads it.
 */
#ifndef BPFKEY_DELEGATION_H
#define BPFKEY_DELEGATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum bpfkey_delegation_flags {
	BPFKEY_DELEGATION_DRY_RUN = 1 << 0,	/* check everything, change nothing */
	BPFKEY_DELEGATION_REPLACE = 1 << 1,	/* enroll: other keys of it end now */
};

/**
 * struct bpfkey_delegation_opts - a delegation to be made
 * @sz:     sizeof(struct bpfkey_delegation_opts)
 * @name:   letters, digits and ._-, at most 31; a delegation of that name is replaced
 * @loader: name of a trusted loader of the gate's policy
 * @types:  program types that the key may sign, or its signed loaders may load, 1 << type each
 * @attach: expected attach types of those; 0: any
 * @until:  when the delegation ends, seconds since 1970; 0: never
 * @ttl:    seconds that a key counts at most, once it is enrolled; 0: as long as its certificate
 * @issuer: file with the certificate of a CA: what it has issued for @san is accepted; NULL:
 *          certificates of the role delegated are
 * @san:    the subject alternative name, "DNS:host", "URI:spiffe://...", "email:a@b" or
 *          "IP:192.0.2.1"; goes with @issuer
 * @flags:  BPFKEY_DELEGATION_DRY_RUN
 */
struct bpfkey_delegation_opts {
	size_t sz;
	const char *name, *loader;
	uint64_t types, attach;
	int64_t until;
	uint64_t ttl;
	const char *issuer, *san;
	unsigned int flags;
};

/**
 * bpfkey_delegation_add - write a delegation into the gate's policy
 * @ret_changed: false when the policy said so before
 *
 * It counts as soon as a key is enrolled; an installed gate follows with bpfkey_gate_sync().
 *
 * -BPFKEY_E_USAGE, _NOT_FOUND (no such loader, no such file), _ROLE (@issuer is no CA), _EXPIRED.
 *
 * Since: 0.1
 */
int bpfkey_delegation_add(struct bpfkey_ctx *ctx, const struct bpfkey_delegation_opts *opts,
			  bool *ret_changed);

/**
 * bpfkey_delegation_enroll - have a certificate's key count for a delegation
 * @path:  the certificate, PEM or DER
 * @flags: enum bpfkey_delegation_flags
 *
 * The key goes into the keyring of delegated keys, where the kernel drops it after the ttl of the
 * delegation, or when the certificate ends. A renewed certificate of the same key takes the place
 * of the former; another key counts beside the one before it, until that one's own time.
 *
 * On a sealed gate the rules change with images only: there a renewal of a key that has a rule
 * works, and another key is refused, -BPFKEY_E_SEALED.
 *
 * -BPFKEY_E_NOT_FOUND (no such delegation), _ROLE, _UNKNOWN_SIGNER and _SIGNATURE (not issued by
 * its CA), _MISMATCH (for another name), _EXPIRED, _NOT_YET_VALID, _WEAK, _ALGORITHM, _REVOKED,
 * _DISPLACES (the key has another purpose already), _NO_SUPPORT (a kernel with a .bpf of its
 * own, which verifies against no other keyring), and what bpfkey_ring_enroll() answers.
 *
 * Since: 0.1
 */
int bpfkey_delegation_enroll(struct bpfkey_ctx *ctx, const char *name, const char *path,
			     unsigned int flags);

/**
 * struct bpfkey_delegation - one of the gate's policy
 * @issuer: SHA-256 of the pinned CA's certificate; zero: none
 * @full_power: its types have the whole kernel in hand
 * @keys:   of them are enrolled and valid now; @expires: when the last of those ends, 0: none
 * @in_force: the installed gate has a rule for one of them
 */
struct bpfkey_delegation {
	char name[32], loader[32], san[256];
	uint64_t types, attach, ttl;
	int64_t until;
	uint8_t issuer[32];
	bool full_power, in_force;
	size_t keys;
	int64_t expires;
};

/**
 * bpfkey_delegation_list - all of them; free with free()
 *
 * Without root, or without keyrings or gate, @keys is 0 and @in_force false. Since: 0.1
 */
int bpfkey_delegation_list(struct bpfkey_ctx *ctx, struct bpfkey_delegation **ret,
			   size_t *ret_n);

/**
 * bpfkey_delegation_revoke - take a delegation out, and its keys for good
 * @reason: NULL or at most 127 bytes
 * @flags:  BPFKEY_DELEGATION_DRY_RUN
 *
 * Its keys are refused from then on whatever else names them, and leave their keyring where that
 * is not locked. -BPFKEY_E_NOT_FOUND, _USAGE.
 *
 * Since: 0.1
 */
int bpfkey_delegation_revoke(struct bpfkey_ctx *ctx, const char *name, const char *reason,
			     unsigned int flags);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
