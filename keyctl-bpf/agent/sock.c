// SPDX-License-Identifier: GPL-2.0-or-later
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64
#define PASSED_FD 3	/* SD_LISTEN_FDS_START */

void sock_close(struct sock *s)
{
	if (s->fd < 0)
		return;
	/* First the name, then the lock: the next agent finds neither or both. */
	if (s->lock_fd >= 0) {
		unlink(s->path);
		close(s->lock_fd);
	}
	close(s->fd);
	s->fd = -1;
}

/* The lock is held for as long as the process lives: a socket by itself does not tell. */
static int take_lock(struct cli *cli, const char *path, int *ret_fd)
{
	char *name = NULL;
	int fd, r = 0;

	if (asprintf(&name, "%s.lock", path) < 0)
		return -BPFKEY_E_NOMEM;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = cmd_fail(cli, errno == EACCES ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO,
			     "cannot open '%s': %s", name, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		r = cmd_fail(cli, -BPFKEY_E_BUSY, "an agent is serving '%s' already", path);
		close(fd);
	} else {
		*ret_fd = fd;
	}
	free(name);
	return r;
}

static int drop_stale(struct cli *cli, const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return cmd_fail(cli, -BPFKEY_E_FOREIGN, "'%s' is there and is no socket", path);
	if (unlink(path))
		return cmd_fail(cli, -BPFKEY_E_IO, "cannot remove the old '%s': %s", path,
				strerror(errno));
	return 0;
}

/* Nobody else gets in between: umask 077 makes the socket its user's alone from the start. */
static int listen_at(struct cli *cli, const char *path, int *ret_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return bad_usage(cli, "'%s' is too long for a socket", path);
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, BACKLOG)) {
		*ret_fd = fd;
		return 0;
	}
	cmd_fail(cli, -BPFKEY_E_IO, "cannot listen at '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -BPFKEY_E_IO;
}

int sock_open(struct cli *cli, const char *path, struct sock *ret)
{
	struct sock s = { .fd = -1, .lock_fd = -1, .path = path };
	int r;

	/* Our own folder may not be there yet; others are not ours to make. */
	if (!strcmp(path, BPFKEY_AGENT_SOCKET) && mkdir(BPFKEY_RUN_DIR, 0755) &&
	    errno != EEXIST)
		return cmd_fail(cli, -BPFKEY_E_IO, "cannot make '" BPFKEY_RUN_DIR "': %s",
				strerror(errno));
	if (!strcmp(path, BPFKEY_AGENT_SOCKET) && chmod(BPFKEY_RUN_DIR, 0755))
		return cmd_fail(cli, -BPFKEY_E_PRIVILEGE, "'" BPFKEY_RUN_DIR "' is not ours: %s",
				strerror(errno));
	r = take_lock(cli, path, &s.lock_fd);
	if (!r)
		r = drop_stale(cli, path);
	if (!r)
		r = listen_at(cli, path, &s.fd);
	if (r < 0) {
		if (s.lock_fd >= 0)
			close(s.lock_fd);
		return r;
	}
	*ret = s;
	return 0;
}

static int get(int fd, int what)
{
	socklen_t n = sizeof(int);
	int v = -1;

	return getsockopt(fd, SOL_SOCKET, what, &v, &n) ? -1 : v;
}

int sock_take(struct cli *cli, struct sock *ret)
{
	int flags = fcntl(PASSED_FD, F_GETFL);

	if (get(PASSED_FD, SO_DOMAIN) != AF_UNIX || get(PASSED_FD, SO_TYPE) != SOCK_STREAM ||
	    get(PASSED_FD, SO_ACCEPTCONN) != 1)
		return cmd_fail(cli, -BPFKEY_E_USAGE, "the descriptor that the service manager "
				"passed on is no listening Unix stream socket");
	if (flags < 0 || fcntl(PASSED_FD, F_SETFL, flags | O_NONBLOCK))
		return cmd_fail(cli, -BPFKEY_E_IO, "cannot use the socket that was passed on: %s",
				strerror(errno));
	*ret = (struct sock){ .fd = PASSED_FD, .lock_fd = -1 };
	return 0;
}
