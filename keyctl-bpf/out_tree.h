/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree between out.c, which grows it and prints JSON, and out_text.c. */
#ifndef OUT_TREE_H
#define OUT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum node_kind {
	NODE_OBJECT, NODE_LIST, NODE_NULL, NODE_STR, NODE_U64, NODE_I64, NODE_BOOL,
	NODE_NOTE, NODE_RAW,
};

struct node {
	enum node_kind kind;
	char *key, *str;		/* str: STR, NOTE, RAW */
	uint64_t num;			/* U64, I64, BOOL */
	struct node *parent, *first, *last, *next;
};

/* out_text_print - the text form of an object; returns 0 or -1 (out of memory). */
int out_text_print(FILE *f, const struct node *object);

#endif
