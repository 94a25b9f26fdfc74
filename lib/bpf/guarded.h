/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Does a signed loader check its metadata? Where the kernel signs instructions
 * only (up to 7.2) nothing else does: whoever has a validly signed loader that
 * does not could run it on metadata of his own. admit.bpf.c and its unit test
 * compile the same function.
 *
 * The signed instructions are an honest signer's, so what counts is that no
 * loader without a check is taken for one with it. The three forms that exist
 * are known word by word; everything else is unprotected. Each compares the
 * digest that the kernel keeps of the map with constants, before anything else
 * reads the map, and leaves on the first word that differs:
 *
 *   ours            at once (lib/kernel/loader_strip.c)
 *   libbpf 1.6, 1.7 behind the block that cleans up; a mismatch goes there
 *   Linux 7.1, 7.2  the same, after a check that the map is exclusive
 *
 * The includer defines guard_insn(): one instruction as it lies in memory, as a
 * little-endian number. Elsewhere nothing matches, and loaders are refused.
 */
#ifndef BK_GUARDED_H
#define BK_GUARDED_H

#include <linux/types.h>

static inline __attribute__((always_inline)) __u64 guard_insn(__u64 insns, __u32 i);

#define guard_inline static inline __attribute__((always_inline, unused))

#define GUARD_INSN(code, dst, src, off, imm)                                   \
	((__u64)(code) | (__u64)(dst) << 8 | (__u64)(src) << 12 |                \
	 (__u64)(__u16)(off) << 16 | (__u64)(__u32)(imm) << 32)
#define GUARD_NO_OFF	(~(0xffffULL << 16))
#define GUARD_NO_IMM	0xffffffffULL

#define GUARD_SAVE_CTX	GUARD_INSN(0xbf, 6, 1, 0, 0)	/* r6 = r1 */
#define GUARD_THE_MAP	GUARD_INSN(0x18, 1, 5, 0, 0)	/* r1 = the first map, two slots */
#define GUARD_CONSTANT	GUARD_INSN(0x18, 3, 0, 0, 0)	/* r3 = 64 bits, two slots */
#define GUARD_DIFFERS	GUARD_INSN(0x5d, 2, 3, 0, 0)	/* if r2 != r3 goto */
#define GUARD_EINVAL	GUARD_INSN(0xb7, 7, 0, 0, -22)	/* r7 = -EINVAL */
#define GUARD_EXIT	GUARD_INSN(0x95, 0, 0, 0, 0)

#define GUARD_WORDS	4	/* struct bpf_map begins with sha[32] */
#define GUARD_OUR_FAIL	26
#define GUARD_HEAD	7	/* of libbpf's loaders, with the jump over the cleanup */

guard_inline __u32 guard_target(__u64 jump, __u32 at)
{
	return at + 1 + (__s16)(jump >> 16);
}

/* r1 = the map; r2 = word @i of its digest; r3 = a constant: five slots. */
guard_inline int guard_reads_word(__u64 insns, __u32 at, __u32 i)
{
	return guard_insn(insns, at) == GUARD_THE_MAP && !guard_insn(insns, at + 1) &&
	       guard_insn(insns, at + 2) == GUARD_INSN(0x79, 2, 1, 8 * i, 0) &&
	       (guard_insn(insns, at + 3) & GUARD_NO_IMM) == GUARD_CONSTANT &&
	       !(guard_insn(insns, at + 4) & GUARD_NO_IMM);
}

guard_inline int guard_is_ours(__u64 insns)
{
	__u64 jump;
	__u32 i, at;

	for (i = 0; i < GUARD_WORDS; i++) {
		at = 1 + 6 * i;
		jump = guard_insn(insns, at + 5);
		if (!guard_reads_word(insns, at, i) || (jump & GUARD_NO_OFF) != GUARD_DIFFERS ||
		    guard_target(jump, at + 5) != GUARD_OUR_FAIL)
			return 0;
	}
	return guard_insn(insns, GUARD_OUR_FAIL - 1) == GUARD_INSN(0x05, 0, 0, 2, 0) &&
	       guard_insn(insns, GUARD_OUR_FAIL) == GUARD_INSN(0xb7, 0, 0, 0, -22) &&
	       guard_insn(insns, GUARD_OUR_FAIL + 1) == GUARD_EXIT;
}

/* libbpf 1.7.0 jumps past the first instruction of the block; it ends in the exit all the same. */
guard_inline int guard_cleans_up(__u64 jump, __u32 at)
{
	__u32 to = guard_target(jump, at);

	return to == GUARD_HEAD || to == GUARD_HEAD + 1;
}

/* r6 = r1; the stack is cleared by a call; goto @ret_start, over cleanup that ends in an exit. */
guard_inline int guard_libbpf_head(__u64 insns, __u32 *ret_start)
{
	__u64 jump = guard_insn(insns, GUARD_HEAD - 1);
	__u32 start = guard_target(jump, GUARD_HEAD - 1);

	if ((jump & GUARD_NO_OFF) != GUARD_INSN(0x05, 0, 0, 0, 0) || start < GUARD_HEAD + 4 ||
	    start > 0x8000)
		return 0;
	if (guard_insn(insns, 1) != GUARD_INSN(0xbf, 1, 10, 0, 0) ||
	    (guard_insn(insns, 2) & GUARD_NO_IMM) != GUARD_INSN(0x07, 1, 0, 0, 0) ||
	    (guard_insn(insns, 3) & GUARD_NO_IMM) != GUARD_INSN(0xb7, 2, 0, 0, 0) ||
	    guard_insn(insns, 4) != GUARD_INSN(0xb7, 3, 0, 0, 0) ||
	    guard_insn(insns, 5) != GUARD_INSN(0x85, 0, 0, 0, 113))
		return 0;
	*ret_start = start;
	return guard_insn(insns, start - 2) == GUARD_INSN(0xbf, 0, 7, 0, 0) &&
	       guard_insn(insns, start - 1) == GUARD_EXIT;
}

/* r1 = the map; if its u32 behind the digest is not 1 goto cleanup: five slots. */
guard_inline int guard_checks_exclusive(__u64 insns, __u32 at)
{
	__u64 jump = guard_insn(insns, at + 4);

	return guard_insn(insns, at) == GUARD_THE_MAP && !guard_insn(insns, at + 1) &&
	       guard_insn(insns, at + 2) == GUARD_INSN(0x61, 2, 1, 32, 0) &&
	       guard_insn(insns, at + 3) == GUARD_EINVAL &&
	       (jump & GUARD_NO_OFF) == GUARD_INSN(0x55, 2, 0, 0, 1) &&
	       guard_cleans_up(jump, at + 4);
}

guard_inline int guard_is_libbpf(__u64 insns)
{
	__u32 i, at = 0;
	__u64 jump;

	if (!guard_libbpf_head(insns, &at))
		return 0;
	if (guard_checks_exclusive(insns, at))
		at += 5;
	for (i = 0; i < GUARD_WORDS; i++, at += 7) {
		jump = guard_insn(insns, at + 6);
		if (!guard_reads_word(insns, at, i) ||
		    guard_insn(insns, at + 5) != GUARD_EINVAL ||
		    (jump & GUARD_NO_OFF) != GUARD_DIFFERS || !guard_cleans_up(jump, at + 6))
			return 0;
	}
	return 1;
}

/*
 * gate_guarded - is the metadata's digest checked before anything else?
 * @insns: where the instructions are, as they were signed
 *
 * They end somewhere: what is matched falls through or jumps to the rest, so
 * in a program that the verifier takes it does not lie behind the end.
 */
guard_inline int gate_guarded(__u64 insns)
{
	if (guard_insn(insns, 0) != GUARD_SAVE_CTX)
		return 0;
	return guard_is_ours(insns) || guard_is_libbpf(insns);
}

#endif
