// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making a signed policy, and signing states into it. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../base/file.h"
#include "../base/lock.h"
#include "../base/pcrs.h"
#include "../base/text.h"
#include "../crypto/public.h"
#include "boot_replay.h"
#include "key_file.h"
#include "machine.h"
#include "opts.h"
#include "policies.h"
#include "policy_handle.h"
#include "signer.h"

#define VALUES_MAX (64 * 1024)

static int write_policy(struct bpfkey_ctx *ctx, const char *path, const struct policy_file *f,
			unsigned int flags)
{
	_cleanup_(buf_done) struct buf text = BUF(POLICY_TEXT_MAX);
	int r = policy_file_text(ctx, f, &text);

	return r < 0 ? r : bk_file_replace(ctx, path, 0644, buf_view(&text), flags);
}

/* replace_policy - not between another process's reading of it and its writing */
static int replace_policy(struct bpfkey_ctx *ctx, const char *path, const struct policy_file *f)
{
	_cleanup_(bk_closep) int lock = -1;
	int r = lock_file(ctx, path, &lock);

	if (r < 0 && r != -BPFKEY_E_NOT_FOUND)
		return r;
	bk_forget(ctx);
	return write_policy(ctx, path, f, BK_FILE_FORCE);
}

static int set_ref(struct bpfkey_ctx *ctx, const char *ref, struct policy_file *f)
{
	_cleanup_(buf_done) struct buf hex = BUF(sizeof(f->grants.ref));
	uint8_t random[16];

	if (ref && (strlen(ref) >= sizeof(f->grants.ref) || !text_is_name(ref)))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no name of a policy: 1 to %zu "
			       "letters, digits and ._-", ref, sizeof(f->grants.ref) - 1);
	if (!ref) {
		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot get random bytes");
		text_hex(&hex, (struct view){ random, sizeof(random) });
		if (!buf_ok(&hex))
			return bk_out_of_memory(ctx);
		ref = buf_cstr(&hex);
	}
	snprintf(f->grants.ref, sizeof(f->grants.ref), "%s", ref);
	return 0;
}

static int set_signer(struct bpfkey_ctx *ctx, const char *key, struct policy_file *f)
{
	_cleanup_(buf_done) struct buf pem = BUF(sizeof(f->signer));
	_cleanup_(signer_freep) struct signer *s = NULL;
	int r;

	r = signer_open(ctx, key, NULL, &s);
	if (r < 0)
		return r;
	r = public_of(ctx, signer_pkey(s), &f->grants.signer);
	if (!r)
		r = public_text(ctx, &f->grants.signer, &pem);
	if (r < 0)
		return bk_fail(ctx, r, "key '%s' can be no policy key", signer_shown(s));
	if (!buf_ok(&pem))
		return bk_out_of_memory(ctx);
	snprintf(f->signer, sizeof(f->signer), "%s", buf_cstr(&pem));
	return 0;
}

static int make_policy(struct bpfkey_ctx *ctx, const char *path,
		       const struct bpfkey_policy_opts *o, struct bpfkey_policy **ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	bool force = o->flags & BPFKEY_MAKE_FORCE, dry = o->flags & BPFKEY_MAKE_DRY_RUN;
	int r = force ? 0 : key_file_absent(ctx, path);

	if (!r)
		r = key_file_can_write(ctx, path);
	if (!r)
		r = set_ref(ctx, o->ref, &f);
	if (!r)
		r = set_signer(ctx, o->key, &f);
	if (!r && !dry)
		r = force ? replace_policy(ctx, path, &f) : write_policy(ctx, path, &f, 0);
	return r < 0 ? r : policy_handle_new(ctx, &f, !dry, ret);
}

int bpfkey_policy_new(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_policy_opts *opts, struct bpfkey_policy **ret)
{
	_cleanup_(bpfkey_policy_freep) struct bpfkey_policy *p = NULL;
	struct bpfkey_policy_opts o;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r && !o.key)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "a policy needs the key that signs its states");
	if (!r)
		r = make_policy(ctx, path, &o, &p);
	if (r < 0)
		return bk_fail(ctx, r, "cannot make policy '%s'", path);
	if (ret)
		*ret = steal(&p);
	return 0;
}

static int values_from_file(struct bpfkey_ctx *ctx, const char *path, struct pcr_set *ret)
{
	_cleanup_(buf_done) struct buf text = BUF(VALUES_MAX);
	int r = bk_file_read(ctx, path, VALUES_MAX, &text);

	if (r < 0)
		return r;
	if (memchr(text.p ? text.p : (const uint8_t *)"", 0, text.n) ||
	    pcrs_values(buf_cstr(&text), ret) < 0) {
		bk_hint(ctx, "one bank, as 'tpm2_pcrread sha256:0,2,7' prints it");
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' does not hold values of PCRs", path);
	}
	return 0;
}

/* ask_tpm - what of the state only the TPM knows; it is closed again before a key is opened */
static int ask_tpm(struct bpfkey_ctx *ctx, const struct bpfkey_state_opts *o,
		   const struct pcr_set *wanted, struct policy_grant *g)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	bool pcrs = wanted->mask && !o->event_log;
	int r;

	if (!pcrs && !o->counter)
		return 0;
	r = tpm_open(ctx, NULL, &t);
	if (!r && pcrs)
		r = tpm_pcr_read(t, wanted->bank, wanted->mask, &g->pcrs);
	if (!r && o->counter)
		r = tpm_counter_ref(t, o->counter, &g->counter);
	g->counter.limit = o->counter ? o->limit : 0;
	return r;
}

static int make_state(struct bpfkey_ctx *ctx, const struct bpfkey_state_opts *o,
		      struct policy_grant *g)
{
	struct pcr_set wanted = { 0 };
	int r = 0;

	if (!o->key)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no policy key is named");
	if (o->pcrs && o->values)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "PCRs as they are now, and from a file: only "
			       "one of both can be signed");
	if (o->event_log && !o->pcrs)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an event log is named, but no PCRs of it");
	if (!o->pcrs && !o->values && !o->counter)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a state without PCRs and without counter "
			       "would allow everything");
	if (o->pcrs)
		r = machine_pcrs(ctx, o->pcrs, &wanted);
	if (!r)
		r = machine_counter(ctx, o->counter);
	if (!r && o->values)
		r = values_from_file(ctx, o->values, &g->pcrs);
	if (!r && o->event_log)
		r = boot_replay(ctx, o->event_log, &wanted, &g->pcrs);
	if (!r)
		r = ask_tpm(ctx, o, &wanted, g);
	if (r < 0)
		return r;
	machine_warn_blank(ctx, &g->pcrs);
	g->created = time(NULL);
	return 0;
}

static int sign_state(struct bpfkey_ctx *ctx, const char *key, const struct policy_grants *of,
		      struct policy_grant *g)
{
	_cleanup_(signer_freep) struct signer *s = NULL;
	uint8_t digest[POLICY_DIGEST_LEN];
	struct pubkey pub;
	int r;

	r = signer_open(ctx, key, NULL, &s);
	if (!r)
		r = public_of(ctx, signer_pkey(s), &pub);
	if (r < 0)
		return r;
	if (!public_same(&pub, &of->signer)) {
		bk_hint(ctx, "'keyctl-bpf key policy show' tells the hash of the policy's key, "
			"'keyctl-bpf key show' that of a key");
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "key '%s' is not the one that signs this "
			       "policy", signer_shown(s));
	}
	r = tpm_policy_to_sign(ctx, &g->pcrs, &g->counter, of->ref, digest);
	if (!r)
		r = public_sign(ctx, signer_pkey(s), digest, g->sig, sizeof(g->sig), &g->sig_len);
	if (!r)
		r = public_verify(ctx, &of->signer, digest, (struct view){ g->sig, g->sig_len });
	return r < 0 ? bk_fail(ctx, r, "key '%s'", signer_shown(s)) : 0;
}

static bool same_state(const struct policy_grant *a, const struct policy_grant *b)
{
	return !memcmp(&a->pcrs, &b->pcrs, sizeof(a->pcrs)) &&
	       a->counter.index == b->counter.index && a->counter.limit == b->counter.limit &&
	       !strcmp(a->counter.name, b->counter.name);
}

/* has_state - signed already, and with @alone nothing else is */
static bool has_state(struct bpfkey_ctx *ctx, const struct policy_grants *all, bool alone,
		      const struct policy_grant *g)
{
	if (alone && all->n != 1)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		if (same_state(&all->v[i], g) && !policies_signed(ctx, all, i))
			return true;
		bk_forget(ctx);
	}
	return false;
}

/*
 * put_state - into the policy in @f, unless it is there
 * @ret_put: whether it was not
 */
static int put_state(struct bpfkey_ctx *ctx, bool replace, const struct policy_grant *g,
		     struct policy_file *f, bool *ret_put)
{
	int r = 0;

	*ret_put = !has_state(ctx, &f->grants, replace, g);
	if (*ret_put && replace)
		f->grants.n = 0;
	if (*ret_put)
		r = policy_file_add(ctx, f, g);
	return r;
}

/* write_state - into the policy as it is now: others may have signed states meanwhile */
static int write_state(struct bpfkey_ctx *ctx, const char *path, bool replace,
		       const struct policy_grant *g, struct policy_file *f, bool *ret_put)
{
	_cleanup_(policy_file_done) struct policy_file now = { 0 };
	_cleanup_(bk_closep) int lock = -1;
	int r = lock_file(ctx, path, &lock);

	if (!r)
		r = policies_read(ctx, path, &now);
	if (r < 0)
		return r;
	if (!public_same(&now.grants.signer, &f->grants.signer) ||
	    strcmp(now.grants.ref, f->grants.ref))
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "'%s' became another policy meanwhile",
			       path);
	r = put_state(ctx, replace, g, &now, ret_put);
	if (!r && *ret_put)
		r = write_policy(ctx, path, &now, BK_FILE_FORCE);
	if (r < 0)
		return r;
	policy_file_done(f);
	*f = now;
	now = (struct policy_file){ 0 };
	return 0;
}

/* The policy is locked only when nobody is asked for anything any more. */
static int add_state(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_state_opts *o,
		     struct bpfkey_policy **ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	bool dry = o->flags & BPFKEY_MAKE_DRY_RUN, put = false;
	struct policy_grant g = { 0 };
	int r;

	r = policies_read(ctx, path, &f);
	if (!r)
		r = make_state(ctx, o, &g);
	/* Also when there is nothing to do: whoever has not got the key learns it now. */
	if (!r)
		r = sign_state(ctx, o->key, &f.grants, &g);
	if (!r && dry)
		r = put_state(ctx, o->replace, &g, &f, &put);
	else if (!r)
		r = write_state(ctx, path, o->replace, &g, &f, &put);
	if (r < 0)
		return r;
	return policy_handle_new(ctx, &f, put && !dry, ret);
}

int bpfkey_policy_sign(struct bpfkey_ctx *ctx, const char *path,
		       const struct bpfkey_state_opts *opts, struct bpfkey_policy **ret)
{
	_cleanup_(bpfkey_policy_freep) struct bpfkey_policy *p = NULL;
	struct bpfkey_state_opts o;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = add_state(ctx, path, &o, &p);
	if (r < 0)
		return bk_fail(ctx, r, "cannot sign a state into policy '%s'", path);
	if (ret)
		*ret = steal(&p);
	return 0;
}
