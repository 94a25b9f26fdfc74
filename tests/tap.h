/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for the tests in C: ok(cond, "what"), is_str(got, want, "what"), and
 * return done_testing() from main. One test program is one process, so the
 * counters are static.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	tap_failed += !good;
	printf("%sok %u - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

__attribute__((unused))
static bool is_int(long long got, long long want, const char *what)
{
	bool good = ok(got == want, "%s", what);

	if (!good)
		printf("# got %lld, want %lld\n", got, want);
	return good;
}

__attribute__((unused))
static bool is_str(const char *got, const char *want, const char *what)
{
	bool good = ok(got && want && !strcmp(got, want), "%s", what);

	if (!good)
		printf("# got '%s', want '%s'\n", got ? got : "(null)", want ? want : "(null)");
	return good;
}

__attribute__((format(printf, 2, 3), unused))
static void skip(const char *reason, const char *fmt, ...)
{
	va_list ap;

	printf("ok %u - ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" # SKIP %s\n", reason);
}

__attribute__((unused))
static int done_testing(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
