/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpfkey/err.h>

#include "util.h"

struct err_row {
	const char *name, *text;
	int exit;
};

static const struct err_row rows[] = {
	[BPFKEY_OK] = { "OK", "done", 0 },
#define X(sym, code, words) [BPFKEY_E_##sym] = { "E_" #sym, words, code },
	BPFKEY_ERRORS(X)
#undef X
};

/* Codes are negative results; anything that is none of ours is internal. */
static const struct err_row *row(int r)
{
	if (r > 0 || -(long)r >= (long)ARRAY_SIZE(rows))
		r = -BPFKEY_E_INTERNAL;
	return &rows[-r];
}

const char *bpfkey_err_name(int r)
{
	return row(r)->name;
}

const char *bpfkey_err_text(int r)
{
	return row(r)->text;
}

int bpfkey_err_exit(int r)
{
	return row(r)->exit;
}
