/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels make of signed programs with maps. Prints "ROW=ERRNO" (0: it
 * loaded), with ":log" when the verifier's log says what is expected of it.
 *
 * facts_maps bytes DIR: writes what is to be signed; without DIR to standard output
 * facts_maps maps RING DIR: loads, with the signatures that DIR holds
 * facts_maps reread RING DIR: shows one slot of fd_array a second map between
 *	two uses of it; prints how many maps the program was bound to
 */
#include <fcntl.h>
#include <linux/btf.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "lib/crypto/digest.h"
#include "tests/kernel/attacks/attack.h"
#include "tests/kernel/loader_map.h"

#define LOG_SIZE (64u << 10)
#define NAMED_FD 100	/* the map that an instruction names by descriptor */
#define FAR_SLOT 1024	/* on the second page of fd_array */
#define VALUE "a value of sixty-four bytes, which is signed with instructions.."

#define LD_MAP(kind, n)                                                                    \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = (kind), .imm = (n) }, { 0 }
#define RETURN_0 { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT }

static const struct bpf_insn tiny[] = { RETURN_0 };
static const struct bpf_insn one[] = { LD_MAP(BPF_PSEUDO_MAP_IDX, 0), RETURN_0 };
static const struct bpf_insn two[] = {
	LD_MAP(BPF_PSEUDO_MAP_IDX, 0), LD_MAP(BPF_PSEUDO_MAP_IDX, 1), RETURN_0
};
static const struct bpf_insn named[] = { LD_MAP(BPF_PSEUDO_MAP_FD, NAMED_FD), RETURN_0 };
static const struct bpf_insn swap[] = {
	LD_MAP(BPF_PSEUDO_MAP_IDX, 0), LD_MAP(BPF_PSEUDO_MAP_IDX, FAR_SLOT),
	LD_MAP(BPF_PSEUDO_MAP_IDX, 0), RETURN_0
};

static const struct {
	const char *file;
	const struct bpf_insn *insns;
	size_t size;
	bool value;
} signed_bytes[] = {
	{ "tiny.bin", tiny, sizeof(tiny), false },
	{ "one.bytes", one, sizeof(one), false },
	{ "one-value.bytes", one, sizeof(one), true },
	{ "two-value.bytes", two, sizeof(two), true },
	{ "named.bytes", named, sizeof(named), false },
	{ "swap.bytes", swap, sizeof(swap), false },
};

static int put_bytes(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(signed_bytes); i++) {
		char path[4096];
		FILE *f = stdout;

		if (dir) {
			snprintf(path, sizeof(path), "%s/%s", dir, signed_bytes[i].file);
			f = fopen(path, "we");
		}
		if (!f)
			return 1;
		fwrite(signed_bytes[i].insns, signed_bytes[i].size, 1, f);
		if (signed_bytes[i].value)
			fwrite(VALUE, 64, 1, f);
		if ((f == stdout ? fflush(f) : fclose(f)))
			return 1;
	}
	return 0;
}

struct program {
	const struct bpf_insn *insns;
	size_t n;
	struct view sig;
	const int *fds;
	uint32_t n_fds;
	int keyring;
};

static char log_text[LOG_SIZE];

/* A descriptor or -errno; what the verifier said is in log_text. */
static long load(const struct program *p)
{
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = p->n,
		.insns = bpf_ptr(p->insns), .license = bpf_ptr("GPL"),
		.fd_array = bpf_ptr(p->fds), .fd_array_cnt = p->n_fds,
		.signature = bpf_ptr(p->sig.p), .signature_size = p->sig.n,
		.keyring_id = p->keyring,
		.log_level = 1, .log_size = LOG_SIZE, .log_buf = bpf_ptr(log_text),
	};
	long fd;

	log_text[0] = '\0';
	fd = sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
	return fd < 0 ? -errno : fd;
}

static void say(const char *row, const struct program *p, const char *said)
{
	long fd = load(p);

	printf("%s=%s%s\n", row, name_of(-fd), said && strstr(log_text, said) ? ":log" : "");
	if (fd >= 0)
		close((int)fd);
}

enum map_flaw { SOUND, SHARED, THAWED, HASHED };

/* With VALUE; @insns: the program that alone may use it. */
static int make_map(const struct bpf_insn *insns, size_t size, enum map_flaw flaw)
{
	struct view bytes = { (const uint8_t *)insns, size };
	uint32_t key = 0;
	uint8_t digest[32];
	struct attr_map_create create = {
		.map_type = flaw == HASHED ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY,
		.key_size = 4, .value_size = 64, .max_entries = 1,
		.excl_prog_hash = bpf_ptr(digest), .excl_prog_hash_size = 32,
	};
	struct attr_map_elem elem = { .key = bpf_ptr(&key), .value = bpf_ptr(VALUE) };
	int fd;

	if (bk_sha256(NULL, bytes, digest))
		exit(2);
	if (flaw == SOUND)
		return make_loader_map((struct view){ (const uint8_t *)VALUE, 64 }, digest);
	if (flaw == SHARED)
		create.excl_prog_hash = create.excl_prog_hash_size = 0;
	elem.map_fd = fd = sys_bpf(BPF_MAP_CREATE, &create, offsetof(struct attr_map_create, pad));
	if (fd < 0 || sys_bpf(BPF_MAP_UPDATE_ELEM, &elem, sizeof(elem)) ||
	    (flaw != THAWED && sys_bpf(BPF_MAP_FREEZE, &elem, sizeof(elem.map_fd)))) {
		fprintf(stderr, "no map %d: %s\n", flaw, name_of(errno));
		exit(2);
	}
	return fd;
}

/* One int: the smallest BTF there is. */
static int make_btf(void)
{
	struct {
		struct btf_header header;
		struct btf_type type;
		uint32_t encoding;
		char strings[5];
	} __attribute__((packed)) btf = {
		.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(struct btf_header),
			    .type_len = 16, .str_off = 16, .str_len = 5 },
		.type = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = 32, .strings = "\0int",
	};
	struct { uint64_t btf, log; uint32_t size, rest[3]; } a = {
		.btf = bpf_ptr(&btf), .size = sizeof(btf),
	};
	int fd = sys_bpf(BPF_BTF_LOAD, &a, sizeof(a));

	if (fd < 0) {
		fprintf(stderr, "no BTF: %s\n", name_of(errno));
		exit(2);
	}
	return fd;
}

static struct buf signature(const char *dir, const char *name)
{
	struct buf b = BUF(FILE_MAX);
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.sig", dir, name);
	if (bk_file_read(NULL, path, FILE_MAX, &b)) {
		fprintf(stderr, "no signature '%s'\n", path);
		exit(2);
	}
	return b;
}

static int maps(int keyring, const char *dir)
{
	struct buf insns = signature(dir, "one"), value = signature(dir, "one-value");
	struct buf both = signature(dir, "two-value"), by_fd = signature(dir, "named");
	int fds[2] = { make_map(one, sizeof(one), SOUND), make_btf() };
	int other = make_map(two, sizeof(two), SOUND);
	int extra[2] = { other, make_map(two, sizeof(two), SOUND) };
	int shared = make_map(one, sizeof(one), SHARED);
	int thawed = make_map(one, sizeof(one), THAWED);
	int hashed = make_map(one, sizeof(one), HASHED);
	struct program p = { .insns = one, .n = ARRAY_SIZE(one), .fds = fds, .keyring = keyring };

	say("unsigned-own", &p, NULL);
	p.fds = &other;
	say("unsigned-foreign", &p, NULL);
	p.fds = fds;
	p.sig = buf_view(&insns);
	say("insns-unbound", &p, "must bind maps via a continuous fd_array");
	p.n_fds = 1;
	say("insns-bound", &p, "hash doesn't match");
	p.sig = buf_view(&value);
	say("value-bound", &p, NULL);
	p.n_fds = 2;
	say("value-btf", &p, NULL);
	p.n_fds = 0;
	say("value-unbound", &p, NULL);
	p.n_fds = 1;
	p.fds = &shared;
	say("value-shared", &p, NULL);
	p.fds = &thawed;
	say("value-thawed", &p, NULL);
	p.fds = &hashed;
	say("value-hashed", &p, NULL);
	p = (struct program){ two, ARRAY_SIZE(two), buf_view(&both), extra, 1, keyring };
	say("value-extra", &p, NULL);
	if (dup2(shared, NAMED_FD) < 0)
		return 2;
	p = (struct program){ named, ARRAY_SIZE(named), buf_view(&by_fd), NULL, 0, keyring };
	say("insns-named", &p, NULL);
	buf_done(&insns);
	buf_done(&value);
	buf_done(&both);
	buf_done(&by_fd);
	return 0;
}

struct swapper {
	int uffd, *slots, good, evil;
	bool swapped;
	atomic_bool loaded;
};

/* The kernel waits for the second page until the first slot shows the other map. */
static void *swap_at_fault(void *arg)
{
	struct swapper *s = arg;
	struct pollfd p = { .fd = s->uffd, .events = POLLIN };
	_cleanup_(bk_freep) int *page = calloc(1, 4096);
	struct uffdio_copy copy = {
		.dst = bpf_ptr(s->slots + FAR_SLOT), .src = bpf_ptr(page), .len = 4096,
	};
	struct uffd_msg msg;

	while (!s->loaded && poll(&p, 1, 50) == 0)
		;
	if (!page || s->loaded || read(s->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return NULL;
	page[0] = s->good;
	s->slots[0] = s->evil;
	s->swapped = !ioctl(s->uffd, UFFDIO_COPY, &copy);
	return NULL;
}

static uint32_t maps_of(int prog)
{
	uint32_t info[64] = { 0 };
	struct attr_get_info a = {
		.bpf_fd = prog, .info_len = sizeof(info), .info = bpf_ptr(info),
	};

	/* struct bpf_prog_info: nr_map_ids, after type to created_by_uid */
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) ? 0 : info[13];
}

static int reread_once(const char *row, struct program *p)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct swapper s = {
		.uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK),
		.slots = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0),
		.good = make_map(swap, sizeof(swap), SHARED),
		.evil = make_map(swap, sizeof(swap), SHARED),
	};
	pthread_t thread;
	long fd;

	reg.range.start = bpf_ptr(s.slots + FAR_SLOT);
	reg.range.len = 4096;
	if (s.uffd < 0 || s.slots == MAP_FAILED || ioctl(s.uffd, UFFDIO_API, &api) ||
	    ioctl(s.uffd, UFFDIO_REGISTER, &reg)) {
		fprintf(stderr, "no userfaultfd: %s\n", name_of(errno));
		return 2;
	}
	for (int i = 0; i < FAR_SLOT; i++)
		s.slots[i] = s.good;
	if (pthread_create(&thread, NULL, swap_at_fault, &s))
		return 2;
	p->fds = s.slots;
	fd = load(p);
	s.loaded = true;
	pthread_join(thread, NULL);
	close(s.uffd);
	munmap(s.slots, 8192);
	if (fd < 0)
		printf("%s=%s\n", row, name_of(-fd));
	else
		printf("%s=%s%u\n", row, s.swapped ? "" : "not swapped ", maps_of((int)fd));
	return 0;
}

static int reread(int keyring, const char *dir)
{
	struct buf sig = signature(dir, "swap");
	struct program p = { .insns = swap, .n = ARRAY_SIZE(swap), .keyring = keyring };
	int r = reread_once("reread-unsigned", &p);

	p.n_fds = FAR_SLOT + 1;
	r = r ? r : reread_once("reread-counted", &p);
	p.n_fds = 0;
	p.sig = buf_view(&sig);
	r = r ? r : reread_once("reread-signed", &p);
	buf_done(&sig);
	return r;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "bytes"))
		return put_bytes(argc > 2 ? argv[2] : NULL);
	if (argc == 4 && !strcmp(argv[1], "maps"))
		return maps(atoi(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "reread"))
		return reread(atoi(argv[2]), argv[3]);
	return 2;
}
