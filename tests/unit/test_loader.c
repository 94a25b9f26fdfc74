/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardening of loaders: what a host could override is gone, or the loader is
 * refused; the guard compares the metadata's digest; versions and manifests
 * are read strictly.
 */
#include <linux/bpf.h>

#include <bpfkey.h>

#include "lib/base/ctx.h"
#include "lib/kernel/loader.h"
#include "lib/kernel/loader_parts.h"
#include "tests/tap.h"

#define INSN(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV_X(d, s) INSN(0xbf, d, s, 0, 0)
#define MOV_K(d, i) INSN(0xb7, d, 0, 0, i)
#define LDX_DW(d, s, o) INSN(0x79, d, s, o, 0)
#define LDX_W(d, s, o) INSN(0x61, d, s, o, 0)
#define STX_W(d, s, o) INSN(0x63, d, s, o, 0)
#define JEQ(d, o) INSN(0x15, d, 0, o, 0)
#define DATA(d, i) INSN(0x18, d, 6, 0, 0), INSN(0, 0, 0, 0, i)
#define CALL(i) INSN(0x85, 0, 0, 0, i)
#define JA(o) INSN(0x05, 0, 0, o, 0)
#define EXIT INSN(0x95, 0, 0, 0, 0)
#define START CLEARS(16)
/* How a loader begins: r6 = r1; probe_read_kernel(r10 - n, n, 0) */
#define CLEARS(n)                                                              \
	MOV_X(6, 1), MOV_X(1, 10), INSN(0x07, 1, 0, 0, -(n)), MOV_K(2, n), MOV_K(3, 0), CALL(113)

/* One map: its descriptor lies at 24 in the context, its contents (16 bytes) at 32 in the data. */
#define SIZE_OF_MAP LDX_W(0, 6, 28), JEQ(0, 3), DATA(1, 8), STX_W(1, 0, 0)
#define CONTENTS_OF_MAP                                                        \
	LDX_DW(3, 6, 32), JEQ(3, 8), DATA(1, 32), MOV_K(2, 16), LDX_W(0, 6, 4),        \
		INSN(0x45, 0, 0, 2, 1), CALL(148), JA(1), CALL(113)
#define LOGS LDX_W(0, 6, 8), LDX_W(0, 6, 12), LDX_DW(0, 6, 16)
#define RESULTS STX_W(6, 0, 40), STX_W(6, 0, 24)
#define MAX 64

static const struct {
	const char *what;
	bool good, internal;
	struct bpf_insn v[MAX];
} cases[] = {
	{ "sizes and contents are stripped", true, true,
	  { START, SIZE_OF_MAP, CONTENTS_OF_MAP, LOGS, RESULTS, EXIT } },
	{ "a map without contents", true, false, { START, SIZE_OF_MAP, LOGS, RESULTS, EXIT } },
	{ "constants that look like reads of the context", true, false,
	  { START, SIZE_OF_MAP, INSN(0x18, 1, 0, 0, 0), LDX_DW(3, 6, 32), EXIT } },
	{ "no size", false, false, { START, LOGS, EXIT } },
	{ "two sizes", false, false, { START, SIZE_OF_MAP, SIZE_OF_MAP, EXIT } },
	{ "contents that are missing", false, true, { START, SIZE_OF_MAP, EXIT } },
	{ "contents of a map that has none", false, false,
	  { START, SIZE_OF_MAP, CONTENTS_OF_MAP, EXIT } },
	{ "contents without a condition", false, true,
	  { START, SIZE_OF_MAP, LDX_DW(3, 6, 32), MOV_K(0, 0), DATA(1, 32), MOV_K(2, 16), EXIT } },
	{ "contents behind the data", false, true,
	  { START, SIZE_OF_MAP, LDX_DW(3, 6, 32), JEQ(3, 8), DATA(1, 56), MOV_K(2, 16), EXIT } },
	{ "a jump of another length", false, false,
	  { START, LDX_W(0, 6, 28), JEQ(0, 4), DATA(1, 8), STX_W(1, 0, 0), EXIT } },
	{ "the size of a map that is not there", false, false,
	  { START, SIZE_OF_MAP, LDX_W(0, 6, 44), JEQ(0, 3), DATA(1, 8), STX_W(1, 0, 0), EXIT } },
	{ "flags read elsewhere", false, false, { START, SIZE_OF_MAP, LDX_W(0, 6, 4), EXIT } },
	{ "the context copied", false, false, { START, SIZE_OF_MAP, MOV_X(7, 6), EXIT } },
	{ "the context moved", false, false,
	  { START, SIZE_OF_MAP, INSN(0x07, 6, 0, 0, 8), EXIT } },
	{ "the context replaced", false, false, { START, SIZE_OF_MAP, MOV_K(6, 0), EXIT } },
	{ "the context stored", false, false, { START, SIZE_OF_MAP, STX_W(10, 6, -8), EXIT } },
	{ "a size written", false, false, { START, SIZE_OF_MAP, STX_W(6, 0, 28), EXIT } },
	{ "a result behind the context", false, false,
	  { START, SIZE_OF_MAP, STX_W(6, 0, 44), EXIT } },
	{ "another first instruction", false, false,
	  { MOV_X(7, 1), MOV_X(1, 10), SIZE_OF_MAP, EXIT } },
	{ "the context in r1 kept", false, false, { MOV_X(6, 1), SIZE_OF_MAP, EXIT } },
	{ "a stack that is no multiple of 8", false, false, { CLEARS(12), SIZE_OF_MAP, EXIT } },
	{ "more stack than there is", false, false, { CLEARS(520), SIZE_OF_MAP, EXIT } },
	{ "no stack", false, false, { CLEARS(0), SIZE_OF_MAP, EXIT } },
	{ "less cleared than reserved", false, false,
	  { MOV_X(6, 1), MOV_X(1, 10), INSN(0x07, 1, 0, 0, -24), MOV_K(2, 16), MOV_K(3, 0),
	    CALL(113), SIZE_OF_MAP, EXIT } },
	{ "a stack filled from elsewhere", false, false,
	  { MOV_X(6, 1), MOV_X(1, 10), INSN(0x07, 1, 0, 0, -16), MOV_K(2, 16), MOV_K(3, 8),
	    CALL(113), SIZE_OF_MAP, EXIT } },
	{ "another call", false, false,
	  { MOV_X(6, 1), MOV_X(1, 10), INSN(0x07, 1, 0, 0, -16), MOV_K(2, 16), MOV_K(3, 0),
	    CALL(148), SIZE_OF_MAP, EXIT } },
	{ "an end in the middle of that", false, false, { MOV_X(6, 1), MOV_X(1, 10), EXIT } },
	{ "more functions than room", false, false,
	  { START, SIZE_OF_MAP, LDX_W(1, 10, 0), EXIT } },
};

static size_t length(const struct bpf_insn *v)
{
	size_t n = 0;

	while (v[n].code != 0x95)
		n++;
	return n + 1;
}

static bool has_override(const struct bpf_insn *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].code == 0x18)
			i++;
		else if ((v[i].code == 0x79 && v[i].off == 32) ||
			 (v[i].code == 0x61 && v[i].off == 28))
			return true;
	}
	return false;
}

static void test_strip(struct bpfkey_ctx *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool internal[MANIFEST_MAPS_MAX] = { cases[i].internal };
		struct loader_value values[MANIFEST_MAPS_MAX];
		struct buf insns = BUF(LOADER_INSNS_MAX);
		size_t n = length(cases[i].v);
		int r;

		buf_put(&insns, cases[i].v, n * sizeof(struct bpf_insn));
		r = loader_strip(ctx, &insns, 64, 1, internal, 1, values);
		if (cases[i].good)
			ok(!r && !has_override((struct bpf_insn *)insns.p, insns.n / 8), "%s",
			   cases[i].what);
		else
			ok(r == -BPFKEY_E_NOT_A_LOADER, "refused: %s: %s", cases[i].what,
			   bpfkey_ctx_message(ctx));
		if (cases[i].good && cases[i].internal)
			ok(values[0].offset == 32 && values[0].size == 16, "contents are found");
		bk_forget(ctx);
		buf_done(&insns);
	}
}

/* A kernel that is locked down to confidentiality lets nobody call bpf_probe_read_kernel(). */
static void test_stack(struct bpfkey_ctx *ctx)
{
	const struct bpf_insn made[] = { CLEARS(136), SIZE_OF_MAP, JA(-4), EXIT };
	const bool internal[MANIFEST_MAPS_MAX] = { false };
	struct loader_value values[MANIFEST_MAPS_MAX];
	struct buf insns = BUF(LOADER_INSNS_MAX);
	const struct bpf_insn *v;
	bool stores = true;

	buf_put(&insns, made, sizeof(made));
	is_int(loader_strip(ctx, &insns, 64, 1, internal, 1, values), 0, "a loader with a stack");
	v = (const struct bpf_insn *)insns.p;
	is_int(insns.n / 8, 2 + 17 + ARRAY_SIZE(made) - 6, "stores take the place of the call");
	for (int i = 0; i < 17; i++) {
		const struct bpf_insn want = INSN(0x7a, 10, 0, -136 + 8 * i, 0);

		stores = stores && !memcmp(v + 2 + i, &want, sizeof(want));
	}
	ok(stores, "which zero the same 136 bytes");
	ok(v[0].code == 0xbf && v[0].dst_reg == 6 && v[0].src_reg == 1, "the context is in r6");
	ok(v[1].code == 0xb7 && v[1].dst_reg == 1 && !v[1].imm, "and no longer in r1");
	ok(!memcmp(v + 20, made + 7, sizeof(made) - 7 * sizeof(*made)),
	   "what follows but the size is unchanged");
	buf_done(&insns);
}

static void test_guard(struct bpfkey_ctx *ctx)
{
	struct bpf_insn body[] = { START, EXIT };
	struct loader l = { .insns = BUF(LOADER_INSNS_MAX) };
	const struct bpf_insn *v;
	uint8_t sha[32];
	bool good = true;

	for (size_t i = 0; i < sizeof(sha); i++)
		sha[i] = i * 7 + 1;
	buf_put(&l.insns, body, sizeof(body));
	is_int(loader_guard(ctx, &l, sha), 0, "a guard goes in front");
	v = (const struct bpf_insn *)l.insns.p;
	is_int(l.insns.n / 8, 29 + ARRAY_SIZE(body), "of 29 instructions");
	is_int(l.manifest.insns_len, l.insns.n, "which the manifest counts");
	ok(!memcmp(v + 29, body, sizeof(body)), "the loader behind it is unchanged");
	for (int i = 0; i < 4; i++) {
		const struct bpf_insn *c = v + 1 + 6 * i;
		uint64_t want = (uint32_t)c[3].imm | (uint64_t)(uint32_t)c[4].imm << 32;

		good = good && !memcmp(&want, sha + 8 * i, 8) && c[0].src_reg == 5 &&
		       c[2].off == 8 * i && (&c[5] - v) + 1 + c[5].off == 26;
	}
	ok(good, "each word of the digest is compared, and a difference leads to the refusal");
	ok(v[26].imm == -22 && v[27].code == 0x95, "which is -EINVAL");
	ok(v[25].code == 0x05 && v[25].off == 2, "and is jumped over otherwise");
	loader_done(&l);
}

static void test_version(struct bpfkey_ctx *ctx)
{
	static const char *const bad[] = { "", "6", "6.", ".6", "6.18.", "6.18.1.2", "6.x",
					   "6.18-rc1", "6.256", " 6.18", "65536.1" };
	uint32_t v = 0;

	is_int(loader_kernel_version(ctx, "6.18.15", &v), 0, "a version");
	is_int(v, 6 << 16 | 18 << 8 | 15, "as KERNEL_VERSION() has it");
	is_int(loader_kernel_version(ctx, "7.3", &v), 0, "a short one");
	is_int(v, 7 << 16 | 3 << 8, "means .0");
	is_int(loader_kernel_version(ctx, "4.14.336", &v), 0, "a long-lived one");
	is_int(v, 4 << 16 | 14 << 8 | 255, "stops at 255");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(loader_kernel_version(ctx, bad[i], &v) == -BPFKEY_E_USAGE, "no version: '%s'",
		   bad[i]);
	is_int(v, 4 << 16 | 14 << 8 | 255, "a bad one leaves the result alone");
}

static struct manifest some_manifest(void)
{
	struct manifest m = { .name = strdup("prog"), .generator = strdup("libbpf 1.1"),
			      .insns_len = 800, .metadata_len = 4096 };

	m.maps = calloc(1, sizeof(*m.maps));
	m.programs = calloc(1, sizeof(*m.programs));
	m.n_maps = m.n_programs = 1;
	m.maps[0] = (struct manifest_map){ strdup("prog.rodata"), strdup(""), 2, 4, 8, 1, 0x480,
					   true };
	m.programs[0] = (struct manifest_program){ strdup("p"), strdup("fentry/f"), strdup("f"), 26,
						   24, 0 };
	return m;
}

static void test_manifest(struct bpfkey_ctx *ctx)
{
	struct manifest m = some_manifest(), back = { 0 };
	struct buf b = BUF(0);
	size_t good = 0;

	is_int(manifest_set(ctx, &m, "answer", "42"), 0, "a setting");
	is_int(manifest_encode(ctx, &m, &b), 0, "a manifest is written");
	is_int(manifest_decode(ctx, buf_view(&b), &back), 0, "and read");
	is_str(back.settings[0].value, "42", "with its setting");
	is_str(back.maps[0].name, "prog.rodata", "its map");
	is_str(back.programs[0].target, "f", "and its program's target");
	is_int(manifest_ctx_size(&back), 24 + 16 + 4, "it knows the size of the context");
	manifest_done(&back);
	for (size_t n = 0; n < b.n; n++) {
		good += !manifest_decode(ctx, (struct view){ b.p, n }, &back);
		bk_forget(ctx);
	}
	buf_u8(&b, 0);
	good += !manifest_decode(ctx, buf_view(&b), &back);
	is_int(good, 0, "one that is cut anywhere or too long is refused");
	b.p[6] = 0;
	b.n--;
	is_int(manifest_decode(ctx, buf_view(&b), &back), -BPFKEY_E_MALFORMED,
	       "a NUL in a name is refused");
	manifest_done(&m);
	buf_done(&b);
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_strip(ctx);
	test_stack(ctx);
	test_guard(ctx);
	test_version(ctx);
	test_manifest(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
