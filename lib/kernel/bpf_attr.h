/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of union bpf_attr that signatures need (include/uapi/linux/bpf.h
 * of Linux 6.18): Debian 12's kernel headers are older. For lib/kernel only.
 */
#ifndef BK_BPF_ATTR_H
#define BK_BPF_ATTR_H

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attr_map_create {
	uint32_t map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
	char map_name[16];
	uint32_t map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id;
	uint32_t btf_vmlinux_value_type_id;
	uint64_t map_extra;
	int32_t value_type_btf_obj_fd, map_token_fd;
	uint64_t excl_prog_hash;
	uint32_t excl_prog_hash_size, pad;
};
_Static_assert(sizeof(struct attr_map_create) == 96, "layout of BPF_MAP_CREATE");

struct attr_map_elem {
	uint32_t map_fd, pad;
	uint64_t key, value, flags;
};

struct attr_prog_load {
	uint32_t prog_type, insn_cnt;
	uint64_t insns, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, prog_flags;
	char prog_name[16];
	uint32_t prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
	uint64_t func_info;
	uint32_t func_info_cnt, line_info_rec_size;
	uint64_t line_info;
	uint32_t line_info_cnt, attach_btf_id, attach_prog_fd, core_relo_cnt;
	uint64_t fd_array, core_relos;
	uint32_t core_relo_rec_size, log_true_size;
	int32_t prog_token_fd;
	uint32_t fd_array_cnt;
	uint64_t signature;
	uint32_t signature_size;
	int32_t keyring_id;
};
_Static_assert(sizeof(struct attr_prog_load) == 168, "layout of BPF_PROG_LOAD");

struct attr_prog_run {
	uint32_t prog_fd, retval, data_size_in, data_size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration, ctx_size_in, ctx_size_out;
	uint64_t ctx_in, ctx_out;
	uint32_t flags, cpu, batch_size, pad;
};

struct attr_get_info {
	uint32_t bpf_fd, info_len;
	uint64_t info;
};

/* struct bpf_map_info with the digest that 6.18 added. */
struct map_info {
	uint32_t type, id, key_size, value_size, max_entries, map_flags;
	char name[16];
	uint32_t ifindex, btf_vmlinux_value_type_id;
	uint64_t netns_dev, netns_ino;
	uint32_t btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id;
	uint64_t map_extra, hash;
	uint32_t hash_size, pad;
};
_Static_assert(sizeof(struct map_info) == 104, "layout of struct bpf_map_info");

static inline long sys_bpf(int cmd, void *attr, unsigned int size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

static inline uint64_t bpf_ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

#endif
