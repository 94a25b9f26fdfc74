/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signed objects byte by byte: any one that is flipped, cut off or added is
 * refused; signing again gives the same file; what was appended can be undone.
 */
#include <elf.h>
#include <sys/stat.h>

#include <bpfkey.h>

#include "lib/base/file.h"
#include "lib/flow/object.h"
#include "lib/kernel/elf.h"
#include "tests/tap.h"

#define FILE_MAX (8u << 20)
#define CODE_INSNS 2

static char dir[] = "/tmp/test_elf.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

/*
 * The smallest object that libbpf takes: "xdp" with two instructions, a
 * license, symbols. Written here so that the test needs no compiler.
 */
struct tiny {
	Elf64_Ehdr ehdr;
	uint64_t code[CODE_INSNS];
	char license[8];
	Elf64_Sym symbols[3];
	char names[64];
	Elf64_Shdr sections[5];
};

static const char tiny_names[64] = "\0xdp\0license\0.symtab\0.strtab\0prog\0_license";
enum {
	AT_XDP = 1, AT_LICENSE = 5, AT_SYMTAB = 13, AT_STRTAB = 21, AT_PROG = 29,
	AT_SYM_LICENSE = 34,
};

static Elf64_Shdr section(int name, int type, int flags, size_t at, size_t n)
{
	return (Elf64_Shdr){ .sh_name = name, .sh_type = type, .sh_flags = flags, .sh_offset = at,
			     .sh_size = n, .sh_addralign = 8 };
}

static struct tiny tiny_object(void)
{
	struct tiny t = {
		.ehdr = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_REL, .e_machine = 247, .e_version = EV_CURRENT,
			  .e_shoff = offsetof(struct tiny, sections),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 5, .e_shstrndx = 4 },
		.code = { 0x00000002000000b7, 0x0000000000000095 },	/* r0 = XDP_PASS; exit */
		.license = "GPL",
		.symbols = { { 0 },
			     { .st_name = AT_PROG, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			       .st_shndx = 1, .st_size = 16 },
			     { .st_name = AT_SYM_LICENSE,
			       .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), .st_shndx = 2,
			       .st_size = 4 } },
		.sections = {
			{ 0 },
			section(AT_XDP, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
				offsetof(struct tiny, code), 16),
			section(AT_LICENSE, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE,
				offsetof(struct tiny, license), 4),
			section(AT_SYMTAB, SHT_SYMTAB, 0, offsetof(struct tiny, symbols),
				3 * sizeof(Elf64_Sym)),
			section(AT_STRTAB, SHT_STRTAB, 0, offsetof(struct tiny, names), 64),
		},
	};

	memcpy(t.names, tiny_names, sizeof(t.names));
	t.sections[3].sh_link = 4;
	t.sections[3].sh_info = 1;
	t.sections[3].sh_entsize = sizeof(Elf64_Sym);
	return t;
}

static bool write_file(const char *path, const void *p, size_t n)
{
	return !bk_file_replace(NULL, path, 0644, (struct view){ p, n }, BK_FILE_FORCE);
}

static bool read_file(const char *path, struct buf *b)
{
	*b = BUF(FILE_MAX);
	return !bk_file_read(NULL, path, FILE_MAX, b);
}

/* Key and certificate of @alg as NAME.key and NAME.pem. */
static struct bpfkey_signer *signer(struct bpfkey_ctx *ctx, const char *alg)
{
	struct bpfkey_key_opts k = { .sz = sizeof(k), .alg = alg, .form = BPFKEY_FORM_FILE };
	struct bpfkey_cert_opts c = { .sz = sizeof(c), .name = "test", .role = BPFKEY_ROLE_BUILD };
	struct bpfkey_signer *s = NULL;
	char key[128], pem[128];

	snprintf(key, sizeof(key), "%s/%s.key", dir, alg);
	snprintf(pem, sizeof(pem), "%s/%s.pem", dir, alg);
	c.key = key;
	if (bpfkey_key_new(ctx, key, &k, NULL) || bpfkey_cert_new(ctx, pem, &c, NULL) ||
	    bpfkey_signer_open(ctx, key, pem, &s))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	return s;
}

/* 0 when the bytes are a good object that the certificate's key signed. */
static int judge(struct bpfkey_ctx *ctx, struct view file, struct bpfkey_cert *cert)
{
	struct bpfkey_object *o = NULL;
	struct buf b = BUF(FILE_MAX);
	int r;

	buf_put(&b, file.p, file.n);
	r = object_from_bytes(ctx, "x", &b, &o);
	if (!r)
		r = bpfkey_object_verify(o, &cert, 1, NULL, NULL);
	bpfkey_object_free(o);
	buf_done(&b);
	return r;
}

static void test_flips(struct bpfkey_ctx *ctx, struct buf *file, struct bpfkey_cert *cert,
		       const char *alg)
{
	size_t accepted = 0, kinds[BPFKEY_E__END] = { 0 }, classes[5] = { 0 };
	int r;

	is_int(judge(ctx, buf_view(file), cert), 0, "the object is good");
	for (size_t i = 0; i < file->n; i++) {
		file->p[i] ^= 1u << (i % 8);
		r = judge(ctx, buf_view(file), cert);
		file->p[i] ^= 1u << (i % 8);
		if (!r)
			printf("# byte %zu flipped: accepted\n", i);
		accepted += !r;
		kinds[-r]++;
		classes[bpfkey_err_exit(r)]++;
	}
	ok(!accepted, "%s: each of %zu flipped bytes is refused", alg, file->n);
	ok(kinds[BPFKEY_E_TAMPERED] > file->n / 2, "%s: most as tampered", alg);
	ok(!classes[2] && !classes[4], "%s: as a no, or as unreadable", alg);
	is_int(judge(ctx, (struct view){ file->p, file->n - 1 }, cert) < 0, 1, "one byte less");
	buf_u8(file, 0);
	is_int(judge(ctx, buf_view(file), cert) < 0, 1, "one byte more");
	file->n--;
}

static void test_again(struct bpfkey_ctx *ctx, struct bpfkey_signer *s, const char *name,
		       bool deterministic)
{
	struct bpfkey_sign_opts o = { .sz = sizeof(o), .flags = BPFKEY_SIGN_FORCE };
	struct bpfkey_object *signed_object = NULL;
	struct buf a, b, back = BUF(0);
	struct tiny t = tiny_object();

	read_file(in_dir(name), &a);
	is_int(bpfkey_sign_object(s, in_dir(name), in_dir(name), &o), 0, "a signed object signs");
	read_file(in_dir(name), &b);
	if (deterministic)
		ok(a.n == b.n && !memcmp(a.p, b.p, a.n), "signing again gives the same bytes");
	if (!bpfkey_object_open(ctx, in_dir(name), &signed_object))
		elf_restore(ctx, buf_view(&b), &signed_object->origin, &back);
	ok(back.n == sizeof(t) && !memcmp(back.p, &t, sizeof(t)),
	   "the original can be had back, byte for byte");
	bpfkey_object_free(signed_object);
	buf_done(&back);
	buf_done(&a);
	buf_done(&b);
}

static void test_alg(struct bpfkey_ctx *ctx, const char *alg)
{
	struct bpfkey_signer *s = signer(ctx, alg);
	struct bpfkey_cert *cert = NULL;
	struct buf file = BUF(0);
	char pem[32];

	snprintf(pem, sizeof(pem), "%s.pem", alg);
	ok(s && !bpfkey_cert_open(ctx, in_dir(pem), &cert), "%s: key and certificate", alg);
	is_int(bpfkey_sign_object(s, in_dir("tiny.o"), in_dir(alg), NULL), 0, "it signs");
	ok(read_file(in_dir(alg), &file), "it wrote an object");
	test_flips(ctx, &file, cert, alg);
	test_again(ctx, s, alg, !strncmp(alg, "rsa", 3));
	buf_done(&file);
	bpfkey_cert_free(cert);
	bpfkey_signer_free(s);
}

/* What a reader that trusts headers would fall over. */
static void test_malformed(struct bpfkey_ctx *ctx)
{
	static const struct {
		const char *what;
		size_t at;
		uint64_t value;
		size_t n;
	} cases[] = {
		{ "section headers behind the end", offsetof(Elf64_Ehdr, e_shoff), 1 << 20, 8 },
		{ "section headers at a huge offset", offsetof(Elf64_Ehdr, e_shoff), -8ull, 8 },
		{ "odd section headers", offsetof(Elf64_Ehdr, e_shoff), 41, 8 },
		{ "more sections than bytes", offsetof(Elf64_Ehdr, e_shnum), 0xffff, 2 },
		{ "no sections", offsetof(Elf64_Ehdr, e_shnum), 0, 2 },
		{ "names in no section", offsetof(Elf64_Ehdr, e_shstrndx), 9, 2 },
		{ "names in code", offsetof(Elf64_Ehdr, e_shstrndx), 1, 2 },
		{ "another machine", offsetof(Elf64_Ehdr, e_machine), 62, 2 },
		{ "an executable", offsetof(Elf64_Ehdr, e_type), ET_EXEC, 2 },
		{ "big-endian", EI_DATA, ELFDATA2MSB, 1 },
		{ "32 bits", EI_CLASS, ELFCLASS32, 1 },
		{ "no ELF", 0, 0, 4 },
		{ "a section behind the end", offsetof(struct tiny, sections[1].sh_offset),
		  1 << 20, 8 },
		{ "a section that wraps", offsetof(struct tiny, sections[1].sh_size), -1ull, 8 },
		{ "a name behind the names", offsetof(struct tiny, sections[1].sh_name), 4096, 4 },
		{ "names without an end", offsetof(struct tiny, names[63]), 'x', 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tiny t = tiny_object();
		struct elf e = { 0 };
		int r;

		memcpy((uint8_t *)&t + cases[i].at, &cases[i].value, cases[i].n);
		r = elf_open(ctx, (struct view){ (uint8_t *)&t, sizeof(t) }, &e);
		ok(r == -BPFKEY_E_FORMAT && *bpfkey_ctx_message(ctx), "%s: %s", cases[i].what,
		   bpfkey_ctx_message(ctx));
		bk_forget(ctx);
	}
}

static void test_cut(struct bpfkey_ctx *ctx)
{
	struct tiny t = tiny_object();
	size_t good = 0;

	for (size_t n = 0; n < sizeof(t); n++) {
		struct elf e = { 0 };

		good += !elf_open(ctx, (struct view){ (uint8_t *)&t, n }, &e);
		elf_done(&e);
		bk_forget(ctx);
	}
	is_int(good, 0, "a file that is cut anywhere is refused");
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;
	struct tiny t = tiny_object();
	char command[64];

	if (!mkdtemp(dir) || bpfkey_ctx_new(&ctx))
		return 1;
	test_malformed(ctx);
	test_cut(ctx);
	ok(write_file(in_dir("tiny.o"), &t, sizeof(t)), "an object to sign");
	test_alg(ctx, "p256");
	test_alg(ctx, "rsa2048");
	bpfkey_ctx_free(ctx);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(!system(command), "cleaned up");
	return done_testing();
}
