/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the TPM tests share: a directory of their own. */
#ifndef TPM_TEST_HELP_H
#define TPM_TEST_HELP_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/tap.h"
#include "tests/tpm/counter.h"

static char dir[64] = "/tmp/keyctl-bpf-tpm.XXXXXX";	/* the current directory, too */
static char spec[160];
static struct bpfkey_ctx *ctx;

/* in_dir - a path below the test's directory; the two latest results are valid. */
_unused_ static const char *in_dir(const char *name)
{
	static char path[2][160];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

_unused_ static int remove_all(const char *path)
{
	_cleanup_(bk_freep) char *command = NULL;

	if (asprintf(&command, "rm -rf '%s'", path) < 0)
		return -1;
	return system(command);
}

static void leave(void)
{
	remove_all(dir);
}

_unused_ static void begin(void)
{
	if (!mkdtemp(dir) || chdir(dir) || bpfkey_ctx_new(&ctx)) {
		printf("Bail out! no directory to work in\n");
		_exit(1);
	}
	snprintf(spec, sizeof(spec), "embedded:%s/state", dir);
}

/* end - the plan; what the test left in its directory goes. */
_unused_ static int end(void)
{
	leave();
	bpfkey_ctx_free(ctx);
	return done_testing();
}

/* opened - or NULL, with the reason as a diagnostic. */
_unused_ static struct tpm *opened(void)
{
	struct tpm *t = NULL;

	if (tpm_open(ctx, spec, &t) < 0)
		printf("# %s\n", bpfkey_ctx_message(ctx));
	return t;
}

/* counter_now - the same in an opening of its own. */
_unused_ static uint64_t counter_now(void)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	ESYS_TR nv;

	if (!t || counter_open(t, &nv))
		return UINT64_MAX;
	return counter_get(t, nv);
}

/* srk_now - name of the storage root key, which is the seed's in disguise. */
_unused_ static int srk_now(char out[80])
{
	_cleanup_(tpm_closep) struct tpm *t = opened();
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	int r;

	if (!t)
		return -1;
	r = tpm_srk_open(t, TPM2_RH_OWNER, false, &srk);
	return r < 0 ? r : tpm_object_name(&srk, out, 80);
}

/* exit_of - of a child; 128 and the signal when one ended it. */
_unused_ static int exit_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* said - does the context's sentence hold @part? */
_unused_ static bool said(const char *part)
{
	bool good = strstr(bpfkey_ctx_message(ctx), part) != NULL;

	if (!good)
		printf("# said '%s', want '%s'\n", bpfkey_ctx_message(ctx), part);
	return good;
}

_unused_ static unsigned int times(unsigned int few, unsigned int many)
{
	return getenv("LONG") ? many : few;
}

#endif
