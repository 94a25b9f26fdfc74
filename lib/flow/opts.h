/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structs that start with their size, so that they can grow. */
#ifndef BK_OPTS_H
#define BK_OPTS_H

#include "../base/ctx.h"

/*
 * opts_take - the caller's struct as this library knows it
 * @dst: @n bytes, starting with a size_t; fields that the caller's version has
 *       not got become zero
 *
 * -BPFKEY_E_USAGE when the caller sets a field that is unknown here, or when
 * @src is NULL: whoever can do without checks for that.
 */
int opts_take(struct bpfkey_ctx *ctx, void *dst, size_t n, const void *src);

/*
 * opts_give - an answer into the caller's struct, as far as that goes
 * @dst: starts with its size; @src: @n bytes, the same struct as it is here
 *
 * -BPFKEY_E_USAGE when @dst is of no version that this library knows.
 */
int opts_give(struct bpfkey_ctx *ctx, void *dst, const void *src, size_t n);

#endif
