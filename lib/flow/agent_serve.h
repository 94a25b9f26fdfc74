/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent answers once it knows who asks. */
#ifndef BK_AGENT_SERVE_H
#define BK_AGENT_SERVE_H

#include <bpfkey/agent.h>

#include "../base/ctx.h"
#include "../model/agent_wire.h"

/* Whom the agent signs for, and what. */
struct agent_serve {
	char loader[32];
	struct bpfkey_signer *signer;
	uint64_t types;		/* program types that a loader may load, one bit each */
};

/*
 * agent_serve_request - the answer to one whole message of somebody who is trusted
 * @e: result, name, digest and message are filled in
 */
int agent_serve_request(struct bpfkey_ctx *ctx, const struct agent_serve *s, struct view in,
			struct bpfkey_agent_event *e, struct buf *ret);

/* agent_serve_welcome - the greeting */
int agent_serve_welcome(struct bpfkey_ctx *ctx, const struct agent_serve *s, struct buf *ret);

/*
 * agent_serve_refuse - an answer of the context's sentence about @r
 * @why: 0: what @r means by itself
 */
int agent_serve_refuse(struct bpfkey_ctx *ctx, int r, enum agent_wire_why why,
		       struct bpfkey_agent_event *e, struct buf *ret);

#endif
