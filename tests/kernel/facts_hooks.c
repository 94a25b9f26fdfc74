/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts_hooks RING INNER SIG BAD LOADER: what the hooks of program loading see
 * while this process, with its session keyring, loads programs. INNER is a
 * keyring inside RING that holds the key of SIG, BAD a signature that fails,
 * LOADER a pinned program that loads another when it is run ("attack preload").
 * Prints "ROW=WHAT".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <keyutils.h>

#include "tests/kernel/attacks/attack.h"
#include "tests/kernel/facts_hooks.h"

#define PIN "/sys/fs/bpf/facts_pin"

struct seen {
	uint32_t n_load, n_prog;	/* calls of each hook */
	struct facts_event load, prog;	/* the last of each */
};

struct recorder {
	int events, written;
	uint32_t last;
};

/* The hooks stay until the process ends: here a leak checker finds them. */
static struct bpf_object *hooks;
static struct bpf_link *links[8];

static int attach(struct recorder *ret)
{
	const char *dir = getenv("O");
	struct bpf_program *p;
	char path[4096];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/tests/kernel/facts_hooks.bpf.o", dir ? dir : "build");
	hooks = bpf_object__open_file(path, NULL);
	if (!hooks || bpf_object__load(hooks))
		return -1;
	bpf_object__for_each_program(p, hooks) {
		if (n == ARRAY_SIZE(links) || !(links[n] = bpf_program__attach(p)))
			return -1;
		n++;
	}
	ret->events = bpf_object__find_map_fd_by_name(hooks, "events");
	ret->written = bpf_object__find_map_fd_by_name(hooks, "written");
	return 0;
}

/* What happened since the last call. */
static struct seen look(struct recorder *r)
{
	struct seen s = { 0 };
	uint32_t zero = 0, n = 0;

	bpf_map_lookup_elem(r->written, &zero, &n);
	for (; r->last < n; r->last++) {
		uint32_t slot = r->last % FACTS_EVENTS;
		struct facts_event e;

		if (bpf_map_lookup_elem(r->events, &slot, &e))
			continue;
		if (e.hook == HOOK_PROG_LOAD) {
			s.n_load++;
			s.load = e;
		} else {
			s.n_prog++;
			s.prog = e;
		}
	}
	return s;
}

static void say_number(const char *row, const char *what, long n)
{
	printf("%s-%s=%ld\n", row, what, n);
}

/* The kernel's record; a serial is shown by the name that RING has for it. */
static void say_record(const char *row, const struct seen *s, int ring)
{
	int session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0), serial;

	serial = s->load.keyring_serial;
	printf("%s-record=", row);
	if (!s->load.has_sig)
		puts("absent");
	else
		printf("verdict %u type %u %s\n", s->load.verdict, s->load.keyring_type,
		       !serial ? "none" : serial == ring ? "ring" :
		       serial == session ? "session" : "other");
}

static struct seen load(struct recorder *r, const char *row, struct view sig, int keyring)
{
	struct tiny t = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER, .sig = sig, .keyring = keyring,
	};
	int err = try_tiny(&t);
	struct seen s = look(r);

	printf("%s=%s\n", row, name_of(err));
	say_number(row, "hooked", s.n_load);
	return s;
}

static void attr_of(const char *row, const struct seen *s, int ring)
{
	int id = s->load.attr_keyring;

	printf("%s-attr=%s %s%d\n", row, s->load.attr_signed ? "signed" : "unsigned",
	       id == ring ? "ring" : "", id == ring ? 0 : id);
}

static void signatures(struct recorder *r, char **argv, struct view good, struct view bad)
{
	int ring = atoi(argv[1]), inner = atoi(argv[2]);
	const struct view none = { NULL, 0 };
	struct seen s = load(r, "unsigned", none, 0);

	say_record("unsigned", &s, ring);
	s = load(r, "unsigned-with-ring", none, ring);
	say_record("unsigned-with-ring", &s, ring);
	load(r, "bad", bad, ring);
	load(r, "unknown", good, KEY_SPEC_USER_SESSION_KEYRING);
	s = load(r, "nested", good, ring);
	say_record("nested", &s, ring);
	attr_of("nested", &s, ring);
	s = load(r, "inner", good, inner);
	say_record("inner", &s, inner);
	s = load(r, "session", good, KEY_SPEC_SESSION_KEYRING);
	say_record("session", &s, ring);
	attr_of("session", &s, ring);
}

/* r0 = 0 after the address of a map was taken. */
static int load_with_map(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "facts", 4, 4, 1, NULL);
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "facts", "GPL", insns,
			     ARRAY_SIZE(insns), NULL);
}

static int moments(struct recorder *r)
{
	struct bpf_prog_info info = { 0 };
	__u32 n = sizeof(info);
	int fd = load_with_map();
	struct seen s = look(r);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &n) || bpf_obj_pin(fd, PIN))
		return -1;
	printf("early-id=%u\nearly-maps=%u\n", s.load.id, s.load.used_maps);
	printf("late-id=%s\n", s.prog.id == info.id ? "its" : "other");
	printf("late-maps=%u\n", s.prog.used_maps);
	look(r);
	close(bpf_prog_get_fd_by_id(info.id));
	s = look(r);
	printf("by-id=%u load, %u prog\n", s.n_load, s.n_prog);
	close(bpf_obj_get(PIN));
	s = look(r);
	printf("pinned=%u load, %u prog\n", s.n_load, s.n_prog);
	unlink(PIN);
	return 0;
}

static int inner_program(struct recorder *r, const char *loader, int ring)
{
	int64_t answer = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &answer, .ctx_size_in = sizeof(answer));
	int fd = bpf_obj_get(loader);
	struct seen s;

	look(r);
	if (fd < 0 || bpf_prog_test_run_opts(fd, &opts))
		return -1;
	s = look(r);
	say_number("loaded", "kernel", s.load.kernel);
	say_record("loaded", &s, ring);
	attr_of("loaded", &s, ring);
	printf("loaded=%s\n", name_of(answer < 0 ? -answer : 0));
	return 0;
}

int main(int argc, char **argv)
{
	struct buf good = BUF(FILE_MAX), bad = BUF(FILE_MAX);
	struct recorder r = { 0 };
	int ret;

	libbpf_set_print(NULL);
	if (argc != 6 || bk_file_read(NULL, argv[3], FILE_MAX, &good) ||
	    bk_file_read(NULL, argv[4], FILE_MAX, &bad) || attach(&r)) {
		fprintf(stderr, "facts_hooks: %s\n", name_of(errno));
		return 2;
	}
	look(&r);
	signatures(&r, argv, buf_view(&good), buf_view(&bad));
	ret = moments(&r) || inner_program(&r, argv[5], atoi(argv[1])) ? 2 : 0;
	buf_done(&good);
	buf_done(&bad);
	return ret;
}
