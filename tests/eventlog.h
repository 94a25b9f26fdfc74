/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hand-made event logs. */
#ifndef TEST_EVENTLOG_H
#define TEST_EVENTLOG_H

#include <string.h>

#include "lib/base/buf.h"

_unused_ static void put_le(struct buf *b, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_u8(b, (uint8_t)(v >> 8 * i));
}

/* put_header - the banks SHA-1 and SHA-256 */
_unused_ static void put_header(struct buf *b)
{
	static const uint8_t zero[20];

	put_le(b, 0, 4);
	put_le(b, 3, 4);
	buf_put(b, zero, 20);
	put_le(b, 16 + 8 + 4 + 8 + 1, 4);
	buf_put(b, "Spec ID Event03", 16);
	put_le(b, 0, 4);
	buf_put(b, "\0\2\0\2", 4);
	put_le(b, 2, 4);
	put_le(b, 4, 2);
	put_le(b, 20, 2);
	put_le(b, 11, 2);
	put_le(b, 32, 2);
	buf_u8(b, 0);
}

/* put_event - both digests are @fill all over */
_unused_ static void put_event(struct buf *b, uint32_t pcr, uint32_t type, uint8_t fill,
			       const void *data, size_t n)
{
	uint8_t digest[32];

	memset(digest, fill, sizeof(digest));
	put_le(b, pcr, 4);
	put_le(b, type, 4);
	put_le(b, 2, 4);
	put_le(b, 4, 2);
	buf_put(b, digest, 20);
	put_le(b, 11, 2);
	buf_put(b, digest, 32);
	put_le(b, n, 4);
	buf_put(b, data, n);
}

/* put_variable - UEFI_VARIABLE_DATA with one byte of value */
_unused_ static void put_variable(struct buf *b, uint32_t pcr, uint32_t type, uint8_t fill,
				  const char *name)
{
	_cleanup_(buf_done) struct buf v = BUF(1024);
	static const uint8_t guid[16];

	buf_put(&v, guid, sizeof(guid));
	put_le(&v, strlen(name), 8);
	put_le(&v, 1, 8);
	for (const char *c = name; *c; c++)
		put_le(&v, (uint8_t)*c, 2);
	buf_u8(&v, 1);
	put_event(b, pcr, type, fill, v.p, v.n);
}

#endif
