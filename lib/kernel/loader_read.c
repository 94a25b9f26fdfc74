/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader_read.h"

#include <string.h>

#include "bpf_attr.h"
#include "loader.h"
#include "loader_insn.h"

#define CTX_MAPS 24
#define MAP_DESC 16
#define MAP_MAX_ENTRIES 4
#define MAP_INITIAL_VALUE 8
#define MAP_NAME 28		/* of union bpf_attr for BPF_MAP_CREATE */
#define CMD_MAP_CREATE 0
#define CMD_PROG_LOAD 5
#define ATTACH_BTF_ID 108	/* of union bpf_attr for BPF_PROG_LOAD */

struct reading {
	struct bpfkey_ctx *ctx;
	const struct bpf_insn *v;
	size_t n;
	struct view data;
	struct manifest *m;
	struct loader_read facts;
};

static bool is_insn(const struct reading *r, size_t i, uint8_t code, int dst, int src)
{
	return i < r->n && r->v[i].code == code && r->v[i].dst_reg == dst && r->v[i].src_reg == src;
}

/* dst = an address in the metadata; where. */
static bool is_data(const struct reading *r, size_t i, int dst, uint32_t *ret_at)
{
	if (i + 1 >= r->n || !is_insn(r, i, CODE_LD_IMM64, dst, BPF_PSEUDO_MAP_IDX_VALUE) ||
	    r->v[i].imm)
		return false;
	*ret_at = r->v[i + 1].imm;
	return true;
}

static bool in_data(const struct reading *r, uint32_t at, size_t n)
{
	return at <= r->data.n && n <= r->data.n - at;
}

static uint32_t data_u32(const struct reading *r, uint32_t at)
{
	uint32_t v;

	memcpy(&v, r->data.p + at, sizeof(v));
	return v;
}

/* bpf_sys_bpf(cmd, attr, size): r1 = cmd; r2 = &attr; r3 = size; call */
static bool is_sys_bpf(const struct reading *r, size_t i, int cmd, uint32_t *ret_attr,
		       size_t *ret_size)
{
	if (!is_insn(r, i, CODE_MOV_K, BPF_REG_1, 0) || r->v[i].imm != cmd ||
	    !is_data(r, i + 1, BPF_REG_2, ret_attr) ||
	    !is_insn(r, i + 3, CODE_MOV_K, BPF_REG_3, 0) ||
	    !is_insn(r, i + 4, BPF_JMP | BPF_CALL, 0, 0) || r->v[i + 4].imm != BPF_FUNC_sys_bpf)
		return false;
	*ret_size = r->v[i + 3].imm;
	return in_data(r, *ret_attr, *ret_size);
}

/* The descriptor of a map of the object goes to the metadata, that of an inner map to the stack. */
static bool keeps_result(const struct reading *r, size_t i)
{
	uint32_t unused;

	for (size_t k = i; k < i + 4 && k + 2 < r->n; k++)
		if (is_data(r, k, BPF_REG_1, &unused))
			return is_insn(r, k + 2, CODE_STX_W, BPF_REG_1, BPF_REG_7);
	return false;
}

static int add_map(struct reading *r, uint32_t at)
{
	struct manifest_map *m = &r->m->maps[r->m->n_maps];

	if (r->m->n_maps == MANIFEST_MAPS_MAX)
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "its loader makes more than %d maps",
			       MANIFEST_MAPS_MAX);
	*m = (struct manifest_map){
		.name = strndup((const char *)r->data.p + at + MAP_NAME, 15),
		.pin = strdup(""),
		.type = data_u32(r, at),
		.key_size = data_u32(r, at + 4),
		.value_size = data_u32(r, at + 8),
		.max_entries = data_u32(r, at + 12),
		.flags = data_u32(r, at + 16),
	};
	r->m->n_maps++;
	m->frozen = m->flags & BPF_F_RDONLY_PROG;
	return m->name && m->pin ? 0 : bk_out_of_memory(r->ctx);
}

static int add_program(struct reading *r, uint32_t at, const char *target)
{
	struct manifest_program *p = &r->m->programs[r->m->n_programs];

	if (r->m->n_programs == MANIFEST_PROGRAMS_MAX)
		return bk_fail(r->ctx, -BPFKEY_E_FORMAT, "its loader makes more than %d programs",
			       MANIFEST_PROGRAMS_MAX);
	*p = (struct manifest_program){
		.name = strndup((const char *)r->data.p + at +
				offsetof(struct attr_prog_load, prog_name), 15),
		.section = strdup(""),
		.target = strdup(target),
		.type = data_u32(r, at),
		.attach_type = data_u32(r, at + offsetof(struct attr_prog_load,
							 expected_attach_type)),
		.flags = data_u32(r, at + offsetof(struct attr_prog_load, prog_flags)),
	};
	r->m->n_programs++;
	return p->name && p->section && p->target ? 0 : bk_out_of_memory(r->ctx);
}

/* bpf_btf_find_by_name_kind(name, size, kind, flags): the name, when it is text; else "". */
static const char *looked_up(const struct reading *r, size_t i)
{
	uint32_t at;
	size_t n;

	if (!is_data(r, i, BPF_REG_1, &at) || !is_insn(r, i + 2, CODE_MOV_K, BPF_REG_2, 0) ||
	    !is_insn(r, i + 5, BPF_JMP | BPF_CALL, 0, 0) ||
	    r->v[i + 5].imm != BPF_FUNC_btf_find_by_name_kind)
		return NULL;
	n = r->v[i + 2].imm;
	if (!n || !in_data(r, at, n) || r->data.p[at + n - 1])
		return "";
	return (const char *)r->data.p + at;
}

/* What was looked up becomes what the next program attaches to. */
static bool is_target(const struct reading *r, size_t i)
{
	uint32_t unused;

	return is_data(r, i, BPF_REG_0, &unused) &&
	       is_insn(r, i + 2, CODE_STX_W, BPF_REG_0, BPF_REG_7) &&
	       r->v[i + 2].off == ATTACH_BTF_ID;
}

/* What libbpf puts in front of the name of what LSM and tracing programs attach to. */
static const char *without_prefix(const char *target)
{
	static const char *const prefixes[] = { "bpf_lsm_", "btf_trace_", "bpf_iter_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(target, prefixes[i], strlen(prefixes[i])))
			return target + strlen(prefixes[i]);
	return target;
}

static int read_calls(struct reading *r)
{
	const char *name = "", *target = "";
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < r->n; i++) {
		const char *found = looked_up(r, i);
		uint32_t attr;
		size_t size;

		if (found)
			name = found;
		if (is_target(r, i))
			target = name;
		if (is_sys_bpf(r, i, CMD_MAP_CREATE, &attr, &size) && size >= MAP_NAME + 16 &&
		    keeps_result(r, i + 5))
			ret = add_map(r, attr);
		if (is_sys_bpf(r, i, CMD_PROG_LOAD, &attr, &size) && size >= 72) {
			ret = add_program(r, attr, without_prefix(target));
			target = "";
		}
		if (r->v[i].code == CODE_LD_IMM64)
			i++;
	}
	return ret;
}

static bool is_skipped_if_zero(const struct reading *r, size_t i, int reg, int off)
{
	return is_insn(r, i, CODE_JEQ_K, reg, 0) && !r->v[i].imm && r->v[i].off == off;
}

static void count_overrides(struct reading *r)
{
	for (size_t i = 0; i + 1 < r->n; i++) {
		int at = r->v[i].off - CTX_MAPS;

		if (at < 0 || (size_t)at >= MAP_DESC * r->m->n_maps)
			continue;
		if (at % MAP_DESC == MAP_MAX_ENTRIES &&
		    is_insn(r, i, CODE_LDX_W, BPF_REG_0, BPF_REG_6) &&
		    is_skipped_if_zero(r, i + 1, BPF_REG_0, 3))
			r->facts.sizes++;
		if (at % MAP_DESC == MAP_INITIAL_VALUE &&
		    is_insn(r, i, CODE_LDX_DW, BPF_REG_3, BPF_REG_6) &&
		    is_skipped_if_zero(r, i + 1, BPF_REG_3, 8))
			r->facts.contents++;
	}
}

/* Does the jump at @i leave for good, to code that ends the loader with a failure? */
static bool leads_out(const struct reading *r, size_t i)
{
	int64_t to = (int64_t)i + 1 + r->v[i].off;

	if (to < 0 || (size_t)to >= r->n)
		return false;
	if ((size_t)to < i)	/* libbpf's clean-up, which was jumped over */
		return true;
	return is_insn(r, to, CODE_MOV_K, BPF_REG_0, 0) && r->v[to].imm < 0 &&
	       is_insn(r, to + 1, BPF_JMP | BPF_EXIT, 0, 0);
}

/*
 * One comparison with the map itself at @i, a word of its digest or its owner;
 * returns the index behind it, 0 when it is none. @words: bits of what was seen
 */
static size_t read_check(struct reading *r, size_t i, unsigned int *words)
{
	const struct bpf_insn *v = r->v + i;
	uint64_t want;
	size_t at = i + 3;

	if (i + 3 >= r->n || v[1].imm || v[0].imm)
		return 0;
	if (is_insn(r, i + 2, CODE_LDX_W, v[2].dst_reg, v[0].dst_reg) && v[2].off == 32) {
		at += is_insn(r, at, CODE_MOV_K, BPF_REG_7, 0);
		if (!is_insn(r, at, CODE_JNE_K, v[2].dst_reg, 0) || r->v[at].imm != 1 ||
		    !leads_out(r, at))
			return 0;
		*words |= 1 << 4;
		return at + 1;
	}
	if (!is_insn(r, i + 2, CODE_LDX_DW, v[2].dst_reg, v[0].dst_reg) || v[2].off < 0 ||
	    v[2].off > 24 || v[2].off % 8 || at + 1 >= r->n || v[3].code != CODE_LD_IMM64 ||
	    v[3].src_reg || v[3].dst_reg == v[2].dst_reg)
		return 0;
	want = (uint32_t)v[3].imm | (uint64_t)(uint32_t)v[4].imm << 32;
	at += 2;
	at += is_insn(r, at, CODE_MOV_K, BPF_REG_7, 0);
	if (!is_insn(r, at, CODE_JNE_X, v[2].dst_reg, v[3].dst_reg) || !leads_out(r, at))
		return 0;
	memcpy(r->facts.digest + v[2].off, &want, sizeof(want));
	*words |= 1 << (v[2].off / 8);
	return at + 1;
}

/*
 * Follow the instructions from the first, as the kernel does, as long as there
 * is one way only and the metadata is not touched: what was compared until
 * then is what is sure to be compared.
 */
static void read_checks(struct reading *r)
{
	unsigned int words = 0;
	size_t i = 0;

	while (i < r->n) {
		const struct bpf_insn *v = r->v + i;
		unsigned int class = BPF_CLASS(v->code);
		size_t behind;

		if (v->code == CODE_LD_IMM64 && v->src_reg == BPF_PSEUDO_MAP_IDX) {
			behind = read_check(r, i, &words);
			if (!behind)
				break;
			i = behind;
		} else if (v->code == (BPF_JMP | BPF_JA) && v->off >= 0) {
			i += 1 + v->off;
		} else if (v->code == CODE_LD_IMM64 && !v->src_reg) {
			i += 2;
		} else if (v->code == (BPF_JMP | BPF_CALL) &&
			   v->imm == BPF_FUNC_probe_read_kernel) {
			i++;	/* libbpf clears its stack with it */
		} else if (class == BPF_JMP || class == BPF_JMP32 || class == BPF_LD) {
			break;
		} else {
			i++;
		}
	}
	if ((words & 15) == 15)
		r->facts.check = words & 16 ? LOADER_READ_DIGEST_AND_EXCL : LOADER_READ_DIGEST;
}

int loader_read(struct bpfkey_ctx *ctx, struct view insns, struct view data, struct manifest *m,
		struct loader_read *ret)
{
	_cleanup_(bk_freep) struct bpf_insn *v = malloc(insns.n + 1);
	struct reading r = {
		.ctx = ctx, .v = v, .n = insns.n / sizeof(*v), .data = data, .m = m,
	};
	int e;

	m->maps = calloc(MANIFEST_MAPS_MAX, sizeof(*m->maps));
	m->programs = calloc(MANIFEST_PROGRAMS_MAX, sizeof(*m->programs));
	if (!v || !m->maps || !m->programs)
		return bk_out_of_memory(ctx);
	if (!insns.n || insns.n % sizeof(*v) || insns.n > LOADER_INSNS_MAX)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its loader is not a sequence of "
			       "instructions");
	memcpy(v, insns.p, insns.n);
	e = read_calls(&r);
	if (e < 0)
		return e;
	if (!m->n_programs)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its loader loads no program: it is not one "
			       "that libbpf generates");
	count_overrides(&r);
	read_checks(&r);
	m->insns_len = insns.n;
	m->metadata_len = data.n;
	*ret = r.facts;
	return 0;
}
