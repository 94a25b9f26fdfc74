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

/*
 * hygiene_listen_fds - how many descriptors from 3 on a service manager has passed on to this
 * process, sd_listen_fds(3): the environment says so, which hygiene_start() takes away
 */
unsigned int hygiene_listen_fds(void);

#endif
