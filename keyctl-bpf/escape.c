// SPDX-License-Identifier: GPL-2.0-or-later
/* Text from files, kernels and command lines on its way to people. */
#include <stddef.h>
#include <stdint.h>

#include "escape.h"

/* Length of a well-formed UTF-8 character at @s that is safe to print, or 0. */
static size_t printable(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	uint32_t c;

	if (n <= 1)
		return n && *s >= 0x20 && *s != 0x7f ? 1 : 0;
	c = *s & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || c < 0xa0)
		return 0;
	/* Marks that reorder a line could make one name look like another. */
	if (c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

int escape_put(FILE *f, const char *s)
{
	int columns = 0;

	while (*s) {
		size_t n = printable((const unsigned char *)s);

		if (n && f)
			fwrite(s, 1, n, f);
		else if (f)
			fprintf(f, "\\x%02x", (unsigned char)*s);
		columns += n ? 1 : 4;
		s += n ? n : 1;
	}
	return columns;
}
