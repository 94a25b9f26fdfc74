/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passphrase or PIN when a key needs one: by descriptor, by file, or asked for. */
#ifndef BK_PASSPHRASE_H
#define BK_PASSPHRASE_H

#include <bpfkey/secret.h>

#include "ctx.h"
#include "secret.h"

/*
 * passphrase_get - the secret for @name, from where the context says
 * @ret: a NUL stands behind its bytes, and none is among them
 *
 * -BPFKEY_E_USAGE when the context names no source, with the options that do
 * in the hint; _INSECURE (a file that others can read), _FORMAT (more than a
 * line), _TOO_BIG, _IO, _INTERRUPTED.
 */
int passphrase_get(struct bpfkey_ctx *ctx, enum bpfkey_secret what, const char *name,
		   struct bk_secret **ret);

/* passphrase_ask - the same, but always of a person: -BPFKEY_E_USAGE when there is none */
int passphrase_ask(struct bpfkey_ctx *ctx, enum bpfkey_secret what, const char *name,
		   struct bk_secret **ret);

/* passphrase_from_file - the only line of a private file. */
int passphrase_from_file(struct bpfkey_ctx *ctx, const char *path, struct bk_secret **ret);

#endif
