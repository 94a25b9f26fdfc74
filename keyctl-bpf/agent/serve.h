/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's loop: one poll() over everybody, no threads. Every table has a
 * hard limit, and whoever is over one is told to come again.
 */
#ifndef SERVE_H
#define SERVE_H

#include <stdint.h>

#include "../cmd.h"

#define SERVE_PEERS		64	/* connections at once */
#define SERVE_PEERS_LOADER	16	/* of one trusted loader */
#define SERVE_BYTES		(64u << 20)	/* of messages that are not whole yet */
#define SERVE_RATE		200	/* messages of one trusted loader in a second */
#define SERVE_MESSAGE_MS	10000	/* for a message to come, or an answer to be taken */
#define SERVE_IDLE_MS		60000	/* between two messages */

struct serve_counts {
	uint64_t connections, signatures, refused, busy;
};

/* serve - until SIGTERM or SIGINT; 0, or what made it impossible to go on */
int serve(struct cli *cli, struct bpfkey_agent *agent, int listen_fd, struct serve_counts *ret);

#endif
