/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 of RFC 4648, padded. */
#ifndef BK_BASE64_H
#define BK_BASE64_H

#include "buf.h"

/* base64_put - @line: a newline after so many characters and after the last; 0: none at all */
void base64_put(struct buf *b, struct view v, size_t line);

/* base64_get - blanks between the characters do not count; 0 or -1 */
int base64_get(struct view text, struct buf *b);

#endif
