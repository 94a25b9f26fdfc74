/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpfkey/tpm.h>

#include "../../tpm/tpm.h"
#include "../base/passphrase.h"

int bpfkey_tpm_reset_lockout(struct bpfkey_ctx *ctx)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *auth = NULL;
	struct tpm_identity id;
	struct tpm_state s;
	char name[200];
	int r;

	bk_enter(ctx);
	r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_identify(t, &id);
	if (!r)
		r = tpm_state(t, &s);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "lockout of %s", id.spec);
	r = s.lockout_auth ? passphrase_get(ctx, BPFKEY_SECRET_PIN, name, &auth) : 0;
	if (r < 0)
		return bk_fail(ctx, r, "a lockout password is set in this TPM");
	return tpm_lockout_reset(t, auth);
}
