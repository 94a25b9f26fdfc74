/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context from inside: how a failure grows its sentence. */
#ifndef BK_CTX_H
#define BK_CTX_H

#include <bpfkey/ctx.h>
#include <bpfkey/err.h>
#include <bpfkey/secret.h>

#include "util.h"

DEFINE_CLEANUP(struct bpfkey_ctx *, bpfkey_ctx_free)

/*
 * bk_enter - every public call starts with it: the old sentence and hint go.
 */
void bk_enter(struct bpfkey_ctx *ctx);

/*
 * bk_fail - say what failed, from inside to outside
 * @r: a negative BPFKEY_E_ code, returned as it is
 *
 * The innermost call sets the sentence; each later one goes in front of it,
 * with ": " between. Lower case, no full stop, names in single quotes. Names
 * that came from outside are escaped here, control bytes become \xNN.
 * @ctx may be NULL (nothing is kept then).
 */
int bk_fail(struct bpfkey_ctx *ctx, int r, const char *fmt, ...) _printf_(3, 4);

/* bk_fail_errno - bk_fail with strerror(@err) as the cause. */
int bk_fail_errno(struct bpfkey_ctx *ctx, int r, int err, const char *fmt, ...) _printf_(4, 5);

/* bk_hint - the next command; the innermost hint stays. */
void bk_hint(struct bpfkey_ctx *ctx, const char *fmt, ...) _printf_(2, 3);

/* bk_forget - drop sentence and hint: the failure was expected and dealt with. */
void bk_forget(struct bpfkey_ctx *ctx);

void bk_log(struct bpfkey_ctx *ctx, enum bpfkey_log_level level, const char *fmt, ...)
	_printf_(3, 4);

void bk_progress(struct bpfkey_ctx *ctx, const char *what, uint64_t done, uint64_t total);

/* Where secrets come from (bpfkey/secret.h); passphrase_get() is who goes by it. */
struct bk_sources {
	char *passphrase_file, *pkcs11_module;
	int passphrase_fd;
	bpfkey_ask_fn ask;
	void *ask_user;
};

struct bk_sources *bk_ctx_sources(struct bpfkey_ctx *ctx);

/* bk_ctx_set - replace a string of the context by a copy of @value; NULL clears it. */
int bk_ctx_set(struct bpfkey_ctx *ctx, char **setting, const char *value);

/*
 * bk_path - put the root of @ctx in front of an absolute path
 * @ret: malloc'ed
 */
int bk_path(struct bpfkey_ctx *ctx, const char *path, char **ret);

/* bk_out_of_memory - the sentence for a NULL from an allocator. */
int bk_out_of_memory(struct bpfkey_ctx *ctx);

#endif
