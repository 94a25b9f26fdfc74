/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key_use.h"

#include "../base/passphrase.h"
#include "../crypto/stretch.h"
#include "../model/policy_json.h"

void key_use_done(struct key_use *u)
{
	bk_secret_free(steal(&u->auth));
	u->use = (struct tpm_use){ 0 };
}

static int stretch(struct bpfkey_ctx *ctx, struct bk_secret *pin, struct key_use *u)
{
	int r = stretch_pin(ctx, &u->policy, pin, &u->auth);

	u->use = (struct tpm_use){ .policy = &u->policy, .auth = u->auth };
	return r;
}

int key_use_new(struct bpfkey_ctx *ctx, const char *name, struct key_use *ret)
{
	const struct bk_sources *from = bk_ctx_sources(ctx);
	_cleanup_(bk_secret_freep) struct bk_secret *pin = NULL, *again = NULL;
	int r;

	ret->policy = (struct key_policy){ .pin = true };
	r = stretch_new(ctx, &ret->policy, POLICY_PIN_ROUNDS);
	if (!r)
		r = passphrase_get(ctx, BPFKEY_SECRET_PIN, name, &pin);
	/* What was mistyped locks the key for good; a file says the same each time. */
	if (!r && from->passphrase_fd < 0 && !from->passphrase_file)
		r = passphrase_get(ctx, BPFKEY_SECRET_PIN, name, &again);
	if (r < 0)
		return r;
	if (again && !bk_secret_equal(pin, again))
		return bk_fail(ctx, -BPFKEY_E_PIN, "the two PINs differ");
	return stretch(ctx, pin, ret);
}

int key_use_get(struct bpfkey_ctx *ctx, const struct key_policy *policy, const char *name,
		struct key_use *ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pin = NULL;
	int r;

	ret->policy = *policy;
	ret->use = (struct tpm_use){ .policy = &ret->policy };
	if (!policy->pin)
		return 0;
	r = passphrase_get(ctx, BPFKEY_SECRET_PIN, name, &pin);
	return r ? r : stretch(ctx, pin, ret);
}
