/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What policies in JSON are made of, wherever they stand: PCRs with their
 * values and a counter with its limit (keyctl-bpf-policy(5)).
 */
#ifndef BK_POLICY_PARTS_H
#define BK_POLICY_PARTS_H

#include "../base/policy.h"
#include "json.h"

/*
 * policy_parts_get - the fields "pcrs" and "counter" of @j; all zero for those
 * that are not there
 * -BPFKEY_E_FORMAT, strictly: each PCR once, each value as long as its bank's hash.
 */
int policy_parts_get(struct bpfkey_ctx *ctx, const struct js *j, struct pcr_set *ret_pcrs,
		     struct nv_ref *ret_counter);

/* policy_parts_set - into @j, what is not all zero */
int policy_parts_set(struct bpfkey_ctx *ctx, struct js *j, const struct pcr_set *pcrs,
		     const struct nv_ref *counter);

/* policy_parts_copy - a text field into a fixed array; -BPFKEY_E_FORMAT when it is too long */
int policy_parts_copy(struct bpfkey_ctx *ctx, const struct js *j, const char *key, char *out,
		      size_t cap);

/*
 * policy_parts_types - a list of names of types as a mask, one bit each
 * @parse: of one name; 0 or negative
 */
int policy_parts_types(struct bpfkey_ctx *ctx, const struct js *j, const char *key,
		       int (*parse)(const char *name, unsigned int *ret), uint64_t *ret);

#endif
