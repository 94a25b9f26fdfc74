/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest of a signed object: what its loader makes, in which order, and
 * what was decided when it was signed. Its bytes: keyctl-bpf-object(5).
 */
#ifndef BK_OBJ_MANIFEST_H
#define BK_OBJ_MANIFEST_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

/* libbpf's loaders have room for this many of each. */
#define MANIFEST_MAPS_MAX 64
#define MANIFEST_PROGRAMS_MAX 32
#define MANIFEST_SETTINGS_MAX 1024
#define MANIFEST_TEXT_MAX 4096
#define MANIFEST_MAX (4u << 20)

struct manifest_map {
	char *name, *pin;	/* pin: "" unless it is to be pinned by name */
	uint32_t type, key_size, value_size, max_entries, flags;
	bool frozen;
};

struct manifest_program {
	char *name, *section, *target;
	uint32_t type, attach_type, flags;
};

struct manifest_setting {
	char *name, *value;
};

struct manifest {
	char *name, *generator;
	uint32_t insns_len, metadata_len;
	struct manifest_setting *settings;
	struct manifest_map *maps;
	struct manifest_program *programs;
	size_t n_settings, n_maps, n_programs;
};

void manifest_done(struct manifest *m);

int manifest_encode(struct bpfkey_ctx *ctx, const struct manifest *m, struct buf *ret);
/* manifest_decode - -BPFKEY_E_MALFORMED for anything that encode would not write. */
int manifest_decode(struct bpfkey_ctx *ctx, struct view in, struct manifest *ret);

/* manifest_set - remember a decision; the order is the order of calls. */
int manifest_set(struct bpfkey_ctx *ctx, struct manifest *m, const char *name,
		 const char *value);

/* Bytes of the context that the loader program is run with. */
static inline size_t manifest_ctx_size(const struct manifest *m)
{
	return 24 + 16 * m->n_maps + 4 * m->n_programs;
}

#endif
