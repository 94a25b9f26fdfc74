/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel structures that our BPF programs look into, only with the fields
 * they need: CO-RE finds each by name in the running kernel, so no vmlinux.h
 * is needed to build and none is committed. The reader and the gate share it;
 * both add fields. A type must match the kernel's kind (an enum is no u32).
 */
#ifndef BK_KERNEL_TYPES_H
#define BK_KERNEL_TYPES_H

#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct key_type {
	const char *name;
};

/* include/linux/key-type.h and include/linux/key.h */
struct key_restriction {
	void *check;
	struct key *key;
	struct key_type *keytype;
};

union key_payload {
	void *data[4];		/* of an asymmetric key: enum asymmetric_payload_bits */
};

struct key {
	int serial;
	s64 expiry;
	u32 perm;
	unsigned long flags;
	struct key_type *type;
	char *description;
	union key_payload payload;
	struct key_restriction *restrict_link;
};

/* include/keys/asymmetric-subtype.h: where payload.data keeps what */
#define ASYM_CRYPTO 0

/* include/crypto/public_key.h */
struct public_key {
	void *key;
	u32 keylen;
};

/* include/linux/sched.h */
struct seccomp {
	int mode;
};

struct task_struct {
	u64 self_exec_id;
	s32 pid;		/* as the first namespace counts */
	struct seccomp seccomp;
};

/* include/linux/fs.h */
struct inode {
	unsigned int i_flags;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct super_block {
	unsigned long s_magic;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
};

/* include/linux/binfmts.h */
struct linux_binprm {
	struct file *executable;	/* of binfmt_misc: not what runs is judged */
	struct file *file;
	int unsafe;
	const char *filename;
	const char *interp;		/* another one: a script's interpreter */
};

/* include/linux/mm_types.h */
struct vm_area_struct {
	const unsigned long vm_flags;
	struct file *vm_file;
};

/* include/linux/bpf.h; what bpf_lookup_user_key() returns */
struct bpf_key {
	struct key *key;
};

/* include/linux/bpf.h */
struct bpf_map {
	char *excl_prog_sha;
	bool frozen;
};

struct bpf_prog_aux {
	u32 used_map_cnt;
	u32 id;
	struct bpf_map **used_maps;
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
	struct bpf_insn insnsi[];
};

#pragma clang attribute pop

#endif
