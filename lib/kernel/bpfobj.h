/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The BPF objects that the library carries in itself (embed.S), opened by libbpf. */
#ifndef BK_BPFOBJ_H
#define BK_BPFOBJ_H

#include <stdarg.h>

#include <bpf/libbpf.h>

#include "../base/ctx.h"

/* What libbpf's callback was before, and whose lines this thread was hearing. */
struct bpfobj_hearing {
	int (*before)(enum libbpf_print_level level, const char *fmt, va_list ap);
	struct bpfkey_ctx *ctx;
};

/*
 * bpfobj_capture - until bpfobj_release() libbpf's lines go to the log of @ctx;
 * after it they go where the program wants them that the library is part of.
 * Whoever calls libbpf directly starts with it; captures may nest.
 */
struct bpfobj_hearing bpfobj_capture(struct bpfkey_ctx *ctx);
void bpfobj_release(struct bpfobj_hearing *h);

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
