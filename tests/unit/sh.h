/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other people's tools from a unit test, in a directory of the test's own. */
#ifndef TEST_SH_H
#define TEST_SH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

static char sh_dir[64];

__attribute__((unused))
static void sh_leave(void)
{
	char cmd[96];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", sh_dir);
	if (chdir("/") || system(cmd))
		fprintf(stderr, "%s is left\n", sh_dir);
}

__attribute__((unused))
static void sh_enter(void)
{
	strcpy(sh_dir, "/tmp/bk-unit-XXXXXX");
	umask(077);
	if (!mkdtemp(sh_dir) || chdir(sh_dir))
		abort();
	atexit(sh_leave);
}

/* Returns true when the command succeeds; its words go to files out and err. */
__attribute__((format(printf, 1, 2), unused))
static bool sh(const char *fmt, ...)
{
	char cmd[2048], line[2200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "( %s ) >out 2>err", cmd);
	return system(line) == 0;
}

__attribute__((unused))
static void put_file(const char *path, struct view v)
{
	if (bk_file_replace(NULL, path, 0600, v, BK_FILE_FORCE) < 0)
		abort();
}

__attribute__((unused))
static void get_file(const char *path, struct buf *ret)
{
	*ret = BUF(1 << 20);
	if (bk_file_read(NULL, path, 1 << 20, ret) < 0)
		abort();
}

#endif
