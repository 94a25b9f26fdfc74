/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process is made to be before it does anything else. */
#ifndef HYGIENE_H
#define HYGIENE_H

/*
 * hygiene_start - first call of main
 * @ret_why: on failure a sentence in static storage
 *
 * Returns 0 or a negative BPFKEY_E_ code.
 */
int hygiene_start(const char **ret_why);

#endif
