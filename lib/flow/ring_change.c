/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring_change.h"

#include <string.h>

#include "opts.h"
#include "ring_store.h"

static const char *const kinds[] = {
	[BPFKEY_RING_NATIVE] = "native",
	[BPFKEY_RING_MODULE] = "module",
	[BPFKEY_RING_STAGING] = "staging",
	[BPFKEY_RING_ORDINARY] = "ordinary",
};

static const char *const profiles[] = {
	[BPFKEY_PROFILE_OPEN] = "open",         [BPFKEY_PROFILE_LOCKED] = "locked",
	[BPFKEY_PROFILE_ANCHORED] = "anchored", [BPFKEY_PROFILE_FOREIGN] = "foreign",
	[BPFKEY_PROFILE_PARTIAL] = "partial",   [BPFKEY_PROFILE_UNKNOWN] = "unknown",
};

static const char *const states[] = {
	[BPFKEY_RING_KEY_VALID] = "valid",
	[BPFKEY_RING_KEY_EXPIRED] = "expired",
	[BPFKEY_RING_KEY_REVOKED] = "revoked",
	[BPFKEY_RING_KEY_ABSENT] = "absent",
};

const char *bpfkey_ring_kind_name(enum bpfkey_ring_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind] : "unknown";
}

const char *bpfkey_profile_name(enum bpfkey_profile profile)
{
	return (size_t)profile < ARRAY_SIZE(profiles) ? profiles[profile] : "unknown";
}

const char *bpfkey_ring_key_state_name(enum bpfkey_ring_key_state state)
{
	return (size_t)state < ARRAY_SIZE(states) ? states[state] : "unknown";
}

int bpfkey_profile_parse(const char *name, enum bpfkey_profile *ret)
{
	/* Only these can be asked for; the others are found. */
	for (enum bpfkey_profile p = BPFKEY_PROFILE_OPEN; p <= BPFKEY_PROFILE_ANCHORED; p++) {
		if (strcmp(name, profiles[p]))
			continue;
		*ret = p;
		return 0;
	}
	return -BPFKEY_E_USAGE;
}

int ring_changes_add(struct bpfkey_ctx *ctx, struct ring_changes *list, int what,
		     const struct bpfkey_ring_key *key)
{
	struct bpfkey_ring_change *more = reallocarray(list->v, list->n + 1, sizeof(*more));
	struct bpfkey_ring_change *c;

	if (!more)
		return bk_out_of_memory(ctx);
	list->v = more;
	c = &more[list->n++];
	*c = (struct bpfkey_ring_change){.what = what, .serial = key->serial};
	snprintf(c->description, sizeof(c->description), "%s", key->description);
	if (key->cert) {
		ring_fingerprint(key->cert, c->fingerprint);
		snprintf(c->subject, sizeof(c->subject), "%s", cert_info(key->cert)->subject);
	}
	return 0;
}

int ring_opts(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
	      struct bpfkey_ring_opts *ret)
{
	struct bpfkey_ring_opts o = {0};
	int r = opts ? opts_take(ctx, &o, sizeof(o), opts) : 0;

	if (r < 0)
		return r;
	if ((unsigned int)o.role >= BPFKEY_ROLE__END)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no such role");
	*ret = o;
	return 0;
}
