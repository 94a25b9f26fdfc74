/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawload KEYRING insns|metadata LOADER METADATA SIGNATURE: a loader into the
 * kernel without any check of ours, in the form that one generation of kernels
 * wants; what somebody does who has only files. Prints "load=ERRNO" and, when
 * that was 0, "run=RETVAL".
 *
 * rawload plain OBJ: the same object unsigned, as libbpf loads it; prints
 * "plain=ERRNO".
 */
#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/kernel/bpf_attr.h"
#include "tests/kernel/loader_map.h"

#define FILE_MAX (32u << 20)
#define CTX_SIZE 2048

static const char *name_of(int err)
{
	return err ? strerrorname_np(err) : "0";
}

static int load(const char *keyring, bool metadata, struct view insns, struct view sig, int map)
{
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_SYSCALL, .insn_cnt = insns.n / 8,
		.insns = bpf_ptr(insns.p), .license = bpf_ptr("Dual BSD/GPL"),
		.prog_flags = BPF_F_SLEEPABLE, .prog_name = "__loader.prog",
		.fd_array = bpf_ptr(&map), .fd_array_cnt = metadata,
		.signature = bpf_ptr(sig.p), .signature_size = sig.n,
		.keyring_id = atoi(keyring),
	};

	return sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

static int run(int prog)
{
	uint8_t c[CTX_SIZE] = { 0 };
	struct attr_prog_run a = { .prog_fd = prog, .ctx_in = bpf_ptr(c), .ctx_size_in = CTX_SIZE };

	return sys_bpf(BPF_PROG_RUN, &a, sizeof(a)) ? -errno : (int)a.retval;
}

static int raw(char **argv)
{
	struct buf insns = BUF(FILE_MAX), data = BUF(FILE_MAX), sig = BUF(FILE_MAX);
	uint8_t digest[32];
	int map, prog;

	if (bk_file_read(NULL, argv[3], FILE_MAX, &insns) ||
	    bk_file_read(NULL, argv[4], FILE_MAX, &data) ||
	    bk_file_read(NULL, argv[5], FILE_MAX, &sig) ||
	    bk_sha256(NULL, buf_view(&insns), digest))
		return 2;
	map = make_loader_map(buf_view(&data), digest);
	if (map < 0) {
		fprintf(stderr, "no map: %s\n", name_of(errno));
		return 2;
	}
	prog = load(argv[1], !strcmp(argv[2], "metadata"), buf_view(&insns), buf_view(&sig), map);
	printf("load=%s\n", name_of(prog < 0 ? errno : 0));
	if (prog >= 0)
		printf("run=%d\n", run(prog));
	buf_done(&insns);
	buf_done(&data);
	buf_done(&sig);
	return 0;
}

static int plain(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_map *m;
	int r;

	if (!o)
		return 2;
	bpf_object__for_each_map(m, o)
		bpf_map__set_pin_path(m, NULL);
	r = bpf_object__load(o);
	printf("plain=%s\n", name_of(-r));
	bpf_object__close(o);
	return 0;
}

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	if (argc == 3 && !strcmp(argv[1], "plain"))
		return plain(argv[2]);
	return argc == 6 ? raw(argv) : 2;
}
