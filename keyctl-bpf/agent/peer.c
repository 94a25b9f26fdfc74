// SPDX-License-Identifier: GPL-2.0-or-later
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpfkey/agent.h>
#include <bpfkey/ctx.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77		/* Linux 6.5 */
#endif

#define FIRST_PIECE 4096

int64_t peer_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int peer_accept(int listen_fd, struct peer *ret)
{
	struct peer p = { .pidfd = -1, .since_ms = peer_now_ms() };
	socklen_t n = sizeof(p.pidfd);

	p.fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (p.fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 1 : -1;
	/* Of a peer that has ended already there is none: nobody to answer. */
	if (getsockopt(p.fd, SOL_SOCKET, SO_PEERPIDFD, &p.pidfd, &n)) {
		int err = errno;

		close(p.fd);
		errno = err;
		return err == ENOPROTOOPT ? -1 : 1;
	}
	*ret = p;
	return 0;
}

void peer_close(struct peer *p)
{
	close(p->fd);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p->in);
	bpfkey_free(p->out);
}

/* Memory is for what has come, not for what a message says will come. */
static bool grow(struct peer *p, size_t need, size_t room)
{
	size_t cap = p->in_cap ? 2 * p->in_cap : FIRST_PIECE;
	uint8_t *in;

	if (cap > need)
		cap = need;
	if (cap - p->in_cap > room)
		return false;
	in = realloc(p->in, cap);
	if (!in)
		return false;
	p->in = in;
	p->in_cap = cap;
	return true;
}

int peer_read(struct peer *p, size_t room)
{
	size_t need = bpfkey_agent_need(p->in, p->in_n);
	ssize_t n;

	if (need > p->in_cap && p->in_n == p->in_cap && !grow(p, need, room))
		return -1;
	if (need > p->in_cap)
		need = p->in_cap;
	n = recv(p->fd, p->in + p->in_n, need - p->in_n, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	if (!p->in_n)
		p->since_ms = peer_now_ms();
	p->in_n += (size_t)n;
	return bpfkey_agent_need(p->in, p->in_n) <= p->in_n;
}

void peer_take(struct peer *p)
{
	free(p->in);
	p->in = NULL;
	p->in_n = p->in_cap = 0;
}

void peer_answer(struct peer *p, void *data, size_t n)
{
	bpfkey_free(p->out);
	p->out = data;
	p->out_n = n;
	p->out_at = 0;
	p->since_ms = peer_now_ms();
}

int peer_write(struct peer *p)
{
	ssize_t n = send(p->fd, p->out + p->out_at, p->out_n - p->out_at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	p->out_at += (size_t)n;
	if (p->out_at < p->out_n)
		return 0;
	peer_answer(p, NULL, 0);
	return 1;
}
