// SPDX-License-Identifier: LGPL-2.1-or-later
#include "key_states.h"

#include <string.h>

#include "../crypto/public.h"
#include "policies.h"

int key_states_path(struct bpfkey_ctx *ctx, const char *key_path, const struct key_policy *p,
		    char **ret)
{
	const char *slash = strrchr(key_path, '/');
	int folder = slash && p->file[0] != '/' ? (int)(slash - key_path) + 1 : 0;

	if (asprintf(ret, "%.*s%s", folder, key_path, p->file) < 0) {
		*ret = NULL;
		return bk_out_of_memory(ctx);
	}
	return 0;
}

int key_states_read(struct bpfkey_ctx *ctx, const char *path, const struct key_policy *p,
		    struct policy_file *ret)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	int r = policies_read(ctx, path, &f);

	if (r == -BPFKEY_E_NOT_FOUND)
		bk_hint(ctx, "put a copy of the policy file there, as whoever has the policy key "
			"keeps it");
	if (r < 0)
		return bk_fail(ctx, r, "the states that the key may be used in cannot be read");
	if (!public_same(&f.grants.signer, &p->signer) || strcmp(f.grants.ref, p->ref) != 0) {
		bk_hint(ctx, "put the policy file '%s' there that the key was made with", p->ref);
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the policy '%s' is another one than that "
			       "of the key", path);
	}
	r = policies_drop_unsigned(ctx, path, &f.grants);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct policy_file){ 0 };
	return 0;
}
