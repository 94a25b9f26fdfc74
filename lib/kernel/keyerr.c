/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyerr.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "../base/buf.h"

/* The errno values that mean the same for every key operation. */
static int common_code(int err)
{
	switch (err) {
	case ENOMEM:
		return -BPFKEY_E_NOMEM;
	case EACCES:
		return -BPFKEY_E_PRIVILEGE;
	case ENOSYS:
	case EOPNOTSUPP:
		return -BPFKEY_E_NO_KERNEL;
	case EKEYREVOKED:
		return -BPFKEY_E_REVOKED;
	case EKEYEXPIRED:
		return -BPFKEY_E_EXPIRED;
	default:
		return -BPFKEY_E_KERNEL;
	}
}

static int add_code(int err)
{
	switch (err) {
	case EPERM:  /* its restriction */
	case EACCES: /* its permissions: no WRITE */
		return -BPFKEY_E_SEALED;
	case ENOKEY:
		return -BPFKEY_E_UNKNOWN_SIGNER;
	case ENOPKG:
	case ENOENT:
		return -BPFKEY_E_ALGORITHM;
	case EBADMSG:
		return -BPFKEY_E_FORMAT;
	default:
		return common_code(err);
	}
}

static int restrict_code(int err)
{
	return err == EEXIST ? -BPFKEY_E_SEALED : common_code(err);
}

static _printf_(5, 0) int explain(struct bpfkey_ctx *ctx, int code, enum bpfkey_explain_kind kind,
				  int err, const char *fmt, va_list ap)
{
	const struct bpfkey_explanation *e = bpfkey_explain(kind, (unsigned int)err);
	_cleanup_(buf_done) struct buf b = BUF(4096);

	buf_vprintf(&b, fmt, ap);
	if (!e)
		return bk_fail_errno(ctx, code, err, "%s", buf_cstr(&b));
	bk_hint(ctx, "%s", e->next);
	return bk_fail(ctx, code, "%s: %s (%s)", buf_cstr(&b), e->cause, e->name);
}

int keyerr_add(struct bpfkey_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = explain(ctx, add_code(err), BPFKEY_EXPLAIN_ADD_KEY, err, fmt, ap);
	va_end(ap);
	return r;
}

int keyerr_parse(struct bpfkey_ctx *ctx, int err, const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (err == EPERM || err == EACCES) {
		bk_hint(ctx, "see what keeps this process from making keys: a security module or a "
			     "seccomp filter");
		return bk_fail_errno(ctx, -BPFKEY_E_PRIVILEGE, err, "%s", buf_cstr(&b));
	}
	if (err == ENOPKG || err == ENOENT)
		bk_hint(ctx, "keyctl-bpf doctor lists the algorithms that this kernel lacks");
	return keyerr_add(ctx, err, "%s", buf_cstr(&b));
}

int keyerr_restrict(struct bpfkey_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = explain(ctx, restrict_code(err), BPFKEY_EXPLAIN_RESTRICT, err, fmt, ap);
	va_end(ap);
	return r;
}

int keyerr_other(struct bpfkey_ctx *ctx, int err, const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (err == EDQUOT)
		bk_hint(ctx, "raise kernel.keys.root_maxkeys, or unlink keys that nobody needs");
	return bk_fail_errno(ctx, common_code(err), err, "%s", buf_cstr(&b));
}
