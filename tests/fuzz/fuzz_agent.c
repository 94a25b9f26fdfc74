/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the signing agent, and its configuration. What is read can be written, and is the
 * same then; what the agent waits for is never less than what it can read.
 */
#include <string.h>

#include <bpfkey/agent.h>

#include "lib/flow/gate_policy_file.h"
#include "lib/model/agent_config.h"
#include "lib/model/agent_wire.h"
#include "tests/fuzz/fuzz.h"

static void fuzz_config(struct bpfkey_ctx *ctx, struct view in)
{
	_cleanup_(agent_config_done) struct agent_config c = { 0 };
	int r = agent_config_parse(ctx, in, &gate_words, &c);

	fuzz_says(ctx, r);
	for (size_t i = 0; i < c.n; i++)
		if (!*c.v[i].loader || !c.v[i].key || !c.v[i].types)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(buf_done) struct buf b = BUF(n + 1);
	struct bpfkey_ctx *ctx = fuzz_ctx();
	const struct view in = { data, n };
	struct agent_wire w;

	fuzz_config(ctx, in);
	if (!n || agent_wire_read(in, &w))
		return 0;
	agent_wire_put(&b, &w);
	if (!buf_ok(&b) || b.n != n || memcmp(b.p, data, n) || bpfkey_agent_need(data, n) != n)
		abort();
	return 0;
}
