/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that can be told to fail. The linker sends every reference of the
 * library to them (--wrap, tests/fault/wraps); libc and OpenSSL among
 * themselves are not touched, OpenSSL's memory is by its own hook.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

enum inject_kind { INJECT_NONE, INJECT_ALLOC, INJECT_IO, INJECT_TPM, INJECT_OSSL };

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

#endif
