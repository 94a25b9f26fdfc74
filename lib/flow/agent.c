// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The signing agent without its socket: whom it serves, what the gate says of
 * a peer, and the answer. It keeps no state about peers: each message is judged
 * by itself, because a process may exec between two of them.
 */
#include <bpfkey.h>

#include <libgen.h>
#include <string.h>

#include "../base/file.h"
#include "../model/agent_config.h"
#include "agent_serve.h"
#include "gate_policy_file.h"
#include "opts.h"

struct bpfkey_agent {
	struct bpfkey_ctx *ctx;
	struct agent_serve *v;
	size_t n;
};

DEFINE_CLEANUP(struct bpfkey_agent *, bpfkey_agent_free)

void bpfkey_agent_free(struct bpfkey_agent *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		bpfkey_signer_free(a->v[i].signer);
	free(a->v);
	free(a);
}

size_t bpfkey_agent_keys(const struct bpfkey_agent *a)
{
	return a->n;
}

static int read_config(struct bpfkey_ctx *ctx, const char *path, struct agent_config *ret)
{
	_cleanup_(buf_done) struct buf text = BUF(AGENT_CONFIG_MAX);
	_cleanup_(bk_freep) char *own = NULL, *copy = NULL;
	int r = path ? 0 : bk_path(ctx, BPFKEY_AGENT_CONFIG_FILE, &own);

	path = path ? path : own;
	copy = path ? strdup(path) : NULL;
	if (!r && !copy)
		r = bk_out_of_memory(ctx);
	if (!r)
		r = bk_file_owned(ctx, dirname(copy));
	if (!r)
		r = bk_file_owned(ctx, path);
	if (!r)
		r = bk_file_read(ctx, path, AGENT_CONFIG_MAX, &text);
	if (r == -BPFKEY_E_NOT_FOUND)
		bk_hint(ctx, "keyctl-bpf-agent(5) tells what stands in it");
	if (!r)
		r = agent_config_parse(ctx, buf_view(&text), &gate_words, ret);
	return r < 0 ? bk_fail(ctx, r, "cannot use the agent's configuration '%s'", path) : 0;
}

static int open_signers(struct bpfkey_agent *a, const struct agent_config *c, const char *log)
{
	a->v = calloc(c->n, sizeof(*a->v));
	if (!a->v)
		return bk_out_of_memory(a->ctx);
	for (size_t i = 0; i < c->n; i++) {
		struct agent_serve *s = &a->v[i];
		int r;

		a->n = i + 1;
		memcpy(s->loader, c->v[i].loader, sizeof(s->loader));
		s->types = c->v[i].types;
		r = bpfkey_signer_open(a->ctx, c->v[i].key, c->v[i].cert, &s->signer);
		if (!r && log)
			r = bpfkey_signer_set_log(s->signer, log, 0);
		if (r < 0)
			return bk_fail(a->ctx, r, "signer of '%s'", s->loader);
	}
	return 0;
}

int bpfkey_agent_new(struct bpfkey_ctx *ctx, const struct bpfkey_agent_opts *opts,
		     struct bpfkey_agent **ret)
{
	_cleanup_(agent_config_done) struct agent_config config = { 0 };
	_cleanup_(bpfkey_agent_freep) struct bpfkey_agent *a = calloc(1, sizeof(*a));
	struct bpfkey_agent_opts o = { 0 };
	int r;

	bk_enter(ctx);
	if (!a)
		return bk_out_of_memory(ctx);
	a->ctx = ctx;
	r = opts ? opts_take(ctx, &o, sizeof(o), opts) : 0;
	if (!r)
		r = read_config(ctx, o.config, &config);
	if (!r)
		r = open_signers(a, &config, o.log);
	if (r < 0)
		return r;
	*ret = steal(&a);
	return 0;
}

size_t bpfkey_agent_need(const void *data, size_t n)
{
	struct agent_wire_head h;

	if (n < AGENT_WIRE_HEAD)
		return AGENT_WIRE_HEAD;
	if (agent_wire_head((struct view){ data, n }, &h) < 0 ||
	    h.version != AGENT_WIRE_VERSION || h.len > AGENT_WIRE_BODY_MAX)
		return n;
	return AGENT_WIRE_HEAD + (size_t)h.len;
}

static int find(struct bpfkey_agent *a, const struct bpfkey_gate_task *t,
		const struct agent_serve **ret)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->v[i].loader, t->name)) {
			*ret = &a->v[i];
			return 0;
		}
	}
	bk_hint(a->ctx, "name it in the agent's configuration, keyctl-bpf-agent(5)");
	return bk_fail(a->ctx, -BPFKEY_E_AGENT, "there is no key for the trusted loader '%s'",
		       t->name);
}

/* Whoever was in control of it before the gate shielded it may still be. */
static int check_shield(struct bpfkey_ctx *ctx, const struct bpfkey_gate_task *t)
{
	if (t->shielded)
		return 0;
	bk_hint(ctx, "start it anew while the gate enforces: keyctl-bpf gate show");
	return bk_fail(ctx, -BPFKEY_E_GATE, "process %u began while the gate did not enforce",
		       t->pid);
}

static int hand_over(struct bpfkey_agent *a, struct buf *b, void **ret, size_t *ret_n)
{
	if (!buf_ok(b))
		return bk_out_of_memory(a->ctx);
	*ret_n = b->n;
	*ret = steal(&b->p);
	return 0;
}

int bpfkey_agent_answer(struct bpfkey_agent *a, int pidfd, const void *data, size_t n,
			struct bpfkey_agent_event *event, void **ret, size_t *ret_n)
{
	struct bpfkey_gate_task t = { .sz = sizeof(t) };
	struct bpfkey_agent_event e = { 0 };
	_cleanup_(buf_done) struct buf out = BUF(0);
	enum agent_wire_why why = AGENT_WIRE_NOT_TRUSTED;
	const struct agent_serve *s = NULL;
	int r = bpfkey_gate_task(a->ctx, pidfd, &t);

	e.pid = t.pid;
	if (!r) {
		memcpy(e.loader, t.name, sizeof(e.loader));
		memcpy(e.file, t.file, sizeof(e.file));
		r = check_shield(a->ctx, &t);
	}
	if (!r) {
		r = find(a, &t, &s);
		why = AGENT_WIRE_NO_KEY;
	}
	if (r < 0) {
		e.end = true;
		r = agent_serve_refuse(a->ctx, r, why, &e, &out);
	} else if (n) {
		r = agent_serve_request(a->ctx, s, (struct view){ data, n }, &e, &out);
	} else {
		r = agent_serve_welcome(a->ctx, s, &out);
	}
	if (!r)
		r = opts_give(a->ctx, event, &e, sizeof(e));
	return r < 0 ? r : hand_over(a, &out, ret, ret_n);
}

int bpfkey_agent_busy(struct bpfkey_agent *a, const char *why, void **ret, size_t *ret_n)
{
	_cleanup_(buf_done) struct buf out = BUF(0);
	struct bpfkey_agent_event e = { 0 };
	int r;

	bk_enter(a->ctx);
	r = bk_fail(a->ctx, -BPFKEY_E_BUSY, "%s", why);
	r = agent_serve_refuse(a->ctx, r, 0, &e, &out);
	return r < 0 ? r : hand_over(a, &out, ret, ret_n);
}
