/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Light skeletons as text: what is read, what is refused where, what a new signature changes. */
#include <stdarg.h>

#include "lib/model/lskel.h"
#include "tests/tap.h"

/* A skeleton in the pieces that the tests take away or exchange. */
static const char *const whole[] = {
	"/* x \"{ */ #ifndef A\\\nB {\n#define A \"\n#include <bpf/skel_internal.h>\n",
	"struct other { int a; };\nstruct so {\n\tstruct bpf_loader_ctx ctx;\n",
	"\tstruct {\n\t\tstruct bpf_map_desc seen;\n\t\tstruct bpf_map_desc rodata;\n\t} maps;\n",
	"\tstruct {\n\t\tstruct bpf_prog_desc pass;\n\t\tstruct bpf_prog_desc on;\n\t} progs;\n",
	"\tstruct {\n\t\tint pass_fd;\n\t\tint on_fd;\n\t} links;\n",
	"\t__s32 keyring_id;\n",
	"\tstruct so__rodata {\n\t\tint answer;\n\t} *rodata;\n};\n",
	"static inline int\nso__on__attach(struct so *skel)\n{\n\treturn f(\"sys_enter\", 1);\n}\n",
	"static inline int so__load(struct so *skel)\n{\n"
	"\tstruct bpf_load_and_run_opts opts = {};\n",
	"\tstatic const char opts_data[] __attribute__((__aligned__(8))) = "
	"\"\\\n\\x01\\0\\\n\\x7f\";\n",
	"\tstatic const char opts_insn[] = \"\\xb7\\0\\0\\0\" \"\\0\\0\\0\\0\";\n",
	"\tstatic const char opts_sig[] = \"\\x30\\x82\";\n",
	"\tstatic const char opts_excl_hash[] = \"abcdefghijklmnopqrstuvwxyz\\n\\\\123\\33\";\n",
	"\topts.signature = (void *)opts_sig;\n\topts.signature_sz = sizeof(opts_sig) - 1;\n",
	"\topts.excl_prog_hash = (void *)opts_excl_hash;\n",
	"\topts.keyring_id = skel->keyring_id;\n",
	"\topts.data = (void *)opts_data;\n\topts.insns = (void *)opts_insn;\n",
	"\terr = bpf_load_and_run(&opts);\n}\n",
	"static int so__open(void)\n{\n\tif (so__load(skel)) { so__on__attach(skel); }\n}\n"
	"#endif\n",
};

/* The pieces with piece @at replaced by @by (NULL: as it is). */
static struct view text_of(struct buf *b, size_t at, const char *by)
{
	*b = BUF(1 << 16);
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		buf_str(b, by && i == at ? by : whole[i]);
	return buf_view(b);
}

static const struct {
	size_t at;
	const char *by, *why;
} wrong[] = {
	{ 0, "/* no end", "line 1: a comment that does not end" },
	{ 0, "\x01", "a byte that is no text" },
	{ 1, "struct so {\n", "it holds no light skeleton" },
	{ 1, "struct so {\n\tstruct bpf_loader_ctx c;\n", "not what bpftool writes there" },
	{ 2, "\tint hidden;\n", "a member that no loader has" },
	{ 2, "\tstruct {\n\t\tstruct bpf_map_desc a;\n", "not what bpftool writes there" },
	{ 3, "", "a light skeleton without programs" },
	{ 3, "\tstruct {\n\t\tstruct bpf_prog_desc 'a';\n\t} progs;\n", "not a name" },
	{ 4, "", "a member that no loader has" },
	{ 5, "", "some of what belongs to a signature" },
	{ 6, "};\nstruct two {\n\tstruct bpf_loader_ctx ctx;\n", "a second light skeleton" },
	{ 8, "int nothing(void) {\n", "function 'so__load' holds no loader" },
	{ 9, "\tstatic const char opts_data[] = 1;\n", "not a string, where one belongs" },
	{ 9, "\tstatic const char opts_data[] = \"\\x123\";\n",
	  "an escape that is not understood" },
	{ 9, "\tstatic const char opts_data[] = \"\\400\";\n", "an escape that is not understood" },
	{ 9, "\tstatic const char opts_data[] = \"\\y\";\n", "an escape that is not understood" },
	{ 9, "\tstatic const char opts_data[] = \"a\n\";\n", "a literal that does not end" },
	{ 9, "\tstatic const char opts_other[] = \"a\";\n", "an array that no loader has" },
	{ 9, "\tstatic const char opts_data[];\n", "an array without a value" },
	{ 10, "\tstatic const char opts_insn[] = \"abc\";\n", "holds no loader" },
	{ 11, "\tstatic const char opts_data[] = \"a\";\n", "the same array twice" },
	{ 11, "", "some of what belongs to a signature" },
	{ 12, "\tstatic const char opts_excl_hash[] = \"short\";\n", "some of what belongs" },
	{ 12, "\tstatic const char opts_excl_hash[] = \"0123456789012345678901234567890123\";\n",
	  "an array that is too large" },
	{ 13, "", "some of what belongs to a signature" },
	{ 13, "\topts.signature = (void *)other;\n", "not what bpftool writes there" },
	{ 15, "", "some of what belongs to a signature" },
	{ 16, "\topts.data = (void *)opts_insn;\n", "not what bpftool writes there" },
	{ 16, "\topts.data = (void *)opts_data;\n", "holds no loader" },
	{ 17, "", "not what bpftool writes there" },
	{ 18, "int so__pass__attach(void) {", "the end of the file within a function" },
	{ 18, "struct so { struct bpf_loader_ctx ctx;", "a second light skeleton" },
};

static void test_wrong(struct bpfkey_ctx *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_(buf_done) struct buf b = BUF(0);
		struct lskel s = { 0 };

		bk_enter(ctx);
		is_int(lskel_parse(ctx, text_of(&b, wrong[i].at, wrong[i].by), &s),
		       -BPFKEY_E_FORMAT, wrong[i].why);
		ok(strstr(bpfkey_ctx_message(ctx), wrong[i].why), "'%s'",
		   bpfkey_ctx_message(ctx));
		ok(!s.name && !s.insns.p, "nothing is given out");
	}
}

static bool same(struct view a, struct view b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

static void test_right(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf b = BUF(0);
	_cleanup_(lskel_done) struct lskel s = { 0 };

	is_int(lskel_parse(ctx, text_of(&b, 0, NULL), &s), 0, "a whole one");
	is_str(s.name, "so", "its name");
	ok(s.n_maps == 2 && s.n_programs == 2, "two maps, two programs");
	is_str(s.maps[1], "rodata", "maps in their order");
	is_str(s.programs[1].name, "on", "programs in theirs");
	is_str(s.programs[1].target, "sys_enter", "what one attaches to");
	ok(!s.programs[0].target, "the other does not say");
	ok(same(buf_view(&s.data), (struct view){ (const uint8_t *)"\1\0\x7f", 3 }),
	   "hexadecimal, octal, lines joined");
	ok(same(buf_view(&s.insns), (struct view){ (const uint8_t *)"\xb7\0\0\0\0\0\0", 8 }),
	   "literals joined");
	ok(same(buf_view(&s.excl_hash), (struct view){
		   (const uint8_t *)"abcdefghijklmnopqrstuvwxyz\n\\123\33", 32 }),
	   "characters and escapes");
}

/* Bytes of all values survive, and only the signature's lines differ. */
static void test_rewrite(struct bpfkey_ctx *ctx, bool is_signed)
{
	_cleanup_(buf_done) struct buf b = BUF(1 << 16), out = BUF(0), again = BUF(0);
	_cleanup_(lskel_done) struct lskel s = { 0 }, t = { 0 };
	uint8_t sig[256], hash[32] = { 9 };
	struct view v = { sig, sizeof(sig) }, h = { hash, sizeof(hash) };

	for (size_t i = 0; i < sizeof(sig); i++)
		sig[i] = i;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (is_signed || (i != 5 && (i < 11 || i > 15)))
			buf_str(&b, whole[i]);
	is_int(lskel_parse(ctx, buf_view(&b), &s), 0, "a header");
	ok(s.has_keyring_id == is_signed && !s.sig.n == !is_signed, "signed or not");
	is_int(lskel_rewrite(ctx, buf_view(&b), &s, (struct view){ 0 }, v, h, &out), 0, "sign");
	is_int(lskel_parse(ctx, buf_view(&out), &t), 0, "what was written is read");
	ok(same(buf_view(&t.sig), v) && same(buf_view(&t.excl_hash), h), "with its signature");
	ok(same(buf_view(&t.insns), buf_view(&s.insns)) && same(buf_view(&t.data),
								 buf_view(&s.data)),
	   "and the loader as before");
	is_int(lskel_rewrite(ctx, buf_view(&out), &t, (struct view){ 0 }, v, h, &again), 0,
	       "twice");
	ok(same(buf_view(&out), buf_view(&again)), "gives the same bytes");
	ok(!memcmp(out.p, b.p, s.field_at), "up to there nothing changes");
	ok(out.n > 60 && !memcmp(out.p + out.n - 60, b.p + b.n - 60, 60), "nor at the end");
}

int main(void)
{
	struct bpfkey_ctx *ctx;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_right(ctx);
	test_wrong(ctx);
	test_rewrite(ctx, true);
	test_rewrite(ctx, false);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
