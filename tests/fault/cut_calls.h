/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A power cut: what the kernel was not made to write is lost, in the worst way that POSIX allows,
 * and the process ends at once. Part of inject_calls.h, which includes it in its midst.
 */
#include "inject_calls.h"

#ifndef CUT_CALLS_H
#define CUT_CALLS_H

#define CUT_MOST 64

static struct {
	unsigned int loses;
	int old;		/* folder where replaced files stay until a name is durable */
	struct cut_file { int fd; dev_t dev; ino_t ino; } files[CUT_MOST];
	struct cut_name {
		int dir;
		ino_t dir_ino;
		char name[64], old[16];
	} names[CUT_MOST];
	size_t n_files, n_names;
	unsigned int n_old;
	bool unsure;		/* more happened than there is room for */
} cut;

static void cut_lose_data(void)
{
	struct stat st;

	for (size_t i = 0; i < cut.n_files; i++)
		if (!__real_fstat(cut.files[i].fd, &st) &&
		    __real_ftruncate(cut.files[i].fd, st.st_size / 2))
			cut.unsure = true;
}

/* Newest first, each name is again what it was. */
static void cut_lose_names(void)
{
	char gone[48];

	for (size_t i = cut.n_names; i-- > 0;) {
		struct cut_name *c = &cut.names[i];

		snprintf(gone, sizeof(gone), "gone.%d.%zu", (int)getpid(), i);
		if (*c->old)
			__real_renameat(cut.old, c->old, c->dir, c->name);
		else
			__real_renameat(c->dir, c->name, cut.old, gone);
	}
}

static void cut_now(void)
{
	inject.fired = !cut.unsure;
	if (cut.loses & CUT_LOSES_DATA)
		cut_lose_data();
	if (cut.loses & CUT_LOSES_NAMES)
		cut_lose_names();
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static bool cut_here(void)
{
	return inject.kind == INJECT_CUT && ++inject.count == inject.nth;
}

static void cut_point(void)
{
	if (cut_here())
		cut_now();
}

void inject_cut(unsigned long nth, unsigned int loses, int old)
{
	inject_arm(INJECT_CUT, nth, false);
	memset(&cut, 0, sizeof(cut));
	cut.loses = loses;
	cut.old = old;
}

void inject_cut_end(void)
{
	cut_now();
}

/* cut_wrote - @fd has data now that a disk need not have yet. */
static void cut_wrote(int fd)
{
	struct stat st;

	if (inject.kind != INJECT_CUT || __real_fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < cut.n_files; i++)
		if (cut.files[i].ino == st.st_ino && cut.files[i].dev == st.st_dev)
			return;
	if (cut.n_files == CUT_MOST) {
		cut.unsure = true;
		return;
	}
	cut.files[cut.n_files++] = (struct cut_file){ fcntl(fd, F_DUPFD_CLOEXEC, 100), st.st_dev,
						      st.st_ino };
}

/* cut_synced - a file has its data, or a folder its names. */
static void cut_synced(int fd)
{
	struct stat st;
	size_t i, n = 0;

	if (inject.kind != INJECT_CUT || __real_fstat(fd, &st))
		return;
	for (i = 0; i < cut.n_files; i++) {
		if (cut.files[i].ino == st.st_ino && cut.files[i].dev == st.st_dev)
			close(cut.files[i].fd);
		else
			cut.files[n++] = cut.files[i];
	}
	cut.n_files = n;
	for (i = n = 0; i < cut.n_names; i++) {
		if (cut.names[i].dir_ino == st.st_ino)
			close(cut.names[i].dir);
		else
			cut.names[n++] = cut.names[i];
	}
	cut.n_names = n;
}

/* cut_synced_all - there is one file system, and all of it is on the disk. */
static void cut_synced_all(void)
{
	if (inject.kind != INJECT_CUT)
		return;
	while (cut.n_files)
		close(cut.files[--cut.n_files].fd);
	while (cut.n_names)
		close(cut.names[--cut.n_names].dir);
}

/* cut_naming - @name in @dir is about to become another file, or a new one. */
static void cut_naming(int dir, const char *name)
{
	struct cut_name *c = &cut.names[cut.n_names];
	struct stat st;

	if (inject.kind != INJECT_CUT)
		return;
	if (cut.n_names == CUT_MOST || strlen(name) >= sizeof(c->name)) {
		cut.unsure = true;
		return;
	}
	*c = (struct cut_name){ .dir = dir == AT_FDCWD ? open(".", O_RDONLY | O_CLOEXEC) :
						       fcntl(dir, F_DUPFD_CLOEXEC, 100) };
	if (!__real_fstat(c->dir, &st))
		c->dir_ino = st.st_ino;
	strcpy(c->name, name);
	snprintf(c->old, sizeof(c->old), "old.%u", cut.n_old++);
	if (__real_linkat(c->dir, name, cut.old, c->old, 0))
		*c->old = 0;
	cut.n_names++;
}

/* cut_not_named - the call after cut_naming() failed. */
static void cut_not_named(void)
{
	if (inject.kind == INJECT_CUT && cut.n_names)
		cut.n_names--;
}

/* CUT_CALL(type, errno, name, parameters, arguments, before, after, failed) */
#define CUT_CALL(type, err, name, params, args, before, after, failed)         \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		type r;                                                        \
									       \
		if (hit(INJECT_IO, err))                                       \
			return -1;                                             \
		cut_point();                                                   \
		before;                                                        \
		r = __real_##name args;                                        \
		if (r < 0)                                                     \
			failed;                                                \
		else                                                           \
			after;                                                 \
		cut_point();                                                   \
		return r;                                                      \
	}

#define CUT_WRITE(name, params, args, half)                                    \
	CUT_CALL(ssize_t, ENOSPC, name, params, args,                          \
		 if (cut_here()) {                                             \
			ssize_t done = __real_##name half;                     \
									       \
			(void)done;                                            \
			cut_wrote(fd);                                         \
			cut_now();                                             \
		 },                                                            \
		 cut_wrote(fd), (void)0)

CUT_WRITE(write, (int fd, const void *p, size_t n), (fd, p, n), (fd, p, n / 2))
CUT_WRITE(pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n, o), (fd, p, n / 2, o))
CUT_CALL(int, EIO, fsync, (int fd), (fd), (void)0, cut_synced(fd), (void)0)
CUT_CALL(int, EIO, fdatasync, (int fd), (fd), (void)0, cut_synced(fd), (void)0)
CUT_CALL(int, EIO, syncfs, (int fd), (fd), (void)0, cut_synced_all(), (void)0)
CUT_CALL(int, ENOSPC, ftruncate, (int fd, off_t n), (fd, n), (void)0, cut_wrote(fd), (void)0)
CUT_CALL(int, ENOSPC, renameat, (int d, const char *a, int e, const char *b), (d, a, e, b),
	cut_naming(e, b), (void)0, cut_not_named())
CUT_CALL(int, ENOSPC, renameat2, (int d, const char *a, int e, const char *b, unsigned int f),
	(d, a, e, b, f), cut_naming(e, b), (void)0, cut_not_named())
CUT_CALL(int, ENOSPC, linkat, (int d, const char *a, int e, const char *b, int f),
	(d, a, e, b, f), cut_naming(e, b), (void)0, cut_not_named())
CUT_CALL(int, ENOSPC, mkdirat, (int d, const char *p, mode_t m), (d, p, m),
	cut_naming(d, p), (void)0, cut_not_named())

#endif
