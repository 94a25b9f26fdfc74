/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's answers about keys mean, in one place. */
#ifndef BK_KEYERR_H
#define BK_KEYERR_H

#include "../base/ctx.h"

/*
 * keyerr_add - add_key or KEYCTL_LINK into a shared keyring failed with @err
 * keyerr_parse - add_key into a keyring of this process did: nothing is sealed
 * there, so EPERM and EACCES come from a policy or a seccomp filter
 * keyerr_restrict - KEYCTL_RESTRICT_KEYRING did
 * keyerr_other - any other key operation
 *
 * Each leaves the sentence and the next command of bpfkey_explain() and
 * returns the code.
 */
int keyerr_add(struct bpfkey_ctx *ctx, int err, const char *fmt, ...) _printf_(3, 4);
int keyerr_parse(struct bpfkey_ctx *ctx, int err, const char *fmt, ...) _printf_(3, 4);
int keyerr_restrict(struct bpfkey_ctx *ctx, int err, const char *fmt, ...) _printf_(3, 4);
int keyerr_other(struct bpfkey_ctx *ctx, int err, const char *fmt, ...) _printf_(3, 4);

#endif
