/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent signs and what it does not, with a real key and real loaders; and the library's
 * client against it over a socket. Who may ask at all is the gate's to say: tests/kernel/agent.t.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <bpfkey.h>

#include "lib/flow/agent_serve.h"
#include "lib/flow/object.h"
#include "tests/tap.h"
#include "tests/unit/sh.h"

#define TYPES (1ULL << 6 | 1ULL << 17 | 1ULL << 26)	/* xdp, raw_tracepoint, tracing */
#define FILE_MAX (8u << 20)
#define GUARD_CONSTANT 36	/* in the fourth instruction: the first four bytes of the digest */

static struct bpfkey_ctx *ctx;
static struct bpfkey_signer *signer;
static struct bpfkey_object *object;
static struct buf plain, digests;
static struct view insns, metadata;

static struct view part(enum bpfkey_object_part p)
{
	const void *data = NULL;
	size_t n = 0;

	bpfkey_object_part(object, p, &data, &n);
	return (struct view){ data, n };
}

/* What the agent says to that; why is 0 when it signs. */
static enum agent_wire_why ask(const struct agent_wire *w, uint64_t types, uint32_t sigs,
			       const char *sentence)
{
	const struct agent_serve s = { .loader = "gen", .signer = signer, .types = types };
	_cleanup_(buf_done) struct buf in = BUF(FILE_MAX), out = BUF(0);
	struct bpfkey_agent_event e = { 0 };
	struct agent_wire answer = { 0 };
	bool good;

	bk_enter(ctx);
	agent_wire_put(&in, w);
	if (agent_serve_request(ctx, &s, buf_view(&in), &e, &out) ||
	    agent_wire_read(buf_view(&out), &answer))
		return AGENT_WIRE_WHY__END;
	good = answer.n_sigs == sigs && !answer.why == !e.result && (!answer.text.n ||
	       memmem(answer.text.p, answer.text.n, sentence, strlen(sentence)));
	if (!good)
		printf("# %u signatures, %.*s\n", answer.n_sigs, (int)answer.text.n,
		       answer.text.n ? (const char *)answer.text.p : "");
	return good ? answer.why : AGENT_WIRE_WHY__END;
}

static struct agent_wire loader(struct view code, struct view data)
{
	return (struct agent_wire){ .kind = AGENT_WIRE_SIGN_LOADER, .insns = code,
				    .metadata = data };
}

/* A copy of @v in which one byte is another. */
static struct view changed(struct buf *b, struct view v, size_t at)
{
	*b = BUF(v.n);
	buf_put(b, v.p, v.n);
	b->p[at] ^= 1;
	return buf_view(b);
}

static void test_loaders(void)
{
	_cleanup_(buf_done) struct buf guard = BUF(0), data = BUF(0);
	struct agent_wire w = loader(insns, metadata);
	size_t head = 29 * 8;	/* the check: what follows is the loader without it */

	is_int(ask(&w, TYPES, 2, ""), 0, "a loader that checks its metadata is signed twice");
	is_int(ask(&w, 1ULL << 6, 0, "not among the types"), AGENT_WIRE_NOT_A_LOADER,
	       "not when it loads another type");
	w.metadata = changed(&data, metadata, metadata.n - 1);
	is_int(ask(&w, TYPES, 0, "is what came with it"), AGENT_WIRE_NOT_A_LOADER,
	       "nor with other metadata");
	w = loader(changed(&guard, insns, GUARD_CONSTANT), metadata);
	is_int(ask(&w, TYPES, 0, ""), AGENT_WIRE_NOT_A_LOADER, "nor when it wants others");
	w = loader((struct view){ insns.p + head, insns.n - head }, metadata);
	is_int(ask(&w, TYPES, 0, ""), AGENT_WIRE_NOT_A_LOADER, "nor when it checks nothing");
	w = loader((struct view){ insns.p, insns.n - 3 }, metadata);
	is_int(ask(&w, TYPES, 0, ""), AGENT_WIRE_NOT_A_LOADER, "nor half an instruction");
	w = loader((struct view){ 0 }, metadata);
	is_int(ask(&w, TYPES, 0, ""), AGENT_WIRE_NOT_A_LOADER, "nor none");
	w = loader(insns, (struct view){ 0 });
	is_int(ask(&w, TYPES, 0, ""), AGENT_WIRE_NOT_A_LOADER, "nor without metadata");
}

static void test_lists(void)
{
	struct agent_wire w = { .kind = AGENT_WIRE_SIGN_LIST, .list = buf_view(&digests) };
	_cleanup_(buf_done) struct buf magic = BUF(0);
	bool refused = true;

	is_int(ask(&w, TYPES, 1, ""), 0, "the list of digests is signed once");
	for (size_t n = 0; n < digests.n; n++) {
		w.list.n = n;
		refused = refused && ask(&w, TYPES, 0, "no") == AGENT_WIRE_NOT_A_LOADER;
	}
	w.list = changed(&magic, buf_view(&digests), 0);
	ok(refused, "no beginning of it is");
	is_int(ask(&w, TYPES, 0, "not the digest list"), AGENT_WIRE_NOT_A_LOADER,
	       "nor what could be instructions");
	w = (struct agent_wire){ .kind = AGENT_WIRE_SIGN_LIST, .list = insns };
	is_int(ask(&w, TYPES, 0, "not the digest list"), AGENT_WIRE_NOT_A_LOADER, "nor a loader");
}

static bool hear(int fd, struct buf *b)
{
	size_t need;

	*b = BUF(FILE_MAX);
	while ((need = bpfkey_agent_need(b->p, b->n)) > b->n) {
		uint8_t piece[4096];
		size_t left = need - b->n;
		ssize_t n = read(fd, piece, left < sizeof(piece) ? left : sizeof(piece));

		if (n <= 0)
			return false;
		buf_put(b, piece, n);
	}
	return buf_ok(b);
}

/* An agent for one connection. @lie: its signatures are of something else */
static void serve_one(int listener, bool lie)
{
	const struct agent_serve s = { .loader = "gen", .signer = signer, .types = TYPES };
	int fd = accept(listener, NULL, NULL);
	struct buf in = BUF(0), out = BUF(0);

	if (agent_serve_welcome(ctx, &s, &out))
		return;
	while (write(fd, out.p, out.n) == (ssize_t)out.n && hear(fd, &in)) {
		struct bpfkey_agent_event e = { 0 };
		struct agent_wire w;

		buf_done(&out);
		out = BUF(0);
		if (agent_serve_request(ctx, &s, buf_view(&in), &e, &out))
			return;
		if (lie && !agent_wire_read(buf_view(&out), &w) && w.n_sigs == 2) {
			struct buf swapped = BUF(FILE_MAX);
			struct view first = w.sigs[0];

			w.sigs[0] = w.sigs[1];
			w.sigs[1] = first;
			agent_wire_put(&swapped, &w);
			buf_done(&out);
			out = swapped;
		}
		buf_done(&in);
	}
}

static int remote(bool lie, void **ret, size_t *ret_n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "sock" };
	const struct bpfkey_remote_opts o = { .sz = sizeof(o), .socket = "sock" };
	struct bpfkey_sign_opts opts = { .sz = sizeof(opts) };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), r;
	pid_t pid;

	unlink("sock");
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		serve_one(fd, lie);
		_exit(0);
	}
	close(fd);
	r = bpfkey_remote_sign(ctx, "x.o", plain.p, plain.n, &opts, &o, ret, ret_n);
	waitpid(pid, NULL, 0);
	return r;
}

static void test_remote(void)
{
	struct bpfkey_cert *cert = NULL;
	struct bpfkey_object *got = NULL;
	void *data = NULL;
	size_t n = 0;

	is_int(remote(false, &data, &n), 0, "a client has its object signed");
	is_int(bpfkey_object_open_mem(ctx, "got", data, n, &got), 0, "it is a signed object");
	is_int(bpfkey_cert_open(ctx, "c.pem", &cert), 0, "and the agent's certificate");
	is_int(bpfkey_object_verify(got, &cert, 1, NULL, NULL), 0, "verifies all of it");
	bpfkey_object_free(got);
	bpfkey_cert_free(cert);
	bpfkey_free(data);

	data = NULL;
	is_int(remote(true, &data, &n), -BPFKEY_E_SIGNATURE, "signatures of something else");
	ok(!data && strstr(bpfkey_ctx_message(ctx), "cannot sign 'x.o'"), "are not handed over");
}

static bool set_up(void)
{
	const struct bpfkey_key_opts key = { .sz = sizeof(key), .alg = "p256",
					     .form = BPFKEY_FORM_FILE };
	const struct bpfkey_cert_opts cert = { .sz = sizeof(cert), .key = "k.pem", .name = "gen",
					       .role = BPFKEY_ROLE_DELEGATED };
	const char *built = getenv("O");
	char path[4096];
	void *data = NULL;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/tests/kernel/skeleton_obj.bpf.o", built ? built : "build");
	plain = BUF(FILE_MAX);
	/* Before it goes to a folder of its own. */
	if (bpfkey_ctx_new(&ctx) || bk_file_read(ctx, path, FILE_MAX, &plain))
		return false;
	sh_enter();
	if (bpfkey_key_new(ctx, "k.pem", &key, NULL) ||
	    bpfkey_cert_new(ctx, "c.pem", &cert, NULL) ||
	    bpfkey_signer_open(ctx, "k.pem", "c.pem", &signer) ||
	    bpfkey_sign_object_mem(signer, "x", plain.p, plain.n, NULL, &data, &n) ||
	    bpfkey_object_open_mem(ctx, "x", data, n, &object))
		return false;
	bpfkey_free(data);
	insns = part(BPFKEY_PART_LOADER);
	metadata = part(BPFKEY_PART_METADATA);
	digests = BUF(FILE_MAX);
	buf_put(&digests, part(BPFKEY_PART_DIGESTS).p, part(BPFKEY_PART_DIGESTS).n);
	return insns.n && metadata.n && digests.n;
}

int main(void)
{
	if (!ok(set_up(), "a key, and an object that it has signed")) {
		printf("# %s\n", bpfkey_ctx_message(ctx));
		return done_testing();
	}
	test_loaders();
	test_lists();
	test_remote();
	bpfkey_object_free(object);
	bpfkey_signer_free(signer);
	buf_done(&digests);
	buf_done(&plain);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
