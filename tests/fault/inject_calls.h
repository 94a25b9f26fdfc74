/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bodies behind inject.h; included once, by faults.c. */
#ifndef INJECT_CALLS_H
#define INJECT_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_error.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inject.h"

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
IO(ssize_t, ENOSPC, write, (int fd, const void *p, size_t n), (fd, p, n))
IO(ssize_t, ENOSPC, pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o))
IO(int, EIO, fsync, (int fd), (fd))
IO(int, EIO, fdatasync, (int fd), (fd))
IO(int, ENOSPC, ftruncate, (int fd, off_t n), (fd, n))
IO(int, ENOSPC, renameat, (int d, const char *a, int e, const char *b), (d, a, e, b))
IO(int, ENOSPC, renameat2, (int d, const char *a, int e, const char *b, unsigned int f),
	(d, a, e, b, f))
IO(int, ENOSPC, linkat, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f))
IO(int, ENOSPC, mkdirat, (int d, const char *p, mode_t m), (d, p, m))
IO(int, EIO, fstat, (int fd, struct stat *st), (fd, st))
IO(int, ENOLCK, flock, (int fd, int op), (fd, op))
IO(ssize_t, ENOSYS, getrandom, (void *p, size_t n, unsigned int f), (p, n, f))

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
