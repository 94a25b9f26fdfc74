/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lskel OBJ NAME [SIGNATURE DIGEST]: a light skeleton of OBJ, in the form that
 * `bpftool gen skeleton -L` (-S) writes, out of the generator of the libbpf
 * that it is linked with. For build hosts without bpftool; and, linked with a
 * libbpf that has gen_hash, for kernels whose own bpftool nobody packages.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 7
#define HAS_GEN_HASH 1
#else
#define HAS_GEN_HASH 0
#endif

static void put_array(const char *name, const char *p, size_t n)
{
	size_t column = 0;

	printf("\tstatic const char %s[] __attribute__((__aligned__(8))) = \"\\\n", name);
	for (size_t i = 0; i < n; i++) {
		size_t width = p[i] ? 4 : 2;

		column += width;
		if (column > 78) {
			printf("\\\n");
			column = width;
		}
		if (p[i])
			printf("\\x%02x", (unsigned char)p[i]);
		else
			printf("\\0");
	}
	printf("\";\n");
}

static int put_file(const char *name, const char *path)
{
	static char data[8192];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(data, 1, sizeof(data), f) : 0;

	if (f)
		fclose(f);
	if (!n) {
		fprintf(stderr, "lskel: cannot read '%s'\n", path);
		return -1;
	}
	put_array(name, data, n);
	return 0;
}

/* "x.rodata" is called "rodata", as in the structs of skeletons. */
static const char *ident_of(const struct bpf_map *m)
{
	const char *name = bpf_map__name(m), *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static void put_struct(const struct bpf_object *obj, const char *name, int is_signed)
{
	struct bpf_program *p;
	struct bpf_map *m;

	printf("/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */\n"
	       "#include <bpf/skel_internal.h>\n\n"
	       "struct %s {\n\tstruct bpf_loader_ctx ctx;\n", name);
	/* No list without maps: whether there is one also depends on where clang keeps strings. */
	if (bpf_object__next_map(obj, NULL))
		printf("\tstruct {\n");
	bpf_object__for_each_map(m, obj)
		printf("\t\tstruct bpf_map_desc %s;\n", ident_of(m));
	if (bpf_object__next_map(obj, NULL))
		printf("\t} maps;\n");
	printf("\tstruct {\n");
	bpf_object__for_each_program(p, obj)
		printf("\t\tstruct bpf_prog_desc %s;\n", bpf_program__name(p));
	printf("\t} progs;\n\tstruct {\n");
	bpf_object__for_each_program(p, obj)
		printf("\t\tint %s_fd;\n", bpf_program__name(p));
	printf("\t} links;\n%s};\n", is_signed ? "\t__s32 keyring_id;\n" : "");
}

static void put_attach(const struct bpf_object *obj, const char *name)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, obj) {
		const char *slash = strchr(bpf_program__section_name(p), '/');

		if (bpf_program__type(p) != BPF_PROG_TYPE_RAW_TRACEPOINT || !slash)
			continue;
		printf("\nstatic inline int\n%s__%s__attach(struct %s *skel)\n{\n\tint prog_fd = "
		       "skel->progs.%s.prog_fd;\n\tint fd = skel_raw_tracepoint_open(\"%s\", "
		       "prog_fd);\n\n\treturn fd;\n}\n", name, bpf_program__name(p), name,
		       bpf_program__name(p), slash + 1);
	}
}

static int put_load(const struct gen_loader_opts *gen, const char *name, char **sig)
{
	printf("\nstatic inline int\n%s__load(struct %s *skel)\n{\n"
	       "\tstruct bpf_load_and_run_opts opts = {};\n\tint err;\n", name, name);
	put_array("opts_data", gen->data, gen->data_sz);
	put_array("opts_insn", gen->insns, gen->insns_sz);
	if (sig) {
		if (put_file("opts_sig", sig[0]) || put_file("opts_excl_hash", sig[1]))
			return 1;
		printf("\topts.signature = (void *)opts_sig;\n"
		       "\topts.signature_sz = sizeof(opts_sig) - 1;\n"
		       "\topts.excl_prog_hash = (void *)opts_excl_hash;\n"
		       "\topts.excl_prog_hash_sz = sizeof(opts_excl_hash) - 1;\n"
		       "\topts.keyring_id = skel->keyring_id;\n");
	}
	printf("\n\topts.ctx = (struct bpf_loader_ctx *)skel;\n"
	       "\topts.data_sz = sizeof(opts_data) - 1;\n\topts.data = (void *)opts_data;\n"
	       "\topts.insns_sz = sizeof(opts_insn) - 1;\n\topts.insns = (void *)opts_insn;\n\n"
	       "\terr = bpf_load_and_run(&opts);\n\treturn err < 0 ? err : 0;\n}\n");
	return 0;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(gen_loader_opts, gen);
	LIBBPF_OPTS(bpf_object_open_opts, open, .object_name = argc > 2 ? argv[2] : NULL);
	struct bpf_object *obj;
	int r;

#if HAS_GEN_HASH
	gen.gen_hash = true;
#endif
	if (argc != 3 && argc != 5) {
		fprintf(stderr, "usage: lskel OBJ NAME [SIGNATURE DIGEST]\n");
		return 2;
	}
	obj = bpf_object__open_file(argv[1], &open);
	if (!obj || bpf_object__gen_loader(obj, &gen) || bpf_object__load(obj)) {
		fprintf(stderr, "lskel: libbpf makes no loader of '%s'\n", argv[1]);
		return 1;
	}
	put_struct(obj, argv[2], argc == 5);
	put_attach(obj, argv[2]);
	r = put_load(&gen, argv[2], argc == 5 ? argv + 3 : NULL);
	bpf_object__close(obj);
	return fflush(stdout) ? 1 : r;
}
