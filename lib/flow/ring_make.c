/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sees that the keyrings exist, and tells loaders which number to pass. */
#include <bpfkey.h>

#include "../kernel/keyring.h"
#include "ring_change.h"

/* make_staging - all roles, so that an anchored seal can be tried out too. */
static int make_staging(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o, struct ring *ret,
			bool *made)
{
	for (enum bpfkey_role role = 0; role < BPFKEY_ROLE__END; role++) {
		struct ring ring = {0};
		int r = ring_find(ctx, role, o->staging, &ring);

		if (r == -BPFKEY_E_NO_KEYRING) {
			bk_forget(ctx);
			*made = true;
			r = o->dry_run ? 0 : ring_make_staging(ctx, role, o->staging, &ring);
		}
		if (r < 0)
			return r;
		if (role == BPFKEY_ROLE_BUILD)
			*ret = ring;
	}
	return 0;
}

/* make_ordinary - beside a native .bpf the module is only the better choice. */
static int make_ordinary(struct bpfkey_ctx *ctx, bool dry_run, bool *made)
{
	for (enum bpfkey_role role = BPFKEY_ROLE_BUILD + 1; role < BPFKEY_ROLE__END; role++) {
		struct ring ring;
		int r = ring_find(ctx, role, NULL, &ring);

		if (r == -BPFKEY_E_NO_KEYRING) {
			bk_forget(ctx);
			*made = true;
			r = dry_run ? 0 : ring_make_ordinary(ctx, role);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* load_module - needed where the kernel has no .bpf, good to have where it does. */
static int load_module(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *o, bool *made)
{
	int r;

	if (ring_module_loaded())
		return 0;
	if (o->dry_run) {
		*made = true;
		return 0;
	}
	r = ring_module_load(ctx);
	if (r < 0 && ring_native_exists()) {
		bk_log(ctx, BPFKEY_LOG_WARNING,
		       "the keyrings for loaders, delegations, policy and anchors are ordinary "
		       "ones, which whoever possesses them may invalidate: %s",
		       bpfkey_ctx_message(ctx));
		bk_forget(ctx);
		return make_ordinary(ctx, o->dry_run, made);
	}
	*made = r == 0;
	return r;
}

/* published_is - are loaders told this number? */
static bool published_is(struct bpfkey_ctx *ctx, int32_t id)
{
	int32_t now = 0;

	if (ring_published(ctx, &now) < 0) {
		bk_forget(ctx);
		return false;
	}
	return now == id;
}

/* machine_has_one - then loaders are never sent to a staging keyring instead. */
static bool machine_has_one(struct bpfkey_ctx *ctx)
{
	struct ring ring;
	int r = ring_find(ctx, BPFKEY_ROLE_BUILD, NULL, &ring);

	bk_forget(ctx);
	return r != -BPFKEY_E_NO_KEYRING;
}

int bpfkey_ring_create(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts, bool *ret_made)
{
	struct bpfkey_ring_opts o;
	struct ring ring = {0};
	bool made = false;
	int r;

	bk_enter(ctx);
	r = ring_opts(ctx, opts, &o);
	if (!r)
		r = ring_need_root(ctx);
	if (!r)
		r = o.staging ? make_staging(ctx, &o, &ring, &made) : load_module(ctx, &o, &made);
	if (!r && !o.staging && !(made && o.dry_run))
		r = ring_find(ctx, BPFKEY_ROLE_BUILD, NULL, &ring);
	if (r < 0)
		return r;

	if (o.staging && machine_has_one(ctx))
		bk_log(ctx, BPFKEY_LOG_WARNING,
		       "loaders are still told the number of this machine's own keyring; pass %d "
		       "to use the staging one",
		       ring.id);
	else if (!o.dry_run)
		r = ring_publish(ctx, ring.id, &made);
	else
		made = made || !published_is(ctx, ring.id);
	if (r < 0)
		return r;
	*ret_made = made;
	return 0;
}

int bpfkey_ring_id(struct bpfkey_ctx *ctx, int32_t *ret_id)
{
	bk_enter(ctx);
	return ring_for_loaders(ctx, ret_id);
}

int bpfkey_ring_published(struct bpfkey_ctx *ctx, int32_t *ret_id)
{
	bk_enter(ctx);
	return ring_published(ctx, ret_id);
}
