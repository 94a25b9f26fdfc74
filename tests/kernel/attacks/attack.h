/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the attacks on the gate have in common. Raw system calls: the attacker has no tool. */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/kernel/bpf_attr.h"

#define FILE_MAX (32u << 20)
#define LSM_CGROUP 43	/* BPF_LSM_CGROUP */

static inline const char *name_of(long err)
{
	return err > 0 ? strerrorname_np(err) : "0";
}

/* A program that does nothing, of any type: a descriptor or -errno. */
struct tiny {
	uint32_t type, attach_type, btf_id;
	const char *name;
	struct view sig;
	int32_t keyring;
	char *log;
	uint32_t log_size;
};

static inline long load_tiny(const struct tiny *t)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct attr_prog_load a = {
		.prog_type = t->type, .expected_attach_type = t->attach_type,
		.attach_btf_id = t->btf_id, .insn_cnt = ARRAY_SIZE(insns),
		.insns = bpf_ptr(insns), .license = bpf_ptr("GPL"),
		.prog_flags = t->type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.signature = bpf_ptr(t->sig.p), .signature_size = t->sig.n,
		.keyring_id = t->keyring,
		.log_level = t->log ? 1 : 0, .log_size = t->log_size, .log_buf = bpf_ptr(t->log),
	};
	long fd;

	snprintf(a.prog_name, sizeof(a.prog_name), "%s", t->name ? t->name : "tiny");
	fd = sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
	return fd < 0 ? -errno : fd;
}

/* The same, closed again: 0 or an errno. */
static inline int try_tiny(const struct tiny *t)
{
	long fd = load_tiny(t);

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? (int)-fd : 0;
}

#endif
