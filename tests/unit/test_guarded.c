/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which loaders check their metadata: each form that exists is known, and any
 * changed instruction of a check makes it none. The BPF program compiles the
 * same function.
 */
#include <linux/bpf.h>
#include <string.h>

#include <bpfkey.h>

#include "lib/base/ctx.h"
#include "lib/bpf/guarded.h"
#include "lib/kernel/loader.h"
#include "tests/tap.h"

#define MAX 512

static __u64 insns[MAX];
static __u32 length;

/* Behind the end lies what matches nothing. */
static inline __u64 guard_insn(__u64 base, __u32 i)
{
	return base == (__u64)(uintptr_t)insns && i < length ? insns[i] : 0;
}

static bool guarded(void)
{
	return gate_guarded((uintptr_t)insns);
}

static __u32 put(__u64 insn)
{
	insns[length] = insn;
	return length++;
}

static void put_map(void)
{
	put(GUARD_THE_MAP);
	put(0);
}

/* libbpf's gen_loader with @maps maps: what stands before a check, or before the rest. */
static void put_head(int maps)
{
	length = 0;
	put(GUARD_SAVE_CTX);
	put(GUARD_INSN(0xbf, 1, 10, 0, 0));
	put(GUARD_INSN(0x07, 1, 0, 0, -136));
	put(GUARD_INSN(0xb7, 2, 0, 0, 136));
	put(GUARD_INSN(0xb7, 3, 0, 0, 0));
	put(GUARD_INSN(0x85, 0, 0, 0, 113));
	put(GUARD_INSN(0x05, 0, 0, 3 * 3 + 6 * maps + 2, 0));
	for (int i = 0; i < 3; i++) {
		put(GUARD_INSN(0x61, 1, 10, -136 + 4 * i, 0));
		put(GUARD_INSN(0xd5, 1, 0, 1, 0));
		put(GUARD_INSN(0x85, 0, 0, 0, BPF_FUNC_sys_close));
	}
	for (int i = 0; i < maps; i++) {
		put(GUARD_INSN(0x18, 1, 6, 0, 0));
		put(GUARD_INSN(0, 0, 0, 0, 4 * i));
		put(GUARD_INSN(0x61, 1, 1, 0, 0));
		put(GUARD_INSN(0xd5, 1, 0, 2, 0));
		put(GUARD_INSN(0xbf, 9, 1, 0, 0));
		put(GUARD_INSN(0x85, 0, 0, 0, BPF_FUNC_sys_close));
	}
	put(GUARD_INSN(0xbf, 0, 7, 0, 0));
	put(GUARD_EXIT);
}

/* if (r2 != ...) goto the cleanup, which begins at 7, or as libbpf 1.7.0 has it one further. */
static void put_leave(__u8 code, int src, __s32 imm, int skip)
{
	put(GUARD_EINVAL);
	put(GUARD_INSN(code, 2, src, GUARD_HEAD + skip - (int)length - 1, imm));
}

static void put_exclusive(void)
{
	put_map();
	put(GUARD_INSN(0x61, 2, 1, 32, 0));
	put_leave(0x55, 0, 1, 0);
}

static void put_words(int n, int skip)
{
	for (int i = 0; i < n; i++) {
		put_map();
		put(GUARD_INSN(0x79, 2, 1, 8 * i, 0));
		put(GUARD_CONSTANT | 0x1234567800000000ULL);
		put(0x9abcdef000000000ULL);
		put_leave(0x5d, 3, 0, skip);
	}
}

/* What a loader goes on with: its type information, by way of the map's value. */
static void put_rest(void)
{
	put(GUARD_INSN(0x18, 2, 6, 0, 0));
	put(GUARD_INSN(0, 0, 0, 0, 256));
	put(GUARD_INSN(0xb7, 0, 0, 0, 0));
	put(GUARD_EXIT);
}

static void put_ours(struct bpfkey_ctx *ctx)
{
	static const uint8_t sha[32] = { 1, 2, 3 };
	struct loader l = { .insns = BUF(LOADER_INSNS_MAX) };

	put_head(1);
	put_rest();
	buf_put(&l.insns, insns, length * sizeof(*insns));
	is_int(loader_guard(ctx, &l, sha), 0, "a guard goes in front");
	memcpy(insns, l.insns.p, l.insns.n);
	length = l.insns.n / sizeof(*insns);
	loader_done(&l);
}

/* Each instruction in [from, to), changed in each of its bytes but those that may be anything. */
static void test_changes(const char *form, __u32 from, __u32 to)
{
	unsigned int missed = 0;

	for (__u32 i = from; i < to; i++) {
		__u64 good = insns[i];
		bool constant = (good & GUARD_NO_IMM) == GUARD_CONSTANT ||
				(good >> 32 == 0x9abcdef0 && !(good & GUARD_NO_IMM)) ||
				(i && (insns[i - 1] & GUARD_NO_IMM) == GUARD_CONSTANT);

		for (int byte = 0; byte < (constant ? 4 : 8); byte++) {
			insns[i] = good ^ 0x10ULL << 8 * byte;
			missed += guarded();
		}
		insns[i] = good;
	}
	ok(!missed, "%s: no changed instruction of the check goes unseen (%u)", form, missed);
	ok(guarded(), "%s: unchanged it is one", form);
}

static void test_libbpf(const char *form, bool exclusive, int skip, int maps)
{
	__u32 start;

	put_head(maps);
	start = length;
	if (exclusive)
		put_exclusive();
	put_words(4, skip);
	put_rest();
	test_changes(form, start, length - 4);
	test_changes(form, 0, 2);
	test_changes(form, 4, GUARD_HEAD);
	test_changes(form, start - 2, start);

	length = start;
	if (exclusive)
		put_exclusive();
	put_words(3, skip);
	put_rest();
	ok(!guarded(), "%s: three words are not enough", form);
	length = start;
	put_rest();
	put_words(4, skip);
	ok(!guarded(), "%s: a check after the first use is too late", form);
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx) < 0)
		return 1;
	put_ours(ctx);
	test_changes("ours", 0, 25);
	test_changes("ours, the refusal", 25, 28);
	test_libbpf("libbpf 1.7.0", false, 1, 2);
	test_libbpf("libbpf 1.7.0, many maps", false, 1, 40);
	test_libbpf("bpftool of Linux 7.2", true, 0, 1);

	put_head(1);
	put_rest();
	ok(!guarded(), "a loader without a check");
	put_head(1);
	put_exclusive();
	put_rest();
	ok(!guarded(), "a loader that checks only whether its map is its own");
	put_head(1);
	put_words(4, 2);
	put_rest();
	ok(!guarded(), "a check that leads elsewhere");
	length = 0;
	put(GUARD_INSN(0xb7, 0, 0, 0, 0));
	put(GUARD_EXIT);
	ok(!guarded(), "a program that does nothing");
	bpfkey_ctx_free(ctx);
	return done_testing();
}
