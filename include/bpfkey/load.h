/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed objects into the running kernel: load, pin, attach. */
#ifndef BPFKEY_LOAD_H
#define BPFKEY_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/sign.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a kernel checks a signature against. */
enum bpfkey_generation {
	BPFKEY_GENERATION_INSNS = 1,	/* 6.18 to 7.2 */
	BPFKEY_GENERATION_METADATA,	/* 7.3 and later */
};

/**
 * struct bpfkey_load_opts - where to and what for
 * @sz: sizeof(struct bpfkey_load_opts)
 * @keyring: serial to verify against; 0: the one of this machine
 * @pin_dir: on a bpffs; made when missing; programs and links are pinned there
 *           by program name, maps that ask for it by their pin name. NULL:
 *           programs are not pinned, maps that ask for it below /sys/fs/bpf
 * @program: the only program to attach; NULL: all that fit
 * @dev: network interface for XDP programs
 * @xdp_mode: "native" or "skb"; NULL: the driver's choice
 * @cgroup: directory of the cgroup for cgroup programs
 * @attach: attach tracing, LSM and raw tracepoint programs to what they were
 *          signed for; needs @pin_dir
 * @target: "PROGRAM:FUNCTION", kprobes; for other programs FUNCTION must be
 *          what was signed; needs @pin_dir
 * @hold: attach without @pin_dir too: what a link attaches stays attached
 *        until bpfkey_loaded_free(), or as long as somebody holds its link_fd
 */
struct bpfkey_load_opts {
	size_t sz;
	int32_t keyring;
	const char *pin_dir, *program;
	const char *dev, *xdp_mode, *cgroup;
	bool attach;
	const char *const *target;
	size_t target_n;
	bool hold;
};

struct bpfkey_loaded;

/**
 * bpfkey_object_load - load, then pin and attach; all of it or nothing
 * @o: verified before: this call asks only the kernel
 * @ret: holds the descriptors; free with bpfkey_loaded_free()
 *
 * -BPFKEY_E_KERNEL (the sentence says what the kernel said, in words), _GATE,
 * _PRIVILEGE, _NO_KERNEL, _NO_KEYRING, _EXISTS (a pin), _NOT_FOUND (interface,
 * cgroup, program, function), _USAGE.
 */
int bpfkey_object_load(struct bpfkey_object *o, const struct bpfkey_load_opts *opts,
		       struct bpfkey_loaded **ret);
void bpfkey_loaded_free(struct bpfkey_loaded *l);

struct bpfkey_loaded_info {
	enum bpfkey_generation generation;
	int32_t keyring;
	size_t programs, maps;
};
const struct bpfkey_loaded_info *bpfkey_loaded_info(const struct bpfkey_loaded *l);

struct bpfkey_loaded_item {
	const char *name;
	int fd;			/* stays @l's */
	uint32_t id;
	const char *pin;	/* path, or NULL */
	const char *attached;	/* "xdp on eth0 (skb)", or NULL */
	int link_fd;		/* what holds the attachment, or -1; stays @l's */
};
const struct bpfkey_loaded_item *bpfkey_loaded_program(const struct bpfkey_loaded *l, size_t i);
const struct bpfkey_loaded_item *bpfkey_loaded_map(const struct bpfkey_loaded *l, size_t i);

/**
 * bpfkey_loaded_program_fd - a program by its name
 *
 * Returns a descriptor that stays @l's, or -BPFKEY_E_NOT_FOUND.
 *
 * Since: 0.1
 */
int bpfkey_loaded_program_fd(const struct bpfkey_loaded *l, const char *name);

/**
 * bpfkey_loaded_map_fd - a map by its name, as the source of the object has it
 *
 * Returns a descriptor that stays @l's, or -BPFKEY_E_NOT_FOUND.
 *
 * Since: 0.1
 */
int bpfkey_loaded_map_fd(const struct bpfkey_loaded *l, const char *name);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
