/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a signer freezes into an object: --set, --kconfig, --kernel-version. */
#include <string.h>

#include "../base/text.h"
#include "loader_parts.h"

#define SIZE_SUFFIX ".max_entries"
#define KCONFIG_MAX (1u << 20)

/* Decimal or 0x, with a sign; as two's complement that fits @size bytes. */
static int parse_number(const char *s, size_t size, bool is_signed, uint64_t *ret)
{
	bool minus = *s == '-';
	uint64_t v = 0, max = size == 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;

	s += minus;
	if (!strncmp(s, "0x", 2)) {
		if (!s[2] || strlen(s) > 18 || strspn(s + 2, "0123456789abcdefABCDEF") + 2 !=
		    strlen(s))
			return -1;
		v = strtoull(s + 2, NULL, 16);
	} else if (text_u64(s, UINT64_MAX, &v) < 0) {
		return -1;
	}
	if (is_signed) {
		uint64_t limit = max / 2 + minus;

		if (v > limit)
			return -1;
	} else if (minus || v > max) {
		return -1;
	}
	*ret = minus ? -v : v;
	return 0;
}

static int write_value(struct bpfkey_ctx *ctx, const struct btf *btf, const struct btf_type *t,
		       const char *name, const char *value, uint8_t *to, size_t size)
{
	const struct btf_type *element;
	uint64_t v;
	bool is_signed;

	if (btf_is_array(t)) {
		element = btf__type_by_id(btf, btf_array(t)->type);
		while (element && (btf_is_mod(element) || btf_is_typedef(element)))
			element = btf__type_by_id(btf, element->type);
		if (!element || !btf_is_int(element) || element->size != 1)
			return bk_fail(ctx, -BPFKEY_E_USAGE, "variable '%s' is an array; only "
				       "numbers and strings can be set", name);
		if (strlen(value) >= size)
			return bk_fail(ctx, -BPFKEY_E_USAGE, "variable '%s' has room for %zu "
				       "characters", name, size - 1);
		memset(to, 0, size);
		memcpy(to, value, strlen(value));
		return 0;
	}
	if ((!btf_is_int(t) && !btf_is_any_enum(t)) || t->size != size || size > 8)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "variable '%s' is neither a number nor a "
			       "string", name);
	is_signed = btf_is_int(t) ? btf_int_encoding(t) & BTF_INT_SIGNED : btf_kflag(t);
	if (parse_number(value, size, is_signed, &v) < 0)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no number that fits variable '%s' "
			       "(%zu bytes, %s)", value, name, size,
			       is_signed ? "signed" : "unsigned");
	for (size_t i = 0; i < size; i++)
		to[i] = v >> (8 * i);
	return 0;
}

/* The data map of section @section: libbpf puts the object's name in front. */
static struct bpf_map *map_of_section(struct bpf_object *obj, const char *section)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj) {
		const char *name = bpf_map__name(m);
		size_t n = strlen(name), k = strlen(section);

		if (bpf_map__is_internal(m) && n >= k && !strcmp(name + n - k, section))
			return m;
	}
	return NULL;
}

static int set_variable(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *name,
			const char *value)
{
	const struct btf *btf = bpf_object__btf(obj);
	size_t n = btf ? btf__type_cnt(btf) : 0;

	for (size_t id = 1; id < n; id++) {
		const struct btf_type *sec = btf__type_by_id(btf, id), *var, *t;
		const char *section = btf__name_by_offset(btf, sec->name_off), *var_name;
		struct bpf_map *m;

		if (!btf_is_datasec(sec) || !section || strncmp(section, ".rodata", 7))
			continue;
		m = map_of_section(obj, section);
		for (size_t i = 0; m && (var = loader_var(btf, sec, i, &var_name)); i++) {
			const struct btf_var_secinfo *at = btf_var_secinfos(sec) + i;
			size_t size;
			uint8_t *data = (uint8_t *)bpf_map__initial_value(m, &size);

			t = loader_var_type(btf, var);
			if (strcmp(var_name, name) || !t)
				continue;
			if (!data || at->offset > size || at->size > size - at->offset)
				return bk_fail(ctx, -BPFKEY_E_FORMAT, "variable '%s' lies outside "
					       "of its section", name);
			return write_value(ctx, btf, t, name, value, data + at->offset, at->size);
		}
	}
	return bk_fail(ctx, -BPFKEY_E_USAGE, "it has no read-only variable '%s'", name);
}

static int set_size(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *name,
		    const char *value)
{
	_cleanup_(bk_freep) char *map = strndup(name, strlen(name) - strlen(SIZE_SUFFIX));
	struct bpf_map *m;
	uint64_t v;

	if (!map)
		return bk_out_of_memory(ctx);
	m = bpf_object__find_map_by_name(obj, map);
	if (!m)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it has no map '%s'", map);
	if (bpf_map__is_internal(m))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "map '%s' holds variables; its size is fixed",
			       map);
	if (text_u64(value, UINT32_MAX, &v) < 0 || !v)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no size of a map", value);
	if (bpf_map__set_max_entries(m, v) < 0)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "libbpf refuses to size map '%s'", map);
	return 0;
}

int loader_set(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *setting,
	       struct manifest *m)
{
	_cleanup_(bk_freep) char *name = NULL;
	const char *eq = strchr(setting, '=');
	size_t n, k = strlen(SIZE_SUFFIX);
	int r;

	if (!eq || eq == setting)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is not NAME=VALUE", setting);
	name = strndup(setting, eq - setting);
	if (!name)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < m->n_settings; i++)
		if (!strcmp(m->settings[i].name, name))
			return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is set twice", name);
	n = strlen(name);
	if (n > k && !strcmp(name + n - k, SIZE_SUFFIX))
		r = set_size(ctx, obj, name, eq + 1);
	else
		r = set_variable(ctx, obj, name, eq + 1);
	return r < 0 ? r : manifest_set(ctx, m, name, eq + 1);
}

int loader_kernel_version(struct bpfkey_ctx *ctx, const char *s, uint32_t *ret)
{
	uint64_t part[3] = { 0 };
	_cleanup_(bk_freep) char *copy = strdup(s);
	char *p = copy, *dot;

	if (!copy)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < 3 && p; i++, p = dot) {
		dot = strchr(p, '.');
		if (dot)
			*dot++ = '\0';
		if (text_u64(p, i == 1 ? UINT8_MAX : UINT16_MAX, &part[i]) < 0)
			return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no kernel version such as "
				       "6.18.15", s);
	}
	if (p || !strchr(s, '.'))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no kernel version such as 6.18.15",
			       s);
	/* The third part is one byte; KERNEL_VERSION() stops counting at 255. */
	*ret = part[0] << 16 | part[1] << 8 | (part[2] > UINT8_MAX ? UINT8_MAX : part[2]);
	return 0;
}

/* The line "NAME=..." of a configuration, without its end; empty when there is none. */
static struct view config_line(struct view text, const char *name)
{
	size_t n = strlen(name);

	while (text.n) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t len = end ? (size_t)(end - text.p) : text.n;

		if (len > n && !memcmp(text.p, name, n) && text.p[n] == '=')
			return (struct view){ text.p, len };
		text.p += len + !!end;
		text.n -= len + !!end;
	}
	return (struct view){ 0 };
}

/* What libbpf gives a weak variable that the configuration does not mention. */
static const char *zero_of(const struct btf *btf, const struct btf_type *t)
{
	const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;

	if (t && btf_is_array(t))
		return "\"\"";
	if (t && btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL)
		return "n";
	return t && btf_is_enum(t) && name && !strcmp(name, "libbpf_tristate") ? "n" : "0";
}

static int config_value(struct bpfkey_ctx *ctx, const struct elf *e, const struct btf *btf,
			const struct btf_type *var, const char *name,
			const struct loader_opts *opts, struct manifest *m, struct buf *b)
{
	struct view line = config_line(opts->kconfig, name);
	_cleanup_(bk_freep) char *value = NULL;

	if (line.n) {
		value = strndup((const char *)line.p + strlen(name) + 1,
				line.n - strlen(name) - 1);
	} else if (elf_is_weak(e, name)) {
		value = strdup(zero_of(btf, loader_var_type(btf, var)));
	} else {
		bk_hint(ctx, "give the configuration of the kernels it is for with --kconfig FILE");
		return bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it needs a value for '%s'%s", name,
			       opts->kconfig.n ? ", which the configuration does not set" : "");
	}
	if (!value)
		return bk_out_of_memory(ctx);
	buf_printf(b, "%s=%s\n", name, value);
	return manifest_set(ctx, m, name, value);
}

int loader_kconfig(struct bpfkey_ctx *ctx, const struct elf *e, const struct btf *btf,
		   const struct loader_opts *opts, struct manifest *m, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(KCONFIG_MAX);
	const struct btf_type *sec = loader_datasec(btf, ".kconfig"), *var;
	const char *name;
	int r = 0;

	for (size_t i = 0; r >= 0 && (var = loader_var(btf, sec, i, &name)); i++) {
		if (!strncmp(name, "CONFIG_", 7)) {
			r = config_value(ctx, e, btf, var, name, opts, m, &b);
		} else if (!strcmp(name, "LINUX_KERNEL_VERSION")) {
			if (opts->kernel_version) {
				r = manifest_set(ctx, m, name, opts->kernel_version);
				continue;
			}
			bk_hint(ctx, "give the version it is for with --kernel-version V");
			r = bk_fail(ctx, -BPFKEY_E_NOT_A_LOADER, "it reads LINUX_KERNEL_VERSION, "
				    "which would be this machine's");
		}
	}
	if (r < 0)
		return r;
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	*ret = b;
	b = BUF(0);
	return 0;
}
