/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A signed object as a C header: its loader, both signatures, and the few
 * system calls that bring it into the kernel, for programs that link nothing
 * of ours. It does what lib/kernel/load.c does, in the same order.
 */
#include <string.h>

#include "skeleton.h"

#define HEADER_MAX (64u << 20)

/* '@' stands for the name of the struct. */
static const char intro[] =
"/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */\n"
"/*\n"
" * Made by keyctl-bpf sign --out-skeleton, see keyctl-bpf-skeleton(5). The arrays\n"
" * are signed: a kernel takes them as they are or not at all.\n"
" *\n"
" *\tstruct @ skel;\n"
" *\tint err = @_load(&skel, keyring);\n"
" *\t...\n"
" *\t@_close(&skel);\n"
" *\n"
" * keyring: what /run/keyctl-bpf/keyring-id holds. Returns 0 or a negative errno:\n"
" * -ENOKEY when the key is not enrolled, -EKEYREJECTED when a signature is bad.\n"
" */\n";

static const char includes[] =
"#include <errno.h>\n"
"#include <stdint.h>\n"
"#include <string.h>\n"
"#include <sys/syscall.h>\n"
"#include <unistd.h>\n"
"\n";

static const char calls[] =
"\n"
"static inline int @__bpf(int cmd, void *attr, unsigned int size)\n"
"{\n"
"\tlong r = syscall(SYS_bpf, cmd, attr, size);\n"
"\n"
"\treturn r < 0 ? -errno : (int)r;\n"
"}\n"
"\n"
"/* The loader's map: exclusive to the loader, filled, frozen, its digest computed. */\n"
"static inline int @__map(const void *data, unsigned int size, const void *digest)\n"
"{\n"
"\tstruct {\n"
"\t\tuint32_t type, key_size, value_size, max_entries, unused1[3];\n"
"\t\tchar name[16];\n"
"\t\tuint32_t unused2[5];\n"
"\t\tuint64_t unused3[2], excl_prog_hash;\n"
"\t\tuint32_t excl_prog_hash_size, unused4;\n"
"\t} create;\n"
"\tstruct {\n"
"\t\tint32_t fd;\n"
"\t\tuint32_t unused;\n"
"\t\tuint64_t key, value, flags;\n"
"\t} update;\n"
"\tstruct {\n"
"\t\tint32_t fd;\n"
"\t\tuint32_t size;\n"
"\t\tuint64_t info;\n"
"\t} ask;\n"
"\tuint64_t info[13];\t/* struct bpf_map_info: the digest's address and size at its end */\n"
"\tunsigned char sha[32];\n"
"\tuint32_t key = 0;\n"
"\tint fd, err;\n"
"\n"
"\tmemset(&create, 0, sizeof(create));\n"
"\tcreate.type = 2;\t/* BPF_MAP_TYPE_ARRAY */\n"
"\tcreate.key_size = 4;\n"
"\tcreate.value_size = size;\n"
"\tcreate.max_entries = 1;\n"
"\tmemcpy(create.name, \"__loader.map\", 12);\n"
"\tcreate.excl_prog_hash = (uint64_t)(uintptr_t)digest;\n"
"\tcreate.excl_prog_hash_size = 32;\n"
"\tfd = @__bpf(0, &create, 92);\t/* BPF_MAP_CREATE */\n"
"\tif (fd < 0)\n"
"\t\treturn fd;\n"
"\tmemset(&update, 0, sizeof(update));\n"
"\tupdate.fd = fd;\n"
"\tupdate.key = (uint64_t)(uintptr_t)&key;\n"
"\tupdate.value = (uint64_t)(uintptr_t)data;\n"
"\terr = @__bpf(2, &update, sizeof(update));\t/* BPF_MAP_UPDATE_ELEM */\n"
"\tif (!err)\n"
"\t\terr = @__bpf(22, &fd, sizeof(fd));\t/* BPF_MAP_FREEZE */\n"
"\tmemset(info, 0, sizeof(info));\n"
"\tinfo[11] = (uint64_t)(uintptr_t)sha;\n"
"\tmemcpy(&info[12], \"\\40\\0\\0\\0\", 4);\n"
"\tmemset(&ask, 0, sizeof(ask));\n"
"\task.fd = fd;\n"
"\task.size = sizeof(info);\n"
"\task.info = (uint64_t)(uintptr_t)info;\n"
"\tif (!err)\n"
"\t\terr = @__bpf(15, &ask, sizeof(ask));\t/* BPF_OBJ_GET_INFO_BY_FD */\n"
"\tif (!err)\n"
"\t\treturn fd;\n"
"\tclose(fd);\n"
"\treturn err;\n"
"}\n"
"\n"
"static inline int @__prog(const void *insns, unsigned int size, const void *sig,\n"
"\t\t\t  unsigned int sig_size, int map, unsigned int bound, int keyring)\n"
"{\n"
"\tstruct {\n"
"\t\tuint32_t type, insn_cnt;\n"
"\t\tuint64_t insns, license, unused1[2];\n"
"\t\tuint32_t unused2, flags;\n"
"\t\tchar name[16];\n"
"\t\tuint32_t unused3[14];\n"
"\t\tuint64_t fd_array, unused4;\n"
"\t\tuint32_t unused5[3], fd_array_cnt;\n"
"\t\tuint64_t signature;\n"
"\t\tuint32_t signature_size;\n"
"\t\tint32_t keyring_id;\n"
"\t} load;\n"
"\tint fd, tries = 0;\n"
"\n"
"\tmemset(&load, 0, sizeof(load));\n"
"\tload.type = 31;\t\t/* BPF_PROG_TYPE_SYSCALL */\n"
"\tload.insn_cnt = size / 8;\n"
"\tload.insns = (uint64_t)(uintptr_t)insns;\n"
"\tload.license = (uint64_t)(uintptr_t)\"Dual BSD/GPL\";\n"
"\tload.flags = 16;\t/* BPF_F_SLEEPABLE */\n"
"\tmemcpy(load.name, \"__loader.prog\", 13);\n"
"\tload.fd_array = (uint64_t)(uintptr_t)&map;\n"
"\tload.fd_array_cnt = bound;\n"
"\tload.signature = (uint64_t)(uintptr_t)sig;\n"
"\tload.signature_size = sig_size;\n"
"\tload.keyring_id = keyring;\n"
"\tdo\n"
"\t\tfd = @__bpf(5, &load, sizeof(load));\t/* BPF_PROG_LOAD */\n"
"\twhile (fd == -EAGAIN && ++tries < 5);\n"
"\treturn fd;\n"
"}\n"
"\n"
"static inline int @__run(int prog, void *ctx, unsigned int size)\n"
"{\n"
"\tstruct {\n"
"\t\tint32_t fd;\n"
"\t\tuint32_t retval, unused1[2];\n"
"\t\tuint64_t unused2[2];\n"
"\t\tuint32_t unused3[2], ctx_size_in, ctx_size_out;\n"
"\t\tuint64_t ctx_in, ctx_out;\n"
"\t\tuint32_t unused4[4];\n"
"\t} run;\n"
"\tint err;\n"
"\n"
"\tmemset(&run, 0, sizeof(run));\n"
"\trun.fd = prog;\n"
"\trun.ctx_in = (uint64_t)(uintptr_t)ctx;\n"
"\trun.ctx_size_in = size;\n"
"\terr = @__bpf(10, &run, sizeof(run));\t/* BPF_PROG_RUN */\n"
"\treturn err < 0 ? err : (int)run.retval < 0 ? (int)run.retval : 0;\n"
"}\n";

static const char load[] =
";\n"
"\tint map, prog, err;\n"
"\n"
"\tmemset(ctx, 0, sizeof(ctx));\n"
"\tctx[0] = sizeof(ctx);\n"
"\tmap = @__map(metadata, sizeof(metadata), digest);\n"
"\tif (map < 0)\n"
"\t\treturn map;\n"
"\t/*\n"
"\t * Linux 7.3 and later check instructions and metadata; earlier kernels reject\n"
"\t * that signature, and only then the one over the instructions is tried, which\n"
"\t * a later kernel cannot accept.\n"
"\t */\n"
"\tprog = @__prog(insns, sizeof(insns), sig_metadata, sizeof(sig_metadata), map, 1, keyring);\n"
"\tif (prog == -EKEYREJECTED) {\n"
"\t\tprog = @__prog(insns, sizeof(insns), sig_insns, sizeof(sig_insns), map, 0, keyring);\n"
"\t\tif (prog == -EACCES)\n"
"\t\t\tprog = -EKEYREJECTED;\n"
"\t}\n"
"\tclose(map);\n"
"\tif (prog < 0)\n"
"\t\treturn prog;\n"
"\terr = @__run(prog, ctx, sizeof(ctx));\n"
"\tclose(prog);\n"
"\tif (err)\n"
"\t\treturn err;\n";

/* What C calls something of this name: letters, digits and '_'. */
static char *c_name(const char *name)
{
	char *s = strdup(name);

	for (char *p = s; p && *p; p++)
		if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		      (*p >= 'A' && *p <= 'Z')))
			*p = '_';
	return s;
}

/* "map_" or "prog_" in front: nothing is a keyword then, or begins with a digit. */
static int member_name(struct bpfkey_object *o, size_t i, char **ret)
{
	const struct manifest *m = &o->manifest;
	bool is_map = i < m->n_maps;
	const char *name = is_map ? m->maps[i].name : m->programs[i - m->n_maps].name;
	const char *dot = is_map ? strchr(name, '.') : NULL;	/* "object.rodata" */
	_cleanup_(bk_freep) char *plain = c_name(dot && dot[1] ? dot + 1 : name);
	char *member;

	if (!plain || asprintf(&member, "%s_%s", is_map ? "map" : "prog", plain) < 0)
		return bk_out_of_memory(o->ctx);
	*ret = member;
	return 0;
}

struct writing {
	struct bpfkey_object *o;
	char *name;
	char *members[MANIFEST_MAPS_MAX + MANIFEST_PROGRAMS_MAX];
	size_t n;
	struct buf b;
};

static void writing_done(struct writing *w)
{
	free(w->name);
	for (size_t i = 0; i < w->n; i++)
		free(w->members[i]);
	buf_done(&w->b);
}

static int take_names(struct writing *w)
{
	const struct manifest *m = &w->o->manifest;
	_cleanup_(bk_freep) char *name = c_name(m->name);
	size_t n = m->n_maps + m->n_programs;
	int r = 0;

	if (!name ||
	    asprintf(&w->name, "%s%s", *name >= '0' && *name <= '9' ? "_" : "", name) < 0) {
		w->name = NULL;
		return bk_out_of_memory(w->o->ctx);
	}
	while (r >= 0 && w->n < n) {
		r = member_name(w->o, w->n, &w->members[w->n]);
		if (r < 0)
			return r;
		for (size_t k = 0; k < w->n; k++)
			if (!strcmp(w->members[k], w->members[w->n]))
				r = bk_fail(w->o->ctx, -BPFKEY_E_FORMAT, "two of its maps or "
					    "programs would both be called '%s' in C",
					    w->members[k]);
		w->n++;
	}
	return r;
}

static void put_text(struct writing *w, const char *s)
{
	for (; *s; s++) {
		size_t n = strcspn(s, "@");

		buf_put(&w->b, s, n);
		s += n;
		if (!*s)
			break;
		buf_str(&w->b, w->name);
	}
}

static void put_array(struct writing *w, const char *name, struct view v)
{
	buf_printf(&w->b, "\tstatic const unsigned char %s[] __attribute__((aligned(8))) = {",
		   name);
	for (size_t i = 0; i < v.n; i++)
		buf_printf(&w->b, "%s%u,", i % 24 ? "" : "\n\t\t", v.p[i]);
	buf_str(&w->b, "\n\t};\n");
}

static void put_struct(struct writing *w)
{
	put_text(w, "/* Descriptors of what is loaded; @_close() closes them. */\nstruct @ {\n");
	for (size_t i = 0; i < w->n; i++)
		buf_printf(&w->b, "\tint %s;\n", w->members[i]);
	buf_str(&w->b, "};\n");
}

/* Where the loader leaves descriptors: one in four words for maps, then one word each. */
static void put_load(struct writing *w)
{
	const struct bpfkey_object *o = w->o;
	size_t maps = o->manifest.n_maps, words = manifest_ctx_size(&o->manifest) / 4;

	put_text(w, "\nstatic inline int @_load(struct @ *skel, int keyring)\n{\n");
	put_array(w, "insns", o->part[PART_LOADER]);
	put_array(w, "metadata", o->part[PART_METADATA]);
	put_array(w, "sig_insns", o->part[PART_SIG_INSNS]);
	put_array(w, "sig_metadata", o->part[PART_SIG_METADATA]);
	put_array(w, "digest", (struct view){ o->info.loader_digest, 32 });
	buf_printf(&w->b, "\tuint32_t ctx[%zu]", words);
	put_text(w, load);
	for (size_t i = 0; i < w->n; i++)
		buf_printf(&w->b, "\tskel->%s = (int)ctx[%zu];\n", w->members[i],
			   i < maps ? 6 + 4 * i : 6 + 3 * maps + i);
	buf_str(&w->b, "\treturn 0;\n}\n");
}

int skeleton_write(struct bpfkey_object *o, struct buf *ret)
{
	_cleanup_(writing_done) struct writing w = { .o = o, .b = BUF(HEADER_MAX) };
	int r = take_names(&w);

	if (r < 0)
		return r;
	put_text(&w, intro);
	put_text(&w, "#ifndef @_SKELETON_H\n#define @_SKELETON_H\n\n");
	put_text(&w, includes);
	put_struct(&w);
	put_text(&w, calls);
	put_load(&w);
	put_text(&w, "\nstatic inline void @_close(struct @ *skel)\n{\n");
	for (size_t i = 0; i < w.n; i++)
		buf_printf(&w.b, "\tclose(skel->%s);\n", w.members[i]);
	buf_str(&w.b, "}\n\n#endif\n");
	if (!buf_ok(&w.b))
		return bk_out_of_memory(o->ctx);
	*ret = w.b;
	w.b = BUF(0);
	return 0;
}
