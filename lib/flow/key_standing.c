// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a key needs and whether that is met, found out without using it. That
 * the TPM cannot be asked is an answer here, and no failure.
 */
#include <string.h>

#include <bpfkey/standing.h>

#include "../../tpm/tpm.h"
#include "../crypto/public.h"
#include "boot_log.h"
#include "key_handle.h"
#include "key_states.h"
#include "opts.h"
#include "policies.h"
#include "sealed_key.h"

/* An answer with its sentence. */
struct verdict {
	enum bpfkey_usable usable;
	int r;
	char *why, *hint;
};

struct way {
	size_t slot;
	const struct key_policy *policy;	/* never NULL */
	struct policy_file states;
	struct verdict read;			/* of the file with the signed states */
	char *file;
	uint8_t signer_hash[32];
	bool compared;
	struct tpm_standing standing;
	struct verdict verdict;
};

struct bpfkey_standing {
	const struct bpfkey_key *key;
	struct way *ways;
	size_t n;
	bool asked, has_lockout;
	struct tpm_state lockout;
	struct verdict verdict;
};
DEFINE_CLEANUP(struct bpfkey_standing *, bpfkey_standing_free)

static const struct key_policy no_policy;

static void verdict_done(struct verdict *v)
{
	free(v->why);
	free(v->hint);
	*v = (struct verdict){ 0 };
}

void bpfkey_standing_free(struct bpfkey_standing *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++) {
		policy_file_done(&st->ways[i].states);
		verdict_done(&st->ways[i].read);
		verdict_done(&st->ways[i].verdict);
		free(st->ways[i].file);
	}
	verdict_done(&st->verdict);
	free(st->ways);
	free(st);
}

/* could_not_ask - says nothing about the key */
static bool could_not_ask(int r)
{
	return r == -BPFKEY_E_TPM || r == -BPFKEY_E_NO_TPM || r == -BPFKEY_E_IO ||
	       r == -BPFKEY_E_BUSY || r == -BPFKEY_E_INTERNAL;
}

/* keep - the failure @r becomes an answer; its sentence moves out of the context */
static int keep(struct bpfkey_ctx *ctx, int r, bool unknown, struct verdict *ret)
{
	struct verdict v = { .r = r };

	if (r == -BPFKEY_E_NOMEM)
		return r;
	v.usable = !r ? BPFKEY_USABLE_YES : unknown || could_not_ask(r) ? BPFKEY_USABLE_UNKNOWN :
		   BPFKEY_USABLE_NO;
	if (r < 0) {
		v.why = strdup(bpfkey_ctx_message(ctx));
		v.hint = strdup(bpfkey_ctx_hint(ctx));
		if (!v.why || !v.hint) {
			verdict_done(&v);
			return bk_out_of_memory(ctx);
		}
	}
	bk_forget(ctx);
	verdict_done(ret);
	*ret = v;
	return 0;
}

static int same_verdict(struct bpfkey_ctx *ctx, const struct verdict *from, struct verdict *ret)
{
	struct verdict v = { .usable = from->usable, .r = from->r };

	v.why = from->why ? strdup(from->why) : NULL;
	v.hint = from->hint ? strdup(from->hint) : NULL;
	if ((from->why && !v.why) || (from->hint && !v.hint)) {
		verdict_done(&v);
		return bk_out_of_memory(ctx);
	}
	verdict_done(ret);
	*ret = v;
	return 0;
}

static int read_states(struct bpfkey_ctx *ctx, const char *key_path, struct way *w)
{
	int r;

	if (!w->policy->has_signer)
		return 0;
	r = key_states_path(ctx, key_path, w->policy, &w->file);
	if (!r)
		r = public_hash(ctx, &w->policy->signer, w->signer_hash);
	if (r < 0)
		return r;
	return keep(ctx, key_states_read(ctx, w->file, w->policy, &w->states), false, &w->read);
}

/* loads - is the key this TPM's? */
static int loads(struct bpfkey_ctx *ctx, const struct bpfkey_key *key, const struct way *w,
		 struct tpm *t)
{
	struct tpm_key_meta meta = { 0 };
	const struct sealed_slot *slot;
	struct tpm_storage here = { 0 };
	struct tpm_sealed blob;
	bool is = false;
	int r;

	if (key->info.form == BPFKEY_FORM_TPM) {
		memcpy(meta.srk_name, key->meta.srk_name, sizeof(meta.srk_name));
		memcpy(meta.key_name, key->meta.key_name, sizeof(meta.key_name));
		memcpy(meta.tpm_id, key->meta.tpm_id, sizeof(meta.tpm_id));
		return tpm_key_try(t, buf_view(&key->pem), key->info.sidecar ? &meta : NULL,
				   w->policy);
	}
	slot = &key->sealed.slots[w->slot];
	blob = sealed_blobs(slot);
	if (slot->type == SEALED_WRAPPED) {
		r = sealed_is_here(ctx, t, slot, &here, &is);
		if (r < 0)
			return r;
		if (!is)
			return bk_fail(ctx, -BPFKEY_E_OTHER_TPM, "it was wrapped for another TPM");
	}
	return tpm_sealed_try(t, &blob);
}

static int compare(struct bpfkey_ctx *ctx, struct tpm *t, struct way *w)
{
	const struct tpm_use use = { .policy = w->policy, .grants = &w->states.grants };
	int r = tpm_standing(t, &use, &w->standing);

	if (r < 0)
		return r;
	w->compared = true;
	r = tpm_standing_fail(t, &use, &w->standing);
	if (r < 0)
		r = boot_log_explain(ctx, w->standing.granted.met ? w->standing.literal.differ :
				     w->standing.granted.differ, r);
	return r;
}

static int read_lockout(struct bpfkey_ctx *ctx, struct tpm *t, struct bpfkey_standing *st)
{
	int r = st->has_lockout ? 0 : tpm_state(t, &st->lockout);
	struct tpm_identity id;

	if (!r)
		r = tpm_identify(t, &id);
	if (r < 0)
		return r;
	st->has_lockout = true;
	if (!st->lockout.locked_out)
		return 0;
	/* The clock of an embedded TPM stands between commands. */
	if (st->lockout.lockout_interval && strcmp(id.kind, "embedded") != 0)
		bk_hint(ctx, "wait %u seconds for one more try, or end it with 'keyctl-bpf tpm "
			"reset-lockout'", st->lockout.lockout_interval);
	else
		bk_hint(ctx, "end it with 'keyctl-bpf tpm reset-lockout'; it does not end by "
			"itself");
	return bk_fail(ctx, -BPFKEY_E_LOCKOUT, "the TPM is locked out after %u wrong "
		       "PINs, and takes no right one either", st->lockout.lockout_counter);
}

static int look(struct bpfkey_ctx *ctx, struct bpfkey_standing *st, struct tpm *t, struct way *w)
{
	int r = loads(ctx, st->key, w, t);

	if (!r && w->read.r < 0)
		return same_verdict(ctx, &w->read, &w->verdict);
	if (!r)
		r = compare(ctx, t, w);
	if (!r && w->policy->pin)
		r = read_lockout(ctx, t, st);
	return keep(ctx, r, false, &w->verdict);
}

/* conclude - the key is as usable as the best of its ways */
static int conclude(struct bpfkey_ctx *ctx, struct bpfkey_standing *st, struct tpm *t)
{
	const struct way *best = NULL;

	for (size_t i = 0; i < st->n; i++) {
		const struct way *w = &st->ways[i];

		/* One that is for this TPM says more than those for others. */
		if (!best || w->verdict.usable == BPFKEY_USABLE_YES ||
		    (best->verdict.usable != BPFKEY_USABLE_YES &&
		     best->verdict.r == -BPFKEY_E_OTHER_TPM))
			best = w;
		if (best->verdict.usable == BPFKEY_USABLE_YES)
			break;
	}
	if (st->key->info.form == BPFKEY_FORM_SEALED &&
	    (!best || best->verdict.r == -BPFKEY_E_OTHER_TPM))
		return keep(ctx, sealed_elsewhere(ctx, &st->key->sealed, t), false, &st->verdict);
	return same_verdict(ctx, &best->verdict, &st->verdict);
}

static int ask(struct bpfkey_ctx *ctx, struct bpfkey_standing *st)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	int r = sealed_tpm_open(ctx, &t);

	st->asked = true;
	if (r < 0)
		return keep(ctx, r, true, &st->verdict);
	for (size_t i = 0; !r && i < st->n; i++)
		r = look(ctx, st, t, &st->ways[i]);
	return r < 0 ? r : conclude(ctx, st, t);
}

static int add_ways(struct bpfkey_ctx *ctx, const struct bpfkey_key *key,
		    struct bpfkey_standing *st)
{
	st->ways = calloc(key->sealed.n + 1, sizeof(*st->ways));
	if (!st->ways)
		return bk_out_of_memory(ctx);
	if (key->info.form == BPFKEY_FORM_TPM)
		st->ways[st->n++].policy = &key->meta.policy;
	for (size_t i = 0; i < key->sealed.n; i++) {
		const struct sealed_slot *slot = &key->sealed.slots[i];

		if (slot->type == SEALED_RECOVERY)
			continue;
		st->ways[st->n].slot = i;
		st->ways[st->n++].policy = slot->policy ? slot->policy : &no_policy;
	}
	return 0;
}

int bpfkey_key_standing(struct bpfkey_ctx *ctx, const struct bpfkey_key *key, unsigned int flags,
			struct bpfkey_standing **ret)
{
	_cleanup_(bpfkey_standing_freep) struct bpfkey_standing *st = calloc(1, sizeof(*st));
	bool guarded = false;
	int r;

	bk_enter(ctx);
	if (!st)
		return bk_out_of_memory(ctx);
	st->key = key;
	r = add_ways(ctx, key, st);
	for (size_t i = 0; !r && i < st->n; i++) {
		r = read_states(ctx, key->path, &st->ways[i]);
		guarded |= !policy_is_empty(st->ways[i].policy);
	}
	if (!r && sidecar_names_tpm(&key->meta) &&
	    (guarded || (flags & BPFKEY_STANDING_ASK)))
		r = ask(ctx, st);
	if (r < 0)
		return r;
	*ret = steal(&st);
	return 0;
}

int bpfkey_standing_info(struct bpfkey_ctx *ctx, const struct bpfkey_standing *st,
			 struct bpfkey_standing_info *ret)
{
	const struct tpm_state *l = &st->lockout;
	struct bpfkey_standing_info i = {
		.usable = st->verdict.usable,
		.asked = st->asked,
		.why = st->verdict.why,
		.hint = st->verdict.hint,
		.code = st->verdict.r,
		.ways = st->n,
		.lockout = st->has_lockout,
	};

	bk_enter(ctx);
	if (st->has_lockout) {
		i.locked_out = l->locked_out;
		i.tries_max = l->lockout_max;
		i.tries_left = l->locked_out || l->lockout_counter >= l->lockout_max ?
				       0 : l->lockout_max - l->lockout_counter;
		i.forget_seconds = l->lockout_interval;
	}
	return opts_give(ctx, ret, &i, sizeof(i));
}

static const struct way *find_way(struct bpfkey_ctx *ctx, const struct bpfkey_standing *st,
				  size_t i)
{
	if (i < st->n)
		return &st->ways[i];
	bk_fail(ctx, -BPFKEY_E_USAGE, "there are %zu ways to use the key, no way %zu", st->n, i);
	return NULL;
}

int bpfkey_standing_way(struct bpfkey_ctx *ctx, const struct bpfkey_standing *st, size_t i,
			struct bpfkey_way *ret)
{
	struct bpfkey_way out = { 0 };
	const struct way *w;

	bk_enter(ctx);
	w = find_way(ctx, st, i);
	if (!w)
		return -BPFKEY_E_USAGE;
	out.slot = w->slot;
	out.pin = w->policy->pin;
	if (w->policy->has_signer) {
		const struct policy_grants *g = &w->states.grants;

		out.ref = w->policy->ref;
		out.file = w->file;
		memcpy(out.signer_hash, w->signer_hash, sizeof(out.signer_hash));
		out.states_read = !w->read.r;
		out.states = g->n;
		out.newest = g->n ? g->v[g->n - 1].created : 0;
	}
	out.usable = w->verdict.usable;
	out.why = w->verdict.why ? w->verdict.why : w->read.why;
	out.hint = w->verdict.why ? w->verdict.hint : w->read.hint;
	return opts_give(ctx, ret, &out, sizeof(out));
}

int bpfkey_standing_state(struct bpfkey_ctx *ctx, const struct bpfkey_standing *st, size_t i,
			  bool granted, struct bpfkey_policy_state *ret)
{
	const struct policy_grant *g;
	struct bpfkey_policy_state s;
	const struct way *w;

	bk_enter(ctx);
	w = find_way(ctx, st, i);
	if (!w)
		return -BPFKEY_E_USAGE;
	g = w->compared ? w->standing.grant : NULL;
	if (granted ? !g : !w->policy->pcrs.mask && !w->policy->counter.index)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "this way needs no such state");
	if (granted) {
		s = policies_state(&g->pcrs, &g->counter, true, &w->standing.granted);
		s.created = g->created;
	} else {
		s = policies_state(&w->policy->pcrs, &w->policy->counter, true,
				   w->compared ? &w->standing.literal : NULL);
	}
	return opts_give(ctx, ret, &s, sizeof(s));
}
