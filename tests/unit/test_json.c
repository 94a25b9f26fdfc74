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

static void test_inside(struct bpfkey_ctx *ctx)
{
	static const char text[] = "{\"o\":{\"a\":1},\"l\":[{\"a\":2},3],\"z\":null,\"n\":1}";
	_cleanup_(js_freep) struct js *j = NULL, *o = NULL, *item = NULL, *none = NULL;
	uint64_t n = 0;
	size_t len = 9;

	ok(!js_parse(ctx, view_of(text), sizeof(text), &j), "objects inside");
	ok(!js_obj(ctx, j, "o", &o) && !js_u64(ctx, o, "a", &n) && n == 1, "an object");
	ok(!js_obj_opt(ctx, j, "z", &none) && !none, "null is none");
	ok(!js_obj_opt(ctx, j, "no", &none) && !none, "and so is what is missing");
	is_int(js_obj(ctx, j, "no", &none), -BPFKEY_E_FORMAT, "which may be an error");
	is_int(js_obj(ctx, j, "n", &none), -BPFKEY_E_FORMAT, "a number is no object");
	is_int(js_list(ctx, j, "o", 9, &len), -BPFKEY_E_FORMAT, "an object is no list");
	is_int(js_list(ctx, j, "l", 1, &len), -BPFKEY_E_TOO_BIG, "a list that is too long");
	is_int((long long)len, 9, "nothing is touched");
	ok(!js_list(ctx, j, "l", 2, &len) && len == 2, "a list");
	ok(!js_item(ctx, j, "l", 0, &item) && !js_u64(ctx, item, "a", &n) && n == 2, "its first");
	is_int(js_item(ctx, j, "l", 1, &none), -BPFKEY_E_FORMAT, "an entry that is no object");
	is_int(js_item(ctx, j, "l", 2, &none), -BPFKEY_E_FORMAT, "past the last");
	js_free(steal(&j));
	is_int((long long)(js_u64(ctx, o, "a", &n), n), 1, "what was given outlives the whole");
}

static void test_build(struct bpfkey_ctx *ctx)
{
	_cleanup_(js_freep) struct js *j = js_new(), *one = js_new(), *bad = js_new();
	_cleanup_(buf_done) struct buf b = BUF(200), none = BUF(200);

	js_set_u64(one, "a", 1);
	js_set_obj(j, "o", one);
	js_add_obj(j, "l", one);
	js_add_obj(j, "l", one);
	ok(!js_line(ctx, j, &b), "written");
	is_str(buf_cstr(&b), "{\"o\": {\"a\": 1}, \"l\": [{\"a\": 1}, {\"a\": 1}]}\n",
	       "an object and a list");
	js_set_str(bad, "bad", "\xff");
	js_add_obj(j, "l", bad);
	is_int(js_line(ctx, j, &none), -BPFKEY_E_INTERNAL, "a failure inside sticks");
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;

	bpfkey_ctx_new(&ctx);
	test_texts(ctx);
	test_fields(ctx);
	test_text(ctx);
	test_inside(ctx);
	test_build(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
