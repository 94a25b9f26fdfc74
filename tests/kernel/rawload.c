/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawload KEYRING insns|metadata LOADER METADATA SIGNATURE [N]: a loader into
 * the kernel without any check of ours, in the form that one generation of
 * kernels wants; what somebody does who has only files. Prints "load=ERRNO" and,
 * when that was 0, "run=RETVAL"; with N it is run so often, by eight processes
 * that preempt one another on one processor, and the counts are printed.
 *
 * rawload plain OBJ: the same object unsigned, as libbpf loads it; prints
 * "plain=ERRNO".
 *
 * rawload generate OBJ LOADER METADATA: the loader as this machine's libbpf
 * makes it, into two files: nothing in it checks the metadata.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/kernel/bpf_attr.h"
#include "tests/kernel/loader_map.h"

#define FILE_MAX (32u << 20)
#define CTX_SIZE 2048
#define PROCESSES 8

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

struct counts {
	atomic_long left, good, again, other;
};

/* What a run made is closed with everything behind the loader's own descriptor. */
static void run_often(int prog, int i, struct counts *c)
{
	struct sched_param prio = { .sched_priority = 10 + i };
	struct timespec pause = { 0, 200000 + 37000 * i };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (i >= PROCESSES / 2)
		sched_setscheduler(0, SCHED_FIFO, &prio);
	while (atomic_fetch_sub(&c->left, 1) > 0) {
		int r = run(prog);

		atomic_fetch_add(!r ? &c->good : r == -EAGAIN ? &c->again : &c->other, 1);
		close_range(prog + 1, ~0U, 0);
		if (i >= PROCESSES / 2)
			nanosleep(&pause, NULL);
	}
}

static void storm(int prog, long runs)
{
	struct counts *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return;
	c->left = runs;
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++)
		if (!fork()) {
			run_often(prog, i, c);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	printf("good=%ld\nagain=%ld\nother=%ld\n", c->good, c->again, c->other);
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
	if (prog >= 0 && argv[6])
		storm(prog, atol(argv[6]));
	else if (prog >= 0)
		printf("run=%d\n", run(prog));
	buf_done(&insns);
	buf_done(&data);
	buf_done(&sig);
	return 0;
}

static struct bpf_object *open_object(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_map *m;

	if (o)
		bpf_object__for_each_map(m, o)
			bpf_map__set_pin_path(m, NULL);
	return o;
}

static int generate(char **argv)
{
	LIBBPF_OPTS(gen_loader_opts, gen);
	struct bpf_object *o = open_object(argv[2]);
	int r;

	if (!o)
		return 2;
	r = bpf_object__gen_loader(o, &gen);
	if (!r)
		r = bpf_object__load(o);
	if (!r)
		r = bk_file_replace(NULL, argv[3], 0600, (struct view){ (const uint8_t *)gen.insns,
				    gen.insns_sz }, 0);
	if (!r)
		r = bk_file_replace(NULL, argv[4], 0600, (struct view){ (const uint8_t *)gen.data,
				    gen.data_sz }, 0);
	bpf_object__close(o);
	return !!r;
}

static int plain(const char *path)
{
	struct bpf_object *o = open_object(path);
	int r;

	if (!o)
		return 2;
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
	if (argc == 5 && !strcmp(argv[1], "generate"))
		return generate(argv);
	return argc == 6 || argc == 7 ? raw(argv) : 2;
}
