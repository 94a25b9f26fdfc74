/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signed loader into the kernel, and what it makes out of it. Kernels differ
 * in what a signature covers; which generation this one is comes from what it
 * answers, never from its version.
 */
#ifndef BK_LOAD_H
#define BK_LOAD_H

#include <bpfkey/load.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "obj_manifest.h"

struct load_request {
	struct view insns, metadata;
	struct view sig_insns, sig_metadata;	/* one may be empty */
	const uint8_t *digest;		/* SHA-256 of @insns: what the map is exclusive to */
	int32_t keyring;
	const struct manifest *manifest;
};

struct load_result {
	enum bpfkey_generation generation;
	int maps[MANIFEST_MAPS_MAX], programs[MANIFEST_PROGRAMS_MAX];	/* -1: none */
};

#define LOAD_RESULT_INIT                                                       \
	((struct load_result){                                                 \
		.maps = { [0 ... MANIFEST_MAPS_MAX - 1] = -1 },                \
		.programs = { [0 ... MANIFEST_PROGRAMS_MAX - 1] = -1 },        \
	})

/*
 * load_signed - load and run the loader
 * @ret: close with load_result_done()
 *
 * -BPFKEY_E_KERNEL, _GATE, _PRIVILEGE, _NO_KERNEL, _NO_KEYRING: the sentence
 * says what the kernel said, in words.
 */
int load_signed(struct bpfkey_ctx *ctx, const struct load_request *req,
		struct load_result *ret);
void load_result_done(struct load_result *r);

/* load_refused - the sentence for errno @err of BPF_PROG_LOAD; @log may be "". */
int load_refused(struct bpfkey_ctx *ctx, int err, const char *log);

/* load_may_bpf - has this process CAP_BPF or CAP_SYS_ADMIN? */
bool load_may_bpf(void);

/* load_is_gate - are the gate's pins in the bpffs of this machine? */
bool load_is_gate(void);

/* load_prog_id, load_map_id - 0 when the kernel does not tell. */
uint32_t load_prog_id(int fd);
uint32_t load_map_id(int fd);

#endif
