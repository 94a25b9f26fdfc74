/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that can be told to fail. The linker sends every reference of the
 * library to them (--wrap, tests/fault/wraps); libc and OpenSSL among
 * themselves are not touched, OpenSSL's memory is by its own hook.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stdint.h>

enum inject_kind {
	INJECT_NONE, INJECT_ALLOC, INJECT_IO, INJECT_TPM, INJECT_OSSL, INJECT_ESYS,
	INJECT_CUT,	/* no call fails: the power goes, see inject_cut() */
};

/*
 * inject_arm - from now on the @nth call (from 1) of @kind fails; with @sticky
 * all later ones too, as on a disk that stays full. 0: count only.
 */
void inject_arm(enum inject_kind kind, unsigned long nth, bool sticky);
void inject_disarm(void);

/* How many calls of the kind there were, and whether one was made to fail. */
unsigned long inject_count(void);
bool inject_fired(void);

/* inject_openssl - put the hook under OpenSSL's memory; before its first use. */
bool inject_openssl(void);

/* inject_esys - for the bodies that esys_wraps writes: does the call of @name fail? */
bool inject_esys(const char *name);

/* inject_left - handles that the TPM still held when the last connection to it ended. */
unsigned long inject_left(void);

/* What a disk loses that is cut off, of what was not synchronised. */
#define CUT_LOSES_DATA 1u	/* half of each file that was written */
#define CUT_LOSES_NAMES 2u	/* each name that was given or changed, and new directories */

/*
 * inject_cut - the process is killed at the @nth point from now on. Points are before and after
 * each call that changes a file, and in the middle of each write.
 * @old: descriptor of an empty folder on the same file system
 */
void inject_cut(unsigned long nth, unsigned int loses, int old);

/* inject_cut_end - the work is done: the process is killed now. */
void inject_cut_end(void);

#endif
