// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A generator, as the signing agent meets it:
 *
 *	agent_client load SOCKET RING COUNT OBJECT	signed by the agent and loaded, COUNT times
 *	agent_client sign SOCKET MS OBJECT		signed only, within so many milliseconds
 *	agent_client raw SOCKET FILE			what the agent says to these bytes
 *	agent_client flood SOCKET COUNT			how so many messages are answered
 *	agent_client exec SOCKET PROGRAM		and to that one of these, greeted before
 *	agent_client crowd SOCKET COUNT			how so many connections are greeted
 *
 * Prints what it came to; ends with the exit status of the result.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <bpfkey.h>

#include "lib/model/agent_wire.h"

#define OBJECT_MAX (1u << 20)

static size_t read_file(const char *path, uint8_t *to, size_t max)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, max);

	if (n < 0)
		printf("cannot read '%s'\n", path);
	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static int load(struct bpfkey_ctx *ctx, const void *data, size_t n, int32_t ring)
{
	struct bpfkey_load_opts opts = { .sz = sizeof(opts), .keyring = ring, .hold = true };
	struct bpfkey_object *o = NULL;
	struct bpfkey_loaded *l = NULL;
	int r = bpfkey_object_open_mem(ctx, "generated", data, n, &o);

	if (!r)
		r = bpfkey_object_load(o, &opts, &l);
	bpfkey_loaded_free(l);
	bpfkey_object_free(o);
	return r;
}

static int sign(struct bpfkey_ctx *ctx, char **argv, bool then_load)
{
	struct bpfkey_remote_opts remote = { .sz = sizeof(remote), .socket = argv[2] };
	static uint8_t object[OBJECT_MAX];
	size_t n = read_file(argv[then_load ? 5 : 4], object, sizeof(object));
	int count = then_load ? atoi(argv[4]) : 1, done = 0, r = 0;

	if (!then_load)
		remote.timeout = (uint32_t)atoi(argv[3]);
	for (int i = 0; !r && i < count; i++) {
		void *out = NULL;
		size_t out_n = 0;

		r = bpfkey_remote_sign(ctx, "generated", object, n, NULL, &remote, &out, &out_n);
		if (!r)
			printf("%s", i ? "" : "signed\n");
		if (!r && then_load)
			r = load(ctx, out, out_n, atoi(argv[3]));
		done += !r;
		bpfkey_free(out);
	}
	printf("done %d\n", done);
	if (r)
		printf("%s: %s\nhint: %s\n", bpfkey_err_name(r), bpfkey_ctx_message(ctx),
		       bpfkey_ctx_hint(ctx));
	return bpfkey_err_exit(r);
}

/* An empty list to sign, which the agent refuses by what it is. */
static const uint8_t message[] = "KBPA\0\1\0\3\0\0\0\10\0\0\0\0\0\0\0";

/* One message of the agent; how many bytes of it came. */
static size_t hear(int fd, uint8_t *to, size_t max)
{
	size_t n = 0;

	while (n < max && n < bpfkey_agent_need(to, n)) {
		ssize_t k = read(fd, to + n, bpfkey_agent_need(to, n) - n);

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	return n;
}

static int raw(char **argv)
{
	static uint8_t bytes[OBJECT_MAX], heard[OBJECT_MAX];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct agent_wire w = { 0 };
	size_t n;

	strncpy(a.sun_path, argv[2], sizeof(a.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return 4;
	n = hear(fd, heard, sizeof(heard));
	if (agent_wire_read((struct view){ heard, n }, &w) || w.kind != AGENT_WIRE_WELCOME)
		return 3;
	n = read_file(argv[3], bytes, sizeof(bytes));
	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		return 1;
	n = hear(fd, heard, sizeof(heard));
	if (!n) {
		puts("closed");
	} else if (agent_wire_read((struct view){ heard, n }, &w)) {
		return 1;
	} else {
		printf("kind %u why %u: %.*s\n", w.kind, w.why, (int)w.text.n,
		       w.text.n ? (const char *)w.text.p : "");
		puts(recv(fd, heard, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN ?
		     "open" : "ended");
	}
	close(fd);
	return 0;
}

/* All of them stay until the last one is greeted. */
static int crowd(const char *path, int count)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static uint8_t heard[OBJECT_MAX];
	int kinds[AGENT_WIRE_REFUSED + 1] = { 0 }, busy = 0;

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		struct agent_wire w = { 0 };

		if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return 4;
		if (agent_wire_read((struct view){ heard, hear(fd, heard, sizeof(heard)) }, &w))
			return 1;
		kinds[w.kind]++;
		busy += w.why == AGENT_WIRE_BUSY;
	}
	printf("%d welcome, %d busy\n", kinds[AGENT_WIRE_WELCOME], busy);
	return 0;
}

/* What the agent says on a connection that was made before. */
static int on(int fd)
{
	static uint8_t heard[OBJECT_MAX];
	struct agent_wire w = { 0 };

	if (send(fd, message, sizeof(message), MSG_NOSIGNAL) != sizeof(message) ||
	    agent_wire_read((struct view){ heard, hear(fd, heard, sizeof(heard)) }, &w))
		return 1;
	printf("why %u: %.*s\n", w.why, (int)w.text.n, w.text.n ? (const char *)w.text.p : "");
	return 0;
}

/* Greeted, and then another program in the same process. */
static int become(const char *path, const char *program)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	uint8_t heard[8192];
	char text[16];

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    !hear(fd, heard, sizeof(heard)))
		return 4;
	snprintf(text, sizeof(text), "%d", fd);
	execl(program, program, "on", "-", text, (char *)NULL);
	return 1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* One after the other without a pause, each of them refused in its own way or as one too many. */
static int flood(const char *path, int count)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static uint8_t heard[OBJECT_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), served = 0, busy = 0;
	int64_t began = now_ms();

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    !hear(fd, heard, sizeof(heard)))
		return 4;
	for (int i = 0; i < count; i++) {
		struct agent_wire w = { 0 };

		if (send(fd, message, sizeof(message), MSG_NOSIGNAL) != sizeof(message) ||
		    agent_wire_read((struct view){ heard, hear(fd, heard, sizeof(heard)) }, &w))
			return 1;
		busy += w.why == AGENT_WIRE_BUSY;
		served += w.why == AGENT_WIRE_NOT_A_LOADER;
	}
	printf("%d served, %d busy, %lld ms\n", served, busy, (long long)(now_ms() - began));
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpfkey_ctx *ctx = NULL;
	int r;

	if (argc == 4 && !strcmp(argv[1], "raw"))
		return raw(argv);
	if (argc == 4 && !strcmp(argv[1], "crowd"))
		return crowd(argv[2], atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "exec"))
		return become(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "on"))
		return on(atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "flood"))
		return flood(argv[2], atoi(argv[3]));
	if (argc < 5 || bpfkey_ctx_new(&ctx) < 0)
		return 2;
	r = sign(ctx, argv, argc == 6 && !strcmp(argv[1], "load"));
	bpfkey_ctx_free(ctx);
	return r;
}
