/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a seal amounts to, what a published number may look like, and what findings answer. */
#include <bpfkey.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/flow/findings.h"
#include "lib/flow/ring_snapshot.h"
#include "tests/tap.h"

static const struct {
	const char *name;
	enum reader_seal seal;
	uint32_t perm;
	int32_t by, anchor;
	bool anchor_locked;
	enum bpfkey_profile want;
} seals[] = {
	{ "unrestricted", READER_SEAL_NONE, BPFKEY_PERM_OPEN, 0, 0, false, BPFKEY_PROFILE_OPEN },
	{ "unrestricted, narrow", READER_SEAL_NONE, BPFKEY_PERM_LOCKED, 0, 0, false,
	  BPFKEY_PROFILE_OPEN },
	{ "locked", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED, 0, 0, false, BPFKEY_PROFILE_LOCKED },
	{ "restricted only", READER_SEAL_REJECT, BPFKEY_PERM_OPEN, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "root may unlink", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED | 0x00040000, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "root may widen", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED | 0x00200000, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "others may invalidate", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED | 0x00000008, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "a group may possess", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED | 0x00001000, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "possessors may write", READER_SEAL_REJECT, BPFKEY_PERM_LOCKED | 0x04000000, 0, 0, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "anchored", READER_SEAL_KEYRING, BPFKEY_PERM_ANCHORED, 7, 7, true,
	  BPFKEY_PROFILE_ANCHORED },
	{ "anchors open", READER_SEAL_KEYRING, BPFKEY_PERM_ANCHORED, 7, 7, false,
	  BPFKEY_PROFILE_PARTIAL },
	{ "anchored, wide", READER_SEAL_KEYRING, BPFKEY_PERM_OPEN, 7, 7, true,
	  BPFKEY_PROFILE_PARTIAL },
	{ "another anchor", READER_SEAL_KEYRING, BPFKEY_PERM_ANCHORED, 8, 7, true,
	  BPFKEY_PROFILE_FOREIGN },
	{ "no anchors here", READER_SEAL_KEYRING, BPFKEY_PERM_ANCHORED, 8, 0, false,
	  BPFKEY_PROFILE_FOREIGN },
	{ "chain", READER_SEAL_CHAIN, BPFKEY_PERM_ANCHORED, 7, 7, true, BPFKEY_PROFILE_FOREIGN },
	{ "builtin keys", READER_SEAL_OTHER, BPFKEY_PERM_OPEN, 0, 7, true,
	  BPFKEY_PROFILE_FOREIGN },
	{ "rule not told", READER_SEAL_UNCLEAR, BPFKEY_PERM_ANCHORED, 7, 7, true,
	  BPFKEY_PROFILE_FOREIGN },
	{ "chain, but nobody can write", READER_SEAL_CHAIN, BPFKEY_PERM_LOCKED, 7, 7, true,
	  BPFKEY_PROFILE_LOCKED },
};

static void test_seals(void)
{
	char detail[512];

	for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
		enum bpfkey_profile got =
			ring_profile(seals[i].seal, seals[i].perm, seals[i].by, seals[i].anchor,
				     seals[i].anchor_locked, detail, sizeof(detail));
		bool odd = got == BPFKEY_PROFILE_FOREIGN || got == BPFKEY_PROFILE_PARTIAL;

		is_str(bpfkey_profile_name(got), bpfkey_profile_name(seals[i].want), seals[i].name);
		ok(odd == (detail[0] != 0), "%s: a sentence exactly when it is odd", seals[i].name);
	}
}

static void test_profile_names(void)
{
	enum bpfkey_profile p;

	ok(!bpfkey_profile_parse("anchored", &p) && p == BPFKEY_PROFILE_ANCHORED, "anchored");
	is_int(bpfkey_profile_parse("partial", &p), -BPFKEY_E_USAGE, "partial cannot be asked for");
	is_int(bpfkey_profile_parse("", &p), -BPFKEY_E_USAGE, "nothing cannot either");
}

/* 2147483647 can be a serial, but these tests are not that unlucky. */
static const struct {
	const char *text;
	int want;
} ids[] = {
	{ "2147483647\n", -BPFKEY_E_NO_KEYRING },
	{ "2147483647", -BPFKEY_E_FORMAT },
	{ "2147483648\n", -BPFKEY_E_FORMAT },
	{ "0\n", -BPFKEY_E_FORMAT },
	{ "-3\n", -BPFKEY_E_FORMAT },
	{ "-9 \n", -BPFKEY_E_FORMAT },
	{ "+9\n", -BPFKEY_E_FORMAT },
	{ "12\n13\n", -BPFKEY_E_FORMAT },
	{ "\n", -BPFKEY_E_FORMAT },
	{ "", -BPFKEY_E_FORMAT },
	{ "00000000000000000000000000000000000000000000000000000000000000000000009\n",
	  -BPFKEY_E_TOO_BIG },
};

static void test_published(struct bpfkey_ctx *ctx)
{
	char dir[] = "/tmp/test_ring.XXXXXX", path[64];
	int32_t id = 77;

	if (!ok(mkdtemp(dir) && !bpfkey_ctx_set_root(ctx, dir), "a root of our own"))
		return;
	is_int(bpfkey_ring_published(ctx, &id), -BPFKEY_E_NO_KEYRING, "nothing published");
	ok(strstr(bpfkey_ctx_hint(ctx), "keyring create"), "the hint names the command");
	snprintf(path, sizeof(path), "%s/run/keyctl-bpf", dir);
	if (!ok(!bk_dir_make(ctx, path, 0755, NULL), "its folder"))
		return;
	snprintf(path, sizeof(path), "%s" BPFKEY_KEYRING_ID_FILE, dir);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct view v = { (const uint8_t *)ids[i].text, strlen(ids[i].text) };

		if (bk_file_replace(ctx, path, 0644, v, BK_FILE_FORCE) < 0)
			ok(false, "write %s", path);
		is_int(bpfkey_ring_published(ctx, &id), ids[i].want, "a published number");
	}
	is_int(id, 77, "the number is untouched on failure");
	unlink(path);
	for (int up = 0; up < 3; up++) {
		*strrchr(path, '/') = 0;
		rmdir(path);
	}
	bpfkey_ctx_set_root(ctx, NULL);
}

static void test_findings(void)
{
	_cleanup_(bpfkey_findings_freep) struct bpfkey_findings *f = findings_new();

	if (!ok(f, "a list"))
		return;
	is_int(bpfkey_findings_verdict(f), 0, "nothing found: well");
	findings_add(f, BPFKEY_NOTE, "kernel", "", "a '%s'", "no\nte\x1b[2J");
	is_str(bpfkey_findings_get(f, 0)->what, "a 'no\\x0ate\\x1b[2J'", "names are escaped");
	is_int(bpfkey_findings_verdict(f), 0, "notes only: well");
	findings_add(f, BPFKEY_UNCHECKED, "gate", "run it as root", "not seen");
	is_int(bpfkey_findings_verdict(f), -BPFKEY_E_UNCHECKED, "could not check is not well");
	findings_add(f, BPFKEY_ATTENTION, "gate", "", "open");
	findings_add(f, BPFKEY_UNCHECKED, "tpm", "", "not seen");
	is_int(bpfkey_findings_verdict(f), -BPFKEY_E_ATTENTION, "attention comes first");
	is_int((long long)bpfkey_findings_count(f), 4, "all are kept");
	ok(!bpfkey_findings_get(f, 4), "there is no fifth");
	is_int(bpfkey_err_exit(-BPFKEY_E_ATTENTION), 3, "attention exits 3");
	is_int(bpfkey_err_exit(-BPFKEY_E_UNCHECKED), 1, "unchecked exits 1");
}

static void test_opts(struct bpfkey_ctx *ctx)
{
	struct {
		struct bpfkey_ring_opts known;
		uint64_t newer;
	} o = { .known = { .sz = sizeof(o) } };
	bool sealed = true;
	int r;

	o.newer = 1;
	r = bpfkey_ring_seal(ctx, &o.known, BPFKEY_PROFILE_LOCKED, &sealed);
	is_int(r, -BPFKEY_E_USAGE, "an option that this library does not know");
	o.newer = 0;
	o.known.role = BPFKEY_ROLE__END;
	r = bpfkey_ring_seal(ctx, &o.known, BPFKEY_PROFILE_LOCKED, &sealed);
	is_int(r, -BPFKEY_E_USAGE, "no such role");
	o.known.role = BPFKEY_ROLE_LOADER;
	r = bpfkey_ring_seal(ctx, &o.known, BPFKEY_PROFILE_ANCHORED, &sealed);
	is_int(r, -BPFKEY_E_USAGE, "only .bpf can be anchored");
	o.known.role = BPFKEY_ROLE_BUILD;
	r = bpfkey_ring_seal(ctx, &o.known, BPFKEY_PROFILE_PARTIAL, &sealed);
	is_int(r, -BPFKEY_E_USAGE, "partial is no seal");
	ok(sealed, "the answer is untouched on failure");
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx) < 0)
		return 1;
	test_seals();
	test_profile_names();
	test_published(ctx);
	test_findings();
	test_opts(ctx);
	return done_testing();
}
