/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a secret lives: memfd_secret(2) pages, which not even the kernel's
 * direct map shows; without that system call, locked anonymous pages left out
 * of dumps and of forked children. Without locking there is no secret at all.
 */
#include "secret.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct bk_secret {
	uint8_t *p;
	size_t n, cap, mapped;
};

/* map_hidden - memfd_secret pages, or NULL where the kernel has none. */
static void *map_hidden(size_t n)
{
	_cleanup_(bk_closep) int fd = (int)syscall(SYS_memfd_secret, 0x80000 /* O_CLOEXEC */);
	void *p;

	if (fd < 0 || ftruncate(fd, (off_t)n))
		return NULL;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	/* A forked child shares the mapping: it must not have it. */
	if (madvise(p, n, MADV_DONTFORK)) {
		munmap(p, n);
		return NULL;
	}
	return p;
}

static void *map_locked(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mlock(p, n) || madvise(p, n, MADV_DONTDUMP) || madvise(p, n, MADV_WIPEONFORK)) {
		munmap(p, n);
		return NULL;
	}
	return p;
}

struct bk_secret *bk_secret_new(size_t cap)
{
	_cleanup_(bk_freep) struct bk_secret *s = calloc(1, sizeof(*s));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!s || cap > SIZE_MAX - page)
		return NULL;
	s->cap = cap;
	s->mapped = (cap + page) / page * page;
	s->p = map_hidden(s->mapped);
	if (!s->p)
		s->p = map_locked(s->mapped);
	return s->p ? steal(&s) : NULL;
}

struct bk_secret *bk_secret_take(void *src, size_t n)
{
	struct bk_secret *s = bk_secret_new(n);

	if (s) {
		memcpy(s->p, src, n);
		s->n = n;
	}
	bk_wipe(src, n);
	return s;
}

void bk_secret_free(struct bk_secret *s)
{
	if (!s)
		return;
	bk_wipe(s->p, s->mapped);
	munmap(s->p, s->mapped);
	free(s);
}

uint8_t *bk_secret_data(struct bk_secret *s)
{
	return s->p;
}

size_t bk_secret_len(const struct bk_secret *s)
{
	return s->n;
}

size_t bk_secret_cap(const struct bk_secret *s)
{
	return s->cap;
}

void bk_secret_set_len(struct bk_secret *s, size_t n)
{
	if (n <= s->cap)
		s->n = n;
}

bool bk_secret_equal(const struct bk_secret *a, const struct bk_secret *b)
{
	volatile uint8_t diff = 0;

	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		diff |= a->p[i] ^ b->p[i];
	return !diff;
}

void bk_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
