/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <bpfkey/tpm.h>

#include "../../tpm/tpm.h"
#include "opts.h"

/* put_identity - both sides are our own, their texts have the same sizes. */
static void put_identity(const struct tpm_identity *id, struct bpfkey_tpm_info *i)
{
	memcpy(i->spec, id->spec, sizeof(i->spec));
	memcpy(i->kind, id->kind, sizeof(i->kind));
	memcpy(i->manufacturer, id->manufacturer, sizeof(i->manufacturer));
	memcpy(i->vendor, id->vendor, sizeof(i->vendor));
	memcpy(i->firmware, id->firmware, sizeof(i->firmware));
	memcpy(i->revision, id->revision, sizeof(i->revision));
	i->software = id->software;
}
_Static_assert(sizeof(((struct tpm_identity *)0)->spec) ==
	       sizeof(((struct bpfkey_tpm_info *)0)->spec), "spec");
_Static_assert(sizeof(((struct tpm_identity *)0)->kind) ==
	       sizeof(((struct bpfkey_tpm_info *)0)->kind), "kind");
_Static_assert(sizeof(((struct tpm_identity *)0)->vendor) ==
	       sizeof(((struct bpfkey_tpm_info *)0)->vendor), "vendor");

static void put_state(const struct tpm_state *s, struct bpfkey_tpm_info *i)
{
	memcpy(i->srk_name, s->srk_name, sizeof(i->srk_name));
	i->srk_persistent = s->srk_name[0];
	i->owner_auth = s->owner_auth;
	i->lockout_auth = s->lockout_auth;
	i->locked_out = s->locked_out;
	i->lockout_counter = s->lockout_counter;
	i->lockout_max = s->lockout_max;
	i->lockout_interval = s->lockout_interval;
	i->lockout_recovery = s->lockout_recovery;
}

int bpfkey_tpm_info(struct bpfkey_ctx *ctx, struct bpfkey_tpm_info *ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	struct bpfkey_tpm_info i = { 0 };
	struct tpm_identity id;
	struct tpm_state s;
	int r;

	bk_enter(ctx);
	r = tpm_open(ctx, NULL, &t);
	if (r < 0)
		return r;
	r = tpm_identify(t, &id);
	if (r < 0)
		return r;
	r = tpm_state(t, &s);
	if (r < 0)
		return r;
	r = tpm_algs(t, i.algs, BPFKEY_TPM_ALGS_MAX, &i.algs_n);
	if (r < 0)
		return r;
	put_identity(&id, &i);
	put_state(&s, &i);
	return opts_give(ctx, ret, &i, sizeof(i));
}
