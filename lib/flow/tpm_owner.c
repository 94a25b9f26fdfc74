// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tpm_owner.h"

#include "../base/passphrase.h"

int tpm_owner_ask(struct bpfkey_ctx *ctx, struct tpm *t, struct bk_secret **ret)
{
	struct tpm_identity id;
	struct tpm_state s;
	char name[200];
	int r = tpm_identify(t, &id);

	if (!r)
		r = tpm_state(t, &s);
	if (r < 0 || !s.owner_auth)
		return r;
	snprintf(name, sizeof(name), "owner of %s", id.spec);
	r = passphrase_get(ctx, BPFKEY_SECRET_PIN, name, ret);
	return r < 0 ? bk_fail(ctx, r, "the owner of this TPM has set a password") : 0;
}
