/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels make of certificates, keyrings and signatures. Every load is of
 * the same two instructions; every answer is printed as "ROW=ERRNO", 0 for yes.
 *
 * facts add RING FILE...	certificates into a keyring; ROW is the file's name
 * facts load ROW RING SIG	one signature
 * facts loads RING SIG...	many; ROW is the file's name
 * facts odd RING SIG		what no loader would pass: empty, at a bad address, ...
 * facts said RING SIG ROW	what the verifier's log holds: nothing, text, a whole log
 * facts key RING CERT		what can be done to a key: update, read
 * facts btf			which fields the kernel's types have, and where
 */
#include <bpf/btf.h>
#include <keyutils.h>

#include "tests/kernel/attacks/attack.h"

#define LOG_SIZE (64u << 10)
#define BAD_ADDRESS 8

static void say(const char *row, long err)
{
	printf("%s=%s\n", row, name_of(err));
}

static struct buf read_file(const char *path)
{
	struct buf b = BUF(FILE_MAX);

	if (bk_file_read(NULL, path, FILE_MAX, &b)) {
		fprintf(stderr, "cannot read '%s'\n", path);
		exit(2);
	}
	return b;
}

/* "a/b.sig" is the row "b". */
static void say_file(const char *path, long err)
{
	char row[256];
	const char *base = strrchr(path, '/');

	snprintf(row, sizeof(row), "%s", base ? base + 1 : path);
	if (strrchr(row, '.'))
		*strrchr(row, '.') = '\0';
	say(row, err);
}

static long add(const char *path, int ring)
{
	struct buf cert = read_file(path);
	long r = add_key("asymmetric", "", cert.p, cert.n, ring);

	r = r < 0 ? -errno : r;
	buf_done(&cert);
	return r;
}

static int do_add(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		long r = add(argv[i], atoi(argv[0]));

		say_file(argv[i], r < 0 ? -r : 0);
	}
	return 0;
}

static long try_sig(const char *path, int ring)
{
	struct buf sig = read_file(path);
	struct tiny t = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER, .sig = buf_view(&sig), .keyring = ring,
	};
	long err = try_tiny(&t);

	buf_done(&sig);
	return err;
}

static int do_load(int argc, char **argv)
{
	(void)argc;
	say(argv[0], try_sig(argv[2], atoi(argv[1])));
	return 0;
}

static int do_loads(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		say_file(argv[i], try_sig(argv[i], atoi(argv[0])));
	return 0;
}

static int do_odd(int argc, char **argv)
{
	struct buf sig = read_file(argv[1]);
	const struct view good = buf_view(&sig), none = { NULL, 0 };
	const int ring = atoi(argv[0]);
	const struct {
		const char *row;
		struct view sig;
		int ring;
	} rows[] = {
		{ "good", good, ring },
		{ "empty", { good.p, 0 }, ring },
		{ "fault", { (const uint8_t *)BAD_ADDRESS, good.n }, ring },
		{ "null-sized", { NULL, good.n }, ring },
		{ "null-ring", none, ring },
		{ "null-no-ring", none, 0x7ffffff0 },
		{ "ring-none", good, 0x7ffffff0 },
		{ "ring-3", good, 3 }, { "ring-4", good, 4 }, { "ring-99", good, -99 },
		{ "ring-thread", good, KEY_SPEC_THREAD_KEYRING },
		{ "ring-process", good, KEY_SPEC_PROCESS_KEYRING },
		{ "ring-builtin", good, 0 }, { "ring-secondary", good, 1 },
		{ "ring-platform", good, 2 },
	};

	(void)argc;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tiny t = {
			.type = BPF_PROG_TYPE_SOCKET_FILTER,
			.sig = rows[i].sig, .keyring = rows[i].ring,
		};

		say(rows[i].row, try_tiny(&t));
	}
	buf_done(&sig);
	return 0;
}

static int do_said(int argc, char **argv)
{
	struct buf sig = read_file(argv[1]);
	static char log[LOG_SIZE];
	struct tiny t = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER, .sig = buf_view(&sig),
		.keyring = atoi(argv[0]), .log = log, .log_size = LOG_SIZE,
	};

	(void)argc;
	try_tiny(&t);
	printf("%s=%s\n", argv[2],
	       !*log ? "nothing" : strstr(log, "processed ") ? "whole" : "text");
	buf_done(&sig);
	return 0;
}

static int do_key(int argc, char **argv)
{
	struct buf cert = read_file(argv[1]);
	long key = add(argv[1], atoi(argv[0]));
	char byte;

	(void)argc;
	if (key < 0)
		return 2;
	say("key-update", keyctl_update((key_serial_t)key, cert.p, cert.n) < 0 ? errno : 0);
	say("key-read", keyctl_read((key_serial_t)key, &byte, 1) < 0 ? errno : 0);
	buf_done(&cert);
	return 0;
}

/* A member of the structure T, also of a nameless structure or union in it. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *t,
					    const char *member)
{
	for (int i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = btf__name_by_offset(btf, m->name_off);

		if (*name ? strcmp(name, member) :
		    !(m = find_member(btf, btf__type_by_id(btf, m->type), member)))
			continue;
		return m;
	}
	return NULL;
}

/* Its size; @where: and its offset, for what is read without asking the kernel's types. */
static void say_member(const struct btf *btf, const char *type, const char *member, bool where)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_member *m;

	m = find_member(btf, id < 0 ? NULL : btf__type_by_id(btf, id), member);
	printf("%s.%s=", type, member);
	if (!m) {
		puts("no");
		return;
	}
	printf("%lld bytes", (long long)btf__resolve_size(btf, m->type));
	if (where)
		printf(" at %u", m->offset / 8);
	putchar('\n');
}

static void say_enum(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, id);

	printf("%s=%s", name, t ? "" : "no");
	for (int i = 0; t && i < btf_vlen(t); i++) {
		const char *word = btf__name_by_offset(btf, btf_enum(t)[i].name_off);

		printf("%s%d %s", i ? ", " : "", btf_enum(t)[i].val, strrchr(word, '_') + 1);
	}
	putchar('\n');
}

static int do_btf(int argc, char **argv)
{
	static const struct { const char *type, *member; bool where; } members[] = {
		{ "bpf_prog_aux", "sig", false }, { "bpf_map", "excl", true },
		{ "bpf_map", "sha", true }, { "bpf_map", "excl_prog_sha", false },
		{ "bpf_map", "frozen", false }, { "bpf_prog", "digest", false },
	};
	struct btf *btf = btf__load_vmlinux_btf();

	(void)argc;
	(void)argv;
	if (!btf)
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		say_member(btf, members[i].type, members[i].member, members[i].where);
	say_enum(btf, "bpf_sig_verdict");
	say_enum(btf, "bpf_sig_keyring");
	btf__free(btf);
	return 0;
}

static const struct {
	const char *name;
	int min;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "add", 2, do_add }, { "load", 3, do_load }, { "loads", 2, do_loads },
	{ "odd", 2, do_odd }, { "said", 3, do_said }, { "key", 2, do_key }, { "btf", 0, do_btf },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, argv[1]) && argc - 2 >= verbs[i].min)
			return verbs[i].run(argc - 2, argv + 2);
	return 2;
}
