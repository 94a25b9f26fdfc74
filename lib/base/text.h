/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in and out, strict both ways. Times are seconds since 1970, UTC. */
#ifndef BK_TEXT_H
#define BK_TEXT_H

#include <stdbool.h>

#include "buf.h"

/* Parsers return 0, or -1 and leave *ret alone; no blanks, no trailing bytes. */
int text_u64(const char *s, uint64_t max, uint64_t *ret);

/* text_duration - "90s", "15m", "12h", "30d", "1y" (365 days) in seconds. */
int text_duration(const char *s, uint64_t *ret);

/* text_time - RFC 3339 in UTC, "2026-11-22T17:00:00Z", or a date "2026-11-22". */
int text_time(const char *s, int64_t *ret);

#define TEXT_TIME_MAX 32
/* text_from_time - RFC 3339 in UTC into @out; returns @out. */
const char *text_from_time(int64_t t, char out[TEXT_TIME_MAX]);

void text_hex(struct buf *b, struct view v);
int text_unhex(const char *s, struct buf *ret);

/* text_escape - printable bytes as they are, others as \xNN, '\\' as \\. */
void text_escape(struct buf *b, const char *s);

/* text_is_name - letters, digits and ._- ; 1 to 64 of them; no leading '.' or '-'. */
bool text_is_name(const char *s);

#endif
