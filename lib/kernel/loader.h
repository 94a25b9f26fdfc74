/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a BPF object to the program that loads it: libbpf's gen_loader, made
 * independent of the host and stripped of what a host could override. The same
 * input gives the same bytes everywhere; nothing here needs privilege or reads
 * kernel state.
 */
#ifndef BK_LOADER_H
#define BK_LOADER_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "elf.h"
#include "obj_manifest.h"

#define LOADER_INSNS_MAX (8u << 20)	/* the kernel takes 1 Mi instructions */
#define LOADER_DATA_MAX (24u << 20)

struct loader_opts {
	const char *name;		/* object name, part of the names of data maps */
	struct view kconfig;		/* text of a kernel configuration; empty: none */
	const char *kernel_version;	/* "6.18.15", or NULL */
	const char *const *set;		/* "VARIABLE=VALUE", "MAP.max_entries=N" */
	size_t set_n;
};

struct loader {
	struct buf insns, data;
	struct manifest manifest;
};

/*
 * loader_generate - instructions, metadata and manifest of the object @e
 *
 * -BPFKEY_E_NOT_A_LOADER names the program or map and why; _USAGE for a
 * setting that does not fit the object.
 */
int loader_generate(struct bpfkey_ctx *ctx, const struct elf *e, const struct loader_opts *opts,
		    struct loader *ret);

/*
 * loader_guard - let the instructions check first that the metadata's digest,
 * as the kernel computed it, is @sha (SHA-256 of the data)
 *
 * That is what protects the metadata on kernels that sign instructions only.
 */
int loader_guard(struct bpfkey_ctx *ctx, struct loader *l, const uint8_t sha[32]);

void loader_done(struct loader *l);

#endif
