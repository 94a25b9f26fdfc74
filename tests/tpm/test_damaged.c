// SPDX-License-Identifier: GPL-2.0-or-later
/* State that is damaged, or that others can reach, is refused, never replaced by a new TPM. */
#include "tests/tpm/help.h"

static const char *const state = "state/permall";
static uint8_t good[1 << 20];
static size_t good_n;

static int put_state(const void *p, size_t n)
{
	_cleanup_(bk_closep) int fd = open(in_dir(state), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
					   0600);

	return fd < 0 || write(fd, p, n) != (ssize_t)n;
}

static size_t get_state(uint8_t *p, size_t cap)
{
	_cleanup_(bk_closep) int fd = open(in_dir(state), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, p, cap);

	return n < 0 ? 0 : (size_t)n;
}

/* refused - the sentence, and that the file is what it was. */
static void refused(int want, const char *part, const char *what)
{
	static uint8_t before[sizeof(good)], after[sizeof(good)];
	size_t n = get_state(before, sizeof(before));
	struct tpm *t = NULL;

	bk_forget(ctx);
	is_int(tpm_open(ctx, spec, &t), want, what);
	ok(said("state/permall") && said(part), "%s: the sentence", what);
	ok(*bpfkey_ctx_hint(ctx), "%s: a hint", what);
	ok(get_state(after, sizeof(after)) == n && !memcmp(before, after, n), "%s: left as it is",
	   what);
	tpm_close(t);
}

static void test_sizes(void)
{
	static const uint8_t large[(1 << 20) + 1];

	put_state("", 0);
	refused(-BPFKEY_E_FORMAT, "is damaged: empty", "an empty state");
	put_state(good, good_n - 1);
	refused(-BPFKEY_E_FORMAT, "its content is not what was saved", "one that lacks a byte");
	put_state(good, 100);
	refused(-BPFKEY_E_FORMAT, "its content is not what was saved", "one of 100 bytes");
	put_state("garbage", 7);
	refused(-BPFKEY_E_FORMAT, "is damaged: truncated", "garbage");
	put_state(good + 48, good_n - 48);
	refused(-BPFKEY_E_FORMAT, "not a state of an embedded TPM", "the bare state of libtpms");
	put_state(large, sizeof(large));
	refused(-BPFKEY_E_FORMAT, "is damaged: too large", "one without end");
}

/* libtpms alone takes half of these, and some of them make it another TPM. */
static void test_flips(void)
{
	unsigned int refusals = 0, n = 0;

	for (size_t i = 0; i < good_n; i += good_n / times(64, 1024) + 1, n++) {
		struct tpm *t = NULL;

		good[i] ^= 0x10;
		put_state(good, good_n);
		good[i] ^= 0x10;
		refusals += tpm_open(ctx, spec, &t) == -BPFKEY_E_FORMAT;
		tpm_close(t);
	}
	ok(n > 50, "%u flipped bits", n);
	is_int(refusals, n, "are all refused");
}

static void test_access(void)
{
	put_state(good, good_n);
	chmod(in_dir(state), 0640);
	refused(-BPFKEY_E_INSECURE, "mode 0640", "a state that others can read");
	chmod(in_dir(state), 0600);
	rename(in_dir(state), in_dir("state/elsewhere"));
	symlink("elsewhere", in_dir(state)) ? ok(false, "symlink") :
		refused(-BPFKEY_E_FORMAT, "not a regular file", "a symbolic link");
	unlink(in_dir(state));
	mkfifo(in_dir(state), 0600);
	refused(-BPFKEY_E_FORMAT, "not a regular file", "a pipe");
	unlink(in_dir(state));
	rename(in_dir("state/elsewhere"), in_dir(state));
}

static void test_directory(void)
{
	struct tpm *t = NULL;
	char linked[160];

	bk_forget(ctx);
	chmod(in_dir("state"), 0750);
	is_int(tpm_open(ctx, spec, &t), -BPFKEY_E_INSECURE, "a directory that others can enter");
	ok(said("mode 0750") && strstr(bpfkey_ctx_hint(ctx), "chmod 700"), "and what to do");
	chmod(in_dir("state"), 0700);
	bk_forget(ctx);
	if (symlink("state", in_dir("link")))
		return;
	snprintf(linked, sizeof(linked), "embedded:%s/link", dir);
	ok(tpm_open(ctx, linked, &t) < 0 && said("link"), "a symbolic link is not followed");
	bk_forget(ctx);
}

int main(void)
{
	char srk[80] = "", again[80] = "";

	begin();
	ok(!srk_now(srk), "a TPM is made");
	good_n = get_state(good, sizeof(good));
	ok(good_n > 1000, "its state has %zu bytes", good_n);
	test_sizes();
	test_flips();
	test_access();
	test_directory();
	put_state(good, good_n);
	ok(!srk_now(again) && !strcmp(srk, again), "the good state is still that TPM");
	return end();
}
