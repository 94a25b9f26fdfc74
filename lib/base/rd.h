/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cursor through which all bytes from outside pass. Big-endian. Failure
 * sticks, a failed read gives zero or an empty view, and rd_end() refuses
 * short, oversize and trailing input alike.
 */
#ifndef BK_RD_H
#define BK_RD_H

#include <stdbool.h>

#include "util.h"

struct rd {
	struct view left;
	bool failed, no_memory;
};

static inline struct rd rd_init(struct view in)
{
	return (struct rd){ .left = in };
}

uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct view rd_bytes(struct rd *r, size_t n);

/* rd_blob - a 32-bit length, then that many bytes, at most @max. */
struct view rd_blob(struct rd *r, size_t max);

/* rd_fail - the caller found a value that cannot be. */
void rd_fail(struct rd *r);

/* rd_no_memory - the caller could not keep a value; @r->no_memory says so afterwards. */
void rd_no_memory(struct rd *r);

/* rd_end - 0 when everything was read and nothing is left, else -1. */
int rd_end(const struct rd *r);

#endif
