/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last stop before a terminal: bytes that could steer it are shown, not sent. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdio.h>

/*
 * escape_put - print @s with other than printable characters as \xNN
 * @f: NULL to measure only
 *
 * Returns the columns it takes.
 */
int escape_put(FILE *f, const char *s);

#endif
