/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flip IN OUT SECTION [OFFSET]: a copy of an ELF file with one bit of one
 * section's content turned over; the attacker of the demo and the tests.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/util.h"

#define FILE_MAX (32u << 20)

static const Elf64_Shdr *find_section(const unsigned char *file, const char *name)
{
	const Elf64_Ehdr *ehdr = (const void *)file;
	const Elf64_Shdr *shdr = (const void *)(file + ehdr->e_shoff);
	const char *names = (const char *)file + shdr[ehdr->e_shstrndx].sh_offset;

	for (size_t i = 0; i < ehdr->e_shnum; i++)
		if (!strcmp(names + shdr[i].sh_name, name))
			return &shdr[i];
	return NULL;
}

int main(int argc, char **argv)
{
	_cleanup_(bk_freep) unsigned char *file = malloc(FILE_MAX);
	_cleanup_(fclosep) FILE *in = NULL, *out = NULL;
	const Elf64_Shdr *section;
	unsigned long offset;
	size_t n;

	if (argc < 4 || !file)
		return 2;
	in = fopen(argv[1], "rb");
	if (!in)
		return 1;
	n = fread(file, 1, FILE_MAX, in);
	section = find_section(file, argv[3]);
	offset = argc > 4 ? strtoul(argv[4], NULL, 0) : section ? section->sh_size / 2 : 0;
	if (!section || offset >= section->sh_size) {
		fprintf(stderr, "flip: no byte %lu in section '%s' of '%s'\n", offset, argv[3],
			argv[1]);
		return 1;
	}
	file[section->sh_offset + offset] ^= 0x01;
	out = fopen(argv[2], "wb");
	if (!out || fwrite(file, 1, n, out) != n)
		return 1;
	return 0;
}
