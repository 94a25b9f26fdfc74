/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed policies as who uses keys under them reads them: states without a good signature go. */
#include <unistd.h>

#include <bpfkey.h>

#include "lib/base/file.h"
#include "lib/flow/policies.h"
#include "tests/tap.h"

static const char *const values[] = {
	"sha256:\n7 : 0x1111111111111111111111111111111111111111111111111111111111111111\n",
	"sha256:\n7 : 0x2222222222222222222222222222222222222222222222222222222222222222\n",
	"sha256:\n7 : 0x3333333333333333333333333333333333333333333333333333333333333333\n",
};

static unsigned int warnings;

static void count(void *user _unused_, enum bpfkey_log_level level, const char *line _unused_)
{
	warnings += level == BPFKEY_LOG_WARNING;
}

static int make(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_key_opts key = { sizeof(key), .alg = "p256", .form = BPFKEY_FORM_FILE };
	const struct bpfkey_policy_opts policy = { sizeof(policy), .key = "k", .ref = "fleet" };
	const struct bpfkey_state_opts state = { sizeof(state), .key = "k", .values = "values" };
	int r = bpfkey_key_new(ctx, "k", &key, NULL);

	if (!r)
		r = bpfkey_policy_new(ctx, "p", &policy, NULL);
	for (size_t i = 0; !r && i < ARRAY_SIZE(values); i++) {
		struct view v = { (const uint8_t *)values[i], strlen(values[i]) };

		r = bk_file_replace(ctx, "values", 0600, v, BK_FILE_FORCE);
		if (!r)
			r = bpfkey_policy_sign(ctx, "p", &state, NULL);
	}
	return r;
}

static void test_drop(struct bpfkey_ctx *ctx)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 };
	struct policy_grants *g = &f.grants;

	if (!ok(!policies_read(ctx, "p", &f) && g->n == 3, "three states"))
		return;
	ok(!policies_drop_unsigned(ctx, "p", g) && g->n == 3, "all of them are signed");
	g->v[1].pcrs.value[7][31] ^= 1;
	is_int(policies_signed(ctx, g, 1), -BPFKEY_E_SIGNATURE, "one was changed");
	warnings = 0;
	ok(!policies_drop_unsigned(ctx, "p", g) && g->n == 2, "it goes");
	is_int(warnings, 1, "with a warning");
	is_str(bpfkey_ctx_message(ctx), "", "and no failure");
	ok(g->v[0].pcrs.value[7][0] == 0x11 && g->v[1].pcrs.value[7][0] == 0x33,
	   "the others stay, in their order");
	snprintf(g->ref, sizeof(g->ref), "other");
	ok(!policies_drop_unsigned(ctx, "p", g) && !g->n, "under another name none is signed");
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	char dir[] = "/tmp/keyctl-bpf-policies.XXXXXX", command[64];

	if (!mkdtemp(dir) || chdir(dir) || bpfkey_ctx_new(&ctx))
		return 1;
	bpfkey_ctx_set_log(ctx, count, NULL);
	if (!ok(!make(ctx), "a key and a policy"))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	test_drop(ctx);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ok(!system(command), "cleared away");
	return done_testing();
}
