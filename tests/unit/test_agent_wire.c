/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between generators and the agent: each kind there and back, each of its beginnings
 * refused; and the configuration of the agent.
 */
#include <bpfkey.h>

#include "lib/model/agent_config.h"
#include "lib/model/agent_wire.h"
#include "tests/tap.h"

#define V(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static struct bpfkey_ctx *ctx;

static const struct agent_wire messages[] = {
	{ .kind = AGENT_WIRE_WELCOME, .name = V("generator"), .cert = V("certificate") },
	{ .kind = AGENT_WIRE_SIGN_LOADER, .name = V("x"), .insns = V("instructions"),
	  .metadata = V("metadata") },
	{ .kind = AGENT_WIRE_SIGN_LIST, .name = V(""), .list = V("list") },
	{ .kind = AGENT_WIRE_SIGNED, .n_sigs = 1, .sigs = { V("one") } },
	{ .kind = AGENT_WIRE_SIGNED, .n_sigs = 2, .sigs = { V("one"), V("two") } },
	{ .kind = AGENT_WIRE_REFUSED, .why = AGENT_WIRE_BUSY, .text = V("later"), .hint = V("") },
};

static bool same(struct view a, struct view b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

static bool same_message(const struct agent_wire *a, const struct agent_wire *b)
{
	return a->kind == b->kind && a->why == b->why && a->n_sigs == b->n_sigs &&
	       same(a->name, b->name) && same(a->cert, b->cert) && same(a->insns, b->insns) &&
	       same(a->metadata, b->metadata) && same(a->list, b->list) &&
	       same(a->text, b->text) && same(a->hint, b->hint) &&
	       same(a->sigs[0], b->sigs[0]) && same(a->sigs[1], b->sigs[1]);
}

/* Every beginning, with the head's length as it was and as it would be. */
static bool refuses_beginnings(struct buf *b)
{
	struct agent_wire w;

	for (size_t n = 0; n < b->n; n++) {
		_cleanup_(buf_done) struct buf cut = BUF(n + 1);

		buf_put(&cut, b->p, n);
		if (!agent_wire_read(buf_view(&cut), &w))
			return false;
		if (n < AGENT_WIRE_HEAD)
			continue;
		cut.p[11] = n - AGENT_WIRE_HEAD;
		if (!agent_wire_read(buf_view(&cut), &w))
			return false;
	}
	return true;
}

static void test_message(const struct agent_wire *m, size_t i)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	struct agent_wire got = { 0 };

	agent_wire_put(&b, m);
	ok(buf_ok(&b), "message %zu is written", i);
	ok(!agent_wire_read(buf_view(&b), &got) && same_message(m, &got), "and read again");
	ok(bpfkey_agent_need(b.p, b.n) == b.n, "as long as its head says");
	ok(refuses_beginnings(&b), "no beginning of it is one");
	buf_u8(&b, 0);
	ok(agent_wire_read(buf_view(&b), &got) < 0, "nor with a byte behind it");
	b.p[11]++;
	ok(agent_wire_read(buf_view(&b), &got) < 0, "counted or not");
}

static const struct {
	const char *bytes;
	size_t n, need;
	const char *why;
} heads[] = {
	{ "", 0, AGENT_WIRE_HEAD, "nothing yet: a head is needed" },
	{ "KBPA\0\1\0\2\0\0\0", 11, AGENT_WIRE_HEAD, "a head that lacks a byte" },
	{ "KBPA\0\1\0\2\0\0\1\0", 12, 12 + 256, "a head with a length" },
	{ "KBPA\0\1\0\2\1\0\0\0", 12, 12 + AGENT_WIRE_BODY_MAX, "the longest message" },
	{ "KBPA\0\1\0\2\1\0\0\1", 12, 12, "one byte more: to be refused at once" },
	{ "KBPA\0\2\0\2\0\0\1\0", 12, 12, "another version: the same" },
	{ "GET / HTTP/1", 12, 12, "something else: the same" },
};

static void test_limits(void)
{
	_cleanup_(buf_done) struct buf b = BUF(2 * AGENT_WIRE_BODY_MAX);
	_cleanup_(bk_freep) uint8_t *zero = calloc(1, AGENT_WIRE_BODY_MAX);
	struct agent_wire w = { .kind = AGENT_WIRE_SIGN_LIST,
				.list = { zero, AGENT_WIRE_BODY_MAX - 8 } }, got;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		is_int(bpfkey_agent_need(heads[i].bytes, heads[i].n), heads[i].need, heads[i].why);
	agent_wire_put(&b, &w);
	ok(buf_ok(&b) && !agent_wire_read(buf_view(&b), &got), "a message of the full length");
	buf_done(&b);
	b = BUF(2 * AGENT_WIRE_BODY_MAX);
	w.list.n++;
	agent_wire_put(&b, &w);
	ok(!buf_ok(&b), "a longer one is not written");
}

static int prog_parse(const char *name, unsigned int *ret)
{
	*ret = 6;
	return strcmp(name, "xdp") ? -1 : 0;
}

static const struct gate_words words = { .prog_parse = prog_parse };

#define SIGNERS(text) "{\"schema\":1,\"signers\":[" text "]}"
#define A "{\"loader\":\"a\",\"key\":\"/k\",\"cert\":\"/c\",\"types\":[\"xdp\"]}"

static const struct {
	const char *text;
	int want;
	const char *why;
} configs[] = {
	{ SIGNERS(A), 0, "" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"pkcs11:x\",\"types\":[\"xdp\"]}"), 0, "" },
	{ SIGNERS(""), -BPFKEY_E_FORMAT, "is empty" },
	{ SIGNERS(A "," A), -BPFKEY_E_FORMAT, "has two keys" },
	{ "{\"schema\":1}", -BPFKEY_E_FORMAT, "'signers' is missing" },
	{ "{\"schema\":2}", -BPFKEY_E_NO_SUPPORT, "schema 2" },
	{ "{\"schema\":1,\"signers\":[],\"x\":1}", -BPFKEY_E_FORMAT, "'x' has no meaning" },
	{ SIGNERS("{\"loader\":\"a b\",\"key\":\"/k\",\"types\":[\"xdp\"]}"), -BPFKEY_E_FORMAT,
	  "not a name" },
	{ SIGNERS("{\"loader\":\"a\",\"types\":[\"xdp\"]}"), -BPFKEY_E_FORMAT, "'key' is missing" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"k\",\"types\":[\"xdp\"]}"), -BPFKEY_E_FORMAT,
	  "absolute path" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"/k\"}"), -BPFKEY_E_FORMAT, "'types' is missing" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"/k\",\"types\":[]}"), -BPFKEY_E_FORMAT,
	  "by omission" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"/k\",\"types\":[\"warp\"]}"), -BPFKEY_E_FORMAT,
	  "'warp'" },
	{ SIGNERS("{\"loader\":\"a\",\"key\":\"/k\",\"types\":[\"xdp\"],\"pin\":\"1\"}"),
	  -BPFKEY_E_FORMAT, "'pin' has no meaning" },
};

static void test_configs(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		_cleanup_(agent_config_done) struct agent_config c = { 0 };
		const struct view v = { (const uint8_t *)configs[i].text,
					strlen(configs[i].text) };
		int r;

		bk_enter(ctx);
		r = agent_config_parse(ctx, v, &words, &c);
		if (!ok(r == configs[i].want && strstr(bpfkey_ctx_message(ctx), configs[i].why),
			"configuration %zu", i))
			printf("# %d %s\n", r, bpfkey_ctx_message(ctx));
	}
}

int main(void)
{
	if (bpfkey_ctx_new(&ctx) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		test_message(&messages[i], i);
	test_limits();
	test_configs();
	bpfkey_ctx_free(ctx);
	return done_testing();
}
