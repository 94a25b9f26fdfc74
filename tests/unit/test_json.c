/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/model/json.h"
#include "tests/tap.h"

static const struct {
	const char *text;
	int want;
	const char *why;
} texts[] = {
	{ "{}", 0, "" },
	{ " {\"a\": 1}\n", 0, "" },
	{ "", -BPFKEY_E_FORMAT, "empty" },
	{ "[]", -BPFKEY_E_FORMAT, "not a JSON object" },
	{ "1", -BPFKEY_E_FORMAT, "line 1, column 1" },
	{ "{\"a\": 1}x", -BPFKEY_E_FORMAT, "line 1, column 9: end of file expected" },
	{ "{\"a\": 1,\n \"a\": 2}", -BPFKEY_E_FORMAT, "line 2, column 4: duplicate object key" },
	{ "{\"a\": \"\\u0000\"}", -BPFKEY_E_FORMAT, "line 1" },
	{ "{\"a\": \"\xff\"}", -BPFKEY_E_FORMAT, "line 1, column 7" },
	{ "{\"a\": 99999999999999999999}", -BPFKEY_E_FORMAT, "too big integer" },
	{ "{\"a\": 1, }", -BPFKEY_E_FORMAT, "line 1" },
	{ "{'a': 1}", -BPFKEY_E_FORMAT, "line 1" },
	{ "{\"a\": \"0123456789012345678901234567890123456789012345678901\"}",
	  -BPFKEY_E_TOO_BIG, "larger than 50 bytes" },
};

static struct view view_of(const char *s)
{
	return (struct view){ (const uint8_t *)s, strlen(s) };
}

static void test_texts(struct bpfkey_ctx *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct js *j = NULL;

		bk_enter(ctx);
		is_int(js_parse(ctx, view_of(texts[i].text), 50, &j), texts[i].want,
		       texts[i].text);
		ok(strstr(bpfkey_ctx_message(ctx), texts[i].why) != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		ok(!j == !!texts[i].want, "a value or none");
		js_free(j);
	}
}

static void test_fields(struct bpfkey_ctx *ctx)
{
	_cleanup_(js_freep) struct js *j = NULL;
	const char *s = "untouched";
	uint64_t n = 7;
	bool b = false;

	ok(!js_parse(ctx, view_of("{\"s\":\"x\",\"n\":5,\"b\":true,\"z\":null,\"m\":-1}"), 100, &j),
	   "fields");
	is_int(js_str(ctx, j, "n", &s), -BPFKEY_E_FORMAT, "a number is no string");
	is_int(js_str(ctx, j, "no", &s), -BPFKEY_E_FORMAT, "missing");
	is_int(js_str(ctx, j, "z", &s), -BPFKEY_E_FORMAT, "null is missing");
	is_str(s, "untouched", "nothing is touched");
	ok(!js_str_opt(ctx, j, "no", &s) && !s, "optional");
	ok(!js_str(ctx, j, "s", &s) && !strcmp(s, "x"), "string");
	is_int(js_u64(ctx, j, "m", &n), -BPFKEY_E_FORMAT, "negative");
	is_int(js_u64(ctx, j, "s", &n), -BPFKEY_E_FORMAT, "a string is no number");
	is_int((long long)n, 7, "nothing is touched");
	ok(!js_u64(ctx, j, "n", &n) && n == 5, "number");
	is_int(js_bool(ctx, j, "n", &b), -BPFKEY_E_FORMAT, "a number is no truth");
	ok(!js_bool(ctx, j, "b", &b) && b, "truth");
}

static void test_text(struct bpfkey_ctx *ctx)
{
	_cleanup_(js_freep) struct js *j = js_new();
	_cleanup_(buf_done) struct buf b = BUF(200), small = BUF(10), none = BUF(200);

	js_set_u64(j, "schema", 1);
	js_set_str(j, "s", "a\n\"b\"");
	js_set_str(j, "z", NULL);
	js_set_bool(j, "b", false);
	ok(!js_text(ctx, j, &b), "written");
	is_str(buf_cstr(&b), "{\n  \"schema\": 1,\n  \"s\": \"a\\n\\\"b\\\"\",\n  \"z\": null,\n"
	       "  \"b\": false\n}\n", "in the order of setting");
	is_int(js_text(ctx, j, &small), -BPFKEY_E_TOO_BIG, "longer than it may be");
	js_set_str(j, "bad", "\xff");
	is_int(js_text(ctx, j, &none), -BPFKEY_E_INTERNAL, "a failed setter sticks");
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;

	bpfkey_ctx_new(&ctx);
	test_texts(ctx);
	test_fields(ctx);
	test_text(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
