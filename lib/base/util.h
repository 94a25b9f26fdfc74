/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every file may need and libc lacks: cleanup, hand-over, array length. */
#ifndef BK_UTIL_H
#define BK_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))

/* DEFINE_CLEANUP(struct x *, x_free) makes x_freep for _cleanup_(x_freep). */
#define DEFINE_CLEANUP(type, func)                                             \
	static inline void func##p(type *p)                                    \
	{                                                                      \
		if (*p)                                                        \
			func(*p);                                              \
	}

/* Hand a cleaned-up pointer over: its variable is NULL afterwards. */
#define steal(pp)                                                              \
	({                                                                     \
		__typeof__(*(pp)) _stolen = *(pp);                             \
		*(pp) = NULL;                                                  \
		_stolen;                                                       \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void bk_freep(void *p)
{
	free(*(void **)p);
}

static inline void bk_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int bk_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

DEFINE_CLEANUP(FILE *, fclose)

/* Borrowed bytes. */
struct view {
	const uint8_t *p;
	size_t n;
};

#endif
