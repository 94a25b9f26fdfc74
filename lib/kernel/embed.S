/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The BPF objects inside the library, each in a row of bk_bpfobj_table
 * (struct image in bpfobj.c). One line below for each lib/bpf/NAME.bpf.c.
 */
	.macro	bpfobj name
	.section .rodata
	.balign	8
1:	.incbin	"\name\().bpf.o"
2:
3:	.asciz	"\name"
	.section .data.rel.ro, "aw"
	.quad	3b, 1b, 2b
	.endm

	.section .data.rel.ro, "aw"
	.balign	8
	.globl	bk_bpfobj_table
	.hidden	bk_bpfobj_table
	.type	bk_bpfobj_table, %object
bk_bpfobj_table:
	bpfobj	reader
	bpfobj	guard
	bpfobj	signer
	bpfobj	admit
	bpfobj	track
	bpfobj	exec
	bpfobj	shield
	bpfobj	update
	bpfobj	image
	.section .data.rel.ro, "aw"
	.quad	0, 0, 0

	.section .note.GNU-stack, "", %progbits
