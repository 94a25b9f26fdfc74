/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "obj_manifest.h"

#include <string.h>

#include "../base/rd.h"

#define MANIFEST_VERSION 1

void manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->n_settings; i++) {
		free(m->settings[i].name);
		free(m->settings[i].value);
	}
	for (size_t i = 0; i < m->n_maps; i++) {
		free(m->maps[i].name);
		free(m->maps[i].pin);
	}
	for (size_t i = 0; i < m->n_programs; i++) {
		free(m->programs[i].name);
		free(m->programs[i].section);
		free(m->programs[i].target);
	}
	free(m->settings);
	free(m->maps);
	free(m->programs);
	free(m->name);
	free(m->generator);
	*m = (struct manifest){ 0 };
}

static void put_text(struct buf *b, const char *s)
{
	buf_be32(b, strlen(s));
	buf_put(b, s, strlen(s));
}

int manifest_encode(struct bpfkey_ctx *ctx, const struct manifest *m, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(MANIFEST_MAX);

	buf_be16(&b, MANIFEST_VERSION);
	put_text(&b, m->name);
	put_text(&b, m->generator);
	buf_be32(&b, m->insns_len);
	buf_be32(&b, m->metadata_len);
	buf_be32(&b, m->n_settings);
	for (size_t i = 0; i < m->n_settings; i++) {
		put_text(&b, m->settings[i].name);
		put_text(&b, m->settings[i].value);
	}
	buf_be32(&b, m->n_maps);
	for (size_t i = 0; i < m->n_maps; i++) {
		const struct manifest_map *p = &m->maps[i];

		put_text(&b, p->name);
		put_text(&b, p->pin);
		buf_be32(&b, p->type);
		buf_be32(&b, p->key_size);
		buf_be32(&b, p->value_size);
		buf_be32(&b, p->max_entries);
		buf_be32(&b, p->flags);
		buf_u8(&b, p->frozen);
	}
	buf_be32(&b, m->n_programs);
	for (size_t i = 0; i < m->n_programs; i++) {
		const struct manifest_program *p = &m->programs[i];

		put_text(&b, p->name);
		put_text(&b, p->section);
		put_text(&b, p->target);
		buf_be32(&b, p->type);
		buf_be32(&b, p->attach_type);
		buf_be32(&b, p->flags);
	}
	if (b.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&b))
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the manifest would be larger than %u MiB",
			       MANIFEST_MAX >> 20);

	*ret = b;
	b = BUF(0);
	return 0;
}

/* A NUL inside would make the name that is shown another one than the name that was signed. */
static char *get_text(struct rd *r)
{
	struct view v = rd_blob(r, MANIFEST_TEXT_MAX);
	char *s;

	if (v.n && memchr(v.p, 0, v.n))
		rd_fail(r);
	if (r->failed)
		return NULL;
	s = strndup(v.n ? (const char *)v.p : "", v.n);
	if (!s)
		rd_no_memory(r);
	return s;
}

static size_t get_count(struct rd *r, size_t max)
{
	uint32_t n = rd_u32(r);

	if (n > max) {
		rd_fail(r);
		return 0;
	}
	return n;
}

static void get_settings(struct rd *r, struct manifest *m)
{
	size_t n = get_count(r, MANIFEST_SETTINGS_MAX);

	m->settings = calloc(n + 1, sizeof(*m->settings));
	if (!m->settings)
		rd_no_memory(r);
	for (size_t i = 0; i < n && !r->failed; i++) {
		m->n_settings = i + 1;
		m->settings[i].name = get_text(r);
		m->settings[i].value = get_text(r);
	}
}

static void get_maps(struct rd *r, struct manifest *m)
{
	size_t n = get_count(r, MANIFEST_MAPS_MAX);

	m->maps = calloc(n + 1, sizeof(*m->maps));
	if (!m->maps)
		rd_no_memory(r);
	for (size_t i = 0; i < n && !r->failed; i++) {
		struct manifest_map *p = &m->maps[i];
		uint8_t frozen;

		m->n_maps = i + 1;
		p->name = get_text(r);
		p->pin = get_text(r);
		p->type = rd_u32(r);
		p->key_size = rd_u32(r);
		p->value_size = rd_u32(r);
		p->max_entries = rd_u32(r);
		p->flags = rd_u32(r);
		frozen = rd_u8(r);
		if (frozen > 1)
			rd_fail(r);
		p->frozen = frozen;
	}
}

static void get_programs(struct rd *r, struct manifest *m)
{
	size_t n = get_count(r, MANIFEST_PROGRAMS_MAX);

	m->programs = calloc(n + 1, sizeof(*m->programs));
	if (!m->programs)
		rd_no_memory(r);
	for (size_t i = 0; i < n && !r->failed; i++) {
		struct manifest_program *p = &m->programs[i];

		m->n_programs = i + 1;
		p->name = get_text(r);
		p->section = get_text(r);
		p->target = get_text(r);
		p->type = rd_u32(r);
		p->attach_type = rd_u32(r);
		p->flags = rd_u32(r);
	}
}

int manifest_decode(struct bpfkey_ctx *ctx, struct view in, struct manifest *ret)
{
	_cleanup_(manifest_done) struct manifest m = { 0 };
	struct rd r = rd_init(in);

	if (rd_u16(&r) != MANIFEST_VERSION)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the manifest is of a version that this "
			       "program does not know");
	m.name = get_text(&r);
	m.generator = get_text(&r);
	m.insns_len = rd_u32(&r);
	m.metadata_len = rd_u32(&r);
	get_settings(&r, &m);
	get_maps(&r, &m);
	get_programs(&r, &m);
	if (r.no_memory)
		return bk_out_of_memory(ctx);
	if (rd_end(&r) < 0)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the manifest is malformed");

	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

int manifest_set(struct bpfkey_ctx *ctx, struct manifest *m, const char *name,
		 const char *value)
{
	struct manifest_setting *s;

	if (m->n_settings == MANIFEST_SETTINGS_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "more than %d settings",
			       MANIFEST_SETTINGS_MAX);
	s = reallocarray(m->settings, m->n_settings + 1, sizeof(*s));
	if (!s)
		return bk_out_of_memory(ctx);
	m->settings = s;
	s += m->n_settings;
	*s = (struct manifest_setting){ strdup(name), strdup(value) };
	m->n_settings++;
	return s->name && s->value ? 0 : bk_out_of_memory(ctx);
}
