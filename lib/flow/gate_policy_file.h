/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's policy where it is kept: gate.json below BPFKEY_ETC_DIR. */
#ifndef BK_GATE_POLICY_FILE_H
#define BK_GATE_POLICY_FILE_H

#include <bpfkey/gate.h>

#include "../model/gate_policy_json.h"

/* The names of program and attach types. */
extern const struct gate_words gate_words __attribute__((visibility("hidden")));

/*
 * gate_policy_read - all of it; empty when there is no such file
 *
 * -BPFKEY_E_INSECURE when others could have written it, and what
 * gate_policy_parse() answers.
 */
int gate_policy_read(struct bpfkey_ctx *ctx, struct gate_policy *ret);

/*
 * gate_policy_open - the same, to be changed; nobody else changes it until
 * @ret_lock is closed. gate_policy_save - the file anew, atomically.
 */
int gate_policy_open(struct bpfkey_ctx *ctx, struct gate_policy *ret, int *ret_lock);
int gate_policy_save(struct bpfkey_ctx *ctx, const struct gate_policy *p);

#endif
