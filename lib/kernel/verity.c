// SPDX-License-Identifier: LGPL-2.1-or-later
#include "verity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#define XATTR "security.bpf.keyctl"

static int no_verity(struct bpfkey_ctx *ctx, const char *path, int fd)
{
	struct statfs fs = { 0 };

	if (fstatfs(fd, &fs))
		fs.f_type = 0;
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC) {
		bk_hint(ctx, "keep the file on the host, and bind-mount it into the container");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "'%s' is on overlayfs, where the kernel "
			       "shows no fs-verity digest", path);
	}
	if (fs.f_type == TMPFS_MAGIC) {
		bk_hint(ctx, "put it on ext4, f2fs or btrfs");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "'%s' is on tmpfs, which has no "
			       "fs-verity", path);
	}
	bk_hint(ctx, "tune2fs -O verity DEVICE, for ext4; f2fs and btrfs have it too");
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the file system of '%s' has no fs-verity", path);
}

static int check_kind(struct bpfkey_ctx *ctx, const char *path, int fd, const struct stat *st,
		      bool library)
{
	char magic[4] = "";
	ssize_t n = pread(fd, magic, sizeof(magic), 0);

	if (n >= 2 && !memcmp(magic, "#!", 2))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is a script: its interpreter would "
			       "run, and that runs everybody's scripts", path);
	if (n != 4 || memcmp(magic, "\177ELF", 4))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is not an ELF file", path);
	if (!library && st->st_mode & (S_ISUID | S_ISGID)) {
		bk_hint(ctx, "chmod ug-s '%s', if nobody needs that", path);
		return bk_fail(ctx, -BPFKEY_E_INSECURE, "'%s' is set-uid or set-gid: who runs it "
			       "would get both its rights and the gate's trust", path);
	}
	return 0;
}

int verity_open(struct bpfkey_ctx *ctx, const char *path, bool library, int *ret_fd)
{
	_cleanup_(bk_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
					   O_NOFOLLOW);
	struct statfs fs;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) || fstatfs(fd, &fs))
		return bk_fail_errno(ctx, errno == ENOENT ? -BPFKEY_E_NOT_FOUND :
				     errno == EACCES ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO, errno,
				     "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is not a regular file", path);
	r = check_kind(ctx, path, fd, &st, library);
	if (!r && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		r = no_verity(ctx, path, fd);
	if (!r)
		*ret_fd = bk_steal_fd(&fd);
	return r;
}

int verity_measure(struct bpfkey_ctx *ctx, const char *path, int fd, struct verity *ret)
{
	_Alignas(struct fsverity_digest) uint8_t room[sizeof(struct fsverity_digest) +
						      sizeof(ret->digest)] = { 0 };
	struct fsverity_digest *m = (struct fsverity_digest *)room;

	m->digest_size = sizeof(ret->digest);
	*ret = (struct verity){ 0 };
	if (ioctl(fd, FS_IOC_MEASURE_VERITY, m)) {
		if (errno == ENODATA || errno == EOPNOTSUPP || errno == ENOTTY)
			return 0;
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno,
				     "cannot read the fs-verity digest of '%s'", path);
	}
	ret->algorithm = m->digest_algorithm;
	ret->size = m->digest_size;
	memcpy(ret->digest, m->digest, ret->size);
	return 0;
}

int verity_enable(struct bpfkey_ctx *ctx, const char *path, int fd)
{
	const struct fsverity_enable_arg arg = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096,
	};

	if (!ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) || errno == EEXIST)
		return 0;
	switch (errno) {
	case EOPNOTSUPP:
	case ENOTTY:
		return no_verity(ctx, path, fd);
	case ETXTBSY:
		bk_hint(ctx, "see who has it open: fuser -v '%s'", path);
		return bk_fail(ctx, -BPFKEY_E_BUSY, "'%s' is open for writing", path);
	case EACCES:
	case EPERM:
		bk_hint(ctx, "run it as root; lsattr '%s' shows whether it is immutable", path);
		return bk_fail_errno(ctx, -BPFKEY_E_PRIVILEGE, errno,
				     "cannot put '%s' under fs-verity", path);
	case EROFS:
		bk_hint(ctx, "sign it before the image is made read-only, or remount it");
		return bk_fail(ctx, -BPFKEY_E_IO, "'%s' is on a read-only file system", path);
	}
	return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot put '%s' under fs-verity", path);
}

int verity_signature(struct bpfkey_ctx *ctx, const char *path, int fd, struct buf *ret)
{
	uint8_t sig[VERITY_SIG_MAX];
	ssize_t n = fgetxattr(fd, XATTR, sig, sizeof(sig));

	if (n < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
		return 0;
	if (n < 0 && errno == ERANGE)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the signature of '%s' has more than %d "
			       "bytes", path, VERITY_SIG_MAX);
	if (n < 0)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot read the signature of '%s'",
				     path);
	buf_put(ret, sig, (size_t)n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

int verity_set_signature(struct bpfkey_ctx *ctx, const char *path, int fd, struct view sig)
{
	if (sig.n > VERITY_SIG_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "a signature of %zu bytes; the gate reads "
			       "at most %d", sig.n, VERITY_SIG_MAX);
	if (!fsetxattr(fd, XATTR, sig.p, sig.n, 0))
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSPC)
		bk_hint(ctx, "list it instead: keyctl-bpf loader allow '%s'", path);
	return bk_fail_errno(ctx, errno == EPERM || errno == EACCES ? -BPFKEY_E_PRIVILEGE :
			     errno == EOPNOTSUPP ? -BPFKEY_E_NO_SUPPORT : -BPFKEY_E_IO, errno,
			     "cannot keep the signature in the attribute '" XATTR "' of '%s'",
			     path);
}
