// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Grows the tree of an answer and prints the JSON envelope around it. A failed
 * allocation sticks and turns the end into a failure, so that commands need
 * not ask after every value.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpfkey/err.h>

#include "out.h"
#include "out_tree.h"

#define OUT_SCHEMA 1

/* Even then the answer is one object. */
#define JSON_NO_MEMORY                                                                \
	"{\"schema\": 1, \"command\": null, \"ok\": false, \"changed\": false, "          \
	"\"result\": null, \"error\": {\"exit\": 1, \"code\": \"E_NOMEM\", "             \
	"\"message\": \"out of memory\", \"hint\": null}}"

struct out {
	struct node root, *at;
	bool failed, changed, answered;
};

static void node_free(struct node *n)
{
	struct node *child = n->first;

	while (child) {
		struct node *next = child->next;

		node_free(child);
		free(child);
		child = next;
	}
	free(n->key);
	free(n->str);
}

struct out *out_new(void)
{
	struct out *o = calloc(1, sizeof(*o));

	if (o)
		o->at = &o->root;	/* NODE_OBJECT */
	return o;
}

void out_free(struct out *o)
{
	if (!o)
		return;
	node_free(&o->root);
	free(o);
}

static struct node *add(struct out *o, enum node_kind kind, const char *key, const char *str)
{
	struct node *n;

	if (o->failed)
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n) {
		o->failed = true;
		return NULL;
	}
	n->kind = kind;
	n->key = key ? strdup(key) : NULL;
	n->str = str ? strdup(str) : NULL;
	n->parent = o->at;
	if (o->at->last)
		o->at->last->next = n;
	else
		o->at->first = n;
	o->at->last = n;
	if ((key && !n->key) || (str && !n->str))
		o->failed = true;
	return n;
}

static void add_number(struct out *o, enum node_kind kind, const char *key, uint64_t v)
{
	struct node *n = add(o, kind, key, NULL);

	if (n)
		n->num = v;
}

void out_open(struct out *o, const char *key)
{
	struct node *n = add(o, NODE_OBJECT, key, NULL);

	if (n)
		o->at = n;
}

void out_list(struct out *o, const char *key)
{
	struct node *n = add(o, NODE_LIST, key, NULL);

	if (n)
		o->at = n;
}

void out_close(struct out *o)
{
	if (!o->failed && o->at->parent)
		o->at = o->at->parent;
}

void out_str(struct out *o, const char *key, const char *value)
{
	add(o, value ? NODE_STR : NODE_NULL, key, value);
}

void out_u64(struct out *o, const char *key, uint64_t value)
{
	add_number(o, NODE_U64, key, value);
}

void out_i64(struct out *o, const char *key, int64_t value)
{
	add_number(o, NODE_I64, key, (uint64_t)value);
}

void out_bool(struct out *o, const char *key, bool value)
{
	add_number(o, NODE_BOOL, key, value);
}

void out_time(struct out *o, const char *key, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		out_str(o, key, NULL);	/* a year that no calendar has */
	else
		out_str(o, key, text);
}

void out_hex(struct out *o, const char *key, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = p;
	char *text = malloc(2 * n + 1);
	size_t i;

	if (!text) {
		o->failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		text[2 * i] = digits[b[i] >> 4];
		text[2 * i + 1] = digits[b[i] & 15];
	}
	text[2 * n] = '\0';
	out_str(o, key, text);
	free(text);
}

void out_note(struct out *o, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		o->failed = true;
		return;
	}
	add(o, NODE_NOTE, NULL, text);
	free(text);
}

void out_raw(struct out *o, const char *key, const char *text)
{
	add(o, NODE_RAW, key, text);
}

void out_changed(struct out *o)
{
	o->changed = true;
}

void out_answered(struct out *o)
{
	o->answered = true;
}

/* Names from files need not be UTF-8, JSON has to be: a stray byte becomes \xNN. */
static json_t *json_text(const char *s)
{
	json_t *j = json_string(s);
	size_t n = strlen(s);
	char *safe, *w;

	if (j)
		return j;
	safe = malloc(4 * n + 1);
	if (!safe)
		return NULL;
	for (w = safe; *s; s++) {
		if ((unsigned char)*s < 0x80)
			*w++ = *s;
		else
			w += sprintf(w, "\\x%02x", (unsigned char)*s);
	}
	*w = '\0';
	j = json_string(safe);
	free(safe);
	return j;
}

/* JSON integers end at 2^63 here; what is larger becomes its digits. */
static json_t *json_number(const struct node *n)
{
	char text[24];

	if (n->kind == NODE_I64 || n->num <= INT64_MAX)
		return json_integer((json_int_t)n->num);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n->num);
	return json_string(text);
}

static json_t *to_json(const struct node *n);

static json_t *children_to_json(const struct node *n)
{
	json_t *j = n->kind == NODE_LIST ? json_array() : json_object();
	const struct node *c;
	int r = 0;

	for (c = n->first; j && c && r == 0; c = c->next) {
		if (c->kind == NODE_NOTE)
			continue;
		/* Both take the reference, also when they fail, and refuse NULL. */
		if (n->kind == NODE_LIST)
			r = json_array_append_new(j, to_json(c));
		else
			r = json_object_set_new(j, c->key ? c->key : "", to_json(c));
	}
	if (r == 0)
		return j;
	json_decref(j);
	return NULL;
}

static json_t *to_json(const struct node *n)
{
	switch (n->kind) {
	case NODE_OBJECT:
	case NODE_LIST:
		return children_to_json(n);
	case NODE_STR:
	case NODE_RAW:
		return json_text(n->str);
	case NODE_U64:
	case NODE_I64:
		return json_number(n);
	case NODE_BOOL:
		return json_boolean(n->num);
	default:
		return json_null();
	}
}

static json_t *error_to_json(const struct out_end *end)
{
	if (end->r >= 0)
		return json_null();
	return json_pack("{s:i, s:s, s:o, s:o}", "exit", bpfkey_err_exit(end->r), "code",
			 bpfkey_err_name(end->r), "message", json_text(end->message), "hint",
			 end->hint && *end->hint ? json_text(end->hint) : json_null());
}

static int json_envelope(const struct out *o, const struct out_end *end, bool whole,
			 char **ret)
{
	json_t *j, *command, *result;
	char *text;

	command = end->command ? json_text(end->command) : json_null();
	result = whole ? to_json(&o->root) : json_null();
	j = json_pack("{s:i, s:o, s:b, s:b, s:o, s:o}", "schema", OUT_SCHEMA, "command", command,
		      "ok", end->r >= 0, "changed", o->changed, "result", result, "error",
		      error_to_json(end));
	text = j ? json_dumps(j, 0) : NULL;
	json_decref(j);
	if (!text)
		return -BPFKEY_E_NOMEM;
	*ret = text;
	return 0;
}

static int text_form(const struct out *o, char **ret)
{
	size_t n = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &n);
	int r;

	if (!f)
		return -BPFKEY_E_NOMEM;
	r = out_text_print(f, &o->root);
	if (fclose(f) != 0 || r < 0) {
		free(text);
		return -BPFKEY_E_NOMEM;
	}
	*ret = text;
	return 0;
}

/* Made whole in memory first: a failure on the way prints nothing of it. */
int out_finish(struct out *o, const struct out_end *end)
{
	bool whole = end->r >= 0 || o->answered;
	char *text = NULL;
	int r;

	if (!end->json && (!whole || end->quiet))
		return 0;
	r = o->failed ? -BPFKEY_E_NOMEM :
	    end->json ? json_envelope(o, end, whole, &text) : text_form(o, &text);
	if (r == 0)
		fputs(text, stdout);
	else if (end->json)
		fputs(JSON_NO_MEMORY, stdout);
	if (end->json)
		putchar('\n');
	free(text);
	/* A full disk or a closed pipe shows at the latest here. */
	if (fflush(stdout) == EOF || ferror(stdout))
		return -BPFKEY_E_IO;
	return r;
}
