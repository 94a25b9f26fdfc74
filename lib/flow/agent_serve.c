// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The signing itself: what is asked for has to be a loader as this library
 * makes them, which checks its metadata first and leaves its caller nothing to
 * override, or the list of digests of an object, which no kernel takes for a
 * program. Nothing else is ever signed here.
 */
#include "agent_serve.h"

#include <bpfkey/gate.h>

#include <string.h>
#include <time.h>

#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "../crypto/digest.h"
#include "../kernel/loader_read.h"
#include "object.h"
#include "sign_log.h"
#include "signer_handle.h"

#define ANSWER_MAX (AGENT_WIRE_HEAD + AGENT_WIRE_CERT_MAX + 4096)

_Static_assert(AGENT_WIRE_SIG_MAX >= CMS_MAX, "room for every signature");
_Static_assert(AGENT_WIRE_CERT_MAX >= CERT_MAX, "room for every certificate");

static enum agent_wire_why why_of(int r)
{
	switch (-r) {
	case BPFKEY_E_BUSY:
		return AGENT_WIRE_BUSY;
	case BPFKEY_E_NO_SUPPORT:
		return AGENT_WIRE_OTHER_VERSION;
	case BPFKEY_E_FORMAT:
		return AGENT_WIRE_MALFORMED;
	case BPFKEY_E_TOO_BIG:
		return AGENT_WIRE_TOO_BIG;
	case BPFKEY_E_NOT_A_LOADER:
		return AGENT_WIRE_NOT_A_LOADER;
	default:
		return AGENT_WIRE_FAILED;
	}
}

static struct view text_view(const char *s, size_t max)
{
	size_t n = strlen(s);

	return (struct view){ (const uint8_t *)s, n < max ? n : max };
}

static int put(struct bpfkey_ctx *ctx, const struct agent_wire *w, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ANSWER_MAX);

	agent_wire_put(&b, w);
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	*ret = b;
	b = BUF(0);
	return 0;
}

int agent_serve_refuse(struct bpfkey_ctx *ctx, int r, enum agent_wire_why why,
		       struct bpfkey_agent_event *e, struct buf *ret)
{
	const struct agent_wire w = {
		.kind = AGENT_WIRE_REFUSED,
		.why = why ? why : why_of(r),
		.text = text_view(bpfkey_ctx_message(ctx), AGENT_WIRE_TEXT_MAX),
		.hint = text_view(bpfkey_ctx_hint(ctx), AGENT_WIRE_TEXT_MAX),
	};

	e->result = r;
	snprintf(e->message, sizeof(e->message), "%s", bpfkey_ctx_message(ctx));
	return put(ctx, &w, ret);
}

int agent_serve_welcome(struct bpfkey_ctx *ctx, const struct agent_serve *s, struct buf *ret)
{
	const struct agent_wire w = {
		.kind = AGENT_WIRE_WELCOME,
		.name = text_view(s->loader, AGENT_WIRE_NAME_MAX),
		.cert = cert_der(signer_cert(s->signer->signer)),
	};

	return put(ctx, &w, ret);
}

/* The kernel holds the loader to the key's types, too; here it is found before it is signed. */
static int check_types(struct bpfkey_ctx *ctx, const struct agent_serve *s,
		       const struct manifest *m)
{
	for (size_t i = 0; i < m->n_programs; i++) {
		uint32_t type = m->programs[i].type;

		if (type < 64 && s->types >> type & 1)
			continue;
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it loads program '%s' of type %s, "
			       "which is not among the types that are signed for '%s'",
			       m->programs[i].name, bpfkey_prog_type_name(type), s->loader);
	}
	return 0;
}

static int check_loader(struct bpfkey_ctx *ctx, const struct agent_serve *s,
			const struct agent_wire *w)
{
	_cleanup_(manifest_done) struct manifest m = { 0 };
	struct loader_read facts = { 0 };
	uint8_t digest[SHA256_LEN];
	int r = loader_read(ctx, w->insns, w->metadata, &m, &facts);

	if (r == -BPFKEY_E_FORMAT)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it is no loader");
	if (!r)
		r = bk_sha256(ctx, w->metadata, digest);
	if (r < 0)
		return r;
	if (facts.check == LOADER_READ_UNCHECKED || memcmp(facts.digest, digest, sizeof(digest)))
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "the loader does not check that its "
			       "metadata is what came with it");
	if (facts.sizes || facts.contents)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "the loader's caller could override "
			       "the size of %zu maps and the contents of %zu", facts.sizes,
			       facts.contents);
	return check_types(ctx, s, &m);
}

/* sign - prove, log, then hand over: what is not in the log must not exist */
static int sign(const struct agent_serve *s, const char *name, const struct view *what, size_t n,
		struct buf *sigs)
{
	struct signer *signer = s->signer->signer;
	struct bpfkey_ctx *ctx = s->signer->ctx;
	int r = cert_check_validity(ctx, signer_cert(signer), time(NULL));

	for (size_t i = 0; !r && i < n; i++) {
		struct sign_output o = { .kind = "agent", .in = name, .before = what[i] };

		sigs[i] = BUF(CMS_MAX);
		r = signer_cms(signer, what[i], &sigs[i]);
		o.after = buf_view(&sigs[i]);
		if (!r)
			r = sign_log_publish(signer, &o);
	}
	return r < 0 ? bk_fail(ctx, r, "cannot sign with the agent's key") : 0;
}

static int answer_sigs(struct bpfkey_ctx *ctx, const struct buf *sigs, uint32_t n,
		       struct buf *ret)
{
	struct agent_wire w = { .kind = AGENT_WIRE_SIGNED, .n_sigs = n };

	for (uint32_t i = 0; i < n; i++)
		w.sigs[i] = buf_view(&sigs[i]);
	return put(ctx, &w, ret);
}

static int sign_loader(struct bpfkey_ctx *ctx, const struct agent_serve *s,
		       const struct agent_wire *w, struct bpfkey_agent_event *e, struct buf *ret)
{
	_cleanup_(buf_done) struct buf both = BUF(AGENT_WIRE_BODY_MAX);
	_cleanup_(buf_done) struct buf first = BUF(0), second = BUF(0);
	struct buf sigs[2] = { BUF(0), BUF(0) };
	struct view what[2];
	int r = check_loader(ctx, s, w);

	if (!r)
		r = bk_sha256(ctx, w->insns, e->digest);
	if (r < 0)
		return r;
	buf_put(&both, w->insns.p, w->insns.n);
	buf_put(&both, w->metadata.p, w->metadata.n);
	if (!buf_ok(&both))
		return bk_out_of_memory(ctx);
	what[0] = w->insns;
	what[1] = buf_view(&both);
	r = sign(s, e->name, what, 2, sigs);
	first = sigs[0];
	second = sigs[1];
	return r < 0 ? r : answer_sigs(ctx, sigs, 2, ret);
}

static int sign_list(struct bpfkey_ctx *ctx, const struct agent_serve *s,
		     const struct agent_wire *w, struct bpfkey_agent_event *e, struct buf *ret)
{
	_cleanup_(buf_done) struct buf sig = BUF(0);
	int r = bk_sha256(ctx, w->list, e->digest);

	if (!r && !object_digests_are(w->list))
		r = bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it is not the digest list of an object");
	if (!r)
		r = sign(s, e->name, &w->list, 1, &sig);
	return r < 0 ? r : answer_sigs(ctx, &sig, 1, ret);
}

int agent_serve_request(struct bpfkey_ctx *ctx, const struct agent_serve *s, struct view in,
			struct bpfkey_agent_event *e, struct buf *ret)
{
	struct agent_wire_head h = { 0 };
	struct agent_wire w = { 0 };
	int r = 0;

	snprintf(e->key, sizeof(e->key), "%s", signer_shown(s->signer->signer));
	if (agent_wire_head(in, &h) < 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "that is no message to a signing agent");
	else if (h.version != AGENT_WIRE_VERSION)
		r = bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "a message of version %u; this agent "
			    "speaks %u", h.version, AGENT_WIRE_VERSION);
	else if (h.len > AGENT_WIRE_BODY_MAX)
		r = bk_fail(ctx, -BPFKEY_E_TOO_BIG, "a message of %u bytes; at most %u are read",
			    h.len, AGENT_WIRE_BODY_MAX);
	else if (agent_wire_read(in, &w) < 0)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "a malformed message of kind %u", h.kind);
	/* What follows on the connection cannot be told apart any more. */
	e->end = r < 0;
	if (r < 0)
		return agent_serve_refuse(ctx, r, 0, e, ret);
	snprintf(e->name, sizeof(e->name), "%.*s", (int)w.name.n,
		 w.name.n ? (const char *)w.name.p : "");
	if (w.kind == AGENT_WIRE_SIGN_LOADER)
		r = sign_loader(ctx, s, &w, e, ret);
	else if (w.kind == AGENT_WIRE_SIGN_LIST)
		r = sign_list(ctx, s, &w, e, ret);
	else
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "a message of kind %u is for agents to send",
			    w.kind);
	return r < 0 ? agent_serve_refuse(ctx, r, 0, e, ret) : 0;
}
