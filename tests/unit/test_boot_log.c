/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log below a root of the test's own, and what it adds to a sentence. */
#include <sys/stat.h>

#include <bpfkey.h>

#include "lib/base/file.h"
#include "lib/flow/boot_log.h"
#include "tests/eventlog.h"
#include "tests/tap.h"

#define LOG_DIR "/sys/kernel/security/tpm0"

static char root[] = "/tmp/keyctl-bpf-log.XXXXXX";

static int put_log(struct bpfkey_ctx *ctx, size_t cut)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	char dir[128], path[160];

	put_header(&b);
	put_event(&b, 7, 4, 1, "\0\0\0\0", 4);
	put_event(&b, 4, 5, 2, "Calling EFI", 11);
	put_event(&b, 7, 5, 3, "new setup", 9);
	b.n -= cut;
	snprintf(dir, sizeof(dir), "%s" LOG_DIR, root);
	snprintf(path, sizeof(path), "%s/binary_bios_measurements", dir);
	if (bk_dir_make(ctx, dir, 0700, NULL) < 0)
		return -1;
	return bk_file_replace(ctx, path, 0600, buf_view(&b), BK_FILE_FORCE);
}

/* explained - a failure about the PCRs in @mask, as a person reads it */
static const char *explained(struct bpfkey_ctx *ctx, uint32_t mask)
{
	bk_enter(ctx);
	bk_fail(ctx, -BPFKEY_E_POLICY, "the policy is not met");
	if (boot_log_explain(ctx, mask, -BPFKEY_E_POLICY) != -BPFKEY_E_POLICY)
		return "another result";
	return bpfkey_ctx_message(ctx);
}

static void test_last(struct bpfkey_ctx *ctx)
{
	struct bpfkey_boot_event e = { .sz = sizeof(e) };

	is_int(bpfkey_boot_event_last(ctx, 7, &e), -BPFKEY_E_NOT_FOUND, "no log");
	is_int(bpfkey_boot_event_last(ctx, 24, &e), -BPFKEY_E_USAGE, "no such PCR");
	is_str(explained(ctx, 1u << 7), "the policy is not met", "a sentence without a log");

	ok(!put_log(ctx, 0), "a log");
	ok(!bpfkey_boot_event_last(ctx, 7, &e) && e.nr == 3 && e.type == 5, "the last of PCR 7");
	is_str(e.name, "EV_ACTION", "its type");
	is_str(e.words, "an action of the firmware, 'new setup'", "its words");
	is_int(bpfkey_boot_event_last(ctx, 5, &e), -BPFKEY_E_NOT_FOUND, "nothing changed PCR 5");
	e.sz = sizeof(e) + 8;
	is_int(bpfkey_boot_event_last(ctx, 7, &e), -BPFKEY_E_USAGE, "a struct of another version");
}

static void test_explain(struct bpfkey_ctx *ctx)
{
	is_str(explained(ctx, 1u << 7), "PCR 7 was last changed by event 3 of the boot log, an "
	       "action of the firmware, 'new setup': the policy is not met", "one PCR");
	is_str(explained(ctx, 1u << 4 | 1u << 5 | 1u << 7), "PCR 4 was last changed by event 2 of "
	       "the boot log, an action of the firmware, 'Calling EFI'; PCR 7 was last changed by "
	       "event 3 of the boot log, an action of the firmware, 'new setup': the policy is not "
	       "met", "two of three");
	is_str(explained(ctx, 1u << 5), "the policy is not met", "one that nothing changed");
	ok(!put_log(ctx, 3), "a log that is cut off");
	is_str(explained(ctx, 1u << 7), "the policy is not met", "spoils no sentence");
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	char command[64];

	if (!mkdtemp(root) || bpfkey_ctx_new(&ctx) || bpfkey_ctx_set_root(ctx, root))
		return 1;
	test_last(ctx);
	test_explain(ctx);
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ok(!system(command), "cleared away");
	return done_testing();
}
