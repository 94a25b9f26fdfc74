/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hardening of generated loaders. A light skeleton lets whoever runs the
 * loader override map sizes and read-only data through its context, under a
 * valid signature; and on kernels that sign instructions only, nothing
 * protects the metadata but a check inside these instructions.
 */
#include <linux/bpf.h>
#include <string.h>

#include "loader_insn.h"
#include "loader_parts.h"

/* struct bpf_loader_ctx, then one bpf_map_desc for each map (libbpf's skel_internal.h). */
#define CTX_FLAGS 4
#define CTX_LOG_LEVEL 8
#define CTX_LOG_SIZE 12
#define CTX_LOG_BUF 16
#define CTX_MAPS 24
#define MAP_DESC 16
#define MAP_FD 0
#define MAP_MAX_ENTRIES 4
#define MAP_INITIAL_VALUE 8
#define PROG_DESC 4

#define STACK_MAX 512

static void put_insn(struct buf *b, uint8_t code, int dst, int src, int off, int32_t imm)
{
	struct bpf_insn v = { .code = code, .dst_reg = dst, .src_reg = src, .off = off,
			      .imm = imm };

	buf_put(b, &v, sizeof(v));
}

static int unknown_form(struct bpfkey_ctx *ctx, size_t i)
{
	return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "this libbpf generates loaders of an unknown "
		       "form (instruction %zu)", i);
}

static int too_big(struct bpfkey_ctx *ctx)
{
	return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the loader would be larger than %u MiB",
		       LOADER_INSNS_MAX >> 20);
}

struct strip {
	struct bpf_insn *v;
	size_t n, n_maps, n_programs, data_len;
	size_t head;		/* instructions at the start that are ours */
	unsigned int sizes[MANIFEST_MAPS_MAX], contents[MANIFEST_MAPS_MAX];
	struct loader_value values[MANIFEST_MAPS_MAX];
	size_t dead_until;	/* inside a block that a replaced instruction jumps over */
};

static bool is_jeq(const struct strip *s, size_t i, unsigned int reg, int off)
{
	return i < s->n && s->v[i].code == CODE_JEQ_K && s->v[i].dst_reg == reg &&
	       !s->v[i].imm && s->v[i].off == off;
}

/* The map whose descriptor holds @field at context offset @off, or n_maps. */
static size_t map_of(const struct strip *s, int off, int field)
{
	int at = off - CTX_MAPS - field;

	if (at < 0 || at % MAP_DESC || (size_t)at / MAP_DESC >= s->n_maps)
		return s->n_maps;
	return at / MAP_DESC;
}

static void set_zero(struct bpf_insn *insn, unsigned int reg)
{
	*insn = (struct bpf_insn){ .code = CODE_MOV_K, .dst_reg = reg };
}

/* if (map_desc.initial_value) { copy it over the contents }: eight instructions to skip. */
static bool strip_contents(struct strip *s, size_t i)
{
	size_t map = map_of(s, s->v[i].off, MAP_INITIAL_VALUE);
	const struct bpf_insn *v = s->v + i;

	if (v->code != CODE_LDX_DW || v->dst_reg != BPF_REG_3 || map == s->n_maps ||
	    i + 10 > s->n || !is_jeq(s, i + 1, BPF_REG_3, 8))
		return false;
	if (v[2].code != CODE_LD_IMM64 || v[2].src_reg != BPF_PSEUDO_MAP_IDX_VALUE || v[2].imm ||
	    v[4].code != CODE_MOV_K || v[4].dst_reg != BPF_REG_2)
		return false;
	s->values[map] = (struct loader_value){ v[3].imm, v[4].imm };
	if (s->values[map].offset > s->data_len ||
	    s->values[map].size > s->data_len - s->values[map].offset)
		return false;
	s->contents[map]++;
	s->dead_until = i + 10;
	set_zero(s->v + i, BPF_REG_3);
	return true;
}

/* if (map_desc.max_entries) { store it into the attributes }: three to skip. */
static bool strip_size(struct strip *s, size_t i)
{
	size_t map = map_of(s, s->v[i].off, MAP_MAX_ENTRIES);

	if (s->v[i].code != CODE_LDX_W || s->v[i].dst_reg != BPF_REG_0 || map == s->n_maps ||
	    !is_jeq(s, i + 1, BPF_REG_0, 3))
		return false;
	s->sizes[map]++;
	set_zero(s->v + i, BPF_REG_0);
	return true;
}

static bool is_log_read(const struct bpf_insn *v)
{
	return (v->code == CODE_LDX_W && (v->off == CTX_LOG_LEVEL || v->off == CTX_LOG_SIZE)) ||
	       (v->code == CODE_LDX_DW && v->off == CTX_LOG_BUF);
}

static bool is_result_write(const struct strip *s, const struct bpf_insn *v)
{
	size_t programs = CTX_MAPS + MAP_DESC * s->n_maps;

	if (v->code != CODE_STX_W || v->dst_reg != BPF_REG_6 || v->src_reg == BPF_REG_6)
		return false;
	if (map_of(s, v->off, MAP_FD) < s->n_maps)
		return true;
	return v->off >= 0 && (size_t)v->off >= programs &&
	       (size_t)v->off < programs + PROG_DESC * s->n_programs;
}

/* Does this instruction have to do with r6, where loaders keep their context? */
static bool touches_context(const struct bpf_insn *v)
{
	unsigned int class = BPF_CLASS(v->code);
	bool reads_src = class == BPF_LDX || class == BPF_STX || v->code & BPF_X;

	if (class == BPF_LD)
		return v->dst_reg == BPF_REG_6;
	return v->dst_reg == BPF_REG_6 || (reads_src && v->src_reg == BPF_REG_6);
}

static bool strip_one(struct strip *s, size_t i)
{
	const struct bpf_insn *v = s->v + i;

	if (i < s->head || !touches_context(v))
		return true;
	if (i < s->dead_until)
		return v->code == CODE_LDX_W && v->off == CTX_FLAGS;
	if (v->src_reg == BPF_REG_6 && v->dst_reg != BPF_REG_6 && BPF_CLASS(v->code) == BPF_LDX)
		return is_log_read(v) || strip_contents(s, i) || strip_size(s, i);
	return is_result_write(s, v);
}

/* libbpf reserves 32 slots on the stack and writes past them without a word. */
static bool stack_in_bounds(const struct bpf_insn *v)
{
	unsigned int class = BPF_CLASS(v->code);

	return !((class == BPF_LDX && v->src_reg == BPF_REG_10 && v->off >= 0) ||
		 (class == BPF_STX && v->dst_reg == BPF_REG_10 && v->off >= 0));
}

static int strip_all(struct bpfkey_ctx *ctx, struct strip *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!stack_in_bounds(s->v + i))
			return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it has more than %d "
				       "functions, and libbpf's loaders have room for no more",
				       MANIFEST_PROGRAMS_MAX);
		if (!strip_one(s, i))
			return unknown_form(ctx, i);
		if (s->v[i].code == CODE_LD_IMM64)
			i++;
	}
	return 0;
}

/*
 * A loader begins with r6 = r1 and clears its stack with bpf_probe_read_kernel(),
 * which nobody may call on a kernel locked down to confidentiality: it is given
 * stores instead. r1 was the context too until the call.
 */
static int clear_stack(struct bpfkey_ctx *ctx, struct buf *insns, size_t *ret_head)
{
	_cleanup_(buf_done) struct buf b = BUF(LOADER_INSNS_MAX);
	const struct bpf_insn *v = (const struct bpf_insn *)insns->p;
	size_t n = insns->n / sizeof(*v);
	int size = n > 3 ? v[3].imm : 0;
	const struct bpf_insn want[] = {
		{ .code = CODE_MOV_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1 },
		{ .code = CODE_MOV_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10 },
		{ .code = CODE_ADD_K, .dst_reg = BPF_REG_1, .imm = -size },
		{ .code = CODE_MOV_K, .dst_reg = BPF_REG_2, .imm = size },
		{ .code = CODE_MOV_K, .dst_reg = BPF_REG_3 },
		{ .code = CODE_CALL, .imm = BPF_FUNC_probe_read_kernel },
	};

	if (size <= 0 || size > STACK_MAX || size % 8)
		return unknown_form(ctx, 3);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		if (i >= n || memcmp(v + i, want + i, sizeof(*v)))
			return unknown_form(ctx, i);

	put_insn(&b, CODE_MOV_X, BPF_REG_6, BPF_REG_1, 0, 0);
	put_insn(&b, CODE_MOV_K, BPF_REG_1, 0, 0, 0);
	for (int off = -size; off < 0; off += 8)
		put_insn(&b, CODE_ST_DW, BPF_REG_10, 0, off, 0);
	*ret_head = b.n / sizeof(*v);
	buf_put(&b, v + ARRAY_SIZE(want), insns->n - sizeof(want));
	if (b.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&b))
		return too_big(ctx);

	buf_done(insns);
	*insns = b;
	b = BUF(0);
	return 0;
}

int loader_strip(struct bpfkey_ctx *ctx, struct buf *insns, size_t data_len, size_t n_maps,
		 const bool internal[MANIFEST_MAPS_MAX], size_t n_programs,
		 struct loader_value ret_values[MANIFEST_MAPS_MAX])
{
	struct strip s = { .n_maps = n_maps, .n_programs = n_programs, .data_len = data_len };
	int r = clear_stack(ctx, insns, &s.head);

	if (r < 0)
		return r;
	s.v = (struct bpf_insn *)insns->p;
	s.n = insns->n / sizeof(struct bpf_insn);
	r = strip_all(ctx, &s);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_maps; i++)
		if (s.sizes[i] != 1 || s.contents[i] != internal[i])
			return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "this libbpf generates loaders "
				       "of an unknown form (map %zu: %u sizes, %u contents)", i,
				       s.sizes[i], s.contents[i]);
	memcpy(ret_values, s.values, sizeof(s.values));
	return 0;
}

#define GUARD_CHECKS 4		/* the digest as four words */
#define GUARD_CHECK_LEN 6
#define GUARD_FAIL (1 + GUARD_CHECKS * GUARD_CHECK_LEN + 1)

/* if (map->sha's word @i != @want) goto fail; struct bpf_map begins with sha[32] since 6.18. */
static void put_check(struct buf *b, int i, uint64_t want)
{
	put_insn(b, CODE_LD_IMM64, BPF_REG_1, BPF_PSEUDO_MAP_IDX, 0, 0);
	put_insn(b, 0, 0, 0, 0, 0);
	put_insn(b, CODE_LDX_DW, BPF_REG_2, BPF_REG_1, 8 * i, 0);
	put_insn(b, CODE_LD_IMM64, BPF_REG_3, 0, 0, (int32_t)want);
	put_insn(b, 0, 0, 0, 0, (int32_t)(want >> 32));
	put_insn(b, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_2, BPF_REG_3,
		 GUARD_FAIL - (1 + i * GUARD_CHECK_LEN + GUARD_CHECK_LEN), 0);
}

int loader_guard(struct bpfkey_ctx *ctx, struct loader *l, const uint8_t sha[32])
{
	_cleanup_(buf_done) struct buf b = BUF(LOADER_INSNS_MAX);

	put_insn(&b, CODE_MOV_X, BPF_REG_6, BPF_REG_1, 0, 0);
	for (int i = 0; i < GUARD_CHECKS; i++) {
		uint64_t word;

		memcpy(&word, sha + 8 * i, sizeof(word));
		put_check(&b, i, word);
	}
	put_insn(&b, BPF_JMP | BPF_JA, 0, 0, 2, 0);
	put_insn(&b, CODE_MOV_K, BPF_REG_0, 0, 0, -22);	/* -EINVAL */
	put_insn(&b, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	put_insn(&b, CODE_MOV_X, BPF_REG_1, BPF_REG_6, 0, 0);
	buf_put(&b, l->insns.p, l->insns.n);
	if (b.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&b))
		return too_big(ctx);

	buf_done(&l->insns);
	l->insns = b;
	b = BUF(0);
	l->manifest.insns_len = l->insns.n;
	return 0;
}
