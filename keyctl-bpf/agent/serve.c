// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../escape.h"
#include "peer.h"

#define LOG_WARNING 4	/* as journald takes them from a service's stderr, sd-daemon(3) */
#define LOG_INFO 6
#define RATES 64	/* bpfkey_agent has no more keys, and a name is only here with one */
#define TICK_MS 1000

/* How many messages a trusted loader may still send in this second. */
struct rate {
	char loader[32];
	int64_t second;
	unsigned int n;
};

struct server {
	struct cli *cli;
	struct bpfkey_agent *agent;
	struct peer peers[SERVE_PEERS];
	size_t n;
	struct rate rates[RATES];
	struct serve_counts *counts;
};

static void put_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%02x", p[i]);
}

/* Who, with which file, what, with which key, and what came of it: one line. */
static void log_event(const struct bpfkey_agent_event *e, bool greeting)
{
	fprintf(stderr, "<%d>%s", e->result ? LOG_WARNING : LOG_INFO,
		e->result ? "refused" : greeting ? "serving" : "signed");
	if (*e->name) {
		fputs(" '", stderr);
		escape_put(stderr, e->name);
		fputs("' sha256:", stderr);
		put_hex(e->digest, sizeof(e->digest));
	}
	fprintf(stderr, " for process %u", e->pid);
	if (*e->loader) {
		fputs(", trusted loader '", stderr);
		escape_put(stderr, e->loader);
		fputs("' with file ", stderr);
		put_hex(e->file, sizeof(e->file));
	}
	if (*e->key) {
		fputs(", with key '", stderr);
		escape_put(stderr, e->key);
		fputc('\'', stderr);
	}
	if (e->result) {
		fprintf(stderr, ": %s: ", bpfkey_err_name(e->result));
		escape_put(stderr, e->message);
	}
	fputc('\n', stderr);
}

static size_t connections_of(const struct server *s, const char *loader)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += !strcmp(s->peers[i].loader, loader);
	return n;
}

/* A bucket that is not of this second is as good as a free one. */
static bool too_often(struct server *s, const char *loader)
{
	int64_t now = peer_now_ms() / 1000;
	struct rate *r = NULL;

	for (size_t i = 0; i < RATES; i++) {
		if (!strcmp(s->rates[i].loader, loader)) {
			r = &s->rates[i];
			break;
		}
		if (!r && s->rates[i].second != now)
			r = &s->rates[i];
	}
	if (!r)
		return true;
	if (r->second != now || strcmp(r->loader, loader)) {
		*r = (struct rate){ .second = now };
		memcpy(r->loader, loader, sizeof(r->loader));
	}
	return ++r->n > SERVE_RATE;
}

static int answer_busy(struct server *s, struct peer *p, const char *why)
{
	void *data = NULL;
	size_t n = 0;

	s->counts->busy++;
	if (bpfkey_agent_busy(s->agent, why, &data, &n) < 0)
		return -1;
	peer_answer(p, data, n);
	return 0;
}

/* The answer to what has come, or the greeting of who has just come; -1: nothing to be said */
static int answer(struct server *s, struct peer *p)
{
	struct bpfkey_agent_event e = { .sz = sizeof(e) };
	bool greeting = !p->in_n;
	void *data = NULL;
	size_t n = 0;

	if (!greeting && too_often(s, p->loader)) {
		peer_take(p);
		return answer_busy(s, p, "more messages in a second than one loader may send");
	}
	if (bpfkey_agent_answer(s->agent, p->pidfd, p->in, p->in_n, &e, &data, &n) < 0)
		return -1;
	peer_take(p);
	log_event(&e, greeting);
	s->counts->refused += e.result != 0;
	s->counts->signatures += !e.result && !greeting;
	p->end = e.end;
	if (greeting && !e.result) {
		if (connections_of(s, e.loader) >= SERVE_PEERS_LOADER) {
			bpfkey_free(data);
			p->end = true;
			return answer_busy(s, p, "one loader has too many connections");
		}
		memcpy(p->loader, e.loader, sizeof(p->loader));
	}
	peer_answer(p, data, n);
	return 0;
}

/* -1: it is done with */
static int flush(struct peer *p)
{
	int r = p->out ? peer_write(p) : 1;

	return r < 0 || (r > 0 && p->end) ? -1 : 0;
}

static void welcome(struct server *s, struct peer *p)
{
	int r;

	s->counts->connections++;
	if (s->n == SERVE_PEERS) {
		p->end = true;
		r = answer_busy(s, p, "too many connections");
	} else {
		r = answer(s, p);
	}
	/* Who cannot be kept is told what fits into the socket, which is all of it. */
	if (r < 0 || flush(p) < 0 || s->n == SERVE_PEERS)
		peer_close(p);
	else
		s->peers[s->n++] = *p;
}

static size_t bytes_held(const struct server *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->peers[i].in_cap;
	return n;
}

static int deal_with(struct server *s, struct peer *p, short events)
{
	int r;

	if (p->out)
		return events & (POLLOUT | POLLERR | POLLHUP) ? flush(p) : 0;
	if (!(events & (POLLIN | POLLERR | POLLHUP)))
		return 0;
	r = peer_read(p, SERVE_BYTES - bytes_held(s));
	if (r <= 0)
		return r;
	return answer(s, p) < 0 ? -1 : flush(p);
}

static bool is_late(const struct peer *p, int64_t now)
{
	int64_t limit = p->out || p->in_n ? SERVE_MESSAGE_MS : SERVE_IDLE_MS;

	return now - p->since_ms > limit;
}

/* From the end, so that the one that takes a closed one's place has had its turn. */
static void deal_with_all(struct server *s, const struct pollfd *fds)
{
	int64_t now = peer_now_ms();

	for (size_t i = s->n; i-- > 0;) {
		struct peer *p = &s->peers[i];

		if (deal_with(s, p, fds[i].revents) < 0 || is_late(p, now)) {
			peer_close(p);
			*p = s->peers[--s->n];
		}
	}
}

static int accept_one(struct server *s, int listen_fd)
{
	struct peer p;
	int r = peer_accept(listen_fd, &p);

	if (!r)
		welcome(s, &p);
	if (r >= 0)
		return 0;
	if (errno == ENOPROTOOPT)
		return cmd_fail(s->cli, -BPFKEY_E_NO_KERNEL, "this kernel does not tell who is at "
				"the other end of a socket: Linux 6.5 does");
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		poll(NULL, 0, 100);	/* else it would be asked for at once again */
		return 0;
	}
	return cmd_fail(s->cli, -BPFKEY_E_IO, "cannot accept connections: %s", strerror(errno));
}

static int run(struct server *s, int listen_fd, int signal_fd)
{
	struct pollfd fds[2 + SERVE_PEERS] = {
		{ .fd = signal_fd, .events = POLLIN }, { .fd = listen_fd, .events = POLLIN },
	};
	int r = 0;

	while (!r) {
		size_t n = s->n;

		for (size_t i = 0; i < n; i++)
			fds[2 + i] = (struct pollfd){
				.fd = s->peers[i].fd,
				.events = s->peers[i].out ? POLLOUT : POLLIN,
			};
		if (poll(fds, 2 + n, n ? TICK_MS : -1) < 0) {
			if (errno == EINTR)
				continue;
			return cmd_fail(s->cli, -BPFKEY_E_IO, "cannot wait: %s", strerror(errno));
		}
		if (fds[0].revents)
			return 0;
		deal_with_all(s, fds + 2);
		if (fds[1].revents)
			r = accept_one(s, listen_fd);
	}
	return r;
}

int serve(struct cli *cli, struct bpfkey_agent *agent, int listen_fd, struct serve_counts *ret)
{
	static struct server s;	/* one process, one server: too large for the stack */
	sigset_t end;
	int r, signal_fd;

	s = (struct server){ .cli = cli, .agent = agent, .counts = ret };
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	signal_fd = sigprocmask(SIG_BLOCK, &end, NULL) ? -1 :
		    signalfd(-1, &end, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return cmd_fail(cli, -BPFKEY_E_IO, "cannot wait for signals: %s", strerror(errno));
	fprintf(stderr, "<%d>ready, with keys for %zu trusted loaders\n", LOG_INFO,
		bpfkey_agent_keys(agent));
	r = run(&s, listen_fd, signal_fd);
	while (s.n)
		peer_close(&s.peers[--s.n]);
	close(signal_fd);
	return r;
}
