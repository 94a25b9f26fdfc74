/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed policies as files: written and read again, and everything that is wrong in one place. */
#include "lib/base/pcrs.h"
#include "lib/model/policy_file.h"
#include "tests/tap.h"

#define NAME "000b0000000000000000000000000000000000000000000000000000000000000000"
#define PCR7 "1111111111111111111111111111111111111111111111111111111111111111"
#define STATE(pcrs, counter, rest) \
	"{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"r\",\"states\":[{" pcrs counter rest "}]}"
#define PCRS(bank, pcr, value) \
	"\"pcrs\":{\"bank\":\"" bank "\",\"values\":[{\"pcr\":" pcr ",\"value\":\"" value "\"}]},"
#define COUNTER(index, name) \
	"\"counter\":{\"index\":" index ",\"name\":\"" name "\",\"limit\":5},"
#define REST "\"signature\":\"AAEC\",\"created\":\"2026-11-22T17:00:00Z\""
#define GOOD PCRS("sha256", "7", PCR7)

static const struct {
	const char *text;
	int want;
	const char *why;
} rows[] = {
	{ STATE(GOOD, "", REST), 0, "" },
	{ STATE("", COUNTER("25165824", NAME), REST), 0, "" },
	{ STATE(GOOD, COUNTER("25165824", NAME), REST), 0, "" },
	{ "{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"r\",\"states\":[]}", 0, "" },
	{ "{\"schema\":2,\"signer\":\"PEM\",\"ref\":\"r\",\"states\":[]}", -BPFKEY_E_NO_SUPPORT,
	  "schema 2" },
	{ "{\"schema\":1,\"ref\":\"r\",\"states\":[]}", -BPFKEY_E_FORMAT, "'signer' is missing" },
	{ "{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"a b\",\"states\":[]}", -BPFKEY_E_FORMAT,
	  "'ref' is not a name" },
	{ "{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"\",\"states\":[]}", -BPFKEY_E_FORMAT,
	  "'ref' is not a name" },
	{ "{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"r\"}", -BPFKEY_E_FORMAT,
	  "'states' is missing" },
	{ "{\"schema\":1,\"signer\":\"PEM\",\"ref\":\"r\",\"states\":[1]}", -BPFKEY_E_FORMAT,
	  "not an object" },
	{ STATE("", "", REST), -BPFKEY_E_FORMAT, "state 1: it has neither PCRs nor a counter" },
	{ STATE(PCRS("sha1", "7", PCR7), "", REST), -BPFKEY_E_FORMAT, "not 20 bytes" },
	{ STATE(PCRS("md5", "7", PCR7), "", REST), -BPFKEY_E_FORMAT, "no bank 'md5'" },
	{ STATE(PCRS("sha256", "24", PCR7), "", REST), -BPFKEY_E_FORMAT, "a PCR 24" },
	{ STATE(PCRS("sha256", "7", "11"), "", REST), -BPFKEY_E_FORMAT, "not 32 bytes" },
	{ STATE(PCRS("sha256", "7", PCR7 "11"), "", REST), -BPFKEY_E_FORMAT, "not 32 bytes" },
	{ STATE(PCRS("sha256", "7", "zz"), "", REST), -BPFKEY_E_FORMAT, "not 32 bytes" },
	{ STATE(PCRS("sha256", "7", PCR7 "\"},{\"pcr\":7,\"value\":\"" PCR7), "", REST),
	  -BPFKEY_E_FORMAT, "PCR 7 cannot stand there twice" },
	{ STATE("\"pcrs\":{\"bank\":\"sha256\",\"values\":[]},", "", REST), -BPFKEY_E_FORMAT,
	  "'values' is empty" },
	{ STATE(GOOD, COUNTER("1", NAME), REST), -BPFKEY_E_FORMAT, "0x1 is not the index" },
	{ STATE(GOOD, COUNTER("25165824", "00"), REST), -BPFKEY_E_FORMAT, "not the TPM name" },
	{ STATE(GOOD, COUNTER("25165824", "nonsense"), REST), -BPFKEY_E_FORMAT,
	  "not the TPM name" },
	{ STATE(GOOD, "", "\"signature\":\"\",\"created\":\"2026-11-22\""), -BPFKEY_E_FORMAT,
	  "'signature'" },
	{ STATE(GOOD, "", "\"signature\":\"!\",\"created\":\"2026-11-22\""), -BPFKEY_E_FORMAT,
	  "'signature'" },
	{ STATE(GOOD, "", "\"signature\":\"AAEC\",\"created\":\"now\""), -BPFKEY_E_FORMAT,
	  "'created'" },
	{ STATE(GOOD, "", "\"signature\":\"AAEC\""), -BPFKEY_E_FORMAT, "'created' is missing" },
};

static void test_rows(struct bpfkey_ctx *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_file_done) struct policy_file f = { 0 };
		struct view v = { (const uint8_t *)rows[i].text, strlen(rows[i].text) };

		bk_enter(ctx);
		is_int(policy_file_parse(ctx, v, &f), rows[i].want, *rows[i].why ? rows[i].why :
		       "a policy");
		if (!ok(strstr(bpfkey_ctx_message(ctx), rows[i].why) != NULL, "its sentence"))
			printf("# '%s'\n", bpfkey_ctx_message(ctx));
		ok(!rows[i].want || !f.grants.v, "nothing is left of what failed");
	}
}

static void test_again(struct bpfkey_ctx *ctx)
{
	_cleanup_(policy_file_done) struct policy_file f = { 0 }, g = { 0 };
	_cleanup_(buf_done) struct buf text = BUF(POLICY_TEXT_MAX), twice = BUF(POLICY_TEXT_MAX);
	struct policy_grant one = { .sig = { 1, 2, 3 }, .sig_len = 512, .created = 1000000 };
	int r = 0;

	snprintf(f.signer, sizeof(f.signer), "PEM\n");
	snprintf(f.grants.ref, sizeof(f.grants.ref), "fleet-1");
	snprintf(one.pcrs.bank, sizeof(one.pcrs.bank), "sha512");
	snprintf(one.counter.name, sizeof(one.counter.name), NAME);
	one.counter.index = 0x01800100;
	one.pcrs.mask = 0xffffff;
	memset(one.pcrs.value, 0xab, sizeof(one.pcrs.value));
	for (unsigned int i = 0; !r && i < POLICY_GRANTS_MAX; i++) {
		one.counter.limit = i;
		r = policy_file_add(ctx, &f, &one);
	}
	ok(!r, "as many states as there may be, of all PCRs in the widest bank");
	is_int(policy_file_add(ctx, &f, &one), -BPFKEY_E_TOO_BIG, "and one more");
	ok(!policy_file_text(ctx, &f, &text) && !policy_file_parse(ctx, buf_view(&text), &g),
	   "written, and read again");
	ok(g.grants.n == POLICY_GRANTS_MAX &&
	   !memcmp(g.grants.v, f.grants.v, g.grants.n * sizeof(one)), "every bit of them");
	ok(!strcmp(f.signer, g.signer) && !strcmp(f.grants.ref, g.grants.ref), "signer and name");
	ok(!policy_file_text(ctx, &g, &twice) && twice.n == text.n &&
	   !memcmp(twice.p, text.p, text.n), "the same bytes again");
}

static void test_pcrs(void)
{
	static const struct {
		const char *text;
		uint32_t mask;		/* 0: refused */
		const char *again;
	} lists[] = {
		{ "sha256:7", 1u << 7, "sha256:7" },
		{ "sha1:0-3,7", 0x8f, "sha1:0,1,2,3,7" },
		{ "sha384:23,0", 1u << 23 | 1, "sha384:0,23" },
		{ "sha512:0-23", 0xffffff, "sha512:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
		  "19,20,21,22,23" },
		{ "sha256:24", 0, NULL }, { "sha256:", 0, NULL }, { "sha256", 0, NULL },
		{ "7", 0, NULL }, { ":7", 0, NULL }, { "md5:7", 0, NULL }, { "sha256:7,", 0, NULL },
		{ "sha256:7,7", 0, NULL }, { "sha256:3-1", 0, NULL }, { "sha256:1-", 0, NULL },
		{ "sha256: 7", 0, NULL }, { "sha256:7 ", 0, NULL }, { "sha256:007", 0, NULL },
		{ "sha256:0-24", 0, NULL }, { "sha256:-1", 0, NULL },
		{ "sha25600000000000:1", 0, NULL },
	};
	struct pcr_set a = { .bank = "sha256", .mask = 6 }, b = { .bank = "sha256", .mask = 6 };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_(buf_done) struct buf again = BUF(256);
		struct pcr_set set = { 0 };
		int r = pcrs_parse(lists[i].text, &set);

		ok(r == (lists[i].mask ? 0 : -1) && set.mask == lists[i].mask, "'%s'",
		   lists[i].text);
		if (r < 0)
			continue;
		pcrs_put(&again, &set);
		is_str(buf_cstr(&again), lists[i].again, "and back");
	}
	is_int(pcrs_blank(&a), 6, "both are blank");
	a.value[2][31] = 1;
	memset(b.value[1], 0xff, 32);
	is_int(pcrs_blank(&a), 2, "one is");
	is_int(pcrs_blank(&b), 6, "all ones are, too");
	is_int(pcrs_differ(&a, &b), 6, "they differ");
	is_int(pcrs_differ(&a, &a), 0, "they do not");
	b.mask = 0;
	is_int(pcrs_differ(&a, &b), 6, "what is not there differs");
}

static void test_values(void)
{
	static const struct {
		const char *text;
		uint32_t mask;		/* 0: refused */
	} texts[] = {
		{ "  sha256:\n    7 : 0x" PCR7 "\n", 1u << 7 },
		{ "sha256:\r\n7: 0x" PCR7 "\r\n\n16:0x" PCR7, 1u << 7 | 1u << 16 },
		{ "  sha1:\n  sha256:\n    7 : 0x" PCR7 "\n  sha512:\n", 1u << 7 },
		{ "", 0 }, { "sha256:\n", 0 }, { "7 : 0x" PCR7, 0 }, { "md5:\n7 : 0x11\n", 0 },
		{ "sha256:\n7 : 0x11\n", 0 }, { "sha256:\n7 : " PCR7 "\n", 0 },
		{ "sha256:\n24 : 0x" PCR7 "\n", 0 }, { "sha1:\n7 : 0x" PCR7 "\n", 0 },
		{ "sha256:\n7 : 0x" PCR7 "\n7 : 0x" PCR7 "\n", 0 },
		{ "sha256:\n7 : 0x" PCR7 "11\n", 0 }, { "sha256:\n7 0x" PCR7 "\n", 0 },
		{ "sha256:\n7 : 0x" PCR7 "\nsha1:\n7 : 0x"
		  "1111111111111111111111111111111111111111\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct pcr_set set = { 0 };
		int r = pcrs_values(texts[i].text, &set);

		ok(r == (texts[i].mask ? 0 : -1) && set.mask == texts[i].mask, "values %zu", i);
		ok(!set.mask || (set.value[7][0] == 0x11 && set.value[7][31] == 0x11 &&
		   !strcmp(set.bank, "sha256")), "as they were written");
	}
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_rows(ctx);
	test_again(ctx);
	test_pcrs();
	test_values();
	return done_testing();
}
