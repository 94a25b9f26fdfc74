// SPDX-License-Identifier: LGPL-2.1-or-later
#include "passphrase.h"

#include <errno.h>
#include <string.h>

#include "file.h"

void bpfkey_ctx_set_ask(struct bpfkey_ctx *ctx, bpfkey_ask_fn fn, void *user)
{
	struct bk_sources *s = bk_ctx_sources(ctx);

	s->ask = fn;
	s->ask_user = user;
}

int bpfkey_ctx_set_passphrase_file(struct bpfkey_ctx *ctx, const char *path)
{
	bk_enter(ctx);
	if (path && !strcmp(path, "-"))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a passphrase comes from standard input by "
			       "descriptor 0, not by the file '-'");
	return bk_ctx_set(ctx, &bk_ctx_sources(ctx)->passphrase_file, path);
}

void bpfkey_ctx_set_passphrase_fd(struct bpfkey_ctx *ctx, int fd)
{
	bk_ctx_sources(ctx)->passphrase_fd = fd;
}

int bpfkey_ctx_set_pkcs11_module(struct bpfkey_ctx *ctx, const char *path)
{
	bk_enter(ctx);
	if (path && path[0] != '/')
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the PKCS#11 module '%s' is not an absolute "
			       "path", path);
	return bk_ctx_set(ctx, &bk_ctx_sources(ctx)->pkcs11_module, path);
}

/* check - no bytes that no keyboard makes; each secret here has room for the NUL behind it. */
static int check(struct bpfkey_ctx *ctx, struct bk_secret *s)
{
	uint8_t *p = bk_secret_data(s);
	size_t n = bk_secret_len(s);

	if (n > BPFKEY_SECRET_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "it is longer than %d bytes",
			       BPFKEY_SECRET_MAX);
	if (n && (memchr(p, '\n', n) || memchr(p, '\r', n) || memchr(p, 0, n)))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "it is more than one line of text");
	p[n] = 0;
	return 0;
}

int passphrase_from_file(struct bpfkey_ctx *ctx, const char *path, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	size_t n;
	int r;

	r = bk_file_read_secret(ctx, path, BPFKEY_SECRET_MAX + 2, &s);
	if (r < 0)
		return r;
	n = bk_secret_len(s);
	if (n && bk_secret_data(s)[n - 1] == '\n')
		n--;
	if (n && n < bk_secret_len(s) && bk_secret_data(s)[n - 1] == '\r')
		n--;
	bk_secret_set_len(s, n);
	r = check(ctx, s);
	if (r < 0)
		return bk_fail(ctx, r, "cannot take a passphrase from '%s'", path);
	*ret = steal(&s);
	return 0;
}

/* A byte at a time: what follows the line belongs to who shares the descriptor. */
static int read_line(struct bpfkey_ctx *ctx, int fd, struct bk_secret *s)
{
	uint8_t *p = bk_secret_data(s);
	size_t n = 0;

	while (n < bk_secret_cap(s)) {
		ssize_t got = read(fd, p + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot read it");
		if (!got || p[n] == '\n')
			break;
		n++;
	}
	bk_secret_set_len(s, n);
	return check(ctx, s);
}

static int from_fd(struct bpfkey_ctx *ctx, int fd, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(BPFKEY_SECRET_MAX + 1);
	int r = s ? read_line(ctx, fd, s) : bk_out_of_memory(ctx);

	if (r < 0)
		return bk_fail(ctx, r, "cannot take a passphrase from descriptor %d", fd);
	*ret = steal(&s);
	return 0;
}

int passphrase_ask(struct bpfkey_ctx *ctx, enum bpfkey_secret what, const char *name,
		   struct bk_secret **ret)
{
	const struct bk_sources *from = bk_ctx_sources(ctx);
	_cleanup_(bk_secret_freep) struct bk_secret *s = bk_secret_new(BPFKEY_SECRET_MAX + 1);
	const char *word = what == BPFKEY_SECRET_PIN ? "PIN" : "passphrase";
	size_t n = 0;
	int r = -BPFKEY_E_NOT_FOUND;

	if (!s)
		return bk_out_of_memory(ctx);
	if (from->ask)
		r = from->ask(from->ask_user, what, name, (char *)bk_secret_data(s),
			      bk_secret_cap(s), &n);
	if (r == -BPFKEY_E_NOT_FOUND) {
		bk_hint(ctx, "give it with --passphrase-file FILE or --passphrase-fd N");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it needs a %s, and there is no terminal to "
			       "ask for it", word);
	}
	if (!r && n > bk_secret_cap(s))
		r = -BPFKEY_E_INTERNAL;
	if (r < 0)
		return bk_fail(ctx, r, "cannot ask for the %s: %s", word, bpfkey_err_text(r));
	bk_secret_set_len(s, n);
	r = check(ctx, s);
	if (r < 0)
		return bk_fail(ctx, r, "the %s is none", word);
	*ret = steal(&s);
	return 0;
}

int passphrase_get(struct bpfkey_ctx *ctx, enum bpfkey_secret what, const char *name,
		   struct bk_secret **ret)
{
	const struct bk_sources *from = bk_ctx_sources(ctx);

	int r;

	if (from->passphrase_fd >= 0)
		r = from_fd(ctx, from->passphrase_fd, ret);
	else if (from->passphrase_file)
		r = passphrase_from_file(ctx, from->passphrase_file, ret);
	else
		r = passphrase_ask(ctx, what, name, ret);
	return r;
}
