/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of a signed loader as the kernel wants it, made without our library's loader. */
#ifndef LOADER_MAP_H
#define LOADER_MAP_H

#include <stddef.h>

#include "lib/base/util.h"
#include "lib/kernel/bpf_attr.h"

/*
 * make_loader_map - exclusive to the program with that digest, filled, frozen,
 * its hash computed; -1 with errno when the kernel would not
 */
static inline int make_loader_map(struct view data, const uint8_t *digest)
{
	struct attr_map_create create = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = data.n,
		.max_entries = 1, .map_name = "__loader.map",
		.excl_prog_hash = bpf_ptr(digest), .excl_prog_hash_size = 32,
	};
	uint32_t key = 0;
	uint8_t sha[32];
	struct map_info info = { .hash = bpf_ptr(sha), .hash_size = sizeof(sha) };
	struct attr_get_info ask = { .info_len = sizeof(info), .info = bpf_ptr(&info) };
	struct attr_map_elem elem = { .key = bpf_ptr(&key), .value = bpf_ptr(data.p) };
	int fd = sys_bpf(BPF_MAP_CREATE, &create, offsetof(struct attr_map_create, pad));

	elem.map_fd = ask.bpf_fd = fd;
	if (fd < 0 || sys_bpf(BPF_MAP_UPDATE_ELEM, &elem, sizeof(elem)) ||
	    sys_bpf(BPF_MAP_FREEZE, &elem, sizeof(elem.map_fd)) ||
	    sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)))
		return -1;
	return fd;
}

#endif
