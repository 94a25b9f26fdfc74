/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A signed object, open: its parts as views into the one buffer that was read. */
#ifndef BK_OBJECT_H
#define BK_OBJECT_H

#include <bpfkey/sign.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../kernel/elf.h"
#include "../kernel/obj_manifest.h"

#define OBJECT_PREFIX ".keyctl_bpf."

/* In the order in which they are appended; the last one ends the file. */
enum object_part {
	PART_LOADER,
	PART_METADATA,
	PART_MANIFEST,
	PART_SIG_INSNS,
	PART_SIG_METADATA,
	PART_DIGESTS,
	PART_SIG_FILE,
	PART__END
};

struct skeleton;

struct bpfkey_object {
	struct bpfkey_ctx *ctx;
	char *path;
	struct buf file;
	struct elf elf;
	struct elf_origin origin;
	struct view part[PART__END];
	struct skeleton *skeleton;	/* of a light skeleton, which has no ELF parts; else NULL */
	struct manifest manifest;
	struct bpfkey_object_info info;
	struct bpfkey_object_program *programs;
	struct bpfkey_object_map *maps;
	struct bpfkey_object_setting *settings;
};

DEFINE_CLEANUP(struct bpfkey_object *, bpfkey_object_free)

/* object_part_name - the section's name. */
const char *object_part_name(enum object_part part);

/* object_is_signed - does the file claim to be a signed object, whole or not? */
bool object_is_signed(const struct elf *e);

/*
 * object_new - an object of the bytes of @file, which @take makes sense of
 * @file: taken over on success
 */
int object_new(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
	       int (*take)(struct bpfkey_object *o), struct bpfkey_object **ret);

/*
 * object_from_bytes - bpfkey_object_open() of a file that was read already
 * @file: taken over on success
 */
int object_from_bytes(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
		      struct bpfkey_object **ret);

/* object_take_manifest - what the manifest and the loader say, into what callers are shown. */
int object_take_manifest(struct bpfkey_object *o);

/* object_copy - @data into the empty @ret, within the limit of files. */
int object_copy(struct bpfkey_ctx *ctx, const char *name, struct view data, struct buf *ret);

/* object_digests - the bytes that PART_SIG_FILE signs, made from what is there. */
int object_digests(struct bpfkey_ctx *ctx, const struct elf *e, const struct elf_origin *origin,
		   struct buf *ret);

/* object_digests_are - is it such a list, whatever it lists? */
bool object_digests_are(struct view list);

/* object_compare - name the first part in which @found differs from @signed_list. */
int object_compare(struct bpfkey_ctx *ctx, struct view signed_list, struct view found);

/* object_signed_bytes - what the signature of that kind covers. */
int object_signed_bytes(struct bpfkey_object *o, enum bpfkey_signature_kind kind,
			struct buf *ret);
struct view object_signature(const struct bpfkey_object *o, enum bpfkey_signature_kind kind);
const char *object_covers(enum bpfkey_signature_kind kind);

/*
 * object_signed_by - is each of its signatures good, and by one of @certs?
 * Neither the validity nor the role of a certificate is asked for.
 */
int object_signed_by(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n);

/* object_read_error - "cannot read object 'x.o': ..." in front of the cause. */
int object_error(struct bpfkey_object *o, int r, const char *doing);

/* object_prog_type - "xdp", or "" ; object_map_type likewise. */
const char *object_prog_type(uint32_t type);
const char *object_map_type(uint32_t type);

#endif
