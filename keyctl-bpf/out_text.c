// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text form of an answer: aligned lines, and tables for lists of objects
 * that fit one. Bytes that could steer a terminal are shown, not sent.
 */
#include <stdlib.h>
#include <string.h>

#include "out_tree.h"

#define TABLE_WIDTH_MAX 140
#define LINE_LIST_MAX 72
#define COLUMNS_MAX 24

/* Length of a well-formed UTF-8 character at @s that is safe to print, or 0. */
static size_t printable(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	uint32_t c;

	if (n <= 1)
		return n && *s >= 0x20 && *s != 0x7f ? 1 : 0;
	c = *s & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || c < 0xa0)
		return 0;
	/* Marks that reorder a line could make one name look like another. */
	if (c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

/* Prints @s when @f is given; returns the columns it takes. */
static int put_text(FILE *f, const char *s)
{
	int columns = 0;

	while (*s) {
		size_t n = printable((const unsigned char *)s);

		if (n && f)
			fwrite(s, 1, n, f);
		else if (f)
			fprintf(f, "\\x%02x", (unsigned char)*s);
		columns += n ? 1 : 4;
		s += n ? n : 1;
	}
	return columns;
}

static int put_label(FILE *f, const struct node *n)
{
	const char *k = n->key ? n->key : "";

	if (f) {
		for (; *k; k++)
			fputc(*k == '_' ? ' ' : *k, f);
	}
	return n->key ? (int)strlen(n->key) : 0;
}

static void put_blanks(FILE *f, int n)
{
	if (n > 0)
		fprintf(f, "%*s", n, "");
}

static bool is_words(const struct node *n)
{
	const struct node *c;

	if (n->kind != NODE_LIST)
		return false;
	for (c = n->first; c; c = c->next) {
		if (c->kind == NODE_OBJECT || c->kind == NODE_LIST)
			return false;
	}
	return true;
}

/* A value that can stand on one line; the same double use as put_text(). */
static int put_value(FILE *f, const struct node *n)
{
	char text[24];
	int columns = 0;

	switch (n->kind) {
	case NODE_STR:
		return put_text(f, *n->str ? n->str : "-");
	case NODE_U64:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)n->num);
		return put_text(f, text);
	case NODE_I64:
		snprintf(text, sizeof(text), "%lld", (long long)n->num);
		return put_text(f, text);
	case NODE_BOOL:
		return put_text(f, n->num ? "yes" : "no");
	case NODE_LIST:
		if (!n->first)
			return put_text(f, "none");
		for (n = n->first; n; n = n->next) {
			columns += put_value(f, n);
			if (n->next)
				columns += put_text(f, ", ");
		}
		return columns;
	default:
		return put_text(f, "-");
	}
}

static bool on_one_line(const struct node *n)
{
	if (n->kind == NODE_LIST)
		return !n->first || (is_words(n) && put_value(NULL, n) <= LINE_LIST_MAX);
	return n->kind != NODE_OBJECT && n->kind != NODE_NOTE && n->kind != NODE_RAW;
}

static void put_note(FILE *f, const struct node *n, int indent)
{
	put_blanks(f, indent);
	put_text(f, n->str);
	fputc('\n', f);
}

struct table {
	const struct node *head[COLUMNS_MAX];	/* any cell of the column, for its key */
	int width[COLUMNS_MAX], n, total;
};

static int column_of(struct table *t, const struct node *cell)
{
	int i;

	for (i = 0; i < t->n; i++) {
		if (!strcmp(t->head[i]->key, cell->key))
			return i;
	}
	if (t->n == COLUMNS_MAX)
		return -1;
	t->head[t->n] = cell;
	t->width[t->n] = put_label(NULL, cell);
	return t->n++;
}

/* Measures; false when the rows do not make a table. */
static bool table_of(const struct node *list, struct table *t)
{
	const struct node *row, *cell;
	int i;

	for (row = list->first; row; row = row->next) {
		if (row->kind == NODE_NOTE)
			continue;
		for (cell = row->first; cell; cell = cell->next) {
			int w = put_value(NULL, cell);

			if (cell->kind == NODE_NOTE)
				continue;
			i = on_one_line(cell) && cell->key ? column_of(t, cell) : -1;
			if (i < 0)
				return false;
			if (w > t->width[i])
				t->width[i] = w;
		}
	}
	for (i = 0; i < t->n; i++)
		t->total += t->width[i] + 2;
	return t->total <= TABLE_WIDTH_MAX;
}

static const struct node *cell_of(const struct node *row, const struct node *head)
{
	const struct node *c;

	for (c = row->first; c; c = c->next) {
		if (c->key && !strcmp(c->key, head->key))
			return c;
	}
	return NULL;
}

static void put_row(FILE *f, const struct table *t, const struct node *row, int indent)
{
	const struct node *c;
	int i, gap = indent;

	for (i = 0; i < t->n; i++) {
		put_blanks(f, gap);
		c = row ? cell_of(row, t->head[i]) : t->head[i];
		gap = t->width[i] + 2;
		if (!row)
			gap -= put_label(f, c);
		else
			gap -= c ? put_value(f, c) : put_text(f, "-");
	}
	fputc('\n', f);
	for (c = row ? row->first : NULL; c; c = c->next) {
		if (c->kind == NODE_NOTE)
			put_note(f, c, indent + 2);
	}
}

static void put_object(FILE *f, const struct node *object, int indent);

static void put_rows(FILE *f, const struct node *list, int indent)
{
	struct table t = { .n = 0 };
	bool table = table_of(list, &t);
	const struct node *row;

	if (table && t.n)
		put_row(f, &t, NULL, indent);
	for (row = list->first; row; row = row->next) {
		if (row->kind == NODE_NOTE) {
			put_note(f, row, indent);
		} else if (table) {
			put_row(f, &t, row, indent);
		} else {
			put_object(f, row, indent);
			if (row->next)
				fputc('\n', f);
		}
	}
}

static void put_words(FILE *f, const struct node *list, int indent)
{
	const struct node *c;

	for (c = list->first; c; c = c->next) {
		put_blanks(f, indent);
		put_value(f, c);
		fputc('\n', f);
	}
}

static void put_nested(FILE *f, const struct node *n, int indent)
{
	if (n->key) {
		put_blanks(f, indent);
		put_label(f, n);
		fputs(":\n", f);
		indent += 2;
	}
	if (n->kind == NODE_OBJECT)
		put_object(f, n, indent);
	else if (is_words(n))
		put_words(f, n, indent);
	else
		put_rows(f, n, indent);
}

static void put_child(FILE *f, const struct node *n, int indent, int width)
{
	if (n->kind == NODE_NOTE) {
		put_note(f, n, indent);
	} else if (n->kind == NODE_RAW) {
		fputs(n->str, f);
	} else if (on_one_line(n)) {
		put_blanks(f, indent);
		put_label(f, n);
		fprintf(f, ":%*s", width - put_label(NULL, n) + 1, "");
		put_value(f, n);
		fputc('\n', f);
	} else {
		put_nested(f, n, indent);
	}
}

static void put_object(FILE *f, const struct node *object, int indent)
{
	const struct node *c;
	int w, width = 0;

	for (c = object->first; c; c = c->next) {
		w = on_one_line(c) ? put_label(NULL, c) : 0;
		if (w > width)
			width = w;
	}
	for (c = object->first; c; c = c->next)
		put_child(f, c, indent, width);
}

int out_text_print(FILE *f, const struct node *object)
{
	const struct node *only = object->first;

	/* A command whose whole answer is one table needs no heading for it. */
	if (only && !only->next && only->kind == NODE_LIST && only->first && !is_words(only))
		put_rows(f, only, 0);
	else
		put_object(f, object, 0);
	return ferror(f) ? -1 : 0;
}
