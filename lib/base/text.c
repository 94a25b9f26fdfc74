/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* digits - as many decimal digits as there are; NULL when none or over @max. */
static const char *digits(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!is_digit(*s))
		return NULL;
	for (; is_digit(*s); s++) {
		uint64_t d = (uint64_t)(*s - '0');

		if (v > (max - d) / 10)
			return NULL;
		v = v * 10 + d;
	}
	*ret = v;
	return s;
}

int text_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	const char *end = digits(s, max, &v);

	if (!end || *end || v > max)
		return -1;
	*ret = v;
	return 0;
}

int text_duration(const char *s, uint64_t *ret)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'y', 365 * 86400ull },
	};
	uint64_t v;
	const char *end = digits(s, UINT32_MAX, &v);

	if (!end || !*end || end[1])
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (*end == units[i].unit) {
			*ret = v * units[i].seconds;
			return 0;
		}
	}
	return -1;
}

/* fixed - exactly @n digits at *@s, then the byte @after; moves *@s past both. */
static int fixed(const char **s, unsigned int n, char after, int *ret)
{
	int v = 0;

	for (unsigned int i = 0; i < n; i++, (*s)++) {
		if (!is_digit(**s))
			return -1;
		v = v * 10 + (**s - '0');
	}
	if (**s != after)
		return -1;
	if (after)
		(*s)++;
	*ret = v;
	return 0;
}

int text_time(const char *s, int64_t *ret)
{
	struct tm tm = { 0 }, back;
	time_t t;

	if (fixed(&s, 4, '-', &tm.tm_year) || fixed(&s, 2, '-', &tm.tm_mon))
		return -1;
	if (strlen(s) == 2) {
		if (fixed(&s, 2, 0, &tm.tm_mday))
			return -1;
	} else if (fixed(&s, 2, 'T', &tm.tm_mday) || fixed(&s, 2, ':', &tm.tm_hour) ||
		   fixed(&s, 2, ':', &tm.tm_min) || fixed(&s, 2, 'Z', &tm.tm_sec) || *s) {
		return -1;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	back = tm;
	t = timegm(&back);
	/* timegm() makes 3 March of 31 February; that is no date. */
	if (back.tm_mday != tm.tm_mday || back.tm_mon != tm.tm_mon || back.tm_hour != tm.tm_hour ||
	    back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return -1;
	*ret = t;
	return 0;
}

const char *text_from_time(int64_t t, char out[TEXT_TIME_MAX])
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&tt, &tm) || !strftime(out, TEXT_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, TEXT_TIME_MAX, "@%lld", (long long)t);
	return out;
}

void text_hex(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		buf_printf(b, "%02x", v.p[i]);
}

static int nibble(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int text_unhex(const char *s, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ret->max);

	for (; *s; s += 2) {
		int hi = nibble(s[0]), lo = hi < 0 ? -1 : nibble(s[1]);

		if (lo < 0)
			return -1;
		buf_u8(&b, (uint8_t)(hi << 4 | lo));
	}
	if (!buf_ok(&b))
		return -1;
	buf_put(ret, b.p, b.n);
	return buf_ok(ret) ? 0 : -1;
}

void text_escape(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			buf_str(b, "\\\\");
		else if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			buf_printf(b, "\\x%02x", (unsigned char)*s);
		else
			buf_u8(b, (uint8_t)*s);
	}
}

bool text_is_name(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > 64 || *s == '.' || *s == '-')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}
