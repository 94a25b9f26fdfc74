// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate_policy_file.h"

#include <errno.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../base/lock.h"

#define LOCK_WAIT_MS 30000

static int read_at(struct bpfkey_ctx *ctx, const char *dir, const char *path,
		   struct gate_policy *ret)
{
	_cleanup_(buf_done) struct buf text = BUF(GATE_POLICY_MAX);
	int r = bk_file_owned(ctx, dir);

	if (!r)
		r = bk_file_owned(ctx, path);
	if (!r)
		r = bk_file_read(ctx, path, GATE_POLICY_MAX, &text);
	if (r == -BPFKEY_E_NOT_FOUND) {
		bk_forget(ctx);
		*ret = (struct gate_policy){ 0 };
		return 0;
	}
	if (!r)
		r = gate_policy_parse(ctx, buf_view(&text), &gate_words, ret);
	return r < 0 ? bk_fail(ctx, r, "cannot use the gate policy '%s'", path) : 0;
}

static int paths(struct bpfkey_ctx *ctx, char **ret_dir, char **ret_file)
{
	int r = bk_path(ctx, BPFKEY_ETC_DIR, ret_dir);

	return r ? r : bk_path(ctx, BPFKEY_GATE_POLICY_FILE, ret_file);
}

int gate_policy_read(struct bpfkey_ctx *ctx, struct gate_policy *ret)
{
	_cleanup_(bk_freep) char *dir = NULL, *file = NULL;
	int r = paths(ctx, &dir, &file);

	return r ? r : read_at(ctx, dir, file, ret);
}

int gate_policy_open(struct bpfkey_ctx *ctx, struct gate_policy *ret, int *ret_lock)
{
	_cleanup_(bk_freep) char *dir = NULL, *file = NULL;
	_cleanup_(bk_closep) int fd = -1;
	int r = paths(ctx, &dir, &file);

	if (!r)
		r = bk_dir_make(ctx, dir, 0755, &fd);
	if (!r && lock_wait(fd, LOCK_WAIT_MS))
		r = bk_fail_errno(ctx, errno == EWOULDBLOCK ? -BPFKEY_E_BUSY : -BPFKEY_E_IO, errno,
				  "another process is changing '%s'", file);
	if (!r)
		r = read_at(ctx, dir, file, ret);
	if (!r)
		*ret_lock = bk_steal_fd(&fd);
	return r;
}

int gate_policy_save(struct bpfkey_ctx *ctx, const struct gate_policy *p)
{
	_cleanup_(buf_done) struct buf text = BUF(GATE_POLICY_MAX);
	_cleanup_(bk_freep) char *dir = NULL, *file = NULL;
	int r = paths(ctx, &dir, &file);

	if (!r)
		r = gate_policy_check(ctx, p);
	if (!r)
		r = gate_policy_text(ctx, p, &gate_words, &text);
	return r ? r : bk_file_replace(ctx, file, 0644, buf_view(&text), BK_FILE_FORCE);
}
