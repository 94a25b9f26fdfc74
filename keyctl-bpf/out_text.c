// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text form of an answer: aligned lines, and tables for lists of objects
 * that fit one.
 */
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "out_tree.h"

#define TABLE_WIDTH_MAX 140
#define LINE_LIST_MAX 72
#define COLUMNS_MAX 24

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

/* A value that can stand on one line; with @f NULL only its columns. */
static int put_value(FILE *f, const struct node *n)
{
	char text[24];
	int columns = 0;

	switch (n->kind) {
	case NODE_STR:
		return escape_put(f, *n->str ? n->str : "-");
	case NODE_U64:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)n->num);
		return escape_put(f, text);
	case NODE_I64:
		snprintf(text, sizeof(text), "%lld", (long long)n->num);
		return escape_put(f, text);
	case NODE_BOOL:
		return escape_put(f, n->num ? "yes" : "no");
	case NODE_LIST:
		if (!n->first)
			return escape_put(f, "none");
		for (n = n->first; n; n = n->next) {
			columns += put_value(f, n);
			if (n->next)
				columns += escape_put(f, ", ");
		}
		return columns;
	default:
		return escape_put(f, "-");
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
	escape_put(f, n->str);
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
			gap -= c ? put_value(f, c) : escape_put(f, "-");
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
