// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sealed keys anew: by their recovery when the TPM is gone, by their TPM while it is there. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <bpfkey/sealed.h>

#include "key_policy.h"
#include "keys.h"
#include "opts.h"
#include "sealed_key.h"

/* A sealed key that is about to be written anew. */
struct renewing {
	struct bpfkey_ctx *ctx;
	const char *source, *path;
	const struct bpfkey_key_opts *o;
	struct key_file file;
	struct sealed sealed;
	struct bk_secret *kek;
	struct pkey *key;
	struct sidecar meta;
	bool changed;		/* the file, by somebody who had not its inner key */
};

static void renewing_done(struct renewing *n)
{
	key_file_done(&n->file);
	sealed_done(&n->sealed);
	bk_secret_free(n->kek);
	pkey_free(n->key);
}

int sealed_read(struct bpfkey_ctx *ctx, const char *path, struct key_file *ret_file,
		struct sealed *ret)
{
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(pkey_freep) struct pkey *public = NULL;
	uint8_t hash[32];
	int r;

	r = key_file_read(ctx, path, &f);
	if (!r && f.form != BPFKEY_FORM_SEALED)
		r = bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the key is of form '%s', not sealed",
			    bpfkey_form_name(f.form));
	if (!r)
		r = sealed_public(ctx, key_file_view(&f), &s, &public);
	if (!r)
		r = pkey_spki_hash(ctx, public, hash);
	if (!r)
		r = key_file_check(ctx, path, &f, hash);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read key '%s'", path);
	memcpy(f.meta.public_hash, hash, sizeof(hash));
	*ret_file = f;
	f = (struct key_file){ 0 };
	*ret = s;
	s = (struct sealed){ 0 };
	return 0;
}

/* start - the file, and what its new sidecar says */
static int start(struct renewing *n)
{
	int r = sealed_read(n->ctx, n->source, &n->file, &n->sealed);

	if (r < 0)
		return r;
	n->meta = n->file.meta;
	n->meta.form = n->o->form;
	snprintf(n->meta.alg, sizeof(n->meta.alg), "%s", n->sealed.alg);
	if (!n->file.has_meta)
		n->meta.created = time(NULL);
	return 0;
}

static bool one_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_output(struct renewing *n)
{
	bool same = one_file(n->source, n->path);
	int r = 0;

	if (same && n->o->form == BPFKEY_FORM_FILE)
		return bk_fail(n->ctx, -BPFKEY_E_USAGE, "a key that is to lie open in a file goes "
			       "to another one than '%s'", n->source);
	if (!same && !(n->o->flags & BPFKEY_MAKE_FORCE))
		r = key_file_absent(n->ctx, n->path);
	return r ? r : key_file_can_write(n->ctx, n->path);
}

/*
 * seal_anew - the file for the TPM @t, and the recovery that the options name
 *
 * With another recovery goes another inner key, because who had the old way
 * back may have the old inner key.
 */
static int seal_anew(struct renewing *n, struct tpm *t, const struct tpm_use *use)
{
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	int r;

	if (sealed_recovery_given(n->o)) {
		r = sealed_recovery_check(n->ctx, n->o);
		if (!r)
			r = sealed_new(n->ctx, n->key, &s, &kek);
		if (!r)
			r = sealed_recovery_put(n->ctx, &s, kek, n->o, n->path);
		if (r < 0)
			return r;
		sealed_done(&n->sealed);
		n->sealed = s;
		s = (struct sealed){ 0 };
		bk_secret_free(n->kek);
		n->kek = steal(&kek);
	}
	r = sealed_put_tpm(n->ctx, &n->sealed, t, n->kek, use);
	return r ? r : sealed_facts(&n->sealed, t, &n->meta);
}

static int write_sealed(struct renewing *n)
{
	bool force = one_file(n->source, n->path) || (n->o->flags & BPFKEY_MAKE_FORCE);

	return sealed_write(n->ctx, n->path, &n->sealed, n->kek, &n->meta, force);
}

static int recover_to_file(struct renewing *n)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pem = NULL;
	int r = pkey_to_pem(n->ctx, n->key, NULL, &pem);

	if (r < 0)
		return r;
	return key_file_write(n->ctx, n->path,
			      (struct view){ bk_secret_data(pem), bk_secret_len(pem) }, &n->meta,
			      n->o->flags & BPFKEY_MAKE_FORCE);
}

/* only_recovery - what was for TPMs is for those that are gone, or need not be trusted */
static void only_recovery(struct sealed *s)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->slots[i].type != SEALED_RECOVERY)
			sealed_drop(s, i);
}

/* policy_before - what the key needed where it was: of its TPM, or else of where it was to go */
static int policy_before(struct renewing *n, struct key_policy *ret)
{
	const struct key_policy *found = NULL;

	if (n->changed)
		return 0;
	for (size_t i = n->sealed.n; i-- > 0;)
		if (n->sealed.slots[i].type == SEALED_TPM ||
		    (n->sealed.slots[i].type == SEALED_WRAPPED && !found))
			found = n->sealed.slots[i].policy;
	if (found)
		*ret = *found;
	/* A policy that is replaced anyway may be gone with its file. */
	if (n->o->policy || (n->o->flags & BPFKEY_MAKE_NO_POLICY))
		return 0;
	return key_policy_moved(n->ctx, n->source, n->path, ret);
}

static int recover_to_tpm(struct renewing *n)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(key_use_done) struct key_use u = { 0 };
	int r = policy_before(n, &u.policy);

	/* What brings a key back ends no earlier than now, be it the very same counter. */
	u.policy.counter.name[0] = '\0';
	only_recovery(&n->sealed);
	if (!r)
		r = tpm_open(n->ctx, NULL, &t);
	if (!r)
		r = key_policy_make(n->ctx, t, n->path, n->o, NULL, &u);
	if (!r)
		r = seal_anew(n, t, &u.use);
	return r ? r : write_sealed(n);
}

/*
 * check_whole - the private key is proved by its own tag, but of what else a changed file says,
 * nothing weakens the key that is made of it
 */
static int check_whole(struct renewing *n)
{
	int r = sealed_check(n->ctx, &n->sealed, n->kek);

	if (r != -BPFKEY_E_TAMPERED)
		return r;
	bk_forget(n->ctx);
	if (n->o->form == BPFKEY_FORM_SEALED && !key_policy_given(n->o)) {
		bk_hint(n->ctx, "say all that its use shall need, with '--pin', '--policy', "
			"'--pcrs' and '--rollback', or '--no-policy'");
		return bk_fail(n->ctx, r, "what the use of the key needed cannot be taken from "
			       "'%s': it was changed after it was sealed", n->source);
	}
	bk_log(n->ctx, BPFKEY_LOG_WARNING, "'%s' was changed after it was sealed: the key is "
	       "whole, but the file's other slots may be somebody else's: name the ways of "
	       "recovery anew with 'keyctl-bpf key reseal --recovery ...'", n->source);
	n->changed = true;
	return 0;
}

static int recover(struct renewing *n)
{
	int r;

	if (n->o->alg || (n->o->form != BPFKEY_FORM_SEALED && n->o->form != BPFKEY_FORM_FILE))
		return bk_fail(n->ctx, -BPFKEY_E_USAGE, "a key is recovered into the form sealed "
			       "or file");
	if (sealed_recovery_given(n->o))
		return bk_fail(n->ctx, -BPFKEY_E_USAGE, "a key is recovered with the recovery that "
			       "it has; 'keyctl-bpf key reseal' changes that afterwards");
	r = key_policy_check(n->ctx, n->path, n->o);
	if (!r)
		r = start(n);
	if (!r)
		r = check_output(n);
	if (!r)
		r = sealed_recovery_open(n->ctx, &n->sealed, n->o, n->source, &n->kek);
	if (!r)
		r = sealed_private(n->ctx, &n->sealed, n->kek, &n->key);
	if (!r)
		r = check_whole(n);
	if (r < 0 || (n->o->flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	if (n->o->form == BPFKEY_FORM_FILE)
		return recover_to_file(n);
	return recover_to_tpm(n);
}

static int reseal_slot(struct renewing *n, struct tpm *t, size_t slot, const struct key_use *old)
{
	_cleanup_(key_use_done) struct key_use u = { .policy = old->policy };
	int r = key_policy_make(n->ctx, t, n->path, n->o, old->pin, &u);

	sealed_drop(&n->sealed, slot);
	if (!r)
		r = seal_anew(n, t, &u.use);
	return r ? r : write_sealed(n);
}

static int reseal(struct renewing *n)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(key_use_done) struct key_use old = { .keep_pin = true };
	size_t slot = 0;
	int r;

	if (n->o->alg || n->o->form != BPFKEY_FORM_SEALED)
		return bk_fail(n->ctx, -BPFKEY_E_USAGE, "a key is resealed as what it is");
	r = key_policy_check(n->ctx, n->path, n->o);
	if (!r)
		r = start(n);
	if (!r)
		r = check_output(n);
	if (!r && sealed_recovery_given(n->o))
		r = sealed_recovery_check(n->ctx, n->o);
	if (!r)
		r = sealed_tpm_open(n->ctx, &t);
	if (!r)
		r = sealed_unlock(n->ctx, &n->sealed, t, n->source, &old, &n->kek,
				  &slot);
	if (!r)
		r = sealed_private(n->ctx, &n->sealed, n->kek, &n->key);
	if (r < 0 || (n->o->flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	return reseal_slot(n, t, slot, &old);
}

static int handle(struct renewing *n, struct bpfkey_key **ret)
{
	/* What was written says best what it is. */
	if (!(n->o->flags & BPFKEY_MAKE_DRY_RUN))
		return bpfkey_key_open(n->ctx, n->path, ret);
	return key_handle(n->ctx, n->path, n->meta.alg, &n->meta, false, ret);
}

/* renew - @how of a key as @opts say */
static int renew(struct renewing *n, const struct bpfkey_key_opts *opts,
		 int (*how)(struct renewing *n), struct bpfkey_key **ret)
{
	struct bpfkey_key_opts o;
	int r;

	bk_enter(n->ctx);
	n->o = &o;
	r = opts_take(n->ctx, &o, sizeof(o), opts);
	if (!r)
		r = how(n);
	if (r < 0)
		return bk_fail(n->ctx, r, "cannot %s key '%s'",
			       how == recover ? "recover" : "reseal", n->source);
	return ret ? handle(n, ret) : 0;
}

int bpfkey_key_recover(struct bpfkey_ctx *ctx, const char *source, const char *path,
		       const struct bpfkey_key_opts *opts, struct bpfkey_key **ret)
{
	_cleanup_(renewing_done) struct renewing n = { .ctx = ctx, .source = source,
						       .path = path };

	return renew(&n, opts, recover, ret);
}

int bpfkey_key_reseal(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_key_opts *opts, struct bpfkey_key **ret)
{
	_cleanup_(renewing_done) struct renewing n = { .ctx = ctx, .source = path, .path = path };

	return renew(&n, opts, reseal, ret);
}
