/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The BPF objects that the library carries in itself (embed.S), opened by libbpf. */
#ifndef BK_BPFOBJ_H
#define BK_BPFOBJ_H

#include "../base/ctx.h"

struct bpf_object;

/*
 * bpfobj_capture - from now on libbpf's lines go to the log of @ctx, and its
 * last warning is kept for bpfobj_last_warning(). NULL: nowhere, as it must be
 * before @ctx is freed. Whoever calls libbpf directly starts with it.
 */
void bpfobj_capture(struct bpfkey_ctx *ctx);

/* bpfobj_last_warning - libbpf's last one, for the end of a sentence; "" when none. */
const char *bpfobj_last_warning(void);

/*
 * bpfobj_open - an embedded object, not loaded yet
 * @name: of lib/bpf/NAME.bpf.c
 * @ret: close with bpf_object__close()
 */
int bpfobj_open(struct bpfkey_ctx *ctx, const char *name, struct bpf_object **ret);

/* bpfobj_load - bpf_object__load() with a sentence. */
int bpfobj_load(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *name);

/* bpfobj_closep - for _cleanup_. */
void bpfobj_closep(struct bpf_object **obj);

#endif
