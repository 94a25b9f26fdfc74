// SPDX-License-Identifier: GPL-2.0-or-later
/* The TPM in our own process: nothing is lost, nothing is left, nobody else gets in. */
#include "tests/tpm/help.h"

static mode_t mode_of(const char *name)
{
	struct stat st;

	return lstat(in_dir(name), &st) ? 0 : st.st_mode & 07777;
}

static void test_first(void)
{
	struct tpm_identity id = { 0 };
	struct tpm *t = opened();
	DIR *d;
	int n = 0;

	umask(0);
	ok(t != NULL, "a new TPM is made");
	ok(t && !tpm_identify(t, &id) && !strcmp(id.kind, "embedded") && id.software &&
	   !strcmp(id.spec, spec), "it says that it is software in this process");
	is_str(id.manufacturer, "IBM", "manufacturer");
	is_str(id.vendor, "SW   TPM", "vendor");
	tpm_close(t);
	is_int(mode_of("state"), 0700, "the directory is ours alone");
	is_int(mode_of("state/permall"), 0600, "so is the state");
	is_int(mode_of("state/lock"), 0600, "and the lock");
	d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	if (d)
		closedir(d);
	is_int(n, 3, "nothing but the state and two files of this test: no NVChip with the seeds");
}

static void test_singleton(void)
{
	struct tpm *t = opened(), *second = NULL;
	char other[160];

	snprintf(other, sizeof(other), "embedded:%s/other", dir);
	is_int(tpm_open(ctx, other, &second), -BPFKEY_E_BUSY,
	       "a second TPM in one process is refused");
	ok(said("this process (or its parent) has one open already"), "and says why");
	ok(access(in_dir("other"), F_OK), "without making it");
	tpm_close(t);
	ok(!tpm_open(ctx, other, &second), "after the first was closed it opens");
	tpm_close(second);
}

/* In a forked child: the copy does nothing, and ending it takes nothing from the parent. */
static int child_of_open(struct tpm *t, ESYS_TR nv)
{
	struct tpm *own = NULL;
	char other[160];

	if (counter_up(t, nv) == TSS2_RC_SUCCESS)
		return 1;
	if (tpm_fail(t, TSS2_TCTI_RC_NOT_PERMITTED, "x") != -BPFKEY_E_BUSY ||
	    !said("belongs to the parent"))
		return 2;
	snprintf(other, sizeof(other), "embedded:%s/third", dir);
	if (tpm_open(ctx, other, &own) != -BPFKEY_E_BUSY)
		return 3;
	tpm_close(t);
	if (tpm_open(ctx, other, &own) != -BPFKEY_E_BUSY)
		return 4;
	return 0;
}

static void test_fork(void)
{
	struct tpm *t = opened();
	uint64_t before;
	ESYS_TR nv;
	pid_t pid;
	int fd;

	if (!ok(t && !counter_open(t, &nv) && !counter_up(t, nv), "a counter is there"))
		return;
	before = counter_get(t, nv);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(child_of_open(t, nv));
	is_int(exit_of(pid), 0, "a forked child can neither use nor open one");
	fd = open(in_dir("state/lock"), O_RDWR | O_CLOEXEC);
	ok(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK,
	   "the parent still holds the lock");
	close(fd);
	ok(!counter_up(t, nv) && counter_get(t, nv) == before + 1, "and its counter goes on");
	tpm_close(t);
	ok(counter_now() == before + 1, "and is what was saved");
}

static int add_n(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_(tpm_closep) struct tpm *t = opened();
		ESYS_TR nv;

		if (!t || counter_open(t, &nv) || counter_up(t, nv))
			return 1;
	}
	return 0;
}

static void test_serialized(void)
{
	const unsigned int n = times(50, 500);
	uint64_t before = counter_now();
	pid_t pids[2];
	int bad = 0;

	fflush(stdout);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(add_n(n));
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		bad += exit_of(pids[i]) != 0;
	is_int(bad, 0, "two processes take turns");
	is_int((long long)(counter_now() - before), 2 * n, "and no increment of theirs is lost");
}

static void test_busy(void)
{
	struct tpm *t = NULL;
	int ready[2];
	char byte, want[64];
	pid_t pid;

	fflush(stdout);
	if (pipe(ready))
		return;
	pid = fork();
	if (!pid) {
		t = opened();
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	ok(read(ready[0], &byte, 1) == 1, "another process has the TPM");
	is_int(tpm_open(ctx, spec, &t), -BPFKEY_E_BUSY, "waiting for it ends");
	snprintf(want, sizeof(want), "state' is in use by process %d", (int)pid);
	ok(said(want), "and names it");
	kill(pid, SIGKILL);
	is_int(exit_of(pid), 128 + SIGKILL, "it is killed");
	t = opened();
	ok(t != NULL, "which frees the TPM");
	tpm_close(t);
}

/* Until killed: increments, each acknowledged through @fd, and keys. */
static void work_until_killed(int fd)
{
	struct tpm *t = opened();
	ESYS_TR nv;

	if (!t || counter_open(t, &nv))
		_exit(1);
	for (unsigned int i = 0;; i++) {
		_cleanup_(buf_done) struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_key_meta meta;
		uint64_t v;

		if (counter_up(t, nv))
			_exit(2);
		v = counter_get(t, nv);
		if (write(fd, &v, sizeof(v)) != sizeof(v))
			_exit(3);
		if (i % 4 == 3 && tpm_key_create(t, "p256", NULL, &pem, &meta))
			_exit(4);
	}
}

static void test_killed(void)
{
	const unsigned int n = times(40, 400);
	unsigned int lost = 0, ahead = 0, bad = 0;
	uint64_t v, acked, got = counter_now();
	char before[80] = "", after[80] = "";

	srk_now(before);
	fflush(stdout);
	for (unsigned int i = 0; i < n; i++) {
		int fd[2];
		pid_t pid;

		if (pipe(fd))
			break;
		acked = got;
		pid = fork();
		if (!pid)
			work_until_killed(fd[1]);
		close(fd[1]);
		/* Not before it is at work, then at any time in a few increments. */
		if (read(fd[0], &v, sizeof(v)) == sizeof(v))
			acked = v;
		usleep((useconds_t)(rand() % 8000));
		kill(pid, SIGKILL);
		bad += exit_of(pid) != 128 + SIGKILL;
		while (read(fd[0], &v, sizeof(v)) == sizeof(v))
			acked = v;
		close(fd[0]);
		got = counter_now();
		lost += got < acked;
		ahead += got > acked + 1;
	}
	is_int(bad, 0, "processes are killed at work");
	is_int(lost, 0, "what was acknowledged is never lost");
	is_int(ahead, 0, "and at most one increment more has happened");
	ok(!srk_now(after) && !strcmp(before, after), "the TPM is the same one");
}

static char warning[512];

static void keep_warning(void *user _unused_, enum bpfkey_log_level level, const char *line)
{
	if (level == BPFKEY_LOG_WARNING)
		snprintf(warning, sizeof(warning), "%s", line);
}

/* test_full - RLIMIT_FSIZE is a full disk that needs no root. */
static void test_full(void)
{
	struct rlimit old, small = { 512, RLIM_INFINITY };
	struct tpm *t = opened();
	struct tpm_key_meta meta;
	struct buf pem = BUF(TPM_FILE_MAX);
	uint64_t before;
	ESYS_TR nv;
	TSS2_RC rc;

	bk_forget(ctx);
	if (!ok(t && !counter_open(t, &nv), "the counter is there"))
		return;
	before = counter_get(t, nv);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	/* The limit binds stdout, too: report after it was lifted. */
	setrlimit(RLIMIT_FSIZE, &small);
	rc = counter_up(t, nv);
	setrlimit(RLIMIT_FSIZE, &old);
	ok(rc != TSS2_RC_SUCCESS, "an increment that cannot be saved fails");
	is_int(tpm_key_create(t, "p256", NULL, &pem, &meta), -BPFKEY_E_IO,
	       "and so does all after it");
	ok(said("cannot save TPM state") && said("File too large"), "with the first cause");
	ok(strstr(bpfkey_ctx_hint(ctx), "run the command again"), "and what to do");
	is_int((long long)pem.n, 0, "and no output");
	bk_forget(ctx);
	bk_fail(ctx, -BPFKEY_E_TPM, "an earlier failure");
	bpfkey_ctx_set_log(ctx, keep_warning, NULL);
	tpm_close(t);
	bpfkey_ctx_set_log(ctx, NULL, NULL);
	is_str(bpfkey_ctx_message(ctx), "an earlier failure",
	       "closing does not replace a sentence");
	ok(strstr(warning, "cannot save TPM state"), "but warns of what was not saved");
	ok(counter_now() == before, "opened again, the TPM goes on from its last state");
	ok(access(in_dir("state/.permall.tmp"), F_OK), "no half-written file stays");
	bk_forget(ctx);
	buf_done(&pem);
}

static void test_first_full(void)
{
	struct rlimit old, small;
	struct tpm *t = NULL;
	char other[160];
	int r;

	snprintf(other, sizeof(other), "embedded:%s/full", dir);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){ 512, old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	r = tpm_open(ctx, other, &t);
	setrlimit(RLIMIT_FSIZE, &old);
	is_int(r, -BPFKEY_E_IO, "no room for a new TPM");
	ok(said("cannot save TPM state") && said("File too large"), "says what cannot be saved");
	ok(access(in_dir("full/permall"), F_OK), "and leaves no state");
	bk_forget(ctx);
	ok(!tpm_open(ctx, other, &t), "with room it is made");
	tpm_close(t);
}

/* A program that opens TPMs leaves no word on the terminal, whatever they do. */
static void test_silent(int log)
{
	struct stat st;

	ok(!fstat(log, &st) && !st.st_size, "nothing was written to stderr");
}

/* A machine's OpenSSL configuration that would starve libtpms, if it were read. */
static void starve_openssl(void)
{
	FILE *f = fopen(in_dir("openssl.cnf"), "we");

	if (!f)
		return;
	fputs("openssl_conf = top\n[top]\nalg_section = algs\n[algs]\n"
	      "default_properties = provider=nothing\n", f);
	fclose(f);
	setenv("OPENSSL_CONF", in_dir("openssl.cnf"), 1);
}

int main(void)
{
	int log;

	begin();
	starve_openssl();
	log = open(in_dir("log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	dup2(log, STDERR_FILENO);
	test_first();
	test_singleton();
	test_fork();
	test_serialized();
	test_killed();
	test_full();
	test_first_full();
	test_busy();
	test_silent(log);
	return end();
}
