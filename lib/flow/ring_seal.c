/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sealing cannot be taken back before a reboot. So everything that would lock
 * people out is refused first, and the seal is read back afterwards.
 */
#include <bpfkey.h>

#include "ring_change.h"
#include "ring_snapshot.h"

static size_t count(const struct bpfkey_ring *s, enum bpfkey_ring_key_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->keys[i].state == state;
	return n;
}

/* refuse_lockout - what nobody could mend before the next boot. */
static int refuse_lockout(struct bpfkey_ctx *ctx, const struct bpfkey_ring *s)
{
	const struct bpfkey_ring_info *i = &s->info;
	size_t absent = count(s, BPFKEY_RING_KEY_ABSENT);

	if (s->n == absent) {
		bk_hint(ctx, "keyctl-bpf keyring enroll CERT --role %s", bpfkey_role_name(i->role));
		return bk_fail(
			ctx, -BPFKEY_E_NOT_ENROLLED,
			"keyring '%s' is empty: sealed now it would stay empty until the next boot",
			i->name);
	}
	if (!count(s, BPFKEY_RING_KEY_VALID)) {
		bk_hint(ctx, "keyctl-bpf keyring enroll CERT --role %s", bpfkey_role_name(i->role));
		return bk_fail(ctx, -BPFKEY_E_EXPIRED,
			       "every key in keyring '%s' is expired or revoked: sealed now it "
			       "would verify nothing until the next boot",
			       i->name);
	}
	if (i->nested) {
		bk_hint(ctx, "keyctl show %d, then: keyctl unlink KEYRING %d", i->serial,
			i->serial);
		return bk_fail(ctx, -BPFKEY_E_FOREIGN,
			       "keyring '%s' holds another keyring, which the kernel searches too "
			       "and which a seal would not cover",
			       i->name);
	}
	return 0;
}

/* warn_odd - sealed in for good, but not a reason to refuse. */
static void warn_odd(struct bpfkey_ctx *ctx, const struct bpfkey_ring *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct bpfkey_ring_key *k = &s->keys[i];

		if (!k->cert)
			bk_log(ctx, BPFKEY_LOG_WARNING,
			       "key %d ('%s') in keyring '%s' was not enrolled here and is trusted "
			       "from now on until the next boot",
			       k->serial, k->description, s->info.name);
		else if (k->state == BPFKEY_RING_KEY_ABSENT)
			bk_log(ctx, BPFKEY_LOG_WARNING,
			       "'%s' was enrolled here before and is not in keyring '%s'",
			       cert_info(k->cert)->subject, s->info.name);
	}
}

/* judge - 1: it is sealed so already; 0: it can be; else why not. */
static int judge(struct bpfkey_ctx *ctx, const struct bpfkey_ring *s, enum bpfkey_profile want)
{
	const struct bpfkey_ring_info *i = &s->info;

	if (i->profile == BPFKEY_PROFILE_UNKNOWN)
		return bk_fail(
			ctx, -BPFKEY_E_UNCHECKED,
			"cannot seal keyring '%s', because its seal could not be read back: %s",
			i->name, i->detail);
	if (i->profile == want)
		return 1;
	if (want == BPFKEY_PROFILE_OPEN)
		return bk_fail(ctx, -BPFKEY_E_SEALED,
			       "keyring '%s' is sealed (%s), and no seal can be taken back before "
			       "the next boot",
			       i->name, bpfkey_profile_name(i->profile));
	/* Half sealed, of the right sort: the permissions are still to be narrowed. */
	if (i->profile == BPFKEY_PROFILE_PARTIAL && (want == BPFKEY_PROFILE_LOCKED || i->anchor))
		return 0;
	if (i->profile == BPFKEY_PROFILE_OPEN)
		return 0;
	return bk_fail(ctx, -BPFKEY_E_SEALED,
		       "keyring '%s' is sealed already, as %s%s%s: that cannot be changed before "
		       "the next boot",
		       i->name, bpfkey_profile_name(i->profile), i->detail[0] ? ", " : "",
		       i->detail);
}

/* apply - the restriction first: between the two the keyring is already closed. */
static int apply(struct bpfkey_ctx *ctx, const struct bpfkey_ring *s, int32_t anchor, uint32_t perm)
{
	bool restricted = s->info.profile != BPFKEY_PROFILE_OPEN;
	int r = restricted ? 0 : ring_restrict(ctx, &s->ring, anchor);

	if (r < 0 || s->info.perm == perm)
		return r;
	return ring_set_perm(ctx, &s->ring, perm);
}

static int read_back(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o,
		     enum bpfkey_profile want)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	int r = ring_snapshot(ctx, o->role, o->staging, &s);

	if (r < 0)
		return bk_fail(ctx, r, "the seal could not be read back");
	if (s->info.profile != want)
		return bk_fail(ctx, -BPFKEY_E_UNCHECKED,
			       "keyring '%s' was sealed as %s, but reads as %s%s%s", s->info.name,
			       bpfkey_profile_name(want), bpfkey_profile_name(s->info.profile),
			       s->detail[0] ? ": " : "", s->detail);
	return 0;
}

static int seal_locked(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o, bool *ret_sealed)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	int r = ring_snapshot(ctx, o->role, o->staging, &s);

	if (!r)
		r = judge(ctx, s, BPFKEY_PROFILE_LOCKED);
	if (r)
		return r < 0 ? r : 0;
	r = refuse_lockout(ctx, s);
	if (r < 0)
		return r;
	warn_odd(ctx, s);
	*ret_sealed = true;
	if (o->dry_run)
		return 0;
	r = apply(ctx, s, 0, BPFKEY_PERM_LOCKED);
	return r ? r : read_back(ctx, o, BPFKEY_PROFILE_LOCKED);
}

/* The anchors are locked first: an open keyring of anchors would be an open door. */
static int seal_anchored(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o, bool *ret_sealed)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	struct bpfkey_ring_opts anchors = *o;
	struct ring anchor;
	int r = ring_snapshot(ctx, o->role, o->staging, &s);

	if (!r)
		r = judge(ctx, s, BPFKEY_PROFILE_ANCHORED);
	if (r)
		return r < 0 ? r : 0;
	r = refuse_lockout(ctx, s);
	if (!r)
		r = ring_find(ctx, BPFKEY_ROLE_ANCHOR, o->staging, &anchor);
	if (r < 0)
		return r;
	warn_odd(ctx, s);
	anchors.role = BPFKEY_ROLE_ANCHOR;
	r = seal_locked(ctx, &anchors, ret_sealed);
	if (r < 0)
		return bk_fail(ctx, r, "an anchored keyring needs its anchors locked");
	*ret_sealed = true;
	if (o->dry_run)
		return 0;
	r = apply(ctx, s, anchor.serial, BPFKEY_PERM_ANCHORED);
	return r ? r : read_back(ctx, o, BPFKEY_PROFILE_ANCHORED);
}

static int keep_open(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	int r = ring_snapshot(ctx, o->role, o->staging, &s);

	if (!r)
		r = judge(ctx, s, BPFKEY_PROFILE_OPEN);
	return r < 0 ? r : 0;
}

int bpfkey_ring_seal(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		     enum bpfkey_profile profile, bool *ret_sealed)
{
	struct bpfkey_ring_opts o;
	bool sealed = false;
	int r;

	bk_enter(ctx);
	r = ring_opts(ctx, opts, &o);
	if (r < 0)
		return r;
	if (profile == BPFKEY_PROFILE_ANCHORED && o.role != BPFKEY_ROLE_BUILD)
		return bk_fail(ctx, -BPFKEY_E_USAGE,
			       "only the keyring of build keys can be anchored");
	if (profile == BPFKEY_PROFILE_LOCKED)
		r = seal_locked(ctx, &o, &sealed);
	else if (profile == BPFKEY_PROFILE_ANCHORED)
		r = seal_anchored(ctx, &o, &sealed);
	else if (profile == BPFKEY_PROFILE_OPEN)
		r = keep_open(ctx, &o);
	else
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a keyring is sealed as locked or anchored");
	if (r < 0)
		return r;
	*ret_sealed = sealed;
	return 0;
}
