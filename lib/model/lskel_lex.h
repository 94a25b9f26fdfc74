/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tokens of C that a light skeleton is made of; for the parser alone. */
#ifndef BK_LSKEL_LEX_H
#define BK_LSKEL_LEX_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

enum lskel_lex_kind { LSKEL_LEX_END, LSKEL_LEX_NAME, LSKEL_LEX_STRING, LSKEL_LEX_OTHER };

/* The token at hand: bytes @at to @end; names and numbers are LSKEL_LEX_NAME. */
struct lskel_lex {
	struct bpfkey_ctx *ctx;
	struct view text;
	enum lskel_lex_kind kind;
	size_t at, end;
};

/* lskel_lex_next - -BPFKEY_E_FORMAT for what is no C, with its line. */
int lskel_lex_next(struct lskel_lex *l);

/* lskel_lex_is - is the token at hand this name or character? */
bool lskel_lex_is(const struct lskel_lex *l, const char *s);

/* lskel_lex_text - the token at hand. */
struct view lskel_lex_text(const struct lskel_lex *l);

/* lskel_lex_decode - append the bytes of the string at hand to @b. */
int lskel_lex_decode(const struct lskel_lex *l, struct buf *b);

/* lskel_lex_fail - "line 12: @what". */
int lskel_lex_fail(const struct lskel_lex *l, const char *what);

#endif
