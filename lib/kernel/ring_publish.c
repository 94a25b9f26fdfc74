/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The number that loaders pass as keyring_id, where they find it. Never found
 * by name: who makes a keyring of the same name first would be found.
 */
#include "keyring.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../base/text.h"

/* parse_id - a decimal number and a newline; -9 is the only negative one. */
static int parse_id(const char *text, int32_t *ret)
{
	size_t n = strcspn(text, "\n");
	char number[16];
	uint64_t v;

	if (text[n] != '\n' || text[n + 1] || n >= sizeof(number))
		return -1;
	memcpy(number, text, n);
	number[n] = 0;
	if (!strcmp(number, "-9")) {
		*ret = BPFKEY_SPEC_BPF_KEYRING;
		return 0;
	}
	if (text_u64(number, INT32_MAX, &v) < 0 || !v)
		return -1;
	*ret = (int32_t)v;
	return 0;
}

static int read_id(struct bpfkey_ctx *ctx, const char *path, int32_t *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(64);
	int r = bk_file_read(ctx, path, 64, &b);

	if (r < 0)
		return r;
	if (parse_id(buf_cstr(&b), ret) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' holds no keyring number and a newline",
			       path);
	return 0;
}

int ring_published(struct bpfkey_ctx *ctx, int32_t *ret_id)
{
	_cleanup_(bk_freep) char *path = NULL;
	struct ring_desc d;
	int32_t id;
	int r = bk_path(ctx, BPFKEY_KEYRING_ID_FILE, &path);

	if (r < 0)
		return r;
	r = read_id(ctx, path, &id);
	bk_hint(ctx, "keyctl-bpf keyring create");
	if (r == -BPFKEY_E_NOT_FOUND) {
		bk_forget(ctx);
		bk_hint(ctx, "keyctl-bpf keyring create");
		return bk_fail(ctx, -BPFKEY_E_NO_KEYRING,
			       "no keyring is published: there is no '%s'", path);
	}
	if (r < 0)
		return r;
	r = ring_describe(id, &d);
	if (r == -EACCES || r == -EPERM) {
		/* It exists; who only loads programs need not see more of it. */
		bk_forget(ctx);
		*ret_id = id;
		return 0;
	}
	if (r < 0)
		return bk_fail_errno(ctx, -BPFKEY_E_NO_KEYRING, -r,
				     "keyring %d, published in '%s', cannot be used", id, path);
	if (strcmp(d.type, "keyring") || d.uid)
		return bk_fail(
			ctx, -BPFKEY_E_FOREIGN,
			"%d, published in '%s', is the %s '%s' of user %u, not a keyring of root",
			id, path, d.type, d.name, d.uid);
	bk_forget(ctx);
	*ret_id = id;
	return 0;
}

int ring_for_loaders(struct bpfkey_ctx *ctx, int32_t *ret_id)
{
	struct ring ring;
	int r = ring_published(ctx, ret_id);

	if (r != -BPFKEY_E_NO_KEYRING)
		return r;
	bk_forget(ctx);
	r = ring_find(ctx, BPFKEY_ROLE_BUILD, NULL, &ring);
	if (r < 0)
		return r;
	*ret_id = ring.id;
	return 0;
}

int ring_publish(struct bpfkey_ctx *ctx, int32_t id, bool *ret_changed)
{
	_cleanup_(bk_freep) char *path = NULL, *dir = NULL;
	_cleanup_(bk_closep) int fd = -1;
	char text[16];
	int32_t old = 0;
	int r;

	r = bk_path(ctx, BPFKEY_KEYRING_ID_FILE, &path);
	if (!r)
		r = bk_path(ctx, BPFKEY_RUN_DIR, &dir);
	if (r < 0)
		return r;
	r = read_id(ctx, path, &old);
	if (r < 0)
		bk_forget(ctx);
	if (!r && old == id)
		return 0;

	r = bk_dir_make(ctx, dir, 0755, &fd);
	if (r < 0)
		return r;
	/* Loaders that are not root read it; our umask would keep them out. */
	if (fchmod(fd, 0755))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot open '%s' for loaders", dir);
	snprintf(text, sizeof(text), "%d\n", id);
	r = bk_file_replace(ctx, path, 0644, (struct view){(uint8_t *)text, strlen(text)},
			    BK_FILE_FORCE);
	if (r < 0)
		return bk_fail(ctx, r, "cannot tell loaders the keyring's number");
	*ret_changed = true;
	return 0;
}
