/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BPF object files as bytes: a strict reader, and sections added behind the
 * original bytes, which stay where they are. keyctl-bpf-object(5) has the
 * layout. Works on <elf.h> alone: what a reader library repairs silently, we
 * have to refuse.
 */
#ifndef BK_ELF_H
#define BK_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define ELF_OBJECT_MAX (32u << 20)
#define ELF_SECTIONS_MAX 4096

struct elf_section {
	const char *name;	/* points into the file */
	uint32_t type;
	uint64_t flags;
	size_t offset;
	struct view data;	/* empty for SHT_NOBITS */
	uint64_t size;
};

struct elf {
	struct view file;	/* borrowed */
	Elf64_Ehdr ehdr;
	struct elf_section *sections;	/* index 0 is the null section */
	size_t n;
};

/* elf_is - does it begin as an ELF file? */
static inline bool elf_is(struct view file)
{
	return file.n >= SELFMAG && !memcmp(file.p, ELFMAG, SELFMAG);
}

/*
 * elf_open - parse a 64-bit little-endian relocatable BPF ELF file
 * @file: stays the caller's and must outlive @ret
 *
 * -BPFKEY_E_FORMAT with what is wrong; every later access is in bounds.
 */
int elf_open(struct bpfkey_ctx *ctx, struct view file, struct elf *ret);
void elf_done(struct elf *e);

/* elf_find - the section of that name; NULL when there is none or more than one. */
const struct elf_section *elf_find(const struct elf *e, const char *name);
size_t elf_count(const struct elf *e, const char *name);

/*
 * elf_symbol_in - the @i-th named symbol defined in section @name, or NULL
 * For messages: which map does a legacy section define?
 */
const char *elf_symbol_in(const struct elf *e, const char *name, size_t i);

/* elf_is_weak - is @name an undefined weak symbol? */
bool elf_is_weak(const struct elf *e, const char *name);

struct elf_add {
	const char *name;
	struct view data;
};

/*
 * elf_append - a copy of @e with more sections
 *
 * The last one is made empty and ends the file: elf_append_last() gives it its
 * bytes, when these depend on all others.
 */
int elf_append(struct bpfkey_ctx *ctx, const struct elf *e, const struct elf_add *add, size_t n,
	       struct buf *ret);
int elf_append_last(struct bpfkey_ctx *ctx, struct buf *file, struct view data);

/* What elf_append() changed in the ELF header, to undo it. */
struct elf_origin {
	uint64_t size, shoff;
	uint16_t shnum, shstrndx;
};
void elf_origin(const struct elf *e, struct elf_origin *ret);

/* elf_restore - the bytes before elf_append(); -BPFKEY_E_MALFORMED when they cannot be. */
int elf_restore(struct bpfkey_ctx *ctx, struct view file, const struct elf_origin *origin,
		struct buf *ret);

/*
 * elf_frame - the file with the contents of all sections zeroed, and the size
 * of the last section too: what remains is everything that no section holds
 */
int elf_frame(struct bpfkey_ctx *ctx, const struct elf *e, struct buf *ret);

/*
 * elf_check_apart - does section @name lie outside of all headers and of every
 * other section? else -BPFKEY_E_MALFORMED
 */
int elf_check_apart(struct bpfkey_ctx *ctx, const struct elf *e, const char *name);

#endif
