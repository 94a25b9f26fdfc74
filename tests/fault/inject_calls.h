/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bodies behind inject.h; included once, by faults.c. */
#ifndef INJECT_CALLS_H
#define INJECT_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_error.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <tss2/tss2_esys.h>
#include <unistd.h>

#include "inject.h"
#include "tests/tpm/handles.h"

static struct {
	enum inject_kind kind;
	unsigned long nth, count;
	bool sticky, fired;
} inject;

void inject_arm(enum inject_kind kind, unsigned long nth, bool sticky)
{
	inject.kind = kind;
	inject.nth = nth;
	inject.sticky = sticky;
	inject.count = 0;
	inject.fired = false;
}

void inject_disarm(void)
{
	inject.kind = INJECT_NONE;
}

unsigned long inject_count(void)
{
	return inject.count;
}

bool inject_fired(void)
{
	return inject.fired;
}

static bool hit(enum inject_kind kind, int err)
{
	if (inject.kind != kind)
		return false;
	inject.count++;
	if (!inject.nth || inject.count < inject.nth)
		return false;
	if (inject.count > inject.nth && !inject.sticky)
		return false;
	inject.fired = true;
	errno = err;
	return true;
}

/* WRAP(type, failure, kind, errno, name, parameters, arguments) */
#define WRAP(type, fail, kind, err, name, params, args)                        \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		return hit(kind, err) ? (fail) : __real_##name args;           \
	}

#define ALLOC(name, params, args) WRAP(void *, NULL, INJECT_ALLOC, ENOMEM, name, params, args)
#define IO(type, err, name, params, args) WRAP(type, -1, INJECT_IO, err, name, params, args)

ALLOC(malloc, (size_t n), (n))
ALLOC(calloc, (size_t n, size_t m), (n, m))
ALLOC(realloc, (void *p, size_t n), (p, n))
ALLOC(reallocarray, (void *p, size_t n, size_t m), (p, n, m))
WRAP(char *, NULL, INJECT_ALLOC, ENOMEM, strdup, (const char *s), (s))
WRAP(char *, NULL, INJECT_ALLOC, ENOMEM, strndup, (const char *s, size_t n), (s, n))
WRAP(int, -1, INJECT_ALLOC, ENOMEM, vasprintf, (char **p, const char *f, va_list a), (p, f, a))
WRAP(int, -1, INJECT_ALLOC, ENOMEM, __vasprintf_chk,
	(char **p, int flag, const char *f, va_list a), (p, flag, f, a))

int __wrap_asprintf(char **p, const char *f, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **p, const char *f, ...)
{
	va_list a;
	int n;

	va_start(a, f);
	n = __wrap_vasprintf(p, f, a);
	va_end(a);
	return n;
}

int __wrap___asprintf_chk(char **p, int flag, const char *f, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **p, int flag, const char *f, ...)
{
	va_list a;
	int n;

	va_start(a, f);
	n = __wrap___vasprintf_chk(p, flag, f, a);
	va_end(a);
	return n;
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list a;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(a, flags);
		mode = va_arg(a, mode_t);
		va_end(a);
	}
	return hit(INJECT_IO, EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list a;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(a, flags);
		mode = va_arg(a, mode_t);
		va_end(a);
	}
	return hit(INJECT_IO, ENOSPC) ? -1 : __real_openat(dir, path, flags, mode);
}

IO(ssize_t, EIO, read, (int fd, void *p, size_t n), (fd, p, n))
IO(ssize_t, EIO, pread, (int fd, void *p, size_t n, off_t o), (fd, p, n, o))
IO(int, EIO, fstat, (int fd, struct stat *st), (fd, st))
IO(int, ENOLCK, flock, (int fd, int op), (fd, op))
IO(ssize_t, ENOSYS, getrandom, (void *p, size_t n, unsigned int f), (p, n, f))

int __real_ftruncate(int fd, off_t n);
int __real_renameat(int d, const char *a, int e, const char *b);
int __real_linkat(int d, const char *a, int e, const char *b, int f);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t o);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_syncfs(int fd);
int __real_renameat2(int d, const char *a, int e, const char *b, unsigned int f);
int __real_mkdirat(int d, const char *p, mode_t m);

#include "cut_calls.h"

/* A TPM in failure mode answers every command with TPM_RC_FAILURE. */
TPM_RESULT __real_TPMLIB_Process(unsigned char **out, uint32_t *n, uint32_t *cap,
				 unsigned char *in, uint32_t in_n);
TPM_RESULT __wrap_TPMLIB_Process(unsigned char **out, uint32_t *n, uint32_t *cap,
				 unsigned char *in, uint32_t in_n);
TPM_RESULT __wrap_TPMLIB_Process(unsigned char **out, uint32_t *n, uint32_t *cap,
				 unsigned char *in, uint32_t in_n)
{
	static const unsigned char failure[] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1 };
	TPM_RESULT rc;

	if (!hit(INJECT_TPM, 0))
		return __real_TPMLIB_Process(out, n, cap, in, in_n);
	if (*cap >= sizeof(failure)) {
		memcpy(*out, failure, sizeof(failure));
		*n = sizeof(failure);
		return TPM_SUCCESS;
	}
	/* There is no room for an answer yet: the library fails instead. */
	rc = TPM_FAIL;
	return rc;
}

WRAP(TPM_RESULT, TPM_FAIL, INJECT_TPM, 0, TPMLIB_MainInit, (void), ())

static unsigned long esys_left;
static bool esys_flush_failed;

bool inject_esys(const char *name)
{
	if (!hit(INJECT_ESYS, 0))
		return false;
	esys_flush_failed |= !strcmp(name, "Esys_FlushContext");
	return true;
}

unsigned long inject_left(void)
{
	return esys_left;
}

TSS2_RC __real_Esys_GetCapability(ESYS_CONTEXT *e, ESYS_TR s1, ESYS_TR s2, ESYS_TR s3,
				  TPM2_CAP cap, UINT32 property, UINT32 n, TPMI_YES_NO *more,
				  TPMS_CAPABILITY_DATA **data);

static unsigned long handles_of(ESYS_CONTEXT *e, TPM2_HT type)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	unsigned long n = 0;

	if (!__real_Esys_GetCapability(e, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				       TPM2_CAP_HANDLES, first_of(type), 16, &(TPMI_YES_NO){ 0 },
				       &data))
		n = data->data.handles.count;
	Esys_Free(data);
	return n;
}

/* What could not be flushed because the flushing failed is not ours to judge. */
void __real_Esys_Finalize(ESYS_CONTEXT **e);
void __wrap_Esys_Finalize(ESYS_CONTEXT **e);
void __wrap_Esys_Finalize(ESYS_CONTEXT **e)
{
	if (inject.kind == INJECT_ESYS && !esys_flush_failed)
		esys_left += handles_of(*e, TPM2_HT_TRANSIENT) +
			     handles_of(*e, TPM2_HT_LOADED_SESSION) +
			     handles_of(*e, TPM2_HT_SAVED_SESSION);
	__real_Esys_Finalize(e);
}

static void *ossl_malloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return hit(INJECT_OSSL, ENOMEM) ? NULL : __real_malloc(n);
}

static void *ossl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return hit(INJECT_OSSL, ENOMEM) ? NULL : __real_realloc(p, n);
}

static void ossl_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

/*
 * OpenSSL's start is left whole: 3.5 reports a failed allocation in it through the initialisation
 * that is just running, which then waits for itself for ever (its issue 32894 is of this kind).
 */
bool inject_openssl(void)
{
	return CRYPTO_set_mem_functions(ossl_malloc, ossl_realloc, ossl_free) == 1 &&
	       OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_LOAD_CONFIG,
				   NULL) == 1;
}

#endif
