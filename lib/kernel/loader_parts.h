/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the loader generator say to one another; for them alone. */
#ifndef BK_LOADER_PARTS_H
#define BK_LOADER_PARTS_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "loader.h"

/* Where the loader's metadata holds the initial value of a data map. */
struct loader_value {
	uint32_t offset, size;
};

/*
 * loader_strip - take away what the caller of a loader could override: the
 * sizes of maps and the contents of data maps
 * @internal: which of the @n_maps maps are data maps
 * @ret_values: for each data map where its contents are
 *
 * The loader must hold exactly one such place for each map, and use its
 * context for nothing else but logs and results: anything unexpected is
 * refused (-BPFKEY_E_NOT_A_LOADER), for it would be an unknown libbpf.
 */
int loader_strip(struct bpfkey_ctx *ctx, struct buf *insns, size_t data_len, size_t n_maps,
		 const bool internal[MANIFEST_MAPS_MAX], size_t n_programs,
		 struct loader_value ret_values[MANIFEST_MAPS_MAX]);

/*
 * loader_kconfig - the lines for libbpf that give every configuration variable
 * of the object a value, so that it never asks the host
 */
int loader_kconfig(struct bpfkey_ctx *ctx, const struct elf *e, const struct btf *btf,
		   const struct loader_opts *opts, struct manifest *m, struct buf *ret);

/* loader_kernel_version - "6.18.15" as LINUX_KERNEL_VERSION has it. */
int loader_kernel_version(struct bpfkey_ctx *ctx, const char *s, uint32_t *ret);

/* loader_set - apply one "NAME=VALUE" and remember it in @m. */
int loader_set(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *setting,
	       struct manifest *m);

/* loader_check - refuse what libbpf cannot turn into a loader, or only by asking the host. */
int loader_check_elf(struct bpfkey_ctx *ctx, const struct elf *e, const struct btf *btf);
int loader_check_object(struct bpfkey_ctx *ctx, struct bpf_object *obj);

/* The data section @name, and its @i-th variable; NULL when there is none. */
const struct btf_type *loader_datasec(const struct btf *btf, const char *name);
const struct btf_type *loader_var(const struct btf *btf, const struct btf_type *sec, size_t i,
				  const char **ret_name);
/* The type of a variable without const, volatile, typedef; NULL for void. */
const struct btf_type *loader_var_type(const struct btf *btf, const struct btf_type *var);

#endif
