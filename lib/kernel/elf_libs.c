// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a dynamically linked file maps. Which files those are only the dynamic
 * linker knows (its cache, run paths, hardware variants), so it is asked with
 * --list, which maps and prints but runs nothing of them.
 */
#include "verity.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#define LIST_MAX (64 * 1024)

static const char *const linkers[] = {
	"/lib64/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2",
	"/lib/ld-linux-aarch64.so.1", "/usr/lib/ld-linux-aarch64.so.1",
};

/* interpreter - what PT_INTERP says; "" for a static file */
static int interpreter(struct bpfkey_ctx *ctx, const char *path, char ret[256])
{
	_cleanup_(bk_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr e;
	Elf64_Phdr p;

	ret[0] = 0;
	if (fd < 0 || pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phentsize != sizeof(p))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is not a 64-bit ELF file", path);
	for (unsigned int i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), (off_t)(e.e_phoff + i * sizeof(p))) != sizeof(p))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is truncated", path);
		if (p.p_type != PT_INTERP)
			continue;
		if (p.p_filesz >= 256 ||
		    pread(fd, ret, p.p_filesz, (off_t)p.p_offset) != (ssize_t)p.p_filesz)
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' names no linker", path);
		ret[p.p_filesz] = 0;
		return 0;
	}
	return 0;
}

static int start(const char *linker, const char *path, int out, pid_t *ret)
{
	char *const env[] = { (char[]){ "LC_ALL=C" }, NULL };
	char *const argv[] = { (char *)linker, (char[]){ "--list" }, (char *)path, NULL };
	posix_spawn_file_actions_t fa;
	int err = posix_spawn_file_actions_init(&fa);

	if (err)
		return err;
	posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawn(ret, linker, &fa, NULL, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	return err;
}

static int ask(struct bpfkey_ctx *ctx, const char *linker, const char *path, struct buf *ret)
{
	_cleanup_(bk_closep) int in = -1, out = -1;
	int status = 0, err, p[2];
	char chunk[4096];
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot make a pipe");
	in = p[0];
	out = p[1];
	err = start(linker, path, out, &pid);
	if (err)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, err, "cannot run '%s'", linker);
	close(bk_steal_fd(&out));
	while ((n = read(in, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		buf_put(ret, chunk, n > 0 ? (size_t)n : 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !buf_ok(ret)) {
		bk_hint(ctx, "'%s --list %s' says what is missing", linker, path);
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "the libraries of '%s' cannot be told",
			       path);
	}
	return 0;
}

/* "NAME => PATH (0x...)", "PATH (0x...)"; the kernel's own vdso has no path. */
static int take_line(struct bpfkey_ctx *ctx, char *line, struct buf *out)
{
	char *path = strstr(line, "=> "), *end;

	path = path ? path + 3 : line + strspn(line, "\t ");
	if (!strncmp(path, "not found", 9))
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "there is no library '%s'", line + 1);
	end = strstr(path, " (0x");
	if (*path != '/' || !end)
		return 0;
	*end = 0;
	path = realpath(path, NULL);
	if (!path)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "a library of it");
	buf_put(out, path, strlen(path) + 1);
	free(path);
	return 0;
}

int elf_libraries(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	_cleanup_(buf_done) struct buf text = BUF(LIST_MAX), out = BUF(LIST_MAX);
	char linker[256], *rest = NULL, *copy;
	size_t i = 0;
	int r = interpreter(ctx, path, linker);

	while (!r && *linker && i < ARRAY_SIZE(linkers) && strcmp(linker, linkers[i]))
		i++;
	if (!r && i == ARRAY_SIZE(linkers))
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "'%s' wants the dynamic linker '%s', "
			       "which is not glibc's: list its libraries one by one", path, linker);
	if (!r && *linker)
		r = ask(ctx, linker, path, &text);
	if (r < 0)
		return r;
	copy = (char *)buf_cstr(&text);
	for (char *l = text.n ? strtok_r(copy, "\n", &rest) : NULL; !r && l;
	     l = strtok_r(NULL, "\n", &rest))
		r = take_line(ctx, l, &out);
	buf_put(&out, "", 1);
	if (!r && !buf_ok(&out))
		return bk_out_of_memory(ctx);
	if (!r) {
		*ret = (char *)out.p;
		out = BUF(0);
	}
	return r;
}
