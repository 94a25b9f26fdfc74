// SPDX-License-Identifier: GPL-2.0-or-later
/* The DER cursor and PEM, against known bytes and against OpenSSL's base64. */
#include <openssl/evp.h>

#include "lib/crypto/der.h"
#include "tests/tap.h"

#define V(s) ((struct view){ (const uint8_t *)(s), sizeof(s) - 1 })

struct length_case {
	const char *what;
	struct view in;
	bool good;
};

static void test_lengths(void)
{
	const struct length_case cases[] = {
		{ "one byte", V("\x04\x01x"), true },
		{ "none", V("\x04\x00"), true },
		{ "short of one", V("\x04\x02x"), false },
		{ "indefinite", V("\x04\x80x\x00\x00"), false },
		{ "long form of a short length", V("\x04\x81\x01x"), false },
		{ "leading zero", V("\x04\x82\x00\x80"), false },
		{ "five bytes of length", V("\x04\x85\x00\x00\x00\x00\x01x"), false },
		{ "four gigabytes", V("\x04\x84\xff\xff\xff\xffx"), false },
		{ "no length", V("\x04"), false },
		{ "nothing", V(""), false },
		{ "another tag", V("\x02\x01x"), false },
		{ "tag of many bytes", V("\x1f\x21\x01x"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rd r = rd_init(cases[i].in);

		der_get(&r, DER_OCTETS);
		ok(!rd_end(&r) == cases[i].good, "%s: %s", cases[i].good ? "read" : "refused",
		   cases[i].what);
	}
}

/* Written and read again at each boundary of the length forms. */
static void test_round(void)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535 };
	static uint8_t bytes[65536];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct buf b = BUF(1 << 20);
		struct view v;
		struct rd r;

		memset(bytes, (int)i + 1, sizeof(bytes));
		der_put(&b, DER_OCTETS, (struct view){ bytes, sizes[i] });
		r = rd_init(buf_view(&b));
		v = der_get(&r, DER_OCTETS);
		ok(buf_ok(&b) && !rd_end(&r) && v.n == sizes[i] && !memcmp(v.p, bytes, v.n),
		   "%zu bytes", sizes[i]);
		buf_done(&b);
	}
}

static void test_u32(void)
{
	const struct { uint32_t v; struct view want; } cases[] = {
		{ 0, V("\x02\x01\x00") },
		{ 127, V("\x02\x01\x7f") },
		{ 128, V("\x02\x02\x00\x80") },
		{ 0x40000001, V("\x02\x04\x40\x00\x00\x01") },
		{ 0x81000001, V("\x02\x05\x00\x81\x00\x00\x01") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = BUF(64);

		der_put_u32(&b, cases[i].v);
		ok(b.n == cases[i].want.n && !memcmp(b.p, cases[i].want.p, b.n), "INTEGER %u",
		   cases[i].v);
		buf_done(&b);
	}
}

/* test_base64 - OpenSSL reads what we write, and we what it writes. */
static void test_base64(void)
{
	unsigned int theirs = 0, ours = 0, lines = 0;

	for (size_t n = 0; n < 200; n++) {
		struct buf pem = BUF(4096), back = BUF(4096), text = BUF(4096);
		uint8_t in[200], out[400], encoded[400];
		const char *body;
		int got;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(i * 37 + n);
		der_pem_put(&pem, "X", (struct view){ in, n });
		body = strchr(buf_cstr(&pem), '\n') + 1;
		for (const char *p = body; *p != '-'; p++)
			if (*p != '\n')
				buf_u8(&text, (uint8_t)*p);
		got = EVP_DecodeBlock(out, (const uint8_t *)buf_cstr(&text), (int)text.n);
		theirs += got < (int)n || memcmp(out, in, n) != 0;
		lines += strcspn(body, "\n") > 64;
		buf_done(&pem);
		got = EVP_EncodeBlock(encoded, in, (int)n);
		buf_printf(&pem, "-----BEGIN X-----\n%.*s\n-----END X-----\n", got, encoded);
		ours += der_pem_get(buf_view(&pem), "X", &back) || back.n != n ||
			memcmp(back.p ? back.p : in, in, n) != 0;
		buf_done(&pem);
		buf_done(&back);
		buf_done(&text);
	}
	is_int(theirs, 0, "OpenSSL reads what we write, 0 to 199 bytes");
	is_int(ours, 0, "we read what OpenSSL writes");
	is_int(lines, 0, "lines have 64 characters at most");
}

static void test_pem(void)
{
	const struct length_case cases[] = {
		{ "one block", V("-----BEGIN X-----\nQUJD\n-----END X-----\n"), true },
		{ "carriage returns", V("-----BEGIN X-----\r\nQUJD\r\n-----END X-----\r\n"),
		  true },
		{ "no end of line at the end", V("-----BEGIN X-----\nQUJD\n-----END X-----"),
		  true },
		{ "another label", V("-----BEGIN Y-----\nQUJD\n-----END Y-----\n"), false },
		{ "label with more", V("-----BEGIN X Y-----\nQUJD\n-----END X-----\n"), false },
		{ "no end", V("-----BEGIN X-----\nQUJD\n"), false },
		{ "begins inside a line", V("a -----BEGIN X-----\nQUJD\n-----END X-----\n"),
		  false },
		{ "padding inside", V("-----BEGIN X-----\nQU==QUJD\n-----END X-----\n"), false },
		{ "too much padding", V("-----BEGIN X-----\nQ===\n-----END X-----\n"), false },
		{ "digits missing", V("-----BEGIN X-----\nQUJ\n-----END X-----\n"), false },
		{ "a header", V("-----BEGIN X-----\nA: b\n\nQUJD\n-----END X-----\n"), false },
		{ "a NUL", V("-----BEGIN X-----\nQU\0JD\n-----END X-----\n"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b = BUF(64);

		ok(!der_pem_get(cases[i].in, "X", &b) == cases[i].good, "PEM %s: %s",
		   cases[i].good ? "read" : "refused", cases[i].what);
		buf_done(&b);
	}
}

int main(void)
{
	test_lengths();
	test_round();
	test_u32();
	test_base64();
	test_pem();
	return done_testing();
}
