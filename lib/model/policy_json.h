/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it takes to use a key, as sidecars and sealed keys say it: the object "policy". */
#ifndef BK_POLICY_JSON_H
#define BK_POLICY_JSON_H

#include "../base/policy.h"
#include "json.h"

/* The rounds that are made here, and the most that a file may ask for. */
#define POLICY_PIN_ROUNDS 100000u
#define POLICY_PIN_ROUNDS_MIN 1000u
#define POLICY_PIN_ROUNDS_MAX 10000000u

/*
 * policy_json_get - the field "policy" of @j; all zero when there is none
 * -BPFKEY_E_FORMAT, strictly: a part that is not understood is not left out.
 */
int policy_json_get(struct bpfkey_ctx *ctx, const struct js *j, struct key_policy *ret);

/* policy_json_set - into @j; nothing for an empty policy */
int policy_json_set(struct bpfkey_ctx *ctx, struct js *j, const struct key_policy *policy);

#endif
