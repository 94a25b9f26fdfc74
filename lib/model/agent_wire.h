/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a generator and the signing agent say to one another; the bytes are in
 * keyctl-bpf-agent-protocol(5). Agent and library both have it from here.
 */
#ifndef BK_AGENT_WIRE_H
#define BK_AGENT_WIRE_H

#include "../base/buf.h"
#include "../base/rd.h"

#define AGENT_WIRE_VERSION	1
#define AGENT_WIRE_HEAD		12	/* magic, version, kind, length of what follows */
#define AGENT_WIRE_BODY_MAX	(16u << 20)
#define AGENT_WIRE_NAME_MAX	255
#define AGENT_WIRE_TEXT_MAX	2048
#define AGENT_WIRE_CERT_MAX	(64u << 10)
#define AGENT_WIRE_SIG_MAX	8192
#define AGENT_WIRE_SIGS		2

enum agent_wire_kind {
	AGENT_WIRE_WELCOME = 1,		/* the agent's first word: name, cert */
	AGENT_WIRE_SIGN_LOADER,		/* name, insns, metadata; answered with two signatures */
	AGENT_WIRE_SIGN_LIST,		/* name, list; answered with one */
	AGENT_WIRE_SIGNED,		/* sigs */
	AGENT_WIRE_REFUSED,		/* why, text, hint */
};

enum agent_wire_why {
	AGENT_WIRE_BUSY = 1,		/* ask again later */
	AGENT_WIRE_NOT_TRUSTED,		/* the gate does not know the peer for a trusted loader */
	AGENT_WIRE_NO_KEY,		/* there is none for this loader */
	AGENT_WIRE_OTHER_VERSION,
	AGENT_WIRE_MALFORMED,
	AGENT_WIRE_TOO_BIG,
	AGENT_WIRE_NOT_A_LOADER,	/* nothing that the agent signs */
	AGENT_WIRE_FAILED,		/* the key could not be used */
	AGENT_WIRE_WHY__END
};

struct agent_wire_head {
	uint16_t version, kind;
	uint32_t len;
};

/* Fields that a kind has not got are empty. Views borrow from the bytes that were read. */
struct agent_wire {
	enum agent_wire_kind kind;
	enum agent_wire_why why;
	struct view name, cert, insns, metadata, list, text, hint;
	struct view sigs[AGENT_WIRE_SIGS];
	uint32_t n_sigs;
};

/* agent_wire_head - of at least AGENT_WIRE_HEAD bytes; 0, or -1 when they are none of ours */
int agent_wire_head(struct view in, struct agent_wire_head *ret);

/* agent_wire_read - one whole message of this version; 0 or -1 */
int agent_wire_read(struct view in, struct agent_wire *ret);

/* agent_wire_put - buf_ok(@b) tells whether it fitted */
void agent_wire_put(struct buf *b, const struct agent_wire *w);

#endif
