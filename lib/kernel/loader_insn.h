/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instructions that libbpf's generated loaders are made of, for those who read them. */
#ifndef BK_LOADER_INSN_H
#define BK_LOADER_INSN_H

#include <linux/bpf.h>

#define CODE_LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define CODE_LDX_DW (BPF_LDX | BPF_MEM | BPF_DW)
#define CODE_LDX_W (BPF_LDX | BPF_MEM | BPF_W)
#define CODE_STX_W (BPF_STX | BPF_MEM | BPF_W)
#define CODE_JEQ_K (BPF_JMP | BPF_JEQ | BPF_K)
#define CODE_JNE_K (BPF_JMP | BPF_JNE | BPF_K)
#define CODE_JNE_X (BPF_JMP | BPF_JNE | BPF_X)
#define CODE_MOV_K (BPF_ALU64 | BPF_MOV | BPF_K)
#define CODE_MOV_X (BPF_ALU64 | BPF_MOV | BPF_X)
#define CODE_ADD_K (BPF_ALU64 | BPF_ADD | BPF_K)
#define CODE_ST_DW (BPF_ST | BPF_MEM | BPF_DW)
#define CODE_CALL (BPF_JMP | BPF_CALL)

#endif
