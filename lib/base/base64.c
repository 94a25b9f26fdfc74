// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base64.h"

void base64_put(struct buf *b, struct view v, size_t line)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < v.n; i += 3) {
		size_t have = v.n - i < 3 ? v.n - i : 3;
		uint32_t x = (uint32_t)v.p[i] << 16;

		x |= have > 1 ? (uint32_t)v.p[i + 1] << 8 : 0;
		x |= have > 2 ? v.p[i + 2] : 0;
		buf_u8(b, (uint8_t)set[x >> 18]);
		buf_u8(b, (uint8_t)set[x >> 12 & 63]);
		buf_u8(b, have > 1 ? (uint8_t)set[x >> 6 & 63] : '=');
		buf_u8(b, have > 2 ? (uint8_t)set[x & 63] : '=');
		column += 4;
		if (line && (column == line || i + 3 >= v.n)) {
			buf_u8(b, '\n');
			column = 0;
		}
	}
}

/* base64_digit - its value, or -1. */
static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int base64_get(struct view text, struct buf *b)
{
	size_t digits = 0, pads = 0;
	uint32_t x = 0;

	for (size_t i = 0; i < text.n; i++) {
		int d = base64_digit(text.p[i]);

		if (is_blank(text.p[i]))
			continue;
		if (text.p[i] == '=' && digits % 4 >= 2 && pads < 2) {
			pads++;
			continue;
		}
		if (d < 0 || pads)
			return -1;
		x = x << 6 | (uint32_t)d;
		if (++digits % 4)
			continue;
		buf_u8(b, (uint8_t)(x >> 16));
		buf_u8(b, (uint8_t)(x >> 8));
		buf_u8(b, (uint8_t)x);
	}
	if ((digits + pads) % 4)
		return -1;
	if (pads == 1)
		x >>= 2;
	else if (pads == 2)
		x >>= 4;
	if (pads == 1)
		buf_u8(b, (uint8_t)(x >> 8));
	if (pads)
		buf_u8(b, (uint8_t)x);
	return buf_ok(b) ? 0 : -1;
}
