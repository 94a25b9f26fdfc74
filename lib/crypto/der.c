/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "der.h"

#include <string.h>

#include "../base/base64.h"

#define PEM_LINE 64	/* RFC 7468: exactly 64 characters, but for the last line */
#define LABEL_MAX 64

int der_peek(const struct rd *r)
{
	return r->failed || !r->left.n ? -1 : r->left.p[0];
}

/* der_length - definite, and in as few bytes as it takes (X.690 10.1). */
static size_t der_length(struct rd *r)
{
	uint8_t first = rd_u8(r);
	struct view bytes;
	size_t n = 0;

	if (first < 0x80)
		return first;
	/* Four bytes of length is more than any file that we read. */
	if (first == 0x80 || first > 0x84) {
		rd_fail(r);
		return 0;
	}
	bytes = rd_bytes(r, first & 0x7f);
	for (size_t i = 0; i < bytes.n; i++)
		n = n << 8 | bytes.p[i];
	if (n < 0x80 || !bytes.n || !bytes.p[0])
		rd_fail(r);
	return n;
}

struct view der_any(struct rd *r, uint8_t *ret_tag)
{
	uint8_t tag = rd_u8(r);
	size_t n;

	/* Tag numbers above 30 take more bytes; nothing here uses them. */
	if ((tag & 0x1f) == 0x1f)
		rd_fail(r);
	n = der_length(r);
	*ret_tag = tag;
	return rd_bytes(r, n);
}

struct view der_get(struct rd *r, uint8_t tag)
{
	uint8_t got;
	struct view v = der_any(r, &got);

	if (r->failed || got != tag) {
		rd_fail(r);
		return (struct view){ NULL, 0 };
	}
	return v;
}

void der_end(struct rd *outer, const struct rd *inner)
{
	if (rd_end(inner) < 0)
		rd_fail(outer);
}

void der_put(struct buf *b, uint8_t tag, struct view contents)
{
	buf_u8(b, tag);
	if (contents.n < 0x80) {
		buf_u8(b, (uint8_t)contents.n);
	} else if (contents.n < 0x100) {
		buf_u8(b, 0x81);
		buf_u8(b, (uint8_t)contents.n);
	} else if (contents.n < 0x10000) {
		buf_u8(b, 0x82);
		buf_be16(b, (uint16_t)contents.n);
	} else {
		b->failed = true;
	}
	buf_put(b, contents.p, contents.n);
}

void der_put_u32(struct buf *b, uint32_t v)
{
	/* A leading zero keeps the number positive, further ones are not minimal. */
	uint8_t be[5] = { 0, (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			  (uint8_t)v };
	size_t skip = 0;

	while (skip < 4 && !be[skip] && !(be[skip + 1] & 0x80))
		skip++;
	der_put(b, DER_INTEGER, (struct view){ be + skip, sizeof(be) - skip });
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where "-----WORD LABEL-----" begins a line and ends one; NULL: nowhere. */
static const uint8_t *find_line(struct view text, const char *word, const char *label,
				struct view *ret_after)
{
	char line[LABEL_MAX + 32];
	int len = snprintf(line, sizeof(line), "-----%s %s-----", word, label);
	const uint8_t *p = text.p, *end = text.p + text.n, *after;

	if (len < 0 || (size_t)len >= sizeof(line))
		return NULL;
	while (p && (p = memmem(p, (size_t)(end - p), line, (size_t)len))) {
		after = p + len;
		if ((p == text.p || p[-1] == '\n') && (after == end || is_blank(*after))) {
			*ret_after = (struct view){ after, (size_t)(end - after) };
			return p;
		}
		p++;
	}
	return NULL;
}

void der_pem_put(struct buf *b, const char *label, struct view der)
{
	buf_printf(b, "-----BEGIN %s-----\n", label);
	base64_put(b, der, PEM_LINE);
	buf_printf(b, "-----END %s-----\n", label);
}

int der_pem_get(struct view text, const char *label, struct buf *ret)
{
	struct view body, tail;
	const uint8_t *end;

	if (!text.n || !find_line(text, "BEGIN", label, &body))
		return -1;
	end = find_line(body, "END", label, &tail);
	if (!end)
		return -1;
	for (size_t i = 0; i < tail.n; i++)
		if (!is_blank(tail.p[i]))
			return -1;
	body.n = (size_t)(end - body.p);
	return base64_get(body, ret);
}

bool der_pem_is(struct view text, const char *label)
{
	struct view after;

	return text.n && find_line(text, "BEGIN", label, &after);
}
