/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/buf.h"
#include "lib/base/rd.h"
#include "lib/base/secret.h"
#include "tests/tap.h"

static void test_buf(void)
{
	_cleanup_(buf_done) struct buf b = BUF(8), big = BUF(1 << 20);

	buf_str(&b, "1234");
	buf_be32(&b, 0x35363738);
	ok(buf_ok(&b), "exactly the maximum fits");
	is_str(buf_cstr(&b), "12345678", "appends");
	buf_u8(&b, '9');
	ok(!buf_ok(&b), "one more does not");
	buf_printf(&b, "x");
	ok(!buf_ok(&b) && b.n == 8, "failure sticks and changes nothing");
	for (int i = 0; i < 100000; i++)
		buf_u8(&big, (uint8_t)i);
	ok(buf_ok(&big) && big.n == 100000 && big.p[99999] == (uint8_t)99999, "grows");
}

static void test_rd(void)
{
	static const uint8_t in[] = { 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, 'h', 'i' };
	struct rd r = rd_init((struct view){ in, sizeof(in) });
	struct view v;

	ok(rd_u8(&r) == 1 && rd_u16(&r) == 2 && rd_u32(&r) == 3, "big-endian numbers");
	ok(rd_end(&r) < 0, "trailing bytes are an error");
	v = rd_blob(&r, 2);
	ok(v.n == 2 && !memcmp(v.p, "hi", 2) && !rd_end(&r), "a blob, then the end");
	ok(!rd_u32(&r) && rd_end(&r) < 0, "reading on gives zero and fails");
	r = rd_init((struct view){ in + 7, 6 });
	v = rd_blob(&r, 1);
	ok(!v.n && rd_end(&r) < 0, "a blob over its limit");
	for (size_t n = 0; n < sizeof(in); n++) {
		r = rd_init((struct view){ in, n });
		rd_u8(&r);
		rd_u16(&r);
		rd_u32(&r);
		rd_blob(&r, 2);
		ok(rd_end(&r) < 0, "cut to %zu bytes", n);
	}
}

static void test_secret(void)
{
	char pin[] = "123456";
	_cleanup_(bk_secret_freep) struct bk_secret *a = bk_secret_take(pin, 6);
	_cleanup_(bk_secret_freep) struct bk_secret *b = bk_secret_new(6);

	ok(a && bk_secret_len(a) == 6 && !memcmp(bk_secret_data(a), "123456", 6), "taken");
	ok(!memcmp(pin, "\0\0\0\0\0\0", 6), "and wiped where it was");
	ok(b && !bk_secret_equal(a, b), "lengths differ");
	memcpy(bk_secret_data(b), "123456", 6);
	bk_secret_set_len(b, 6);
	ok(bk_secret_equal(a, b), "equal");
	bk_secret_data(b)[5] ^= 1;
	ok(!bk_secret_equal(a, b), "one bit differs");
	bk_secret_set_len(b, 7);
	is_int((long long)bk_secret_len(b), 6, "a length over the capacity is not taken");
}

int main(void)
{
	test_buf();
	test_rd();
	test_secret();
	return done_testing();
}
