/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

#include <stdarg.h>
#include <string.h>

#include "../base/buf.h"

#define SENTENCE_MAX 4096

struct bpfkey_findings {
	struct bpfkey_finding *v; /* what and next are malloc'ed */
	size_t n;
	bool failed;
};

static const char *const names[] = {
	[BPFKEY_NOTE] = "note",
	[BPFKEY_ATTENTION] = "attention",
	[BPFKEY_UNCHECKED] = "unchecked",
};

const char *bpfkey_severity_name(enum bpfkey_severity severity)
{
	return (size_t)severity < ARRAY_SIZE(names) ? names[severity] : "unchecked";
}

struct bpfkey_findings *findings_new(void)
{
	return calloc(1, sizeof(struct bpfkey_findings));
}

bool findings_ok(const struct bpfkey_findings *f)
{
	return !f->failed;
}

void bpfkey_findings_free(struct bpfkey_findings *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		free((char *)f->v[i].what);
		free((char *)f->v[i].next);
	}
	free(f->v);
	free(f);
}

size_t bpfkey_findings_count(const struct bpfkey_findings *f)
{
	return f->n;
}

const struct bpfkey_finding *bpfkey_findings_get(const struct bpfkey_findings *f, size_t i)
{
	return i < f->n ? &f->v[i] : NULL;
}

int bpfkey_findings_verdict(const struct bpfkey_findings *f)
{
	bool unchecked = false;

	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].severity == BPFKEY_ATTENTION)
			return -BPFKEY_E_ATTENTION;
		unchecked |= f->v[i].severity == BPFKEY_UNCHECKED;
	}
	return unchecked ? -BPFKEY_E_UNCHECKED : 0;
}

static void add(struct bpfkey_findings *f, enum bpfkey_severity severity, const char *topic,
		const char *next, const char *what)
{
	_cleanup_(buf_done) struct buf b = BUF(SENTENCE_MAX);
	struct bpfkey_finding *more = reallocarray(f->v, f->n + 1, sizeof(*more));
	char *copy_what, *copy_next;

	/*
	 * Names in it come from certificates and programs. As in bk_fail(), what
	 * is escaped already stays as it is.
	 */
	for (; *what; what++) {
		if ((unsigned char)*what < 0x20 || *what == 0x7f)
			buf_printf(&b, "\\x%02x", (unsigned char)*what);
		else
			buf_u8(&b, (uint8_t)*what);
	}
	copy_what = buf_steal_str(&b);
	copy_next = strdup(next);
	if (more)
		f->v = more;
	if (!more || !copy_what || !copy_next) {
		free(copy_what);
		free(copy_next);
		f->failed = true;
		return;
	}
	more[f->n++] = (struct bpfkey_finding){severity, topic, copy_what, copy_next};
}

void findings_add(struct bpfkey_findings *f, enum bpfkey_severity severity, const char *topic,
		  const char *next, const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf b = BUF(SENTENCE_MAX);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (!buf_ok(&b))
		f->failed = true;
	else
		add(f, severity, topic, next, buf_cstr(&b));
}

void findings_failed(struct bpfkey_findings *f, struct bpfkey_ctx *ctx, const char *topic)
{
	add(f, BPFKEY_UNCHECKED, topic, bpfkey_ctx_hint(ctx), bpfkey_ctx_message(ctx));
	bk_forget(ctx);
}
