/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf.h"

#include <string.h>

#ifndef EM_BPF
#define EM_BPF 247
#endif

static int malformed(struct bpfkey_ctx *ctx, const char *what)
{
	return bk_fail(ctx, -BPFKEY_E_FORMAT, "not a valid ELF file: %s", what);
}

static int check_header(struct bpfkey_ctx *ctx, struct view file, const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not an ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "an ELF file, but not of 64 bits as BPF is");
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a big-endian BPF object; only little-endian "
			       "ones can be signed");
	if (h->e_machine != EM_BPF)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "an ELF file, but not for BPF (machine %u)",
			       h->e_machine);
	if (h->e_type != ET_REL)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "a BPF file, but not an object (ELF type %u)",
			       h->e_type);
	if (h->e_ehsize != sizeof(Elf64_Ehdr) || h->e_shentsize != sizeof(Elf64_Shdr))
		return malformed(ctx, "headers of unknown size");
	if (!h->e_shnum || h->e_shnum > ELF_SECTIONS_MAX)
		return malformed(ctx, "no sections, or too many");
	if (h->e_shoff % 8 || h->e_shoff > file.n ||
	    (file.n - h->e_shoff) / sizeof(Elf64_Shdr) < h->e_shnum)
		return malformed(ctx, "the section headers lie outside of the file");
	if (!h->e_shstrndx || h->e_shstrndx >= h->e_shnum)
		return malformed(ctx, "no section holds the names");
	return 0;
}

static Elf64_Shdr header_at(struct view file, const Elf64_Ehdr *h, size_t i)
{
	Elf64_Shdr s;

	memcpy(&s, file.p + h->e_shoff + i * sizeof(s), sizeof(s));
	return s;
}

static int read_section(struct bpfkey_ctx *ctx, struct view file, const Elf64_Shdr *s,
			struct elf_section *ret)
{
	ret->type = s->sh_type;
	ret->flags = s->sh_flags;
	ret->size = s->sh_size;
	ret->name = "";
	if (s->sh_type == SHT_NULL || s->sh_type == SHT_NOBITS)
		return 0;
	if (s->sh_offset > file.n || s->sh_size > file.n - s->sh_offset)
		return malformed(ctx, "a section lies outside of the file");
	ret->offset = s->sh_offset;
	ret->data = (struct view){ file.p + s->sh_offset, s->sh_size };
	return 0;
}

int elf_open(struct bpfkey_ctx *ctx, struct view file, struct elf *ret)
{
	_cleanup_(elf_done) struct elf e = { .file = file };
	struct view names;
	int r;

	if (file.n < sizeof(e.ehdr))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "not an ELF file");
	memcpy(&e.ehdr, file.p, sizeof(e.ehdr));
	r = check_header(ctx, file, &e.ehdr);
	if (r < 0)
		return r;

	e.n = e.ehdr.e_shnum;
	e.sections = calloc(e.n, sizeof(*e.sections));
	if (!e.sections)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < e.n; i++) {
		Elf64_Shdr s = header_at(file, &e.ehdr, i);

		r = read_section(ctx, file, &s, &e.sections[i]);
		if (r < 0)
			return r;
	}

	names = e.sections[e.ehdr.e_shstrndx].data;
	if (e.sections[e.ehdr.e_shstrndx].type != SHT_STRTAB || !names.n || names.p[names.n - 1])
		return malformed(ctx, "the section names are no string table");
	for (size_t i = 0; i < e.n; i++) {
		Elf64_Shdr s = header_at(file, &e.ehdr, i);

		if (s.sh_name >= names.n)
			return malformed(ctx, "a section's name lies outside of the names");
		e.sections[i].name = (const char *)names.p + s.sh_name;
	}

	*ret = e;
	e.sections = NULL;
	return 0;
}

void elf_done(struct elf *e)
{
	free(steal(&e->sections));
}

size_t elf_count(const struct elf *e, const char *name)
{
	size_t n = 0;

	for (size_t i = 1; i < e->n; i++)
		n += !strcmp(e->sections[i].name, name);
	return n;
}

const struct elf_section *elf_find(const struct elf *e, const char *name)
{
	if (elf_count(e, name) != 1)
		return NULL;
	for (size_t i = 1; i < e->n; i++)
		if (!strcmp(e->sections[i].name, name))
			return &e->sections[i];
	return NULL;
}

/* Symbol @k of symbol table @symtab and its name; NULL for a nameless or broken one. */
static const char *symbol_at(const struct elf *e, size_t symtab, size_t k, Elf64_Sym *ret)
{
	Elf64_Shdr s = header_at(e->file, &e->ehdr, symtab);
	struct view names;

	memcpy(ret, e->sections[symtab].data.p + k * sizeof(*ret), sizeof(*ret));
	if (s.sh_link >= e->n)
		return NULL;
	names = e->sections[s.sh_link].data;
	if (!names.n || names.p[names.n - 1] || ret->st_name >= names.n || !names.p[ret->st_name])
		return NULL;
	return (const char *)names.p + ret->st_name;
}

typedef bool (*symbol_fn)(const Elf64_Sym *sym, const char *name, void *arg);

/* The first symbol that @want accepts. */
static const char *symbol_find(const struct elf *e, symbol_fn want, void *arg)
{
	for (size_t t = 1; t < e->n; t++) {
		if (e->sections[t].type != SHT_SYMTAB)
			continue;
		for (size_t k = 0; k < e->sections[t].data.n / sizeof(Elf64_Sym); k++) {
			Elf64_Sym sym;
			const char *name = symbol_at(e, t, k, &sym);

			if (name && want(&sym, name, arg))
				return name;
		}
	}
	return NULL;
}

struct nth {
	size_t section, left;
};

static bool want_nth(const Elf64_Sym *sym, const char *name _unused_, void *arg)
{
	struct nth *n = arg;

	return sym->st_shndx == n->section && ELF64_ST_TYPE(sym->st_info) != STT_SECTION &&
	       !n->left--;
}

const char *elf_symbol_in(const struct elf *e, const char *name, size_t i)
{
	const struct elf_section *in = elf_find(e, name);
	struct nth n = { in ? (size_t)(in - e->sections) : 0, i };

	return in ? symbol_find(e, want_nth, &n) : NULL;
}

static bool want_weak(const Elf64_Sym *sym, const char *name, void *arg)
{
	return sym->st_shndx == SHN_UNDEF && ELF64_ST_BIND(sym->st_info) == STB_WEAK &&
	       !strcmp(name, arg);
}

bool elf_is_weak(const struct elf *e, const char *name)
{
	return symbol_find(e, want_weak, (void *)name);
}

void elf_origin(const struct elf *e, struct elf_origin *ret)
{
	*ret = (struct elf_origin){ e->file.n, e->ehdr.e_shoff, e->ehdr.e_shnum,
				    e->ehdr.e_shstrndx };
}

int elf_restore(struct bpfkey_ctx *ctx, struct view file, const struct elf_origin *origin,
		struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ELF_OBJECT_MAX);
	Elf64_Ehdr h;

	if (origin->size < sizeof(h) || origin->size > file.n)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the original object lies outside of it");
	buf_put(&b, file.p, origin->size);
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	memcpy(&h, b.p, sizeof(h));
	h.e_shoff = origin->shoff;
	h.e_shnum = origin->shnum;
	h.e_shstrndx = origin->shstrndx;
	memcpy(b.p, &h, sizeof(h));

	*ret = b;
	b = BUF(0);
	return 0;
}

int elf_frame(struct bpfkey_ctx *ctx, const struct elf *e, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ELF_OBJECT_MAX);
	size_t last = e->ehdr.e_shoff + (e->n - 1) * sizeof(Elf64_Shdr);

	buf_put(&b, e->file.p, e->file.n);
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	for (size_t i = 1; i < e->n; i++)
		memset(b.p + e->sections[i].offset, 0, e->sections[i].data.n);
	memset(b.p + last + offsetof(Elf64_Shdr, sh_size), 0, sizeof(Elf64_Xword));
	/* The last section ends the file, and its length is its own business. */
	b.n -= e->sections[e->n - 1].data.n;

	*ret = b;
	b = BUF(0);
	return 0;
}

static bool overlap(size_t a, size_t a_n, size_t b, size_t b_n)
{
	return a_n && b_n && a < b + b_n && b < a + a_n;
}

int elf_check_apart(struct bpfkey_ctx *ctx, const struct elf *e, const char *name)
{
	const struct elf_section *s = elf_find(e, name);
	bool bad = !s;

	if (s) {
		bad = overlap(s->offset, s->data.n, 0, sizeof(e->ehdr)) ||
		      overlap(s->offset, s->data.n, e->ehdr.e_shoff, e->n * sizeof(Elf64_Shdr));
		for (size_t i = 1; i < e->n; i++)
			bad = bad || (&e->sections[i] != s &&
				      overlap(s->offset, s->data.n, e->sections[i].offset,
					      e->sections[i].data.n));
	}
	if (!bad)
		return 0;
	return bk_fail(ctx, -BPFKEY_E_MALFORMED, "section '%s' is missing, doubled or shares bytes "
		       "with another part of the file", name);
}
