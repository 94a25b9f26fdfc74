/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket that the agent listens at: its own, or one that a service manager made. */
#ifndef SOCK_H
#define SOCK_H

#include "../cmd.h"

struct sock {
	int fd, lock_fd;	/* lock_fd -1: the socket is somebody else's */
	const char *path;
};

/*
 * sock_open - at @path, for this user only; -BPFKEY_E_BUSY when an agent is there already
 *
 * A name that an agent which was killed has left is taken over.
 */
int sock_open(struct cli *cli, const char *path, struct sock *ret);

/* sock_take - the one at descriptor 3, when a service manager says that it passed it on */
int sock_take(struct cli *cli, struct sock *ret);

/* sock_close - with its name, when that is ours */
void sock_close(struct sock *s);

#endif
