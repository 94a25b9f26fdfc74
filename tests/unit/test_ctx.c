/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "lib/base/ctx.h"
#include "tests/tap.h"

static void test_sentence(struct bpfkey_ctx *ctx)
{
	is_str(bpfkey_ctx_message(ctx), "", "no sentence before a failure");
	is_int(bk_fail(ctx, -BPFKEY_E_EXPIRED, "the certificate expired"), -BPFKEY_E_EXPIRED,
	       "the code comes back");
	bk_hint(ctx, "inner");
	bk_hint(ctx, "outer");
	bk_fail(ctx, -BPFKEY_E_EXPIRED, "cannot enrol '%s'", "a\n.pem");
	is_str(bpfkey_ctx_message(ctx), "cannot enrol 'a\\x0a.pem': the certificate expired",
	       "grows outwards, control bytes escaped");
	is_str(bpfkey_ctx_hint(ctx), "inner", "the innermost hint stays");
	bk_enter(ctx);
	is_str(bpfkey_ctx_message(ctx), "", "a public call clears it");
	bk_fail_errno(ctx, -BPFKEY_E_IO, ENOSPC, "cannot write 'x'");
	is_str(bpfkey_ctx_message(ctx), "cannot write 'x': No space left on device",
	       "errno as cause");
	bk_fail(NULL, -BPFKEY_E_IO, "nobody listens");
}

static void test_root(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_freep) char *path = NULL;

	is_int(bpfkey_ctx_set_root(ctx, "relative"), -BPFKEY_E_USAGE, "a relative root");
	ok(!bpfkey_ctx_set_root(ctx, "/mnt//"), "a root");
	is_str(bpfkey_ctx_root(ctx), "/mnt", "without final slashes");
	ok(!bk_path(ctx, "/etc/x", &path), "a path below it");
	is_str(path, "/mnt/etc/x", "the path");
	ok(!bpfkey_ctx_set_root(ctx, "/"), "the machine itself");
	is_str(bpfkey_ctx_root(ctx), "", "is no prefix");
}

static void test_codes(void)
{
	is_str(bpfkey_err_name(0), "OK", "zero");
	is_str(bpfkey_err_name(-BPFKEY_E_REVOKED), "E_REVOKED", "a name");
	is_int(bpfkey_err_exit(-BPFKEY_E_REVOKED), 3, "an answer of no");
	is_int(bpfkey_err_exit(-BPFKEY_E_USAGE), 2, "usage");
	is_int(bpfkey_err_exit(-BPFKEY_E_NO_TPM), 4, "this machine lacks it");
	is_int(bpfkey_err_exit(-BPFKEY_E_UNCHECKED), 1, "could not check is never 0");
	is_str(bpfkey_err_name(-9999), "E_INTERNAL", "no code of ours");
	is_str(bpfkey_err_name(1), "E_INTERNAL", "nor a positive one");
	for (int e = 1; e < BPFKEY_E__END; e++)
		ok(bpfkey_err_exit(-e) > 0 && bpfkey_err_exit(-e) < 5 && *bpfkey_err_text(-e),
		   "%s has exit and text", bpfkey_err_name(-e));
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;

	if (!ok(!bpfkey_ctx_new(&ctx), "a context"))
		return done_testing();
	test_sentence(ctx);
	test_root(ctx);
	test_codes();
	return done_testing();
}
