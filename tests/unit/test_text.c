/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/text.h"
#include "tests/tap.h"

static void test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 10, 0, 0 },
		{ "10", 10, 0, 10 },
		{ "11", 10, -1, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -1, 0 },
		{ "", 10, -1, 0 },
		{ " 1", 10, -1, 0 },
		{ "1 ", 10, -1, 0 },
		{ "+1", 10, -1, 0 },
		{ "-1", 10, -1, 0 },
		{ "0x1", 10, -1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 77;
		int r = text_u64(cases[i].text, cases[i].max, &v);

		ok(r == cases[i].r && v == (r ? 77 : cases[i].value), "number '%s'", cases[i].text);
	}
}

static void test_durations(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t seconds;
	} cases[] = {
		{ "90s", 0, 90 },	 { "15m", 0, 900 },	{ "12h", 0, 43200 },
		{ "30d", 0, 2592000 },	 { "1y", 0, 31536000 }, { "1", -1, 0 },
		{ "d", -1, 0 },		 { "1w", -1, 0 },	{ "1dd", -1, 0 },
		{ "4294967296s", -1, 0 }, { "-1d", -1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;

		ok(text_duration(cases[i].text, &v) == cases[i].r && v == cases[i].seconds,
		   "duration '%s'", cases[i].text);
	}
}

static void test_times(void)
{
	static const struct {
		const char *text;
		int r;
		int64_t t;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2026-11-22T17:00:00Z", 0, 1795366800 },
		{ "2026-11-22", 0, 1795305600 },
		{ "2028-02-29", 0, 1835395200 },
		{ "2026-02-29", -1, 0 },
		{ "2026-02-31T00:00:00Z", -1, 0 },
		{ "2026-11-22T24:00:00Z", -1, 0 },
		{ "2026-11-22T17:00:00", -1, 0 },
		{ "2026-11-22T17:00:00+01:00", -1, 0 },
		{ "2026-11-22T17:00:00Zx", -1, 0 },
		{ "26-11-22", -1, 0 },
		{ "", -1, 0 },
	};
	char out[TEXT_TIME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t t = 0;

		ok(text_time(cases[i].text, &t) == cases[i].r && t == cases[i].t, "time '%s'",
		   cases[i].text);
	}
	is_str(text_from_time(1795366800, out), "2026-11-22T17:00:00Z", "time to text");
	ok(strlen(text_from_time(INT64_MAX, out)) < TEXT_TIME_MAX, "a time beyond all calendars");
}

static void test_hex_and_names(void)
{
	_cleanup_(buf_done) struct buf b = BUF(64), hex = BUF(64), esc = BUF(64);

	ok(!text_unhex("00ffAb", &b) && b.n == 3 && !memcmp(b.p, "\0\xff\xab", 3), "hex to bytes");
	ok(text_unhex("0", &b) && text_unhex("0g", &b) && b.n == 3, "half and foreign digits");
	text_hex(&hex, buf_view(&b));
	is_str(buf_cstr(&hex), "00ffab", "bytes to hex");
	text_escape(&esc, "a\n\x1b[2J\\\x80");
	is_str(buf_cstr(&esc), "a\\x0a\\x1b[2J\\\\\\x80", "control bytes are escaped");
	ok(text_is_name("build-2026.a_b"), "a name");
	ok(!text_is_name("") && !text_is_name(".x") && !text_is_name("-x") && !text_is_name("a/b"),
	   "no names");
}

int main(void)
{
	test_numbers();
	test_durations();
	test_times();
	test_hex_and_names();
	return done_testing();
}
