// SPDX-License-Identifier: LGPL-2.1-or-later
/* Private keys into sealed files. */
#include "key_policy.h"
#include "sealed_key.h"

int sealed_make(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_key_opts *o,
		struct pkey *key, struct sidecar *m)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(key_use_done) struct key_use u = { 0 };
	int r;

	r = sealed_recovery_check(ctx, o);
	if (r < 0)
		return r;
	/* A dry run must not manufacture the software TPM that it would use. */
	if ((o->flags & BPFKEY_MAKE_DRY_RUN) && key_file_tpm_absent(ctx))
		return 0;
	r = tpm_open(ctx, NULL, &t);
	if (r < 0 || (o->flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	r = key_policy_make(ctx, t, path, o, NULL, &u);
	if (!r)
		r = sealed_new(ctx, key, &s, &kek);
	if (!r)
		r = sealed_recovery_put(ctx, &s, kek, o, path);
	if (!r)
		r = sealed_put_tpm(ctx, &s, t, kek, &u.use);
	if (!r)
		r = sealed_facts(&s, t, m);
	return r ? r : sealed_write(ctx, path, &s, kek, m, o->flags & BPFKEY_MAKE_FORCE);
}
