// SPDX-License-Identifier: LGPL-2.1-or-later
#include "opts.h"

#include <string.h>

int opts_take(struct bpfkey_ctx *ctx, void *dst, size_t n, const void *src)
{
	const uint8_t *p = src;
	size_t sz, i;

	if (!src)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no options, where there have to be some");
	memcpy(&sz, src, sizeof(sz));
	if (sz < sizeof(sz))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an options struct without its size");
	for (i = n; i < sz; i++)
		if (p[i])
			return bk_fail(ctx, -BPFKEY_E_USAGE, "options that this library does not "
				       "know: it is older than its caller");
	memset(dst, 0, n);
	memcpy(dst, src, sz < n ? sz : n);
	return 0;
}

int opts_give(struct bpfkey_ctx *ctx, void *dst, const void *src, size_t n)
{
	const size_t head = sizeof(size_t);
	size_t sz;

	memcpy(&sz, dst, head);
	if (sz < head || sz > n)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a struct of %zu bytes for an answer, of "
			       "which this library knows %zu", sz, n);
	memcpy((uint8_t *)dst + head, (const uint8_t *)src + head, sz - head);
	return 0;
}
