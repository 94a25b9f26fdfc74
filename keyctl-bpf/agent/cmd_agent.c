// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * agent: serves trusted loaders at a Unix socket. This file is its start and its end; the loop is
 * serve.c, and what is signed for whom is the library's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmd.h"
#include "../hygiene.h"
#include "../opt.h"
#include "../out.h"
#include "serve.h"
#include "sock.h"

#define INHERITED_MAX 1024	/* what a process may have without asking for more */

/*
 * What was inherited has no business here, such as a caller's terminal or its files; one may bring
 * a passphrase, so that they go when the keys are open.
 */
static int note_inherited(struct cli *cli, bool ret[INHERITED_MAX])
{
	for (int fd = 3 + (int)hygiene_listen_fds(); fd < INHERITED_MAX; fd++)
		ret[fd] = fcntl(fd, F_GETFD) >= 0;
	if (close_range(INHERITED_MAX, ~0U, 0))
		return cmd_fail(cli, -BPFKEY_E_IO, "cannot close inherited descriptors: %s",
				strerror(errno));
	return 0;
}

static void close_inherited(const bool inherited[INHERITED_MAX])
{
	for (int fd = 0; fd < INHERITED_MAX; fd++)
		if (inherited[fd])
			close(fd);
}

static int check(struct cli *cli, bool sign, const char *path)
{
	if (!sign)
		return bad_usage(cli, "say what to do: --sign");
	if (path && *path != '/')
		return bad_usage(cli, "--socket takes an absolute path");
	if (path && hygiene_listen_fds())
		return bad_usage(cli, "--socket, and a socket from the service manager: which?");
	if (hygiene_listen_fds() > 1)
		return bad_usage(cli, "the service manager passed on %u sockets; the agent has one",
				 hygiene_listen_fds());
	return 0;
}

static void answer(struct cli *cli, const struct serve_counts *c)
{
	out_u64(cli->out, "connections", c->connections);
	out_u64(cli->out, "signatures", c->signatures);
	out_u64(cli->out, "refused", c->refused);
	out_u64(cli->out, "busy", c->busy);
}

static int run(struct cli *cli, const struct bpfkey_agent_opts *opts, const char *path)
{
	struct sock s = { .fd = -1, .lock_fd = -1 };
	struct bpfkey_agent *agent = NULL;
	struct serve_counts counts = { 0 };
	bool inherited[INHERITED_MAX] = { false };
	int r = note_inherited(cli, inherited);

	if (!r)
		r = bpfkey_agent_new(cli->ctx, opts, &agent);
	close_inherited(inherited);
	if (!r)
		r = path ? sock_open(cli, path, &s) : sock_take(cli, &s);
	if (!r)
		r = serve(cli, agent, s.fd, &counts);
	sock_close(&s);
	bpfkey_agent_free(agent);
	if (!r)
		answer(cli, &counts);
	return r;
}

static int agent_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_agent_opts o = { .sz = sizeof(o) };
	const char *path = NULL;
	bool sign = false;
	const struct opt opts[] = {
		OPT_FLAG(0, "sign", "sign for trusted loaders", &sign),
		OPT_STR('c', "config", "FILE", "whom to sign for, and with which key (default "
			BPFKEY_AGENT_CONFIG_FILE ")", &o.config),
		OPT_STR('l', "log", "FILE", "keep a signing log", &o.log),
		OPT_STR(0, "socket", "PATH", "listen there (default " BPFKEY_AGENT_SOCKET ")",
			&path),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = check(cli, sign, path);
	if (r)
		return r;
	if (!path && !hygiene_listen_fds())
		path = BPFKEY_AGENT_SOCKET;
	return run(cli, &o, path);
}

const struct cmd cmd_agent = {
	.noun = NULL, .verb = "agent", .args = "", .run = agent_run,
	.flags = CMD_KERNEL | CMD_TPM | CMD_KEY,
	.summary = "sign for programs that are trusted loaders, at a Unix socket",
};
