/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* The context of reader.bpf.c: the question in its first field, the answer in the others. */
#ifndef BK_READER_IO_H
#define BK_READER_IO_H

#include <linux/types.h>

/* ML-DSA-87 takes 2592 bytes, RSA-4096 526. */
#define READER_KEY_MAX 3072

enum reader_state {
	READER_NOT_RUN,		/* the program never got here */
	READER_NO_KEY,		/* no key has that serial */
	READER_KEYRING,
	READER_ASYMMETRIC,
	READER_OTHER,		/* a key of another type */
};

/* Fixed widths, no holes: PROG_RUN copies it in and out whole. */
struct reader_io {
	__s32 serial;		/* in */
	__u32 state;		/* enum reader_state */
	__u32 perm;
	__u32 restricted;	/* a keyring: there is a restriction */
	__u64 check;		/* address of its function, for /proc/kallsyms */
	__s32 anchor;		/* serial of the key or keyring that must vouch, or 0 */
	__u32 typed;		/* only keys of one type may be added */
	__s64 expiry;		/* seconds since 1970; 0 or the largest number: never */
	__u64 flags;
	__u32 key_len;		/* an asymmetric key: its length, also when it does not fit */
	__u32 pad;
	__u64 key[READER_KEY_MAX / 8];	/* as in memory; what follows key_len means nothing */
};

_Static_assert(sizeof(struct reader_io) == 56 + READER_KEY_MAX, "no holes");

#endif
