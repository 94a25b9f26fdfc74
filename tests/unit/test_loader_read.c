/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read out of a loader: its calls, and which checks of its metadata count as checks. */
#include <linux/bpf.h>

#include "lib/kernel/loader.h"
#include "lib/kernel/loader_insn.h"
#include "lib/kernel/loader_read.h"
#include "tests/tap.h"

#define ATTR_LEN 140

static void put(struct buf *b, int code, int dst, int src, int off, int imm)
{
	struct bpf_insn v = { .code = code, .dst_reg = dst, .src_reg = src, .off = off,
			      .imm = imm };

	buf_put(b, &v, sizeof(v));
}

/* bpf_sys_bpf(cmd, &data[at], len) */
static void put_call(struct buf *b, int cmd, int at, int len)
{
	put(b, CODE_MOV_K, 1, 0, 0, cmd);
	put(b, CODE_LD_IMM64, 2, BPF_PSEUDO_MAP_IDX_VALUE, 0, 0);
	put(b, 0, 0, 0, 0, at);
	put(b, CODE_MOV_K, 3, 0, 0, len);
	put(b, BPF_JMP | BPF_CALL, 0, 0, 0, 166);
}

/* A loader of one map and one program, and its metadata. */
static void make(struct loader *l, int at)
{
	uint8_t data[512] = { 0 };
	uint32_t map[5] = { 1, 4, 8, 16, 0 }, type = 6;

	memcpy(data, map, sizeof(map));
	memcpy(data + 28, "seen", 4);
	memcpy(data + 128, &type, 4);
	memcpy(data + 128 + 48, "pass", 4);
	l->insns = BUF(1 << 16);
	l->data = BUF(1 << 16);
	put(&l->insns, CODE_MOV_X, 6, 1, 0, 0);
	put_call(&l->insns, 0, 0, 72);
	put(&l->insns, CODE_LD_IMM64, 1, BPF_PSEUDO_MAP_IDX_VALUE, 0, 0);
	put(&l->insns, 0, 0, 0, 0, 400);
	put(&l->insns, CODE_STX_W, 1, 7, 0, 0);
	put_call(&l->insns, 5, at, ATTR_LEN);
	put(&l->insns, CODE_MOV_K, 0, 0, 0, 0);
	put(&l->insns, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	buf_put(&l->data, data, sizeof(data));
}

static int read_it(struct bpfkey_ctx *ctx, const struct loader *l, struct loader_read *ret,
		   size_t *programs, size_t *maps)
{
	struct manifest m = { 0 };
	int r;

	bk_enter(ctx);
	r = loader_read(ctx, buf_view(&l->insns), buf_view(&l->data), &m, ret);
	*programs = m.n_programs;
	*maps = m.n_maps;
	if (!r && m.n_programs == 1 && m.n_maps == 1) {
		is_str(m.programs[0].name, "pass", "the program's name");
		is_str(m.maps[0].name, "seen", "the map's");
		ok(m.programs[0].type == 6 && m.maps[0].value_size == 8, "and what they are");
	}
	manifest_done(&m);
	return r;
}

static const uint8_t digest[32] = { 1, 2, 3, 4, 5, 6, 7, 250, 9, 10, 11, [31] = 99 };

static void test_guard(struct bpfkey_ctx *ctx)
{
	_cleanup_(loader_done) struct loader l = { 0 };
	struct loader_read f = { 0 };
	size_t programs, maps;

	make(&l, 128);
	is_int(read_it(ctx, &l, &f, &programs, &maps), 0, "a loader");
	ok(programs == 1 && maps == 1, "one of each");
	is_int(f.check, LOADER_READ_UNCHECKED, "it checks nothing");
	ok(!f.sizes && !f.contents, "and lets nobody set anything");
	is_int(loader_guard(ctx, &l, digest), 0, "with our check in front");
	is_int(read_it(ctx, &l, &f, &programs, &maps), 0, "it reads the same");
	is_int(f.check, LOADER_READ_DIGEST, "and checks its metadata");
	ok(!memcmp(f.digest, digest, sizeof(digest)), "for the digest that we gave it");
}

/* Each comparison of the guard made harmless: then it is no check. */
static void test_each(struct bpfkey_ctx *ctx)
{
	_cleanup_(loader_done) struct loader l = { 0 }, plain = { 0 };
	struct loader_read f = { 0 };
	size_t programs, maps, n, good = 0, compared = 0;

	make(&plain, 128);
	make(&l, 128);
	if (loader_guard(ctx, &l, digest))
		return;
	n = (l.insns.n - plain.insns.n) / 8;
	for (size_t i = 0; i < n; i++) {
		struct bpf_insn *v = (struct bpf_insn *)l.insns.p + i, old = *v;
		struct manifest m = { 0 };

		if (v->code != CODE_JNE_X)
			continue;
		compared++;
		v->off = 0;	/* a jump that leads on whatever was compared */
		bk_enter(ctx);
		if (!loader_read(ctx, buf_view(&l.insns), buf_view(&l.data), &m, &f))
			good += f.check != LOADER_READ_UNCHECKED;
		manifest_done(&m);
		*v = old;
	}
	is_int(compared, 4, "four words are compared");
	is_int(good, 0, "a comparison that leads nowhere is no check");
	is_int(read_it(ctx, &l, &f, &programs, &maps), 0, "as it was");
	is_int(f.check, LOADER_READ_DIGEST, "it is one again");
}

static void test_order(struct bpfkey_ctx *ctx)
{
	_cleanup_(loader_done) struct loader l = { 0 };
	_cleanup_(buf_done) struct buf late = BUF(1 << 16);
	struct loader_read f = { 0 };
	size_t programs, maps;
	struct buf keep;

	make(&l, 128);
	if (loader_guard(ctx, &l, digest))
		return;
	put_call(&late, 0, 0, 72);	/* the metadata is used first */
	buf_put(&late, l.insns.p, l.insns.n);
	keep = l.insns;
	l.insns = late;
	is_int(read_it(ctx, &l, &f, &programs, &maps), 0, "a loader that uses it first");
	is_int(f.check, LOADER_READ_UNCHECKED, "checks too late");
	l.insns = keep;
}

static void test_owner(struct bpfkey_ctx *ctx)
{
	_cleanup_(loader_done) struct loader l = { 0 };
	_cleanup_(buf_done) struct buf with = BUF(1 << 16);
	struct loader_read f = { 0 };
	size_t programs, maps;
	struct buf keep;

	make(&l, 128);
	if (loader_guard(ctx, &l, digest))
		return;
	put(&with, BPF_JMP | BPF_JA, 0, 0, 2, 0);
	put(&with, CODE_MOV_K, 0, 0, 0, -22);
	put(&with, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	put(&with, CODE_LD_IMM64, 1, BPF_PSEUDO_MAP_IDX, 0, 0);
	put(&with, 0, 0, 0, 0, 0);
	put(&with, CODE_LDX_W, 2, 1, 32, 0);
	put(&with, CODE_MOV_K, 7, 0, 0, -22);
	put(&with, CODE_JNE_K, 2, 0, -7, 1);
	buf_put(&with, l.insns.p, l.insns.n);
	keep = l.insns;
	l.insns = with;
	is_int(read_it(ctx, &l, &f, &programs, &maps), 0, "a loader that asks for its owner, too");
	is_int(f.check, LOADER_READ_DIGEST_AND_EXCL, "is seen to do that");
	l.insns = keep;
}

static void test_wrong(struct bpfkey_ctx *ctx)
{
	_cleanup_(loader_done) struct loader l = { 0 }, far = { 0 };
	struct loader_read f;
	size_t programs, maps, n, bad = 0;

	make(&far, 512 - ATTR_LEN + 1);
	is_int(read_it(ctx, &far, &f, &programs, &maps), -BPFKEY_E_FORMAT,
	       "attributes outside of the metadata are none");
	make(&l, 128);
	n = l.insns.n;
	for (l.insns.n = 0; l.insns.n < n - 16; l.insns.n++) {
		struct manifest m = { 0 };

		bk_enter(ctx);
		bad += loader_read(ctx, buf_view(&l.insns), buf_view(&l.data), &m, &f) !=
		       -BPFKEY_E_FORMAT || !*bpfkey_ctx_message(ctx);
		manifest_done(&m);
	}
	is_int(bad, 0, "cut anywhere before its program, it is no loader");
	l.insns.n = n;
}

int main(void)
{
	struct bpfkey_ctx *ctx;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_guard(ctx);
	test_each(ctx);
	test_order(ctx);
	test_owner(ctx);
	test_wrong(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
