/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctx.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "buf.h"
#include "text.h"

/* A sentence longer than this is no longer one. */
#define SENTENCE_MAX 16384

struct bpfkey_ctx {
	char *root, *tpm;
	char *message, *hint;
	struct bk_sources from;
	bpfkey_log_fn log;
	void *log_user;
	bpfkey_progress_fn progress;
	void *progress_user;
};

int bpfkey_ctx_new(struct bpfkey_ctx **ret)
{
	struct bpfkey_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -BPFKEY_E_NOMEM;
	ctx->from.passphrase_fd = -1;
	*ret = ctx;
	return 0;
}

void bpfkey_ctx_free(struct bpfkey_ctx *ctx)
{
	if (!ctx)
		return;
	free(ctx->root);
	free(ctx->tpm);
	free(ctx->from.passphrase_file);
	free(ctx->from.pkcs11_module);
	free(ctx->message);
	free(ctx->hint);
	free(ctx);
}

void bpfkey_free(void *p)
{
	free(p);
}

const char *bpfkey_ctx_message(const struct bpfkey_ctx *ctx)
{
	return ctx->message ? ctx->message : "";
}

const char *bpfkey_ctx_hint(const struct bpfkey_ctx *ctx)
{
	return ctx->hint ? ctx->hint : "";
}

/* set_string - replace a setting; @n bytes of @value, NULL clears it. */
static int set_string(struct bpfkey_ctx *ctx, char **setting, const char *value, size_t n)
{
	char *copy = NULL;

	if (value && n) {
		copy = strndup(value, n);
		if (!copy)
			return bk_out_of_memory(ctx);
	}
	free(*setting);
	*setting = copy;
	return 0;
}

int bpfkey_ctx_set_root(struct bpfkey_ctx *ctx, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	bk_enter(ctx);
	if (n && dir[0] != '/')
		return bk_fail(ctx, -BPFKEY_E_USAGE, "root '%s' is not an absolute path", dir);
	while (n && dir[n - 1] == '/')
		n--;
	return set_string(ctx, &ctx->root, dir, n);
}

const char *bpfkey_ctx_root(const struct bpfkey_ctx *ctx)
{
	return ctx->root ? ctx->root : "";
}

int bk_ctx_set(struct bpfkey_ctx *ctx, char **setting, const char *value)
{
	return set_string(ctx, setting, value, value ? strlen(value) : 0);
}

struct bk_sources *bk_ctx_sources(struct bpfkey_ctx *ctx)
{
	return &ctx->from;
}

int bpfkey_ctx_set_tpm(struct bpfkey_ctx *ctx, const char *spec)
{
	bk_enter(ctx);
	return bk_ctx_set(ctx, &ctx->tpm, spec);
}

const char *bpfkey_ctx_tpm(const struct bpfkey_ctx *ctx)
{
	return ctx->tpm;
}

void bpfkey_ctx_set_log(struct bpfkey_ctx *ctx, bpfkey_log_fn fn, void *user)
{
	ctx->log = fn;
	ctx->log_user = user;
}

void bpfkey_ctx_set_progress(struct bpfkey_ctx *ctx, bpfkey_progress_fn fn, void *user)
{
	ctx->progress = fn;
	ctx->progress_user = user;
}

void bk_enter(struct bpfkey_ctx *ctx)
{
	bk_forget(ctx);
}

void bk_forget(struct bpfkey_ctx *ctx)
{
	if (!ctx)
		return;
	free(steal(&ctx->message));
	free(steal(&ctx->hint));
}

/*
 * format_line - a line that is safe to print whatever names it quotes
 *
 * Escaping the finished line, not each name, cannot be forgotten by a caller;
 * backslashes of already escaped text are left as they are.
 */
static _printf_(1, 0) char *format_line(const char *fmt, va_list ap)
{
	_cleanup_(buf_done) struct buf raw = BUF(SENTENCE_MAX), out = BUF(4 * SENTENCE_MAX);

	buf_vprintf(&raw, fmt, ap);
	for (const char *s = buf_cstr(&raw); *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_printf(&out, "\\x%02x", (unsigned char)*s);
		else
			buf_u8(&out, (uint8_t)*s);
	}
	return buf_ok(&raw) ? buf_steal_str(&out) : NULL;
}

/* grow - put @line in front of the sentence; without memory the old one stays. */
static void grow(struct bpfkey_ctx *ctx, const char *line)
{
	_cleanup_(buf_done) struct buf b = BUF(SENTENCE_MAX);
	char *whole;

	buf_str(&b, line);
	if (ctx->message)
		buf_printf(&b, ": %s", ctx->message);
	whole = buf_steal_str(&b);
	if (!whole)
		return;
	free(ctx->message);
	ctx->message = whole;
}

int bk_fail(struct bpfkey_ctx *ctx, int r, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *line = NULL;
	va_list ap;

	if (!ctx)
		return r;
	va_start(ap, fmt);
	line = format_line(fmt, ap);
	va_end(ap);
	if (line)
		grow(ctx, line);
	return r;
}

int bk_fail_errno(struct bpfkey_ctx *ctx, int r, int err, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *line = NULL;
	va_list ap;

	if (!ctx)
		return r;
	va_start(ap, fmt);
	line = format_line(fmt, ap);
	va_end(ap);
	grow(ctx, strerror(err));
	if (line)
		grow(ctx, line);
	return r;
}

void bk_hint(struct bpfkey_ctx *ctx, const char *fmt, ...)
{
	va_list ap;

	if (!ctx || ctx->hint)
		return;
	va_start(ap, fmt);
	ctx->hint = format_line(fmt, ap);
	va_end(ap);
}

void bk_log(struct bpfkey_ctx *ctx, enum bpfkey_log_level level, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *line = NULL;
	va_list ap;

	if (!ctx || !ctx->log)
		return;
	va_start(ap, fmt);
	line = format_line(fmt, ap);
	va_end(ap);
	if (line)
		ctx->log(ctx->log_user, level, line);
}

void bk_progress(struct bpfkey_ctx *ctx, const char *what, uint64_t done, uint64_t total)
{
	if (ctx && ctx->progress)
		ctx->progress(ctx->progress_user, what, done, total);
}

int bk_path(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	char *s;

	buf_printf(&b, "%s%s", bpfkey_ctx_root(ctx), path);
	s = buf_steal_str(&b);
	if (!s)
		return bk_out_of_memory(ctx);
	*ret = s;
	return 0;
}

int bk_out_of_memory(struct bpfkey_ctx *ctx)
{
	return bk_fail(ctx, -BPFKEY_E_NOMEM, "out of memory");
}
