/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buf.h"

#include <string.h>

#define BUF_FIRST 256

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

/* reserve - room for @n more bytes and a NUL; false sticks. */
static bool reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST;
	uint8_t *p;

	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return false;
	}
	if (b->n + n < b->cap)
		return true;
	while (cap <= b->n + n)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p) {
		b->failed = b->no_memory = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (!reserve(b, n) || !n)
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

static void put_be(struct buf *b, uint64_t v, unsigned int bytes)
{
	while (bytes--)
		buf_u8(b, (uint8_t)(v >> (8 * bytes)));
}

void buf_be16(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_be32(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_be64(struct buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (!reserve(b, (size_t)n))
		return;
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *buf_cstr(struct buf *b)
{
	if (!reserve(b, 0))
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}

char *buf_steal_str(struct buf *b)
{
	char *s;

	if (!reserve(b, 0))
		return NULL;
	b->p[b->n] = 0;
	s = (char *)b->p;
	*b = (struct buf){ .max = b->max };
	return s;
}
