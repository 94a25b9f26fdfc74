/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growable bytes with a hard maximum. A failed append sticks: append what
 * there is to append, then ask once with buf_ok().
 */
#ifndef BK_BUF_H
#define BK_BUF_H

#include <stdarg.h>
#include <stdbool.h>

#include "util.h"

struct buf {
	uint8_t *p;
	size_t n, cap, max;
	bool failed, no_memory;	/* no_memory: that was why, else @max was */
};

/* BUF(max) initialises: struct buf b = BUF(1 << 20); free with buf_done(). */
#define BUF(maximum) ((struct buf){ .max = (maximum) })

void buf_done(struct buf *b);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_be16(struct buf *b, uint16_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) _printf_(2, 0);

static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

static inline struct view buf_view(const struct buf *b)
{
	return (struct view){ b->p, b->n };
}

/* buf_cstr - NUL-terminated, owned by @b; "" when empty or failed. */
const char *buf_cstr(struct buf *b);

/* buf_steal_str - the same, malloc'ed for the caller; NULL when it failed. */
char *buf_steal_str(struct buf *b);

#endif
