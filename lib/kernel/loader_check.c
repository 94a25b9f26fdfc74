/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What cannot become a loader, found before libbpf is asked: it would crash
 * (struct_ops), ask the host (kallsyms, number of CPUs), or fail without
 * naming the culprit.
 */
#include <string.h>

#include "loader_parts.h"

const struct btf_type *loader_datasec(const struct btf *btf, const char *name)
{
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_DATASEC) : -1;

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

const struct btf_type *loader_var(const struct btf *btf, const struct btf_type *sec, size_t i,
				  const char **ret_name)
{
	const struct btf_type *t;

	if (!sec || i >= btf_vlen(sec))
		return NULL;
	t = btf__type_by_id(btf, btf_var_secinfos(sec)[i].type);
	if (!t)
		return NULL;
	*ret_name = btf__name_by_offset(btf, t->name_off);
	return *ret_name ? t : NULL;
}

const struct btf_type *loader_var_type(const struct btf *btf, const struct btf_type *var)
{
	const struct btf_type *t = btf__type_by_id(btf, var->type);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t && !btf_is_void(t) ? t : NULL;
}

/* A symbol without type is looked up in the kallsyms of whoever signs. */
static int check_ksyms(struct bpfkey_ctx *ctx, const struct btf *btf)
{
	const struct btf_type *sec = loader_datasec(btf, ".ksyms"), *var;
	const char *name;

	for (size_t i = 0; (var = loader_var(btf, sec, i, &name)); i++)
		if (btf_is_var(var) && !loader_var_type(btf, var))
			return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "kernel symbol '%s' has no "
				       "type: its address would be looked up on this machine; "
				       "declare it with its type", name);
	return 0;
}

int loader_check_elf(struct bpfkey_ctx *ctx, const struct elf *e, const struct btf *btf)
{
	static const char *const struct_ops[] = { ".struct_ops", ".struct_ops.link",
						  "?.struct_ops", "?.struct_ops.link" };
	const char *name;

	if (elf_count(e, "maps")) {
		name = elf_symbol_in(e, "maps", 0);
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' is defined in the legacy "
			       "way (SEC(\"maps\")); define it in SEC(\".maps\")",
			       name ? name : "?");
	}
	for (size_t i = 0; i < ARRAY_SIZE(struct_ops); i++) {
		if (!elf_count(e, struct_ops[i]))
			continue;
		name = elf_symbol_in(e, struct_ops[i], 0);
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' is of type struct_ops, "
			       "which no loader can make", name ? name : struct_ops[i]);
	}
	return check_ksyms(ctx, btf);
}

static int check_program(struct bpfkey_ctx *ctx, const struct bpf_program *p)
{
	const char *name = bpf_program__name(p), *section = bpf_program__section_name(p);

	switch (bpf_program__type(p)) {
	case BPF_PROG_TYPE_UNSPEC:
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "program '%s' has no type: section "
			       "name '%s' means nothing to libbpf", name, section);
	case BPF_PROG_TYPE_EXT:
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "program '%s' replaces a function of "
			       "another program (section '%s'), which is only known when it is "
			       "loaded", name, section);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "program '%s' is of type struct_ops, "
			       "which no loader can make", name);
	default:
		return 0;
	}
}

/* Storage maps are sized by the kernel, and for them only 0 is right. */
static bool is_unsized(enum bpf_map_type type)
{
	switch ((int)type) {
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case 32:	/* BPF_MAP_TYPE_CGRP_STORAGE, newer than some headers */
		return true;
	default:
		return false;
	}
}

static int check_map(struct bpfkey_ctx *ctx, const struct bpf_map *m)
{
	const char *name = bpf_map__name(m);
	enum bpf_map_type type = bpf_map__type(m);

	if (type == BPF_MAP_TYPE_STRUCT_OPS)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' is of type struct_ops, "
			       "which no loader can make", name);
	if (!bpf_map__autocreate(m))
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' is optional, and a loader "
			       "makes all maps", name);
	if (bpf_map__max_entries(m) || is_unsized(type))
		return 0;
	bk_hint(ctx, "give its size with --set %s.max_entries=N", name);
	if (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' has no size, so it would get "
			       "the number of CPUs of this machine", name);
	return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "map '%s' has no size", name);
}

int loader_check_object(struct bpfkey_ctx *ctx, struct bpf_object *obj)
{
	struct bpf_program *p;
	struct bpf_map *m;
	size_t programs = 0, maps = 0;
	int r;

	bpf_object__for_each_program(p, obj) {
		if (!bpf_program__autoload(p))
			continue;
		programs++;
		r = check_program(ctx, p);
		if (r < 0)
			return r;
	}
	bpf_object__for_each_map(m, obj) {
		maps++;
		r = check_map(ctx, m);
		if (r < 0)
			return r;
	}
	if (!programs)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it has no program that is loaded by "
			       "default");
	if (programs > MANIFEST_PROGRAMS_MAX || maps > MANIFEST_MAPS_MAX)
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it has %zu programs and %zu maps; a "
			       "loader has room for %d and %d", programs, maps,
			       MANIFEST_PROGRAMS_MAX, MANIFEST_MAPS_MAX);
	return 0;
}
