// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent_wire.h"

#include <string.h>

static const uint8_t magic[4] = { 'K', 'B', 'P', 'A' };

int agent_wire_head(struct view in, struct agent_wire_head *ret)
{
	struct rd r = rd_init(in);
	struct view m = rd_bytes(&r, sizeof(magic));
	struct agent_wire_head h;

	h.version = rd_u16(&r);
	h.kind = rd_u16(&r);
	h.len = rd_u32(&r);
	if (r.failed || memcmp(m.p, magic, sizeof(magic)))
		return -1;
	*ret = h;
	return 0;
}

static void read_sigs(struct rd *r, struct agent_wire *w)
{
	w->n_sigs = rd_u32(r);
	if (!w->n_sigs || w->n_sigs > AGENT_WIRE_SIGS) {
		rd_fail(r);
		w->n_sigs = 0;
	}
	for (uint32_t i = 0; i < w->n_sigs; i++) {
		w->sigs[i] = rd_blob(r, AGENT_WIRE_SIG_MAX);
		if (!w->sigs[i].n)
			rd_fail(r);
	}
}

static void read_refused(struct rd *r, struct agent_wire *w)
{
	uint32_t why = rd_u32(r);

	if (!why || why >= AGENT_WIRE_WHY__END)
		rd_fail(r);
	w->why = (enum agent_wire_why)why;
	w->text = rd_blob(r, AGENT_WIRE_TEXT_MAX);
	w->hint = rd_blob(r, AGENT_WIRE_TEXT_MAX);
}

static void read_body(struct rd *r, struct agent_wire *w)
{
	switch (w->kind) {
	case AGENT_WIRE_WELCOME:
		w->name = rd_blob(r, AGENT_WIRE_NAME_MAX);
		w->cert = rd_blob(r, AGENT_WIRE_CERT_MAX);
		break;
	case AGENT_WIRE_SIGN_LOADER:
		w->name = rd_blob(r, AGENT_WIRE_NAME_MAX);
		w->insns = rd_blob(r, AGENT_WIRE_BODY_MAX);
		w->metadata = rd_blob(r, AGENT_WIRE_BODY_MAX);
		break;
	case AGENT_WIRE_SIGN_LIST:
		w->name = rd_blob(r, AGENT_WIRE_NAME_MAX);
		w->list = rd_blob(r, AGENT_WIRE_BODY_MAX);
		break;
	case AGENT_WIRE_SIGNED:
		read_sigs(r, w);
		break;
	case AGENT_WIRE_REFUSED:
		read_refused(r, w);
		break;
	default:
		rd_fail(r);
	}
}

int agent_wire_read(struct view in, struct agent_wire *ret)
{
	struct agent_wire w = { 0 };
	struct agent_wire_head h;
	struct rd r;

	if (agent_wire_head(in, &h) < 0 || h.version != AGENT_WIRE_VERSION ||
	    h.len > AGENT_WIRE_BODY_MAX || h.len != in.n - AGENT_WIRE_HEAD)
		return -1;
	r = rd_init((struct view){ in.p + AGENT_WIRE_HEAD, h.len });
	w.kind = (enum agent_wire_kind)h.kind;
	read_body(&r, &w);
	if (rd_end(&r) < 0)
		return -1;
	*ret = w;
	return 0;
}

static void put_blob(struct buf *b, struct view v)
{
	buf_be32(b, v.n);
	buf_put(b, v.p, v.n);
}

static size_t blob_len(struct view v)
{
	return 4 + v.n;
}

static size_t body_len(const struct agent_wire *w)
{
	size_t n = 4;

	switch (w->kind) {
	case AGENT_WIRE_WELCOME:
		return blob_len(w->name) + blob_len(w->cert);
	case AGENT_WIRE_SIGN_LOADER:
		return blob_len(w->name) + blob_len(w->insns) + blob_len(w->metadata);
	case AGENT_WIRE_SIGN_LIST:
		return blob_len(w->name) + blob_len(w->list);
	case AGENT_WIRE_SIGNED:
		for (uint32_t i = 0; i < w->n_sigs; i++)
			n += blob_len(w->sigs[i]);
		return n;
	default:
		return n + blob_len(w->text) + blob_len(w->hint);
	}
}

static void put_body(struct buf *b, const struct agent_wire *w)
{
	switch (w->kind) {
	case AGENT_WIRE_WELCOME:
		put_blob(b, w->name);
		put_blob(b, w->cert);
		break;
	case AGENT_WIRE_SIGN_LOADER:
		put_blob(b, w->name);
		put_blob(b, w->insns);
		put_blob(b, w->metadata);
		break;
	case AGENT_WIRE_SIGN_LIST:
		put_blob(b, w->name);
		put_blob(b, w->list);
		break;
	case AGENT_WIRE_SIGNED:
		buf_be32(b, w->n_sigs);
		for (uint32_t i = 0; i < w->n_sigs; i++)
			put_blob(b, w->sigs[i]);
		break;
	default:
		buf_be32(b, w->why);
		put_blob(b, w->text);
		put_blob(b, w->hint);
	}
}

void agent_wire_put(struct buf *b, const struct agent_wire *w)
{
	size_t n = body_len(w);

	/* Past the limit it fails as a full buffer does: nobody would read it. */
	if (n > AGENT_WIRE_BODY_MAX) {
		b->failed = true;
		return;
	}
	buf_put(b, magic, sizeof(magic));
	buf_be16(b, AGENT_WIRE_VERSION);
	buf_be16(b, w->kind);
	buf_be32(b, n);
	put_body(b, w);
}
