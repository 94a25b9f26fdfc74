/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate's policy: read, written, read again, and everything that is wrong in one place. */
#include "lib/model/gate_policy_json.h"
#include "tests/tap.h"

static struct bpfkey_ctx *ctx;

/* Two words for each: this is about the file, and not about the kernel's types. */
static const char *prog_name(unsigned int type)
{
	return type == 6 ? "xdp" : type == 29 ? "lsm" : "unknown";
}

static int prog_parse(const char *name, unsigned int *ret)
{
	*ret = !strcmp(name, "xdp") ? 6 : 29;
	return *ret == 29 && strcmp(name, "lsm") ? -1 : 0;
}

static const char *attach_name(unsigned int type)
{
	return type == 37 ? "xdp" : "unknown";
}

static int attach_parse(const char *name, unsigned int *ret)
{
	*ret = 37;
	return strcmp(name, "xdp") ? -1 : 0;
}

static const struct gate_words words = { prog_name, prog_parse, attach_name, attach_parse };

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"
#define D1 "\"digest\":\"sha256:" H1 "\""
#define D2 "\"digest\":\"sha256:" H2 "\""
#define D5 "\"digest\":\"sha512:" H1 H2 "\""
#define XDP "\"types\":[\"xdp\"]"
#define LOADERS(text) "{\"schema\":1,\"loaders\":[" text "]}"
#define A "{\"name\":\"a\"," D1 "," XDP "}"
#define DELEGATIONS(text) "{\"schema\":1,\"loaders\":[" A "],\"delegations\":[" text "]}"
#define REVOKED(text) "{\"schema\":1,\"revoked\":[" text "]}"

static const struct {
	const char *text;
	int want;
	const char *why;
} rows[] = {
	{ "{\"schema\":1}", 0, "" },
	{ LOADERS(""), 0, "" },
	{ LOADERS(A), 0, "" },
	{ LOADERS("{\"name\":\"a\"," D5 "," XDP "}"), 0, "" },
	{ LOADERS(A ",{\"name\":\"l\"," D2 ",\"library\":true}"), 0, "" },
	{ LOADERS("{\"name\":\"k\",\"key\":\"AAEC\"," XDP ",\"attach_types\":[\"xdp\"],"
		  "\"lends_trust\":true,\"until\":\"2030-01-01T00:00:00Z\"}"), 0, "" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"a\"," XDP ",\"ttl\":60,\"key\":\"AAEC\"}"), 0,
	  "" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"a\"," XDP ",\"issuer\":\"AAEC\","
		      "\"san\":\"URI:spiffe://x\"}"), 0, "" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"a\"," XDP ",\"ttl\":60}"), 0, "" },
	{ REVOKED("{\"kind\":\"file\"," D1 "},{\"kind\":\"key\",\"fingerprint\":\"" H1 "\","
		  "\"certificate\":\"AAEC\",\"reason\":\"lost\",\"since\":\"2026-11-23\"}"),
	  0, "" },
	{ "{\"schema\":2}", -BPFKEY_E_NO_SUPPORT, "schema 2" },
	{ "{}", -BPFKEY_E_FORMAT, "'schema' is missing" },
	{ "{\"schema\":1,\"loader\":[]}", -BPFKEY_E_FORMAT, "'loader' has no meaning here" },
	{ "{\"schema\":1,\"loaders\":{}}", -BPFKEY_E_FORMAT, "not a list" },
	{ "{\"schema\":1,\"schema\":1}", -BPFKEY_E_FORMAT, "not JSON" },
	{ LOADERS("1"), -BPFKEY_E_FORMAT, "not an object" },
	{ LOADERS("{" D1 "," XDP "}"), -BPFKEY_E_FORMAT, "'name' is missing" },
	{ LOADERS("{\"name\":\"a b\"," D1 "," XDP "}"), -BPFKEY_E_FORMAT, "not a name" },
	{ LOADERS("{\"name\":\"a23456789012345678901234567890123\"," D1 "," XDP "}"),
	  -BPFKEY_E_FORMAT, "longer than 31" },
	{ LOADERS("{\"name\":\"a\"," D1 "}"), -BPFKEY_E_FORMAT, "'types' is missing" },
	{ LOADERS("{\"name\":\"a\"," D1 ",\"types\":[]}"), -BPFKEY_E_FORMAT, "by omission" },
	{ LOADERS("{\"name\":\"a\"," D1 ",\"types\":[\"warp\"]}"), -BPFKEY_E_FORMAT, "'warp'" },
	{ LOADERS("{\"name\":\"a\"," D1 ",\"types\":[6]}"), -BPFKEY_E_FORMAT, "not a string" },
	{ LOADERS("{\"name\":\"a\"," D1 "," XDP ",\"attach_types\":[]}"), -BPFKEY_E_FORMAT,
	  "'attach_types' is empty" },
	{ LOADERS("{\"name\":\"a\"," XDP "}"), -BPFKEY_E_FORMAT, "'digest' and 'key'" },
	{ LOADERS("{\"name\":\"a\"," D1 ",\"key\":\"AAEC\"," XDP "}"), -BPFKEY_E_FORMAT,
	  "'digest' and 'key'" },
	{ LOADERS("{\"name\":\"a\",\"digest\":\"sha256:11\"," XDP "}"), -BPFKEY_E_FORMAT,
	  "not an fs-verity digest" },
	{ LOADERS("{\"name\":\"a\",\"digest\":\"md5:11\"," XDP "}"), -BPFKEY_E_FORMAT,
	  "not an fs-verity digest" },
	{ LOADERS("{\"name\":\"a\",\"key\":\"!\"," XDP "}"), -BPFKEY_E_FORMAT, "DER in base64" },
	{ LOADERS("{\"name\":\"a\"," D1 "," XDP ",\"until\":\"soon\"}"), -BPFKEY_E_FORMAT,
	  "'until' is not a time" },
	{ LOADERS("{\"name\":\"a\"," D1 "," XDP ",\"lends_trust\":1}"), -BPFKEY_E_FORMAT,
	  "neither true nor false" },
	{ LOADERS("{\"name\":\"a\"," D1 "," XDP ",\"library\":true}"), -BPFKEY_E_FORMAT,
	  "a library has a digest and loads nothing" },
	{ LOADERS("{\"name\":\"a\"," D1 "," XDP ",\"lend_trust\":true}"), -BPFKEY_E_FORMAT,
	  "'lend_trust' has no meaning here" },
	{ LOADERS(A ",{\"name\":\"a\"," D2 "," XDP "}"), -BPFKEY_E_FORMAT, "names of the loaders" },
	{ LOADERS(A ",{\"name\":\"b\"," D1 "," XDP "}"), -BPFKEY_E_FORMAT,
	  "what the loaders name" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"b\"," XDP ",\"key\":\"AAEC\"}"),
	  -BPFKEY_E_FORMAT, "for the loader 'b', which is not listed" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"a\"," XDP ",\"key\":\"AAEC\","
		      "\"issuer\":\"AAEC\",\"san\":\"DNS:x\"}"), -BPFKEY_E_FORMAT,
	  "either a 'key', or an 'issuer'" },
	{ DELEGATIONS("{\"name\":\"d\",\"loader\":\"a\"," XDP ",\"issuer\":\"AAEC\"}"),
	  -BPFKEY_E_FORMAT, "either a 'key', or an 'issuer'" },
	{ REVOKED("{\"kind\":\"man\"," D1 "}"), -BPFKEY_E_FORMAT, "neither 'key' nor 'file'" },
	{ REVOKED("{\"kind\":\"file\"}"), -BPFKEY_E_FORMAT, "a file has a 'digest'" },
	{ REVOKED("{\"kind\":\"key\"," D1 "}"), -BPFKEY_E_FORMAT, "'fingerprint' is missing" },
	{ REVOKED("{\"kind\":\"key\",\"fingerprint\":\"11\"}"), -BPFKEY_E_FORMAT, "SHA-256" },
	{ REVOKED("{\"kind\":\"file\"," D1 "},{\"kind\":\"file\"," D1 "}"), -BPFKEY_E_FORMAT,
	  "are the same" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(gate_policy_done) struct gate_policy p = { 0 }, q = { 0 };
		_cleanup_(buf_done) struct buf once = BUF(GATE_POLICY_MAX), twice = BUF(1 << 20);
		struct view v = { (const uint8_t *)rows[i].text, strlen(rows[i].text) };

		bk_enter(ctx);
		is_int(gate_policy_parse(ctx, v, &words, &p), rows[i].want,
		       *rows[i].why ? rows[i].why : rows[i].text);
		if (!ok(strstr(bpfkey_ctx_message(ctx), rows[i].why) != NULL, "its sentence"))
			printf("# '%s'\n", bpfkey_ctx_message(ctx));
		if (rows[i].want)
			continue;
		ok(!gate_policy_text(ctx, &p, &words, &once) &&
			   !gate_policy_parse(ctx, buf_view(&once), &words, &q) &&
			   !gate_policy_text(ctx, &q, &words, &twice) && once.n == twice.n &&
			   !memcmp(once.p, twice.p, once.n), "written and read it is the same");
	}
}

static void test_content(void)
{
	static const char text[] = LOADERS(
		"{\"name\":\"k\",\"key\":\"AAEC\",\"types\":[\"xdp\",\"lsm\"],"
		"\"attach_types\":[\"xdp\"],\"lends_trust\":true,\"until\":\"2030-01-01\"},"
		"{\"name\":\"l\"," D2 ",\"library\":true}");
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	struct view v = { (const uint8_t *)text, sizeof(text) - 1 };
	struct file_digest d;

	is_int(gate_policy_parse(ctx, v, &words, &p), 0, "two loaders");
	is_int((long long)p.n_loaders, 2, "are two");
	ok(p.loaders[0].types == (1ULL << 6 | 1ULL << 29) && p.loaders[0].attach == 1ULL << 37,
	   "types");
	ok(p.loaders[0].lends_trust && p.loaders[0].until == 1893456000, "flags and time");
	ok(p.loaders[0].cert.n == 3 && !memcmp(p.loaders[0].cert.p, "\0\1\2", 3), "certificate");
	is_int(file_digest_parse("sha256:" H2, &d), 0, "a digest");
	ok(gate_policy_file(&p, &d) == &p.loaders[1] && p.loaders[1].library, "finds its file");
	ok(!gate_policy_file(&p, &(struct file_digest){ 0 }), "no digest finds none");
	gate_policy_drop_loader(&p, 0);
	ok(p.n_loaders == 1 && gate_policy_loader(&p, "l") == p.loaders &&
		   !gate_policy_loader(&p, "k"), "one is dropped, the other stays");
}

/* Ten thousand in a moment: nothing here compares each with each. */
static void test_many(void)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 }, q = { 0 };
	_cleanup_(buf_done) struct buf text = BUF(GATE_POLICY_MAX);
	struct policy_loader *l;

	for (unsigned int i = 0; i < 10000; i++) {
		l = gate_policy_add_loader(&p);
		if (!l)
			break;
		snprintf(l->name, sizeof(l->name), "loader-%u", i);
		l->digest = (struct file_digest){ FILE_DIGEST_SHA256, 32, { 0 } };
		memcpy(l->digest.value, &i, sizeof(i));
		l->types = 1ULL << 6;
	}
	ok(!gate_policy_text(ctx, &p, &words, &text) &&
		   !gate_policy_parse(ctx, buf_view(&text), &words, &q) && q.n_loaders == 10000,
	   "10000 loaders there and back");
	while (p.n_loaders < POLICY_ENTRIES && gate_policy_add_loader(&p))
		;
	ok(p.n_loaders == POLICY_ENTRIES && !gate_policy_add_loader(&p), "there is a limit");
}

int main(void)
{
	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_rows();
	test_content();
	test_many();
	bpfkey_ctx_free(ctx);
	return done_testing();
}
