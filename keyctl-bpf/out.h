/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command answers, said once: a tree of named values. With --json it is
 * printed as the "result" of the envelope, else as aligned "name: value" lines,
 * and lists of objects as tables. Keys are snake_case; the text form shows them
 * with blanks. Nothing is printed before out_finish(), so a failed command
 * leaves no half answer.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out;

struct out *out_new(void);
void out_free(struct out *o);

/* An object named @key in the current one, or, with NULL, the next one of the current list. */
void out_open(struct out *o, const char *key);
/* A list of objects (each between out_open(o, NULL) and out_close()). */
void out_list(struct out *o, const char *key);
/* Ends the innermost out_open() or out_list(). */
void out_close(struct out *o);

/* Values; @key NULL inside a list opened with out_list() adds a plain string. */
void out_str(struct out *o, const char *key, const char *value);	/* NULL: null */
void out_u64(struct out *o, const char *key, uint64_t value);
void out_i64(struct out *o, const char *key, int64_t value);
void out_bool(struct out *o, const char *key, bool value);
void out_time(struct out *o, const char *key, int64_t seconds);		/* RFC 3339, UTC */
void out_hex(struct out *o, const char *key, const void *p, size_t n);

/* A sentence for the text form only, printed where it stands in the tree. */
void out_note(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text as it is (help): the text form prints it unaligned, without its key. */
void out_raw(struct out *o, const char *key, const char *text);

/* The command changed something ("changed": true). */
void out_changed(struct out *o);

/*
 * The answer is whole although the command says no: print it also when its
 * run function returns a failure (verify of several objects, status --check).
 */
void out_answered(struct out *o);

/* For main.c: print the answer of @cmd, which ended with @r. */
struct out_end {
	const char *command;	/* "key new"; NULL: none was recognised */
	int r;
	const char *message, *hint;
	bool json, quiet;
};

int out_finish(struct out *o, const struct out_end *end);

#endif
