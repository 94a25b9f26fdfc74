/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root may try, one system call or a few each. Prints "WORD=ERRNO", 0
 * for success; exits 0 whenever it got as far as trying.
 *
 *	unsigned                        load a program that nobody signed
 *	flood N                         the same so many times
 *	signed RING SIG [TYPE [ATTACH [FUNC]]]
 *	                                load one under a signature of its bytes
 *	after RING SIG                  an unsigned load by a process that just made a signed one
 *	between RING SIG CERT OTHER     ... and then touched a key by adding CERT to keyring OTHER
 *	pin NAIVE PROG PATH             attach a naive policy, leave only its pin
 *	hold NAIVE PROG... -- CMD...    attach naive policies while CMD runs; then the counts
 *	cgroup OBJ PROG                 attach a program to the root cgroup, and detach it again
 *	uncgroup OBJ PROG               the first, then the second on top, then an unsigned load
 *	link OBJ PROG                   attach to the root cgroup by a link
 *	keep OBJ PROG PATH              pin a program; then, whenever it is:
 *	again PATH NEW                  pin what is pinned there once more
 *	over PATH lsm|sysctl [CGROUP]   attach it to the root cgroup, and detach it again
 *	overlink PATH                   attach it there by a link
 *	detach lsm|sysctl               detach each program of that kind from the root cgroup
 *	fds prog|map                    how many descriptors can be had by id, and how many not
 *	enforce                         no attack: switches the gate without its self-test
 *	loosen                          no attack: leaves the gate as a killed installation does
 *	preload OBJ PATH                pin a loader that loads unsigned programs
 *	run PATH                        run it
 *	wait                            sleep; then an unsigned load, when the input ends
 *	stay                            an unsigned load; then sleep, until the input ends
 *	become CMD...                   exec it: a trusted loader that runs something else
 *	ask OP [INDEX]                  one call of the gate's updater
 */
#include "attack.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "lib/kernel/gate.h"

static void say(const char *word, long err)
{
	printf("%s=%s\n", word, name_of(err));
	fflush(stdout);
}

static int root_cgroup(void)
{
	int fd = -1;

	if (gate_root_cgroup(NULL, &fd) < 0)
		exit(2);
	return fd;
}

static struct buf read_file(const char *path)
{
	struct buf b = BUF(FILE_MAX);

	if (bk_file_read(NULL, path, FILE_MAX, &b))
		exit(2);
	return b;
}

static int do_unsigned(int argc, char **argv)
{
	struct tiny t = { .type = argc ? (uint32_t)atoi(argv[0]) : 0 };

	/* What is no number is the script whose interpreter this is. */
	if (!t.type)
		t.type = BPF_PROG_TYPE_SOCKET_FILTER;
	say("unsigned", try_tiny(&t));
	return 0;
}

static int do_flood(int argc, char **argv)
{
	struct tiny t = { .type = BPF_PROG_TYPE_SOCKET_FILTER, .name = "flood" };

	(void)argc;
	for (int n = atoi(argv[0]); n > 0; n--)
		try_tiny(&t);
	return 0;
}

static uint32_t func_id(const char *func)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, func, BTF_KIND_FUNC) : 0;

	btf__free(btf);
	return id > 0 ? (uint32_t)id : 0;
}

static int do_signed(int argc, char **argv)
{
	struct buf sig = read_file(argv[1]);
	struct tiny t = {
		.type = argc > 2 ? atoi(argv[2]) : BPF_PROG_TYPE_SOCKET_FILTER,
		.attach_type = argc > 3 ? atoi(argv[3]) : 0,
		.btf_id = argc > 4 ? func_id(argv[4]) : 0,
		.sig = buf_view(&sig), .keyring = atoi(argv[0]),
	};

	say("signed", try_tiny(&t));
	buf_done(&sig);
	return 0;
}

static int do_after(int argc, char **argv)
{
	do_signed(2, argv);
	if (argc == 4) {
		struct buf cert = read_file(argv[2]);
		long r = syscall(SYS_add_key, "asymmetric", "", cert.p, cert.n, atoi(argv[3]));

		say("add", r < 0 ? errno : 0);
		buf_done(&cert);
	}
	return do_unsigned(0, NULL);
}

/* What was loaded lives as long as the process: here a leak checker finds it. */
static struct bpf_object *held;
static struct bpf_link *links[8];

static struct bpf_object *load_object(const char *path, char **progs, int n)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	int r;

	if (!o)
		exit(2);
	held = o;
	bpf_object__for_each_program(p, o) {
		bool wanted = false;

		for (int i = 0; i < n; i++)
			wanted |= !strcmp(progs[i], bpf_program__name(p));
		bpf_program__set_autoload(p, wanted);
	}
	r = bpf_object__load(o);
	if (r) {
		say("load", -r);
		exit(0);
	}
	return o;
}

static int prog_fd(struct bpf_object *o, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(o, name));
}

static struct bpf_link *attach(struct bpf_object *o, const char *name)
{
	static size_t n;

	if (n == ARRAY_SIZE(links))
		return NULL;
	links[n] = bpf_program__attach(bpf_object__find_program_by_name(o, name));
	return links[n++];
}

static int do_pin(int argc, char **argv)
{
	struct bpf_link *l = attach(load_object(argv[0], argv + 1, 1), argv[1]);

	(void)argc;
	say("pin", l ? -bpf_link__pin(l, argv[2]) : errno);
	return 0;
}

static int do_hold(int argc, char **argv)
{
	struct bpf_object *o;
	int n = 1, status;
	pid_t pid;

	while (n < argc && strcmp(argv[n], "--"))
		n++;
	o = load_object(argv[0], argv + 1, n - 1);
	for (int i = 1; i < n; i++)
		if (!attach(o, argv[i]))
			return 2;
	pid = fork();
	if (!pid) {
		execvp(argv[n + 1], argv + n + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	for (uint32_t k = 0; k < 4; k++) {
		static const char *const words[] = { "records", "signed", "missed", "stale" };
		uint64_t v = 0;

		bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, "naive_counts"), &k, &v);
		printf("%s=%llu\n", words[k], (unsigned long long)v);
	}
	return status != 0;
}

static int do_cgroup(int argc, char **argv)
{
	struct bpf_object *o = load_object(argv[0], argv + 1, 1);
	int cg = root_cgroup(), fd = prog_fd(o, argv[1]), r;
	enum bpf_attach_type type;

	(void)argc;
	type = bpf_program__expected_attach_type(
		bpf_object__find_program_by_name(o, argv[1]));
	r = bpf_prog_attach(fd, cg, type, BPF_F_ALLOW_MULTI);
	say("attach", -r);
	if (!r)
		say("detach", -bpf_prog_detach2(fd, cg, type));
	return 0;
}

static int do_link(int argc, char **argv)
{
	struct bpf_object *o = load_object(argv[0], argv + 1, 1);
	int fd = bpf_link_create(prog_fd(o, argv[1]), root_cgroup(), LSM_CGROUP, NULL);

	(void)argc;
	say("link", fd < 0 ? -fd : 0);
	return 0;
}

static int do_keep(int argc, char **argv)
{
	struct bpf_object *o = load_object(argv[0], argv + 1, 1);

	(void)argc;
	say("keep", -bpf_obj_pin(prog_fd(o, argv[1]), argv[2]));
	return 0;
}

static int do_again(int argc, char **argv)
{
	int fd = bpf_obj_get(argv[0]);

	(void)argc;
	if (fd < 0)
		return 2;
	say("again", -bpf_obj_pin(fd, argv[1]));
	return 0;
}

static int do_over(int argc, char **argv)
{
	enum bpf_attach_type type = strcmp(argv[1], "lsm") ? BPF_CGROUP_SYSCTL : LSM_CGROUP;
	int cg = argc > 2 ? open(argv[2], O_RDONLY | O_CLOEXEC) : root_cgroup();
	int fd = bpf_obj_get(argv[0]), r;

	if (fd < 0 || cg < 0)
		return 2;
	r = bpf_prog_attach(fd, cg, type, BPF_F_ALLOW_MULTI);
	say("attach", -r);
	if (!r)
		say("detach", -bpf_prog_detach2(fd, cg, type));
	return 0;
}

static int do_overlink(int argc, char **argv)
{
	int fd = bpf_obj_get(argv[0]), link;

	(void)argc;
	if (fd < 0)
		return 2;
	link = bpf_link_create(fd, root_cgroup(), LSM_CGROUP, NULL);
	say("link", link < 0 ? -link : 0);
	return 0;
}

/* Two policies on one hook; whatever was attached is gone afterwards. */
static int do_uncgroup(int argc, char **argv)
{
	struct bpf_object *o = load_object(argv[0], argv + 1, argc - 1);
	int cg = root_cgroup();

	say("attach", -bpf_prog_attach(prog_fd(o, argv[1]), cg, LSM_CGROUP, BPF_F_ALLOW_MULTI));
	do_unsigned(0, NULL);
	say("attach", -bpf_prog_attach(prog_fd(o, argv[2]), cg, LSM_CGROUP, BPF_F_ALLOW_MULTI));
	do_unsigned(0, NULL);
	for (int i = 1; i < 3; i++)
		bpf_prog_detach2(prog_fd(o, argv[i]), cg, LSM_CGROUP);
	return 0;
}

static int do_detach(int argc, char **argv)
{
	enum bpf_attach_type type = strcmp(argv[0], "lsm") ? BPF_CGROUP_SYSCTL : LSM_CGROUP;
	uint32_t ids[64] = { 0 }, flags[64];
	LIBBPF_OPTS(bpf_prog_query_opts, q, .prog_ids = ids, .prog_cnt = 64);
	int cg = root_cgroup();

	(void)argc;
	if (type == LSM_CGROUP)
		q.prog_attach_flags = flags;
	if (bpf_prog_query_opts(cg, type, &q))
		return 2;
	for (uint32_t i = 0; i < q.prog_cnt; i++) {
		int fd = bpf_prog_get_fd_by_id(ids[i]);

		say("fd", fd < 0 ? errno : 0);
		/* Some programs' detach asks for no descriptor: try without, too. */
		say("detach", -bpf_prog_detach2(fd < 0 ? 0 : fd, cg, type));
	}
	return 0;
}

static int do_fds(int argc, char **argv)
{
	bool progs = !strcmp(argv[0], "prog");
	int had = 0, refused = 0;
	uint32_t id = 0;

	(void)argc;
	while (!(progs ? bpf_prog_get_next_id(id, &id) : bpf_map_get_next_id(id, &id))) {
		int fd = progs ? bpf_prog_get_fd_by_id(id) : bpf_map_get_fd_by_id(id);

		had += fd >= 0;
		refused += fd < 0 && errno == EPERM;
		if (fd >= 0)
			close(fd);
	}
	printf("had=%d\nrefused=%d\n", had, refused);
	return 0;
}

static int do_enforce(int argc, char **argv)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;

	(void)argc;
	(void)argv;
	if (bpfkey_ctx_new(&ctx) || gate_open(ctx, &g) || gate_set_mode(g, GATE_ENFORCE))
		return 2;
	return 0;
}

static int do_loosen(int argc, char **argv)
{
	struct gate_call call = { .op = GATE_OP_REMOVE, .index = 1 };
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;

	(void)argc;
	(void)argv;
	if (bpfkey_ctx_new(&ctx) || gate_open(ctx, &g) || gate_do(g, &call))
		return 2;
	return 0;
}

static int do_preload(int argc, char **argv)
{
	held = bpf_object__open_file(argv[0], NULL);
	(void)argc;
	if (!held || bpf_object__load(held))
		return 2;
	say("preload", -bpf_obj_pin(prog_fd(held, "preload"), argv[1]));
	return 0;
}

static int do_run(int argc, char **argv)
{
	int64_t answer = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &answer, .ctx_size_in = sizeof(answer));
	int fd = bpf_obj_get(argv[0]);

	(void)argc;
	if (fd < 0 || bpf_prog_test_run_opts(fd, &opts))
		return 2;
	say("inner", answer < 0 ? -answer : 0);
	return 0;
}

static int do_wait(int argc, char **argv)
{
	char c;

	(void)argc;
	(void)argv;
	printf("pid=%d\n", getpid());
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		continue;
	return do_unsigned(0, NULL);
}

static int do_stay(int argc, char **argv)
{
	char c;

	(void)argc;
	(void)argv;
	do_unsigned(0, NULL);
	while (read(0, &c, 1) > 0)
		continue;
	return 0;
}

static int do_become(int argc, char **argv)
{
	(void)argc;
	execvp(argv[0], argv);
	return 2;
}

static int do_ask(int argc, char **argv)
{
	struct gate_call call = { .op = atoi(argv[0]), .index = argc > 1 ? atoi(argv[1]) : 0,
				  .u.seal.threshold = 1 };
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;

	if (bpfkey_ctx_new(&ctx) || gate_open(ctx, &g) || gate_call(g, &call))
		return 2;
	say("answer", -call.result);
	return 0;
}

static const struct {
	const char *name;
	int min;
	int (*run)(int argc, char **argv);
} attacks[] = {
	{ "unsigned", 0, do_unsigned }, { "signed", 2, do_signed }, { "after", 2, do_after },
	{ "between", 4, do_after }, { "pin", 3, do_pin }, { "hold", 4, do_hold },
	{ "cgroup", 2, do_cgroup }, { "uncgroup", 3, do_uncgroup }, { "link", 2, do_link },
	{ "detach", 1, do_detach }, { "enforce", 0, do_enforce },
	{ "loosen", 0, do_loosen }, { "fds", 1, do_fds }, { "preload", 2, do_preload },
	{ "run", 1, do_run }, { "wait", 0, do_wait },
	{ "stay", 0, do_stay }, { "become", 1, do_become },
	{ "keep", 3, do_keep }, { "again", 2, do_again }, { "over", 2, do_over },
	{ "overlink", 1, do_overlink },
	{ "ask", 1, do_ask }, { "flood", 1, do_flood },
};

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	/* An interpreter is told the file before its arguments. */
	if (argc > 2 && strchr(argv[1], '/'))
		argc--, argv++;
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(attacks); i++)
		if (!strcmp(attacks[i].name, argv[1]) && argc - 2 >= attacks[i].min)
			return attacks[i].run(argc - 2, argv + 2);
	return 2;
}
