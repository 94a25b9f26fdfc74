/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections behind the original bytes of an object. The original stays where it
 * is, so other tools read it as before and it can be restored byte for byte;
 * only three fields of the ELF header change.
 */
#include <string.h>

#include "elf.h"

#define NAMES_SECTION ".keyctl_bpf.names"

static void pad8(struct buf *b)
{
	while (b->n % 8)
		buf_u8(b, 0);
}

/* One name table for all sections: the old one, whose offsets stay valid, and ours. */
static void put_names(struct buf *b, const struct elf *e, const struct elf_add *add, size_t n,
		      uint32_t *offsets)
{
	struct view old = e->sections[e->ehdr.e_shstrndx].data;
	size_t start = b->n;

	buf_put(b, old.p, old.n);
	for (size_t i = 0; i < n; i++) {
		offsets[i] = b->n - start;
		buf_put(b, add[i].name, strlen(add[i].name) + 1);
	}
	offsets[n] = b->n - start;
	buf_put(b, NAMES_SECTION, sizeof(NAMES_SECTION));
}

static void put_header(struct buf *b, uint32_t name, uint32_t type, size_t offset, size_t size)
{
	Elf64_Shdr s = {
		.sh_name = name,
		.sh_type = type,
		.sh_offset = offset,
		.sh_size = size,
		.sh_addralign = type == SHT_PROGBITS ? 8 : 1,
	};

	buf_put(b, &s, sizeof(s));
}

static int check_names(struct bpfkey_ctx *ctx, const struct elf *e, const struct elf_add *add,
		       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (elf_count(e, add[i].name))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "it has a section '%s' already",
				       add[i].name);
	if (elf_count(e, NAMES_SECTION))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "it has a section '%s' already",
			       NAMES_SECTION);
	if (e->n + n + 1 > ELF_SECTIONS_MAX)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "it has too many sections");
	return 0;
}

int elf_append(struct bpfkey_ctx *ctx, const struct elf *e, const struct elf_add *add, size_t n,
	       struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ELF_OBJECT_MAX);
	size_t offsets[16], names, names_n, shoff;
	uint32_t name_offsets[17];
	Elf64_Ehdr h = e->ehdr;
	int r;

	if (n > ARRAY_SIZE(offsets))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "too many sections to add");
	r = check_names(ctx, e, add, n);
	if (r < 0)
		return r;

	buf_put(&b, e->file.p, e->file.n);
	for (size_t i = 0; i + 1 < n; i++) {
		pad8(&b);
		offsets[i] = b.n;
		buf_put(&b, add[i].data.p, add[i].data.n);
	}
	names = b.n;
	put_names(&b, e, add, n, name_offsets);
	names_n = b.n - names;
	pad8(&b);
	shoff = b.n;
	buf_put(&b, e->file.p + e->ehdr.e_shoff, e->n * sizeof(Elf64_Shdr));
	for (size_t i = 0; i + 1 < n; i++)
		put_header(&b, name_offsets[i], SHT_PROGBITS, offsets[i], add[i].data.n);
	put_header(&b, name_offsets[n], SHT_STRTAB, names, names_n);
	put_header(&b, name_offsets[n - 1], SHT_PROGBITS, b.n + sizeof(Elf64_Shdr), 0);
	if (b.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&b))
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the signed object would be larger than %u "
			       "MiB", ELF_OBJECT_MAX >> 20);

	h.e_shoff = shoff;
	h.e_shnum = e->n + n + 1;
	h.e_shstrndx = e->n + n - 1;
	memcpy(b.p, &h, sizeof(h));
	*ret = b;
	b = BUF(0);
	return 0;
}

int elf_append_last(struct bpfkey_ctx *ctx, struct buf *file, struct view data)
{
	size_t at = file->n - sizeof(Elf64_Shdr);
	Elf64_Shdr s;

	memcpy(&s, file->p + at, sizeof(s));
	s.sh_size = data.n;
	memcpy(file->p + at, &s, sizeof(s));
	buf_put(file, data.p, data.n);
	if (file->no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(file))
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the signed object would be larger than %u "
			       "MiB", ELF_OBJECT_MAX >> 20);
	return 0;
}
