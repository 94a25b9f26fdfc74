/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delegations, for who makes rules of them. */
#ifndef BK_DELEGATION_H
#define BK_DELEGATION_H

#include "../model/gate_policy.h"
#include "ring_snapshot.h"

/*
 * delegation_check - is this certificate one that the delegation accepts?
 *
 * -BPFKEY_E_ROLE, _UNKNOWN_SIGNER, _SIGNATURE, _MISMATCH, _EXPIRED (its CA); @d's own key is not
 * looked at.
 */
int delegation_check(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
		     const struct bpfkey_cert *cert);

/*
 * delegation_accepts - does one of this machine's delegations take what this certificate's CA
 * issues? Then it is an identity that signs, whatever it was issued for.
 */
bool delegation_accepts(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert);

/* delegation_has - does an enrolled key belong to it: its own key, or one that its CA issued? */
bool delegation_has(struct bpfkey_ctx *ctx, const struct policy_delegation *d,
		    const struct bpfkey_ring_key *key);

#endif
