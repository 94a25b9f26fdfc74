/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions on the terminal that only a person may answer. */
#ifndef ASK_H
#define ASK_H

#include <bpfkey/secret.h>

/*
 * ask_secret - a bpfkey_ask_fn: asks on /dev/tty with echo off, once, for as
 * long as it takes. A signal that ends the process, or stops it, finds the
 * terminal as it was.
 */
int ask_secret(void *user, enum bpfkey_secret what, const char *name, char *buf, size_t cap,
	       size_t *ret_len);

#endif
