/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection of the agent: who is there, what has come, what is still to be sent. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer {
	int fd, pidfd;
	uint8_t *in, *out;
	size_t in_n, in_cap, out_n, out_at;
	int64_t since_ms;	/* when what it is doing now began */
	bool end;		/* closed when all is sent */
	char loader[32];	/* "" until it was greeted */
};

/* peer_accept - the next one that waits; 0, 1 when there is none, or -1 with errno */
int peer_accept(int listen_fd, struct peer *ret);
void peer_close(struct peer *p);

/*
 * peer_read - what has come, as far as one message goes
 * @room: no buffer grows by more
 *
 * 1: there is a message; 0: not yet; -1: it is gone, or there is no room.
 */
int peer_read(struct peer *p, size_t room);

/* peer_take - the message has been dealt with */
void peer_take(struct peer *p);

/* peer_answer - send that, and free it; peer_write - what is left of it; 1: all, 0, -1: gone */
void peer_answer(struct peer *p, void *data, size_t n);
int peer_write(struct peer *p);

int64_t peer_now_ms(void);

#endif
