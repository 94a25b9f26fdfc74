// SPDX-License-Identifier: LGPL-2.1-or-later
#include "loader_files.h"

#include <errno.h>
#include <string.h>

void loader_files_done(struct loader_files *l)
{
	free(l->v);
	*l = (struct loader_files){ 0 };
}

static int add_one(struct bpfkey_ctx *ctx, struct loader_files *l, const char *path, bool library)
{
	struct bpfkey_loader_file *v;

	if (strlen(path) >= BPFKEY_LOADER_PATH)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "'%s' is too long a name", path);
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].path, path)) {
			l->v[i].library = l->v[i].library && library;
			return 0;
		}
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (!v)
		return bk_out_of_memory(ctx);
	l->v = v;
	v[l->n] = (struct bpfkey_loader_file){ .library = library };
	strcpy(v[l->n++].path, path);
	return 0;
}

int loader_files_add(struct bpfkey_ctx *ctx, struct loader_files *l, const char *path,
		     bool libraries)
{
	_cleanup_(bk_freep) char *real = realpath(path, NULL), *libs = NULL;
	_cleanup_(bk_closep) int fd = -1;
	int r;

	if (!real)
		return bk_fail_errno(ctx, errno == ENOENT ? -BPFKEY_E_NOT_FOUND : -BPFKEY_E_IO,
				     errno, "cannot find '%s'", path);
	r = verity_open(ctx, real, false, &fd);
	if (!r)
		r = add_one(ctx, l, real, false);
	if (!r && libraries)
		r = elf_libraries(ctx, real, &libs);
	for (const char *p = libs; !r && p && *p; p += strlen(p) + 1)
		r = add_one(ctx, l, p, true);
	return r;
}

struct file_digest loader_digest(const struct verity *v)
{
	struct file_digest d = { .algorithm = v->algorithm, .size = v->size };

	memcpy(d.value, v->digest, v->size);
	return d;
}

void loader_signed_bytes(const struct verity *v, struct buf *ret)
{
	buf_put(ret, "FSVerity", 8);
	/* Little endian, whatever this machine is. */
	buf_u8(ret, v->algorithm & 255);
	buf_u8(ret, v->algorithm >> 8);
	buf_u8(ret, v->size & 255);
	buf_u8(ret, v->size >> 8);
	buf_put(ret, v->digest, v->size);
}

int loader_file_enable(struct bpfkey_ctx *ctx, struct bpfkey_loader_file *f, bool dry_run,
		       int *ret_fd)
{
	_cleanup_(buf_done) struct buf text = BUF(sizeof(f->digest));
	_cleanup_(bk_closep) int fd = -1;
	struct file_digest d;
	struct verity v;
	int r = verity_open(ctx, f->path, f->library, &fd);

	if (!r)
		r = verity_measure(ctx, f->path, fd, &v);
	if (!r && !v.size) {
		f->changed = true;
		if (!dry_run)
			r = verity_enable(ctx, f->path, fd);
		if (!r && !dry_run)
			r = verity_measure(ctx, f->path, fd, &v);
	}
	if (r < 0)
		return r;
	d = loader_digest(&v);
	if (d.size)
		file_digest_put(&text, &d);
	if (!buf_ok(&text))
		return bk_out_of_memory(ctx);
	snprintf(f->digest, sizeof(f->digest), "%s", buf_cstr(&text));
	*ret_fd = bk_steal_fd(&fd);
	return 0;
}
