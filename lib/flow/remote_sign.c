// SPDX-License-Identifier: LGPL-2.1-or-later
/* A generator's side of the signing agent: a signer whose key is behind a socket. */
#include <bpfkey.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "../model/agent_wire.h"
#include "opts.h"
#include "signer_handle.h"

#define TIMEOUT_MS 10000
#define AGAIN_MS 20	/* between two tries of a busy agent */

struct remote {
	struct bpfkey_ctx *ctx;
	const char *path, *name;
	int fd;
	int64_t deadline;	/* in ms of the monotonic clock */
	struct buf in, cert;
};

static void remote_done(struct remote *c)
{
	bk_closep(&c->fd);
	buf_done(&c->in);
	buf_done(&c->cert);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int too_late(struct remote *c)
{
	bk_hint(c->ctx, "look at the agent's log: journalctl -u keyctl-bpf-agent");
	return bk_fail(c->ctx, -BPFKEY_E_BUSY, "the signing agent at '%s' did not answer in time",
		       c->path);
}

static int no_agent(struct remote *c, int err)
{
	bool denied = err == EACCES || err == EPERM;

	if (!denied)
		bk_hint(c->ctx, "start it: keyctl-bpf-agent --sign");
	return bk_fail_errno(c->ctx, denied ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_NO_AGENT, err,
			     "no signing agent at '%s'", c->path);
}

static int wait_for(struct remote *c, short events)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = c->deadline - now_ms();
	int n;

	if (left <= 0)
		return too_late(c);
	n = poll(&p, 1, left);
	if (n < 0 && errno != EINTR)
		return bk_fail_errno(c->ctx, -BPFKEY_E_IO, errno, "cannot wait for the agent");
	return n ? 0 : too_late(c);
}

/* Before anything is said: a key's signature is wanted from the system, not from a neighbour. */
static int check_owner(struct remote *c)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &n))
		return bk_fail_errno(c->ctx, -BPFKEY_E_IO, errno, "cannot see who answers at '%s'",
				     c->path);
	if (cred.uid && cred.uid != geteuid())
		return bk_fail(c->ctx, -BPFKEY_E_INSECURE, "user %u answers at '%s', who is no "
			       "agent for this user", cred.uid, c->path);
	return 0;
}

static int connect_to(struct remote *c)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(c->path) >= sizeof(a.sun_path))
		return bk_fail(c->ctx, -BPFKEY_E_USAGE, "the path '%s' is too long for a socket",
			       c->path);
	strcpy(a.sun_path, c->path);
	bk_closep(&c->fd);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return bk_fail_errno(c->ctx, -BPFKEY_E_IO, errno, "cannot make a socket");
	while (connect(c->fd, (struct sockaddr *)&a, sizeof(a))) {
		struct timespec t = { .tv_nsec = AGAIN_MS * 1000000L };

		if (errno != EAGAIN && errno != EINTR)
			return no_agent(c, errno);
		if (now_ms() >= c->deadline)	/* its queue is full */
			return too_late(c);
		nanosleep(&t, NULL);
	}
	return check_owner(c);
}

/* When the other end is gone, what it said before it went is still to be read. */
static int send_all(struct remote *c, struct view v)
{
	while (v.n) {
		ssize_t n = send(c->fd, v.p, v.n, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return bk_fail_errno(c->ctx, -BPFKEY_E_IO, errno, "cannot write to the "
					     "signing agent at '%s'", c->path);
		if (n > 0)
			v = (struct view){ v.p + n, v.n - n };
		else if (wait_for(c, POLLOUT) < 0)
			return -BPFKEY_E_BUSY;
	}
	return 0;
}

static int receive_bytes(struct remote *c, size_t want)
{
	uint8_t piece[8192];

	while (c->in.n < want) {
		size_t left = want - c->in.n;
		ssize_t n = recv(c->fd, piece, left < sizeof(piece) ? left : sizeof(piece), 0);

		if (!n || (n < 0 && errno == ECONNRESET))
			return bk_fail(c->ctx, -BPFKEY_E_NO_AGENT, "the signing agent at '%s' has "
				       "closed the connection", c->path);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return bk_fail_errno(c->ctx, -BPFKEY_E_IO, errno, "cannot read from the "
					     "signing agent at '%s'", c->path);
		if (n > 0)
			buf_put(&c->in, piece, n);
		else if (wait_for(c, POLLIN) < 0)
			return -BPFKEY_E_BUSY;
	}
	return buf_ok(&c->in) ? 0 : bk_out_of_memory(c->ctx);
}

static int refused(struct remote *c, const struct agent_wire *w)
{
	static const int codes[AGENT_WIRE_WHY__END] = {
		[AGENT_WIRE_BUSY] = BPFKEY_E_BUSY,
		[AGENT_WIRE_OTHER_VERSION] = BPFKEY_E_NO_SUPPORT,
		[AGENT_WIRE_NOT_A_LOADER] = BPFKEY_E_NOT_A_LOADER,
		[AGENT_WIRE_TOO_BIG] = BPFKEY_E_TOO_BIG,
	};
	int code = codes[w->why] ? codes[w->why] : BPFKEY_E_AGENT;

	if (w->hint.n)
		bk_hint(c->ctx, "%.*s", (int)w->hint.n, w->hint.p);
	return bk_fail(c->ctx, -code, "the signing agent refused: %.*s", (int)w->text.n,
		       w->text.n ? (const char *)w->text.p : "");
}

/* receive - the next message, which is of the kind @want or a refusal */
static int receive(struct remote *c, enum agent_wire_kind want, struct agent_wire *ret)
{
	struct agent_wire_head h = { 0 };
	int r;

	buf_done(&c->in);
	c->in = BUF(AGENT_WIRE_HEAD + AGENT_WIRE_BODY_MAX);
	r = receive_bytes(c, AGENT_WIRE_HEAD);
	if (r < 0)
		return r;
	if (agent_wire_head(buf_view(&c->in), &h) < 0)
		return bk_fail(c->ctx, -BPFKEY_E_FORMAT, "what answers at '%s' is no signing "
			       "agent", c->path);
	if (h.version != AGENT_WIRE_VERSION)
		return bk_fail(c->ctx, -BPFKEY_E_NO_SUPPORT, "the signing agent at '%s' speaks "
			       "version %u, this program %u", c->path, h.version,
			       AGENT_WIRE_VERSION);
	r = h.len > AGENT_WIRE_BODY_MAX ? 0 : receive_bytes(c, AGENT_WIRE_HEAD + h.len);
	if (r < 0)
		return r;
	if (agent_wire_read(buf_view(&c->in), ret) < 0 ||
	    (ret->kind != want && ret->kind != AGENT_WIRE_REFUSED))
		return bk_fail(c->ctx, -BPFKEY_E_FORMAT, "the signing agent at '%s' sent a "
			       "malformed answer", c->path);
	return ret->kind == AGENT_WIRE_REFUSED ? refused(c, ret) : 0;
}

static int greet(struct remote *c)
{
	struct agent_wire w;
	int r = connect_to(c);

	if (!r)
		r = receive(c, AGENT_WIRE_WELCOME, &w);
	if (r < 0)
		return r;
	buf_done(&c->cert);
	c->cert = BUF(AGENT_WIRE_CERT_MAX);
	buf_put(&c->cert, w.cert.p, w.cert.n);
	return buf_ok(&c->cert) ? 0 : bk_out_of_memory(c->ctx);
}

/* greet_patiently, ask: busy is no answer until the time is over */
static bool try_again(struct remote *c, int r)
{
	struct timespec t = { .tv_nsec = AGAIN_MS * 1000000L };

	if (r != -BPFKEY_E_BUSY || now_ms() + AGAIN_MS >= c->deadline)
		return false;
	bk_forget(c->ctx);
	nanosleep(&t, NULL);
	return true;
}

static int greet_patiently(struct remote *c)
{
	int r;

	do
		r = greet(c);
	while (try_again(c, r));
	return r;
}

static int ask(struct remote *c, const struct agent_wire *w, uint32_t sigs, struct agent_wire *ret)
{
	_cleanup_(buf_done) struct buf out = BUF(AGENT_WIRE_HEAD + AGENT_WIRE_BODY_MAX);
	int r;

	agent_wire_put(&out, w);
	if (out.no_memory)
		return bk_out_of_memory(c->ctx);
	if (!buf_ok(&out))
		return bk_fail(c->ctx, -BPFKEY_E_TOO_BIG, "a signing agent reads at most %u bytes",
			       AGENT_WIRE_BODY_MAX);
	do {
		r = c->fd < 0 ? greet(c) : 0;
		if (!r)
			r = send_all(c, buf_view(&out));
		if (!r)
			r = receive(c, AGENT_WIRE_SIGNED, ret);
		if (r == -BPFKEY_E_BUSY)
			close(bk_steal_fd(&c->fd));
	} while (try_again(c, r));
	if (!r && ret->n_sigs != sigs)
		r = bk_fail(c->ctx, -BPFKEY_E_FORMAT, "the signing agent at '%s' sent %u "
			    "signatures for %u", c->path, ret->n_sigs, sigs);
	return r;
}

static struct view name_view(const struct remote *c)
{
	return (struct view){ (const uint8_t *)c->name, strnlen(c->name, AGENT_WIRE_NAME_MAX) };
}

static int sign_loader(void *user, struct view insns, struct view metadata,
		       struct buf *ret_insns, struct buf *ret_both)
{
	struct remote *c = user;
	const struct agent_wire w = { .kind = AGENT_WIRE_SIGN_LOADER, .name = name_view(c),
				      .insns = insns, .metadata = metadata };
	struct agent_wire answer;
	int r = ask(c, &w, 2, &answer);

	if (r < 0)
		return r;
	buf_put(ret_insns, answer.sigs[0].p, answer.sigs[0].n);
	buf_put(ret_both, answer.sigs[1].p, answer.sigs[1].n);
	return buf_ok(ret_insns) && buf_ok(ret_both) ? 0 : bk_out_of_memory(c->ctx);
}

static int sign_list(void *user, struct view list, struct buf *ret)
{
	struct remote *c = user;
	const struct agent_wire w = { .kind = AGENT_WIRE_SIGN_LIST, .name = name_view(c),
				      .list = list };
	struct agent_wire answer;
	int r = ask(c, &w, 1, &answer);

	if (r < 0)
		return r;
	buf_put(ret, answer.sigs[0].p, answer.sigs[0].n);
	return buf_ok(ret) ? 0 : bk_out_of_memory(c->ctx);
}

static const struct signer_remote by_agent = { sign_loader, sign_list };

int bpfkey_remote_sign(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
		       const struct bpfkey_sign_opts *opts,
		       const struct bpfkey_remote_opts *remote, void **ret, size_t *ret_n)
{
	_cleanup_(remote_done) struct remote c = { .ctx = ctx, .name = name, .fd = -1 };
	_cleanup_(signer_freep) struct signer *signer = NULL;
	struct bpfkey_signer handle = { .ctx = ctx };
	struct bpfkey_remote_opts o = { 0 };
	int r;

	bk_enter(ctx);
	r = remote ? opts_take(ctx, &o, sizeof(o), remote) : 0;
	c.path = o.socket ? o.socket : BPFKEY_AGENT_SOCKET;
	c.deadline = now_ms() + (o.timeout ? o.timeout : TIMEOUT_MS);
	if (!r && opts && opts->sz >= offsetof(struct bpfkey_sign_opts, flags) + sizeof(int) &&
	    opts->flags & BPFKEY_SIGN_AGAIN)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "an agent signs what is made anew, and nothing "
			    "again");
	if (!r)
		r = greet_patiently(&c);
	if (!r)
		r = signer_remote_new(ctx, buf_view(&c.cert), c.path, &by_agent, &c, &signer);
	if (r < 0)
		return bk_fail(ctx, r, "cannot sign '%s'", name);
	handle.signer = signer;
	return bpfkey_sign_object_mem(&handle, name, data, n, opts, ret, ret_n);
}
