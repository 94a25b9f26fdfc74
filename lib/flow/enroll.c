/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enrolment. The kernel checks neither role nor expiry nor weak hashes, so all
 * of it is checked here, of every certificate, before the first is added.
 */
#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../crypto/algo.h"
#include "../crypto/cert.h"
#include "../kernel/keyerr.h"
#include "../kernel/probe.h"
#include "../kernel/ring_key.h"
#include "ring_change.h"
#include "ring_snapshot.h"

struct candidate {
	struct bpfkey_cert *cert;
	char description[RING_DESC_MAX], fingerprint[65];
	int32_t key; /* prepared, 0 when not */
	bool linked, stored;
};

struct enrolment {
	struct bpfkey_ctx *ctx;
	const struct bpfkey_ring_opts *opts;
	const struct ring_delegated *as;	/* NULL: as what its role says */
	struct bpfkey_ring *before, *anchors;
	struct candidate *v;
	size_t n;
};

static void enrolment_done(struct enrolment *e)
{
	for (size_t i = 0; i < e->n && e->v; i++) {
		if (e->v[i].key)
			ringkey_drop(e->v[i].key);
		cert_free(e->v[i].cert);
	}
	free(e->v);
	bpfkey_ring_free(e->before);
	bpfkey_ring_free(e->anchors);
}

/* check_sealed - before reading any certificate: is there a point? */
static int check_sealed(struct enrolment *e)
{
	const struct bpfkey_ring_info *i = &e->before->info;

	if (i->profile == BPFKEY_PROFILE_LOCKED || i->profile == BPFKEY_PROFILE_PARTIAL) {
		if (i->profile == BPFKEY_PROFILE_PARTIAL && i->anchor)
			return 0;
		bk_hint(e->ctx, "boot with %s=1 and enrol before sealing",
			i->kind == BPFKEY_RING_NATIVE ? "bpf.keyring_unsealed"
						      : "bpf_keyring.keyring_unsealed");
		return bk_fail(e->ctx, -BPFKEY_E_SEALED,
			       "keyring '%s' is sealed%s and takes no key until the next boot",
			       i->name, e->before->n ? "" : " empty");
	}
	return 0;
}

static int check_duplicate(struct enrolment *e, size_t which)
{
	const struct bpfkey_cert_info *c = cert_info(e->v[which].cert);

	for (size_t i = 0; i < which; i++) {
		const struct bpfkey_cert_info *o = cert_info(e->v[i].cert);

		if (o->public_key_len == c->public_key_len &&
		    !memcmp(o->public_key, c->public_key, c->public_key_len))
			return bk_fail(e->ctx, -BPFKEY_E_USAGE,
				       "its public key is also that of an earlier argument");
	}
	return 0;
}

/* check_against - one key of the keyring: is it the same, or in the way? */
static int check_against(struct enrolment *e, const struct candidate *c,
			 const struct bpfkey_ring_key *k)
{
	const struct bpfkey_cert_info *i = cert_info(c->cert);
	bool same_key = k->public_key && k->public_key_len == i->public_key_len &&
			!memcmp(k->public_key, i->public_key, i->public_key_len);
	bool same_cert = k->cert && !memcmp(cert_info(k->cert)->fingerprint, i->fingerprint, 32);
	bool same_name = !strcmp(k->description, c->description);
	char other[65] = "";

	if (k->state == BPFKEY_RING_KEY_ABSENT)
		return 0;
	if (k->cert)
		ring_fingerprint(k->cert, other);
	if (same_key && e->as)
		return 0;
	if (same_cert && k->state == BPFKEY_RING_KEY_VALID)
		return bk_fail(e->ctx, -BPFKEY_E_ENROLLED, "it is enrolled already, as key %d",
			       k->serial);
	if (same_name && !same_key && k->public_key) {
		bk_hint(e->ctx, "see whose key %d is, then: keyctl unlink %d %d", k->serial,
			k->serial, e->before->ring.serial);
		return bk_fail(e->ctx, -BPFKEY_E_DISPLACES,
			       "it would displace another key, %d, of the same description '%s'",
			       k->serial, k->description);
	}
	if (same_key && k->state == BPFKEY_RING_KEY_VALID) {
		if (k->cert)
			bk_hint(e->ctx, "keyctl-bpf keyring remove %.16s", other);
		return bk_fail(e->ctx, -BPFKEY_E_ENROLLED,
			       "its public key is enrolled already, with %s as key %d",
			       k->cert ? "another certificate" : "a certificate not enrolled here",
			       k->serial);
	}
	return 0;
}

static int check_anchor(struct enrolment *e, const struct candidate *c)
{
	const struct bpfkey_ring *a = e->anchors;

	for (size_t i = 0; i < a->n; i++) {
		if (a->keys[i].state == BPFKEY_RING_KEY_ABSENT)
			continue;
		/* An anchor that we do not know may have signed it: the kernel decides. */
		if (!a->keys[i].cert)
			return 0;
		if (!cert_check_issuer(e->ctx, c->cert, a->keys[i].cert))
			return 0;
		bk_forget(e->ctx);
	}
	bk_hint(e->ctx, "keyctl-bpf keyring show --role anchor lists who may sign; keyctl-bpf cert "
			"issue signs");
	return bk_fail(e->ctx, -BPFKEY_E_UNKNOWN_SIGNER,
		       "keyring '%s' is anchored, and none of its anchors signed it",
		       e->before->info.name);
}

static int check_kernel(struct enrolment *e, const struct candidate *c)
{
	int err = ringkey_try(cert_der(c->cert));
	struct algo a;

	if (!err)
		return 0;
	if (algo_find(cert_info(c->cert)->alg, &a) && a.type == ALGO_MLDSA && probe_mldsa_err()) {
		bk_hint(e->ctx, "boot Linux 7.0 or later built with CONFIG_CRYPTO_MLDSA, which "
			"Debian's kernels are not, or enrol a key of another algorithm");
		return bk_fail_errno(e->ctx, -BPFKEY_E_NO_KERNEL, err,
				     "this kernel takes no ML-DSA keys");
	}
	return keyerr_parse(e->ctx, err, "this kernel does not take a certificate with %s",
			    cert_info(c->cert)->alg);
}

static int check_role(struct enrolment *e, const struct candidate *c)
{
	if (!e->as || !e->as->any_role)
		return cert_check_role(e->ctx, c->cert, e->opts->role);
	return !cert_info(c->cert)->ca ? 0 :
	       bk_fail(e->ctx, -BPFKEY_E_ROLE, "it is a CA's, which signs no programs");
}

static int check_one(struct enrolment *e, size_t which)
{
	const struct candidate *c = &e->v[which];
	int r = check_role(e, c);

	if (!r)
		r = cert_check_strength(e->ctx, c->cert);
	if (!r)
		r = cert_check_validity(e->ctx, c->cert, time(NULL));
	for (size_t i = 0; !r && i < e->before->n; i++)
		r = check_against(e, c, &e->before->keys[i]);
	if (!r)
		r = check_duplicate(e, which);
	if (!r && e->anchors)
		r = check_anchor(e, c);
	if (!r)
		r = check_kernel(e, c);
	return r;
}

static int open_all(struct enrolment *e, const char *const *paths, size_t n)
{
	int r = 0;

	e->v = calloc(n, sizeof(*e->v));
	if (!e->v)
		return bk_out_of_memory(e->ctx);
	for (size_t i = 0; !r && i < n; i++) {
		_cleanup_(buf_done) struct buf b = BUF(CERT_MAX);

		r = bk_file_read(e->ctx, paths[i], CERT_MAX, &b);
		if (!r)
			r = cert_from_bytes(e->ctx, buf_view(&b), &e->v[i].cert);
		if (r < 0)
			return bk_fail(e->ctx, r, "cannot enrol '%s'", paths[i]);
		e->n = i + 1;
		ring_description(e->v[i].cert, e->v[i].description);
		ring_fingerprint(e->v[i].cert, e->v[i].fingerprint);
		r = check_one(e, i);
		if (r < 0)
			return bk_fail(e->ctx, r, "cannot enrol '%s'", paths[i]);
	}
	return r;
}

static void undo(struct enrolment *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct candidate *c = &e->v[i];

		/* The first failure's sentence is the one that helps. */
		if (c->linked && ringkey_unlink(NULL, &e->before->ring, c->key) < 0)
			bk_log(e->ctx, BPFKEY_LOG_WARNING, "key %d stays in keyring '%s'", c->key,
			       e->before->info.name);
		if (c->stored && ring_store_remove(NULL, e->opts->staging, c->cert) < 0)
			bk_log(e->ctx, BPFKEY_LOG_WARNING, "certificate %s stays in '%s'",
			       c->fingerprint, BPFKEY_STATE_DIR);
	}
}

static int64_t expiry(const struct enrolment *e, const struct candidate *c)
{
	int64_t end = cert_info(c->cert)->not_after;

	return e->as && e->as->until && e->as->until < end ? e->as->until : end;
}

/* Certificates on disk first: a key in the keyring whose certificate nobody has is unknown. */
static int put_all(struct enrolment *e)
{
	int r = 0;

	for (size_t i = 0; !r && i < e->n; i++)
		r = ringkey_prepare(e->ctx, cert_der(e->v[i].cert), e->v[i].description,
				    expiry(e, &e->v[i]), &e->v[i].key);
	for (size_t i = 0; !r && i < e->n; i++)
		r = ring_store_add(e->ctx, e->opts->staging, e->v[i].cert, &e->v[i].stored);
	for (size_t i = 0; !r && i < e->n; i++) {
		r = ringkey_link(e->ctx, &e->before->ring, e->v[i].key);
		e->v[i].linked = !r;
	}
	return r;
}

/* confirm - what was added is there, and the kernel holds the certificate's public key. */
static int confirm(struct enrolment *e, const struct bpfkey_ring *after)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct bpfkey_ring_key *found = NULL;

		for (size_t j = 0; j < after->n; j++)
			if (after->keys[j].serial == e->v[i].key)
				found = &after->keys[j];
		if (!found || !found->cert || (after->readable && !found->compared))
			return bk_fail(e->ctx, -BPFKEY_E_KERNEL,
				       "key %d of certificate %.16s is not in keyring '%s' as it "
				       "was added",
				       e->v[i].key, e->v[i].fingerprint, after->info.name);
	}
	return 0;
}

static int answer(struct enrolment *e, const struct bpfkey_ring *after,
		  struct bpfkey_ring_change **ret, size_t *ret_n)
{
	struct ring_changes list = {0};
	int r = 0;

	for (size_t i = 0; !r && i < after->n; i++) {
		const struct bpfkey_ring_key *k = &after->keys[i];
		int what = 0;

		for (size_t j = 0; j < e->n; j++)
			what |= k->serial && k->serial == e->v[j].key;
		if (k->state != BPFKEY_RING_KEY_ABSENT)
			r = ring_changes_add(e->ctx, &list, what, k);
	}
	for (size_t j = 0; !r && e->opts->dry_run && j < e->n; j++) {
		struct bpfkey_ring_key k = {.cert = e->v[j].cert,
					    .description = e->v[j].description};

		r = ring_changes_add(e->ctx, &list, 1, &k);
	}
	if (r < 0) {
		free(list.v);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

static int prepare(struct enrolment *e, const char *const *paths, size_t n)
{
	int r = ring_snapshot(e->ctx, e->opts->role, e->opts->staging, &e->before);

	if (!r)
		r = check_sealed(e);
	if (!r && e->before->info.profile == BPFKEY_PROFILE_ANCHORED)
		r = ring_snapshot(e->ctx, BPFKEY_ROLE_ANCHOR, e->opts->staging, &e->anchors);
	return r ? r : open_all(e, paths, n);
}

/* drop_former - keys of the same public key that another certificate brought */
static void drop_former(struct enrolment *e)
{
	const struct bpfkey_cert_info *i = cert_info(e->v[0].cert);

	for (size_t j = 0; j < e->before->n; j++) {
		const struct bpfkey_ring_key *k = &e->before->keys[j];

		if (!k->serial || k->state == BPFKEY_RING_KEY_ABSENT ||
		    !strcmp(k->description, e->v[0].description) ||
		    k->public_key_len != i->public_key_len ||
		    memcmp(k->public_key, i->public_key, i->public_key_len))
			continue;
		if (ringkey_unlink(NULL, &e->before->ring, k->serial) < 0)
			bk_log(e->ctx, BPFKEY_LOG_WARNING, "the former key %d stays in keyring "
			       "'%s' until its time is over", k->serial, e->before->info.name);
	}
}

int ring_enroll_delegated(struct bpfkey_ctx *ctx, const char *path, bool dry_run,
			  const struct ring_delegated *how)
{
	struct bpfkey_ring_opts o = { .sz = sizeof(o), .role = BPFKEY_ROLE_DELEGATED,
				      .dry_run = dry_run };
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *after = NULL;
	_cleanup_(enrolment_done) struct enrolment e = { .ctx = ctx, .opts = &o, .as = how };
	int r = prepare(&e, &path, 1);

	if (r < 0 || dry_run)
		return r;
	r = put_all(&e);
	if (!r)
		r = ring_snapshot(ctx, o.role, NULL, &after);
	if (!r)
		r = confirm(&e, after);
	if (r < 0)
		undo(&e);
	else
		drop_former(&e);
	return r;
}

int bpfkey_ring_enroll(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		       const char *const *paths, size_t n, struct bpfkey_ring_change **ret,
		       size_t *ret_n)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *after = NULL;
	_cleanup_(enrolment_done) struct enrolment e = {.ctx = ctx};
	struct bpfkey_ring_opts o;
	int r;

	bk_enter(ctx);
	r = ring_opts(ctx, opts, &o);
	e.opts = &o;
	if (!r)
		r = prepare(&e, paths, n);
	if (r < 0)
		return r;
	if (o.dry_run)
		return answer(&e, e.before, ret, ret_n);

	r = put_all(&e);
	if (!r)
		r = ring_snapshot(ctx, o.role, o.staging, &after);
	if (!r)
		r = confirm(&e, after);
	if (!r)
		r = answer(&e, after, ret, ret_n);
	if (r < 0)
		undo(&e);
	return r;
}
