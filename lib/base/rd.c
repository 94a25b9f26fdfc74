/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rd.h"

void rd_fail(struct rd *r)
{
	r->failed = true;
	r->left = (struct view){ NULL, 0 };
}

struct view rd_bytes(struct rd *r, size_t n)
{
	struct view v = { NULL, 0 };

	if (r->failed || n > r->left.n) {
		rd_fail(r);
		return v;
	}
	v = (struct view){ r->left.p, n };
	r->left.p += n;
	r->left.n -= n;
	return v;
}

static uint64_t be(struct rd *r, size_t n)
{
	struct view v = rd_bytes(r, n);
	uint64_t x = 0;

	for (size_t i = 0; i < v.n; i++)
		x = x << 8 | v.p[i];
	return x;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)be(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)be(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)be(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return be(r, 8);
}

struct view rd_blob(struct rd *r, size_t max)
{
	size_t n = rd_u32(r);

	if (n > max)
		rd_fail(r);
	return rd_bytes(r, n);
}

void rd_no_memory(struct rd *r)
{
	rd_fail(r);
	r->no_memory = true;
}

int rd_end(const struct rd *r)
{
	return r->failed || r->left.n ? -1 : 0;
}
