/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many objects: they wait for the disk together, and nobody waits for a TPM without need. While it
 * works on a signature, the object before is proven and written and the next one is read.
 */
#include <string.h>

#include "making.h"

#define BATCH_MAX 480	/* files that are open at a time; two descriptors each */
#define SYNC_ALL_MIN 8	/* so many empty the disk's cache once and not one by one */

/* One object on its way. */
struct work {
	struct bpfkey_sign_job *job;
	struct bpfkey_sign_opts opts;
	struct making m;
};

struct batch {
	struct bpfkey_signer *s;
	const struct bpfkey_sign_opts *opts;
	struct bpfkey_sign_job *jobs;
	size_t n_jobs, next;
	struct work *made, *now, *ready; /* signed, to be proven; at the key; read, to be signed */
	bool raw;
	int worst;
	size_t n, most;			/* of these: */
	struct bpfkey_sign_job *waiting[BATCH_MAX];
	struct bk_pending *files[BATCH_MAX];
};

/* Exit class 3 matters most, then 4, then the rest. */
static int weight(int r)
{
	static const int weights[] = { 0, 1, 1, 3, 2 };

	return weights[bpfkey_err_exit(r)];
}

static void job_failed(struct batch *b, struct bpfkey_sign_job *j, int r)
{
	struct bpfkey_ctx *ctx = b->s->ctx;

	r = bk_fail(ctx, r, "cannot sign '%s'", j->in);
	j->result = r;
	j->message = strdup(bpfkey_ctx_message(ctx));
	j->hint = strdup(bpfkey_ctx_hint(ctx));
	if (weight(r) > weight(b->worst))
		b->worst = r;
}

static void work_free(struct work *w)
{
	if (!w)
		return;
	making_done(&w->m);
	free(w);
}
DEFINE_CLEANUP(struct work *, work_free)

/* The next object that can be read; those that cannot are done with. */
static struct work *prepare(struct batch *b)
{
	while (b->next < b->n_jobs) {
		_cleanup_(work_freep) struct work *w = calloc(1, sizeof(*w));
		struct bpfkey_sign_job *j = &b->jobs[b->next++];
		int r;

		bk_enter(b->s->ctx);
		j->result = 0;
		j->message = j->hint = NULL;
		r = w ? making_opts(b->s, b->opts, &w->opts) : bk_out_of_memory(b->s->ctx);
		if (!r) {
			b->raw = w->opts.flags & BPFKEY_SIGN_RAW;
			w->job = j;
			w->m = (struct making){ .s = b->s, .opts = &w->opts };
			r = making_prepare(&w->m, j->in);
		}
		if (!r)
			return steal(&w);
		job_failed(b, j, r);
	}
	return NULL;
}

/* What was signed is proven, and written as far as it can be alone. */
static void complete(struct batch *b)
{
	_cleanup_(work_freep) struct work *w = steal(&b->made);
	struct bk_pending *p = NULL;
	int r;

	if (!w)
		return;
	bk_enter(b->s->ctx);
	r = making_prove(&w->m);
	r = r < 0 ? r : making_write(&w->m, w->job->in, w->job->out, &p);
	if (r < 0)
		job_failed(b, w->job, r);
	if (!p)
		return;
	bk_pending_start(p);
	b->waiting[b->n] = w->job;
	b->files[b->n++] = p;
}

/* meanwhile - one thing at a time: a whole object has three signatures, bytes have one */
static void meanwhile(void *user)
{
	struct batch *b = user;
	bool idle = !b->made;

	complete(b);
	if ((idle || b->raw) && !b->ready)
		b->ready = prepare(b);
	if (b->now->m.last_signature && b->ready)
		signer_ahead(b->s->signer, making_first(&b->ready->m));
}

enum step { STEP_SYNC, STEP_NAME, STEP_SETTLE };

static int do_step(struct batch *b, enum step step, struct bk_pending *p, struct bk_pending *before)
{
	struct bpfkey_ctx *ctx = b->s->ctx;

	if (step == STEP_NAME)
		return bk_pending_name(ctx, p);
	if (step == STEP_SETTLE)
		return bk_pending_settle(ctx, p, before);
	return b->n < SYNC_ALL_MIN ? bk_pending_sync(ctx, p) : bk_pending_sync_all(ctx, p, before);
}

static void batch_step(struct batch *b, enum step step)
{
	struct bk_pending *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct bk_pending *p = b->files[i];
		int r;

		bk_enter(b->s->ctx);
		r = do_step(b, step, p, before);
		if (r < 0) {
			job_failed(b, b->waiting[i], r);
			bk_pending_free(p);
			continue;
		}
		before = p;
		b->waiting[n] = b->waiting[i];
		b->files[n++] = p;
	}
	b->n = n;
}

static void batch_finish(struct batch *b)
{
	batch_step(b, STEP_SYNC);
	batch_step(b, STEP_NAME);
	batch_step(b, STEP_SETTLE);
	while (b->n)
		bk_pending_free(b->files[--b->n]);
}

static void use_key(struct batch *b, struct work *w)
{
	int r;

	bk_enter(b->s->ctx);
	b->now = w;
	r = making_use_key(&w->m);
	if (r < 0) {
		job_failed(b, w->job, r);
		work_free(w);
		w = NULL;
	}
	/* With a key that is here there was no time to spare. */
	complete(b);
	b->made = w;
}

/* batch_most - leave the caller as many descriptors */
static size_t batch_most(void)
{
	long open_max = sysconf(_SC_OPEN_MAX);

	if (open_max < 0 || open_max >= 4 * BATCH_MAX)
		return BATCH_MAX;
	return open_max > 16 ? (size_t)open_max / 4 : 1;
}

int bpfkey_sign_objects(struct bpfkey_signer *s, struct bpfkey_sign_job *jobs, size_t n,
			const struct bpfkey_sign_opts *opts)
{
	struct batch b = { .s = s, .opts = opts, .jobs = jobs, .n_jobs = n, .most = batch_most() };
	struct work *w;

	signer_meanwhile(s->signer, meanwhile, &b);
	while ((w = b.ready ? steal(&b.ready) : prepare(&b))) {
		bk_progress(s->ctx, "signing", (size_t)(w->job - jobs), n);
		use_key(&b, w);
		if (b.n == b.most)
			batch_finish(&b);
	}
	signer_meanwhile(s->signer, NULL, NULL);
	complete(&b);
	batch_finish(&b);
	bk_progress(s->ctx, "signing", n, n);
	return b.worst;
}

void bpfkey_sign_jobs_done(struct bpfkey_sign_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(steal(&jobs[i].message));
		free(steal(&jobs[i].hint));
	}
}
