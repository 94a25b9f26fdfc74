/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key_use.h"

#include <string.h>

#include "../base/passphrase.h"
#include "../crypto/stretch.h"
#include "../model/policy_json.h"
#include "key_states.h"

void key_use_done(struct key_use *u)
{
	bk_secret_free(steal(&u->pin));
	bk_secret_free(steal(&u->auth));
	policy_file_done(&u->states);
	u->states = (struct policy_file){ 0 };
	u->use = (struct tpm_use){ 0 };
}

/* read_states - out of the policy's file, before anybody is asked for anything */
static int read_states(struct bpfkey_ctx *ctx, const char *path, struct key_use *u)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	_cleanup_(bk_freep) char *file = NULL;
	int r;

	u->use = (struct tpm_use){ .policy = &u->policy };
	if (!u->policy.has_signer)
		return 0;
	r = key_states_path(ctx, path, &u->policy, &file);
	if (!r)
		r = key_states_read(ctx, file, &u->policy, &f);
	if (r < 0)
		return r;
	policy_file_done(&u->states);
	u->states = f;
	f = (struct policy_file){ 0 };
	u->use.grants = &u->states.grants;
	return 0;
}

static int stretch(struct bpfkey_ctx *ctx, struct bk_secret *pin, struct key_use *u)
{
	int r = stretch_pin(ctx, &u->policy, pin, &u->auth);

	u->use.auth = u->auth;
	return r;
}

/* ask_twice - what was mistyped locks the key for good; a file says the same each time */
static int ask_twice(struct bpfkey_ctx *ctx, const char *path, struct bk_secret **ret)
{
	const struct bk_sources *from = bk_ctx_sources(ctx);
	_cleanup_(bk_secret_freep) struct bk_secret *pin = NULL, *again = NULL;
	int r = passphrase_get(ctx, BPFKEY_SECRET_PIN, path, &pin);

	if (!r && from->passphrase_fd < 0 && !from->passphrase_file)
		r = passphrase_get(ctx, BPFKEY_SECRET_PIN, path, &again);
	if (r < 0)
		return r;
	if (again && !bk_secret_equal(pin, again)) {
		bk_hint(ctx, "nothing was made: try again, or give it with --passphrase-file");
		return bk_fail(ctx, -BPFKEY_E_PIN, "the two PINs differ");
	}
	*ret = steal(&pin);
	return 0;
}

int key_use_new(struct bpfkey_ctx *ctx, const char *path, struct bk_secret *pin,
		struct key_use *u)
{
	_cleanup_(bk_secret_freep) struct bk_secret *asked = NULL;
	int r = read_states(ctx, path, u);

	if (r < 0 || !u->policy.pin)
		return r;
	r = stretch_new(ctx, &u->policy, POLICY_PIN_ROUNDS);
	if (!r && !pin)
		r = ask_twice(ctx, path, &asked);
	return r ? r : stretch(ctx, pin ? pin : asked, u);
}

int key_use_get(struct bpfkey_ctx *ctx, const struct key_policy *policy, const char *path,
		struct key_use *u)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pin = NULL;
	int r;

	u->policy = policy ? *policy : (struct key_policy){ 0 };
	r = read_states(ctx, path, u);
	if (r < 0 || !u->policy.pin)
		return r;
	r = passphrase_get(ctx, BPFKEY_SECRET_PIN, path, &pin);
	if (!r)
		r = stretch(ctx, pin, u);
	if (!r && u->keep_pin)
		u->pin = steal(&pin);
	return r;
}
