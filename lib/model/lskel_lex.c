/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lskel_lex.h"

#include <string.h>

int lskel_lex_fail(const struct lskel_lex *l, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < l->at && i < l->text.n; i++)
		line += l->text.p[i] == '\n';
	return bk_fail(l->ctx, -BPFKEY_E_FORMAT, "line %zu: %s", line, what);
}

static int at(const struct lskel_lex *l, size_t i)
{
	return i < l->text.n ? l->text.p[i] : -1;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_word(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* Up to the end of the line, lines that end with a backslash included. */
static size_t line_end(const struct lskel_lex *l, size_t i)
{
	while (i < l->text.n && (at(l, i) != '\n' || at(l, i - 1) == '\\'))
		i++;
	return i;
}

/* Blanks, comments and lines for the preprocessor. */
static int skip(struct lskel_lex *l)
{
	size_t i = l->end;

	while (i < l->text.n) {
		int c = at(l, i);

		if (is_blank(c) || (c == '\\' && at(l, i + 1) == '\n')) {
			i++;
		} else if (c == '#') {
			i = line_end(l, i + 1);
		} else if (c == '/' && at(l, i + 1) == '/') {
			i = line_end(l, i + 1);
		} else if (c == '/' && at(l, i + 1) == '*') {
			const uint8_t *end = memmem(l->text.p + i + 2, l->text.n - i - 2, "*/", 2);

			l->at = i;
			if (!end)
				return lskel_lex_fail(l, "a comment that does not end");
			i = end - l->text.p + 2;
		} else {
			break;
		}
	}
	l->at = l->end = i;
	return 0;
}

static int quoted(struct lskel_lex *l, int quote)
{
	size_t i = l->at + 1;

	while (at(l, i) != quote) {
		if (at(l, i) < 0 || at(l, i) == '\n')
			return lskel_lex_fail(l, "a literal that does not end");
		i += at(l, i) == '\\' ? 2 : 1;
	}
	l->end = i + 1;
	l->kind = quote == '"' ? LSKEL_LEX_STRING : LSKEL_LEX_OTHER;
	return 0;
}

int lskel_lex_next(struct lskel_lex *l)
{
	int r = skip(l), c;

	if (r < 0)
		return r;
	c = at(l, l->at);
	if (c < 0) {
		l->kind = LSKEL_LEX_END;
		return 0;
	}
	if (c == '"' || c == '\'')
		return quoted(l, c);
	if (c < ' ' || c > '~')
		return lskel_lex_fail(l, "a byte that is no text");
	l->end = l->at + 1;
	l->kind = LSKEL_LEX_OTHER;
	if (is_word(c)) {
		l->kind = LSKEL_LEX_NAME;
		while (is_word(at(l, l->end)))
			l->end++;
	}
	return 0;
}

struct view lskel_lex_text(const struct lskel_lex *l)
{
	return (struct view){ l->text.p + l->at, l->end - l->at };
}

bool lskel_lex_is(const struct lskel_lex *l, const char *s)
{
	struct view v = lskel_lex_text(l);

	return (l->kind == LSKEL_LEX_NAME || l->kind == LSKEL_LEX_OTHER) && v.n == strlen(s) &&
	       !memcmp(v.p, s, v.n);
}

/* The characters of a literal, lines that a backslash joins being one. */
struct chars {
	const uint8_t *p, *end;
};

static int peek(struct chars *c)
{
	while (c->end - c->p >= 2 && c->p[0] == '\\' && c->p[1] == '\n')
		c->p += 2;
	return c->p < c->end ? *c->p : -1;
}

static int take(struct chars *c)
{
	int v = peek(c);

	c->p += v >= 0;
	return v;
}

static int digit(int c, int base)
{
	int v = c >= '0' && c <= '9' ? c - '0' :
		c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;

	return v < base ? v : -1;
}

/* A run of digits; C takes hexadecimal ones without end, so a third would be part of them. */
static int number(struct chars *c, int base, int max_digits)
{
	int v = 0, n = 0;

	while (n < max_digits && digit(peek(c), base) >= 0) {
		v = v * base + digit(take(c), base);
		n++;
	}
	if (!n || v > 255 || (base == 16 && digit(peek(c), 16) >= 0))
		return -1;
	return v;
}

static int escape(struct chars *c)
{
	static const char names[] = "abfnrtv\\\"'?", values[] = "\a\b\f\n\r\t\v\\\"'?";
	const char *at;
	int k = peek(c);

	if (digit(k, 8) >= 0)
		return number(c, 8, 3);
	take(c);
	if (k == 'x')
		return number(c, 16, 2);
	at = k > 0 ? strchr(names, k) : NULL;
	return at ? (unsigned char)values[at - names] : -1;
}

int lskel_lex_decode(const struct lskel_lex *l, struct buf *b)
{
	struct chars c = { l->text.p + l->at + 1, l->text.p + l->end - 1 };

	while (peek(&c) >= 0) {
		int v = take(&c);

		if (v == '\\')
			v = escape(&c);
		else if (v < ' ' || v > '~')
			v = -1;
		if (v < 0)
			return lskel_lex_fail(l, "a string with an escape that is not understood");
		buf_u8(b, v);
	}
	return 0;
}
