/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>

#include "lib/base/file.h"
#include "tests/tap.h"

static unsigned int entries(void)
{
	DIR *d = opendir(".");
	unsigned int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static struct view str(const char *s)
{
	return (struct view){ (const uint8_t *)s, strlen(s) };
}

static void test_replace(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf b = BUF(100);
	struct stat st;

	ok(!bk_file_replace(ctx, "a", 0600, str("one"), 0), "a new file");
	ok(!stat("a", &st) && (st.st_mode & 07777) == 0600, "has its mode");
	is_int(bk_file_replace(ctx, "a", 0644, str("two"), 0), -BPFKEY_E_EXISTS, "is kept");
	is_str(bpfkey_ctx_message(ctx), "'a' exists already", "with a sentence");
	bk_enter(ctx);
	ok(!bk_file_read(ctx, "a", 100, &b), "reads");
	is_str(buf_cstr(&b), "one", "the old content");
	ok(!bk_file_replace(ctx, "a", 0644, str("two"), BK_FILE_FORCE), "is replaced with force");
	buf_done(&b);
	ok(!bk_file_read(ctx, "a", 3, &b) && b.n == 3, "exactly the limit");
	is_int(bk_file_read(ctx, "a", 2, &b), -BPFKEY_E_TOO_BIG, "over the limit");
	is_int(bk_file_replace(ctx, "no/such", 0644, str("x"), 0), -BPFKEY_E_NOT_FOUND,
	       "no folder");
	is_int(entries(), 1, "nothing else is left behind");
	bk_enter(ctx);
}

/* A full disk, as RLIMIT_FSIZE plays it: the old file stays, no temporary one. */
static void test_full_disk(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_freep) uint8_t *big = calloc(1, 1 << 16);
	struct rlimit old, small;

	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){ 4096, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	is_int(bk_file_replace(ctx, "a", 0644, (struct view){ big, 1 << 16 }, BK_FILE_FORCE),
	       -BPFKEY_E_IO, "a full disk");
	setrlimit(RLIMIT_FSIZE, &old);
	is_int(entries(), 1, "leaves no temporary file");
	bk_enter(ctx);
}

static void test_inputs(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf b = BUF(100);
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;

	is_int(bk_file_read(ctx, ".", 100, &b), -BPFKEY_E_IO, "a directory is no input");
	is_int(bk_file_read(ctx, "/dev/zero", 100, &b), -BPFKEY_E_IO, "nor is a device");
	ok(!mkfifo("fifo", 0600), "a fifo");
	is_int(bk_file_read(ctx, "fifo", 100, &b), -BPFKEY_E_IO, "is refused without blocking");
	unlink("fifo");
	bk_enter(ctx);
	is_int(bk_file_read_secret(ctx, "a", 100, &s), -BPFKEY_E_INSECURE,
	       "a private file that others can read");
	chmod("a", 0600);
	ok(!bk_file_read_secret(ctx, "a", 100, &s) && bk_secret_len(s) == 3, "a private file");
	bk_enter(ctx);
}

static void test_directories(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_closep) int fd = -1;
	struct stat st;

	ok(!bk_dir_make(ctx, "d/e/f", 0700, &fd) && fd >= 0, "makes parents");
	ok(!stat("d/e", &st) && (st.st_mode & 0777) == 0700, "with the mode");
	ok(!stat("d/e/f", &st) && (st.st_mode & 0777) == 0700, "and itself");
	ok(!bk_dir_make(ctx, "d/e/f", 0700, NULL), "again");
	umask(077);
	ok(!bk_dir_make(ctx, "w", 0755, NULL) && !stat("w", &st) && (st.st_mode & 0777) == 0755,
	   "a mode that the umask would not give");
	umask(022);
	chmod("d/e/f", 0777);
	is_int(bk_dir_make(ctx, "d/e/f", 0700, NULL), -BPFKEY_E_INSECURE, "others can write");
	ok(!symlink("e", "d/link"), "a link");
	ok(bk_dir_make(ctx, "d/link", 0700, NULL) < 0, "is not followed");
	bk_enter(ctx);
}

/* Many that wait together, in two directories, one of them for a name that is taken. */
static void test_together(struct bpfkey_ctx *ctx)
{
	static const char *const names[] = { "t/1", "t/2", "t/taken", "u/3", "t/4" };
	struct bk_pending *p[5], *before = NULL;

	ok(!mkdir("t", 0700) && !mkdir("u", 0700) &&
	   !bk_file_replace(ctx, "t/taken", 0600, str("old"), 0), "one is there already");
	for (size_t i = 0; i < 5; i++)
		if (bk_pending_new(ctx, names[i], 0600, str(names[i]), 0, &p[i]))
			abort();
	for (size_t i = 0; i < 5; i++, before = p[i - 1])
		ok(!bk_pending_sync_all(ctx, p[i], before), "%s is safe", names[i]);
	ok(access("t/1", F_OK), "but has no name yet");
	for (size_t i = 0; i < 5; i++)
		is_int(bk_pending_name(ctx, p[i]), i == 2 ? -BPFKEY_E_EXISTS : 0, names[i]);
	before = NULL;
	for (size_t i = 0; i < 5; i++) {
		if (i == 2)
			continue;
		ok(!bk_pending_settle(ctx, p[i], before), "%s has a name for ever", names[i]);
		before = p[i];
	}
	for (size_t i = 0; i < 5; i++)
		bk_pending_free(p[i]);
	for (size_t i = 0; i < 5; i++) {
		_cleanup_(buf_done) struct buf b = BUF(100);

		ok(!bk_file_read(ctx, names[i], 100, &b), "%s is read", names[i]);
		is_str(buf_cstr(&b), i == 2 ? "old" : names[i], "and is what was written");
	}
	bk_enter(ctx);
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	char dir[] = "/tmp/bk-file.XXXXXX", cleanup[64];

	umask(022);
	if (!mkdtemp(dir) || chdir(dir) || bpfkey_ctx_new(&ctx))
		return 1;
	test_replace(ctx);
	test_full_disk(ctx);
	test_inputs(ctx);
	test_directories(ctx);
	test_together(ctx);
	snprintf(cleanup, sizeof(cleanup), "rm -rf %s", dir);
	ok(!chdir("/") && !system(cleanup), "cleaned up");
	return done_testing();
}
