/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader.h"

#include <errno.h>
#include <string.h>

#include "loader_parts.h"

DEFINE_CLEANUP(struct btf *, btf__free)
DEFINE_CLEANUP(struct bpf_object *, bpf_object__close)

#define LIBBPF_LINE_MAX 512

/*
 * What libbpf says while one object is generated. Its print callback is one
 * for the process and has no argument, so the collector is one for each thread.
 */
struct hearing {
	struct bpfkey_ctx *ctx;
	libbpf_print_fn_t before;
	char first[LIBBPF_LINE_MAX];	/* the first warning is the cause */
};

static __thread struct hearing *hearing;

static int hear(enum libbpf_print_level level, const char *fmt, va_list ap) _printf_(2, 0);
static int hear(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[LIBBPF_LINE_MAX];
	char *text = line;
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	if (!hearing)
		return n;
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	bk_log(hearing->ctx, BPFKEY_LOG_DEBUG, "libbpf: %s", text);
	if (level == LIBBPF_WARN && !*hearing->first)
		strcpy(hearing->first, text);
	return n;
}

static void hear_begin(struct hearing *h)
{
	hearing = h;
	h->before = libbpf_set_print(hear);
}

static void hear_end(struct hearing *h)
{
	hearing = NULL;
	libbpf_set_print(h->before);
}

static int libbpf_refused(struct bpfkey_ctx *ctx, const struct hearing *h, int err)
{
	if (*h->first)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "libbpf refuses it: %s", h->first);
	return bk_fail_errno(ctx, -BPFKEY_E_NOT_A_LOADER, err, "libbpf refuses it");
}

/* The type information as it stands in the file, before libbpf rewrites offsets in its copy. */
static int read_btf(struct bpfkey_ctx *ctx, const struct elf *e, struct btf **ret)
{
	const struct elf_section *s = elf_find(e, ".BTF");
	struct btf *btf;

	if (!s) {
		if (elf_count(e, ".BTF"))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "it has two sections '.BTF'");
		return 0;
	}
	btf = btf__new(s->data.p, s->data.n);
	if (libbpf_get_error(btf))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its type information (BTF) is malformed");
	*ret = btf;
	return 0;
}

static int open_object(struct bpfkey_ctx *ctx, const struct elf *e, const struct loader_opts *opts,
		       const char *kconfig, const struct hearing *h, struct bpf_object **ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .object_name = opts->name, .kconfig = kconfig);
	struct bpf_object *obj;

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 4
	o.bpf_token_path = "";	/* else it looks for a token in the host's bpffs */
#endif
	obj = bpf_object__open_mem(e->file.p, e->file.n, &o);
	if (libbpf_get_error(obj))
		return libbpf_refused(ctx, h, errno);
	*ret = obj;
	return 0;
}

/* Pins are for load: while generating, libbpf would look at the host's bpffs. */
static int take_maps(struct bpfkey_ctx *ctx, struct bpf_object *obj, struct manifest *m)
{
	struct bpf_map *map;

	m->maps = calloc(MANIFEST_MAPS_MAX, sizeof(*m->maps));
	if (!m->maps)
		return bk_out_of_memory(ctx);
	bpf_object__for_each_map(map, obj) {
		struct manifest_map *p = &m->maps[m->n_maps++];
		const char *pin = bpf_map__pin_path(map), *base = pin ? strrchr(pin, '/') : NULL;
		const char *name = bpf_map__name(map);
		size_t n = strlen(name);

		*p = (struct manifest_map){
			.name = strdup(name),
			.pin = strdup(pin ? (base ? base + 1 : pin) : ""),
			.type = bpf_map__type(map),
			.key_size = bpf_map__key_size(map),
			.value_size = bpf_map__value_size(map),
			.max_entries = bpf_map__max_entries(map),
			.flags = bpf_map__map_flags(map),
			.frozen = bpf_map__is_internal(map) &&
				  (strstr(name, ".rodata") ||
				   (n >= 8 && !strcmp(name + n - 8, ".kconfig"))),
		};
		if (!p->name || !p->pin)
			return bk_out_of_memory(ctx);
		if (bpf_map__set_pin_path(map, NULL) < 0)
			return bk_fail(ctx, -BPFKEY_E_INTERNAL, "libbpf keeps the pin of map '%s'",
				       name);
	}
	return 0;
}

static int take_programs(struct bpfkey_ctx *ctx, struct bpf_object *obj, struct manifest *m)
{
	struct bpf_program *prog;

	m->programs = calloc(MANIFEST_PROGRAMS_MAX, sizeof(*m->programs));
	if (!m->programs)
		return bk_out_of_memory(ctx);
	bpf_object__for_each_program(prog, obj) {
		struct manifest_program *p = &m->programs[m->n_programs];
		const char *section = bpf_program__section_name(prog);
		const char *target = strchr(section, '/');

		if (!bpf_program__autoload(prog))
			continue;
		m->n_programs++;
		*p = (struct manifest_program){
			.name = strdup(bpf_program__name(prog)),
			.section = strdup(section),
			.target = strdup(target ? target + 1 : ""),
			.type = bpf_program__type(prog),
			.attach_type = bpf_program__expected_attach_type(prog),
			.flags = bpf_program__flags(prog),
		};
		if (!p->name || !p->section || !p->target)
			return bk_out_of_memory(ctx);
	}
	return 0;
}

static int generate(struct bpfkey_ctx *ctx, struct bpf_object *obj, const struct hearing *h,
		    struct loader *l)
{
	LIBBPF_OPTS(gen_loader_opts, gen);
	struct bpf_map *map;
	int r = bpf_object__gen_loader(obj, &gen);

	if (!r)
		r = bpf_object__load(obj);
	if (r == -ENOTSUP)
		bpf_object__for_each_map(map, obj)
			if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
				return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' is filled "
					       "with programs when it is made, which no loader "
					       "can do", bpf_map__name(map));
	if (r == -ERANGE)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "its loader would need jumps that are "
			       "too far: it has too many programs, maps or relocations");
	if (r < 0)
		return libbpf_refused(ctx, h, -r);

	l->insns = BUF(LOADER_INSNS_MAX);
	l->data = BUF(LOADER_DATA_MAX);
	buf_put(&l->insns, gen.insns, gen.insns_sz);
	buf_put(&l->data, gen.data, gen.data_sz);
	if (l->insns.no_memory || l->data.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&l->insns) || !buf_ok(&l->data))
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "its loader would be too large (%u and %u "
			       "bytes)", gen.insns_sz, gen.data_sz);
	return 0;
}

/* libbpf has put the version of this machine there; put the one that was asked for. */
static int patch_version(struct bpfkey_ctx *ctx, struct bpf_object *obj,
			 const struct loader_opts *opts, const struct loader_value *value,
			 struct loader *l)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *sec = loader_datasec(btf, ".kconfig"), *var;
	const char *name;
	uint32_t version;
	int r;

	for (size_t i = 0; (var = loader_var(btf, sec, i, &name)); i++) {
		const struct btf_var_secinfo *at = btf_var_secinfos(sec) + i;

		if (strcmp(name, "LINUX_KERNEL_VERSION"))
			continue;
		r = loader_kernel_version(ctx, opts->kernel_version, &version);
		if (r < 0)
			return r;
		if (at->size < 4 || at->offset > value->size || at->size > value->size - at->offset)
			return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "variable '%s' is too small "
				       "or lies outside of its map", name);
		memset(l->data.p + value->offset + at->offset, 0, at->size);
		for (size_t k = 0; k < 4; k++)
			l->data.p[value->offset + at->offset + k] = version >> (8 * k);
	}
	return 0;
}

static int harden(struct bpfkey_ctx *ctx, struct bpf_object *obj, const struct loader_opts *opts,
		  struct loader *l)
{
	struct loader_value values[MANIFEST_MAPS_MAX];
	bool internal[MANIFEST_MAPS_MAX] = { false };
	size_t i = 0, kconfig = MANIFEST_MAPS_MAX;
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, obj) {
		const char *name = bpf_map__name(map);
		size_t n = strlen(name);

		internal[i] = bpf_map__is_internal(map);
		if (internal[i] && n >= 8 && !strcmp(name + n - 8, ".kconfig"))
			kconfig = i;
		i++;
	}
	r = loader_strip(ctx, &l->insns, l->data.n, l->manifest.n_maps, internal,
			 l->manifest.n_programs, values);
	if (r < 0 || kconfig == MANIFEST_MAPS_MAX)
		return r;
	return patch_version(ctx, obj, opts, &values[kconfig], l);
}

static int generate_heard(struct bpfkey_ctx *ctx, const struct elf *e,
			  const struct loader_opts *opts, const struct hearing *h,
			  struct loader *l)
{
	_cleanup_(bpf_object__closep) struct bpf_object *obj = NULL;
	_cleanup_(btf__freep) struct btf *btf = NULL;
	_cleanup_(buf_done) struct buf kconfig = BUF(0);
	int r = read_btf(ctx, e, &btf);

	r = r < 0 ? r : loader_check_elf(ctx, e, btf);
	r = r < 0 ? r : loader_kconfig(ctx, e, btf, opts, &l->manifest, &kconfig);
	r = r < 0 ? r : open_object(ctx, e, opts, buf_cstr(&kconfig), h, &obj);
	for (size_t i = 0; r >= 0 && i < opts->set_n; i++)
		r = loader_set(ctx, obj, opts->set[i], &l->manifest);
	r = r < 0 ? r : loader_check_object(ctx, obj);
	r = r < 0 ? r : take_maps(ctx, obj, &l->manifest);
	r = r < 0 ? r : take_programs(ctx, obj, &l->manifest);
	r = r < 0 ? r : generate(ctx, obj, h, l);
	return r < 0 ? r : harden(ctx, obj, opts, l);
}

int loader_generate(struct bpfkey_ctx *ctx, const struct elf *e, const struct loader_opts *opts,
		    struct loader *ret)
{
	_cleanup_(loader_done) struct loader l = { 0 };
	struct hearing h = { .ctx = ctx };
	char generator[32];
	int r;

	hear_begin(&h);
	r = generate_heard(ctx, e, opts, &h, &l);
	hear_end(&h);
	if (r < 0)
		return r;

	snprintf(generator, sizeof(generator), "libbpf %u.%u", libbpf_major_version(),
		 libbpf_minor_version());
	l.manifest.name = strdup(opts->name);
	l.manifest.generator = strdup(generator);
	if (!l.manifest.name || !l.manifest.generator)
		return bk_out_of_memory(ctx);
	l.manifest.insns_len = l.insns.n;
	l.manifest.metadata_len = l.data.n;

	*ret = l;
	l = (struct loader){ 0 };
	return 0;
}

void loader_done(struct loader *l)
{
	buf_done(&l->insns);
	buf_done(&l->data);
	manifest_done(&l->manifest);
}
