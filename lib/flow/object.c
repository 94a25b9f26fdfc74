/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open a signed object: structure, then every byte against its own digests. */
#include "object.h"

#include <string.h>

#include "../base/file.h"
#include "../base/rd.h"
#include "../crypto/cms.h"
#include "../crypto/digest.h"
#include "skeleton.h"

static const char *const part_names[PART__END] = {
	[PART_LOADER] = OBJECT_PREFIX "loader",
	[PART_METADATA] = OBJECT_PREFIX "metadata",
	[PART_MANIFEST] = OBJECT_PREFIX "manifest",
	[PART_SIG_INSNS] = OBJECT_PREFIX "sig_insns",
	[PART_SIG_METADATA] = OBJECT_PREFIX "sig_metadata",
	[PART_DIGESTS] = OBJECT_PREFIX "digests",
	[PART_SIG_FILE] = OBJECT_PREFIX "sig_file",
};
#define NAMES_SECTION OBJECT_PREFIX "names"

const char *object_part_name(enum object_part part)
{
	return part_names[part];
}

static bool has_prefix(const char *name)
{
	return !strncmp(name, OBJECT_PREFIX, strlen(OBJECT_PREFIX));
}

bool object_is_signed(const struct elf *e)
{
	for (size_t i = 1; i < e->n; i++)
		if (has_prefix(e->sections[i].name))
			return true;
	return false;
}

int object_error(struct bpfkey_object *o, int r, const char *doing)
{
	return bk_fail(o->ctx, r, "cannot %s '%s'", doing, o->path);
}

int object_copy(struct bpfkey_ctx *ctx, const char *name, struct view data, struct buf *ret)
{
	if (data.n > ELF_OBJECT_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "'%s' is larger than %u bytes", name,
			       ELF_OBJECT_MAX);
	buf_put(ret, data.p, data.n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < PART__END; i++)
		if (!strcmp(name, part_names[i]))
			return true;
	return !strcmp(name, NAMES_SECTION);
}

static int find_parts(struct bpfkey_object *o)
{
	const struct elf *e = &o->elf;
	const struct elf_section *last = &e->sections[e->n - 1];

	for (size_t i = 1; i < e->n; i++)
		if (has_prefix(e->sections[i].name) && !is_ours(e->sections[i].name))
			return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "section '%s' is none that a "
				       "signed object has", e->sections[i].name);
	for (size_t i = 0; i < PART__END; i++) {
		const struct elf_section *s = elf_find(e, part_names[i]);

		if (!s || s->type != SHT_PROGBITS)
			return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "it does not have one section "
				       "'%s'", part_names[i]);
		o->part[i] = s->data;
	}
	if (last != elf_find(e, part_names[PART_SIG_FILE]) ||
	    last->offset + last->data.n != e->file.n)
		return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "it does not end with section '%s'",
			       part_names[PART_SIG_FILE]);
	return 0;
}

static int check_sizes(struct bpfkey_object *o)
{
	if (o->part[PART_SIG_INSNS].n > CMS_MAX || o->part[PART_SIG_METADATA].n > CMS_MAX ||
	    o->part[PART_SIG_FILE].n > CMS_MAX)
		return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "a signature is larger than %d bytes, "
			       "the most that kernels take", CMS_MAX);
	if (!o->part[PART_LOADER].n || o->part[PART_LOADER].n % 8)
		return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "its loader is not a sequence of "
			       "instructions");
	return 0;
}

/* What elf_append() overwrote is needed to make the list, and stands in the signed one. */
static struct elf_origin read_origin(struct view list)
{
	struct rd r = rd_init(list);
	struct elf_origin origin;

	rd_bytes(&r, 8);
	origin.size = rd_u64(&r);
	origin.shoff = rd_u64(&r);
	origin.shnum = rd_u16(&r);
	origin.shstrndx = rd_u16(&r);
	return origin;
}

static int check_digests(struct bpfkey_object *o)
{
	_cleanup_(buf_done) struct buf found = BUF(0);
	int r;

	r = elf_check_apart(o->ctx, &o->elf, part_names[PART_DIGESTS]);
	r = r < 0 ? r : elf_check_apart(o->ctx, &o->elf, part_names[PART_SIG_FILE]);
	if (r < 0)
		return r;
	o->origin = read_origin(o->part[PART_DIGESTS]);
	r = object_digests(o->ctx, &o->elf, &o->origin, &found);
	return r < 0 ? r : object_compare(o->ctx, o->part[PART_DIGESTS], buf_view(&found));
}

static int fill_programs(struct bpfkey_object *o)
{
	const struct manifest *m = &o->manifest;

	o->programs = calloc(m->n_programs + 1, sizeof(*o->programs));
	if (!o->programs)
		return bk_out_of_memory(o->ctx);
	for (size_t i = 0; i < m->n_programs; i++)
		o->programs[i] = (struct bpfkey_object_program){
			.name = m->programs[i].name,
			.section = m->programs[i].section,
			.type_name = object_prog_type(m->programs[i].type),
			.type = m->programs[i].type,
			.attach_type = m->programs[i].attach_type,
			.target = m->programs[i].target,
		};
	return 0;
}

static int fill_maps(struct bpfkey_object *o)
{
	const struct manifest *m = &o->manifest;

	o->maps = calloc(m->n_maps + 1, sizeof(*o->maps));
	o->settings = calloc(m->n_settings + 1, sizeof(*o->settings));
	if (!o->maps || !o->settings)
		return bk_out_of_memory(o->ctx);
	for (size_t i = 0; i < m->n_maps; i++)
		o->maps[i] = (struct bpfkey_object_map){
			.name = m->maps[i].name,
			.type_name = object_map_type(m->maps[i].type),
			.type = m->maps[i].type,
			.key_size = m->maps[i].key_size,
			.value_size = m->maps[i].value_size,
			.max_entries = m->maps[i].max_entries,
			.flags = m->maps[i].flags,
			.pin = m->maps[i].pin,
			.frozen = m->maps[i].frozen,
		};
	for (size_t i = 0; i < m->n_settings; i++)
		o->settings[i] = (struct bpfkey_object_setting){ m->settings[i].name,
								 m->settings[i].value };
	return 0;
}

int object_take_manifest(struct bpfkey_object *o)
{
	const struct manifest *m = &o->manifest;
	int r;

	o->info = (struct bpfkey_object_info){
		.name = m->name,
		.generator = m->generator,
		.programs = m->n_programs,
		.maps = m->n_maps,
		.settings = m->n_settings,
		.insns_len = m->insns_len,
		.metadata_len = m->metadata_len,
	};
	r = bk_sha256(o->ctx, o->part[PART_LOADER], o->info.loader_digest);
	r = r < 0 ? r : fill_programs(o);
	return r < 0 ? r : fill_maps(o);
}

static int read_manifest(struct bpfkey_object *o)
{
	struct manifest *m = &o->manifest;
	int r = manifest_decode(o->ctx, o->part[PART_MANIFEST], m);

	if (r < 0)
		return r;
	if (m->insns_len != o->part[PART_LOADER].n || m->metadata_len != o->part[PART_METADATA].n)
		return bk_fail(o->ctx, -BPFKEY_E_MALFORMED, "manifest and loader differ in size");
	return object_take_manifest(o);
}

static int parse(struct bpfkey_object *o)
{
	int r = elf_open(o->ctx, buf_view(&o->file), &o->elf);

	/* Damaged beyond reading, but it was a signed object: the answer is no, not "what?". */
	if (r == -BPFKEY_E_FORMAT && o->file.n &&
	    memmem(o->file.p, o->file.n, part_names[PART_DIGESTS],
		   strlen(part_names[PART_DIGESTS])))
		return -BPFKEY_E_MALFORMED;
	if (r < 0)
		return r;
	if (!object_is_signed(&o->elf)) {
		bk_hint(o->ctx, "sign it with keyctl-bpf sign");
		return bk_fail(o->ctx, -BPFKEY_E_UNSIGNED, "it is a BPF object without signatures "
			       "of keyctl-bpf");
	}
	r = find_parts(o);
	r = r < 0 ? r : check_sizes(o);
	r = r < 0 ? r : check_digests(o);
	return r < 0 ? r : read_manifest(o);
}

int object_new(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
	       int (*take)(struct bpfkey_object *o), struct bpfkey_object **ret)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return bk_out_of_memory(ctx);
	o->ctx = ctx;
	o->path = strdup(path);
	if (!o->path)
		return bk_out_of_memory(ctx);
	o->file = *file;
	r = take(o);
	if (r < 0) {
		o->file = BUF(0);
		return r;
	}
	*file = BUF(0);
	*ret = steal(&o);
	return 0;
}

int object_from_bytes(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
		      struct bpfkey_object **ret)
{
	return object_new(ctx, path, file, parse, ret);
}

/* @file becomes the object's, or stays the caller's. */
static int open_bytes(struct bpfkey_ctx *ctx, const char *name, struct buf *file,
		      struct bpfkey_object **ret)
{
	int r;

	if (lskel_is(buf_view(file)) && !elf_is(buf_view(file))) {
		r = skeleton_from_bytes(ctx, name, file, ret);
		return r < 0 ? bk_fail(ctx, r, "'%s' is not a good light skeleton", name) : 0;
	}
	r = object_from_bytes(ctx, name, file, ret);
	return r < 0 ? bk_fail(ctx, r, "'%s' is not a good signed object", name) : 0;
}

int bpfkey_object_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_object **ret)
{
	_cleanup_(buf_done) struct buf file = BUF(ELF_OBJECT_MAX);
	int r;

	bk_enter(ctx);
	r = bk_file_read(ctx, path, ELF_OBJECT_MAX, &file);
	return r < 0 ? r : open_bytes(ctx, path, &file, ret);
}

int bpfkey_object_open_mem(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
			   struct bpfkey_object **ret)
{
	_cleanup_(buf_done) struct buf file = BUF(ELF_OBJECT_MAX);
	int r;

	bk_enter(ctx);
	r = object_copy(ctx, name, (struct view){ data, n }, &file);
	return r < 0 ? r : open_bytes(ctx, name, &file, ret);
}

int bpfkey_object_part(const struct bpfkey_object *o, enum bpfkey_object_part part,
		       const void **ret, size_t *ret_n)
{
	_Static_assert((int)PART__END == (int)BPFKEY_PART__END &&
		       (int)PART_SIG_INSNS == (int)BPFKEY_PART_SIG_INSNS &&
		       (int)PART_DIGESTS == (int)BPFKEY_PART_DIGESTS, "the same parts");

	bk_enter(o->ctx);
	if ((unsigned int)part >= BPFKEY_PART__END)
		return bk_fail(o->ctx, -BPFKEY_E_USAGE, "a signed object has no part %u",
			       (unsigned int)part);
	if (!o->part[part].n)
		return bk_fail(o->ctx, -BPFKEY_E_NOT_FOUND, "'%s' has no part '%s'", o->path,
			       object_part_name((enum object_part)part));
	*ret = o->part[part].p;
	*ret_n = o->part[part].n;
	return 0;
}

void bpfkey_object_free(struct bpfkey_object *o)
{
	if (!o)
		return;
	elf_done(&o->elf);
	buf_done(&o->file);
	manifest_done(&o->manifest);
	skeleton_free(o->skeleton);
	free(o->programs);
	free(o->maps);
	free(o->settings);
	free(o->path);
	free(o);
}
