/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealed key files: what is written is read back, and nothing else is. */
#include "lib/base/base64.h"
#include "lib/crypto/sealed_box.h"
#include "lib/model/sealed.h"
#include "tests/tap.h"

static void fill(struct buf *b, uint8_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_u8(b, (uint8_t)(first + 7 * i));
}

/* make - a file with one slot of each kind, and the key that all of them hide */
static void make(struct bpfkey_ctx *ctx, struct bk_secret *key, struct sealed *s,
		 struct buf *text)
{
	_cleanup_(bk_secret_freep) struct bk_secret *plain = bk_secret_new(100);
	_cleanup_(buf_done) struct buf header = BUF(4096), covered = BUF(SEALED_MAX);
	struct sealed_slot *t = NULL;

	memset(bk_secret_data(plain), 'k', 100);
	bk_secret_set_len(plain, 100);
	snprintf(s->alg, sizeof(s->alg), "rsa4096");
	s->public = BUF(1000);
	s->data = BUF(1000);
	fill(&s->public, 1, 91);
	ok(!sealed_add(ctx, s, SEALED_TPM, &t), "a slot of a TPM");
	snprintf(t->srk_name, sizeof(t->srk_name), "000b%064d", 5);
	t->parent = 0x81000001;
	fill(&t->public, 3, 50);
	fill(&t->private, 5, 60);
	t->policy = calloc(1, sizeof(*t->policy));
	t->policy->pin = true;
	t->policy->pin_rounds = 100000;
	memset(t->policy->pin_salt, 0x17, sizeof(t->policy->pin_salt));
	ok(!sealed_add(ctx, s, SEALED_WRAPPED, &t), "a wrapped one");
	memset(t->to, 0xa5, sizeof(t->to));
	fill(&t->public, 3, 50);
	fill(&t->private, 5, 60);
	fill(&t->seed, 9, 70);
	ok(!sealed_add(ctx, s, SEALED_RECOVERY, &t), "one for recovery");
	t->by = SEALED_BY_KEY;
	memset(t->to, 0x5a, sizeof(t->to));
	fill(&t->cms, 11, 80);
	ok(!sealed_add(ctx, s, SEALED_RECOVERY, &t), "and by passphrase");
	t->by = SEALED_BY_PASSPHRASE;
	fill(&t->cms, 13, 81);
	ok(!sealed_header(ctx, s, &header), "header");
	ok(!box_close(ctx, key, plain, buf_view(&header), s->nonce, &s->data), "closed");
	ok(!sealed_covered(ctx, s, &covered), "what the MAC covers");
	ok(!box_mac(ctx, key, buf_view(&covered), s->mac), "MAC");
	ok(!sealed_text(ctx, s, text), "written");
}

/* try - does the whole way from bytes to private key go through? */
static int try(struct bpfkey_ctx *ctx, struct bk_secret *key, struct view text)
{
	_cleanup_(bk_secret_freep) struct bk_secret *plain = NULL;
	_cleanup_(buf_done) struct buf header = BUF(4096), covered = BUF(SEALED_MAX);
	_cleanup_(sealed_done) struct sealed s = { 0 };
	int r;

	bk_enter(ctx);
	r = sealed_parse(ctx, text, &s);
	if (!r)
		r = sealed_covered(ctx, &s, &covered);
	if (!r)
		r = box_mac_check(ctx, key, buf_view(&covered), s.mac);
	if (!r)
		r = sealed_header(ctx, &s, &header);
	if (!r)
		r = box_open(ctx, key, s.nonce, buf_view(&header), buf_view(&s.data), &plain);
	return r;
}

static void test_fields(struct bpfkey_ctx *ctx, const struct sealed *was, struct view text)
{
	_cleanup_(sealed_done) struct sealed s = { 0 };

	ok(!sealed_parse(ctx, text, &s), "read back");
	is_str(s.alg, "rsa4096", "algorithm");
	is_int((long long)s.n, 4, "four slots");
	is_str(s.slots[0].srk_name, was->slots[0].srk_name, "the name of the TPM's key");
	is_int(s.slots[0].parent, 0x81000001, "its handle");
	ok(s.slots[0].policy && s.slots[0].policy->pin &&
	   s.slots[0].policy->pin_rounds == 100000 && s.slots[0].policy->pin_salt[3] == 0x17,
	   "what its use asks for");
	ok(!s.slots[1].policy, "which the others do not");
	ok(s.slots[1].seed.n == 70 && !memcmp(s.slots[1].seed.p, was->slots[1].seed.p, 70),
	   "the seed");
	ok(!memcmp(s.slots[2].to, was->slots[2].to, 32), "whom recovery is for");
	is_int(s.slots[3].by, SEALED_BY_PASSPHRASE, "or by what");
	ok(s.data.n == 116 && !memcmp(s.mac, was->mac, 32), "data and MAC");
	sealed_drop(&s, 0);
	ok(s.n == 3 && s.slots[0].type == SEALED_WRAPPED, "without the first");
}

/* Every prefix, every byte with each of its bits. */
static void test_damage(struct bpfkey_ctx *ctx, struct bk_secret *key, struct buf *text)
{
	size_t taken = 0;

	for (size_t n = 0; n < text->n; n++)
		taken += !try(ctx, key, (struct view){ text->p, n });
	is_int((long long)taken, 0, "no part of it is taken for it");
	for (size_t i = 0; i < 8 * text->n; i++) {
		int r;

		text->p[i / 8] ^= (uint8_t)(1u << i % 8);
		r = try(ctx, key, buf_view(text));
		taken += !(r == -BPFKEY_E_FORMAT || r == -BPFKEY_E_TAMPERED ||
			   r == -BPFKEY_E_TOO_BIG);
		text->p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	is_int((long long)taken, 0, "no bit of it can change");
	is_int(try(ctx, key, buf_view(text)), 0, "and whole it is taken");
}

static const struct {
	const char *text;
	int want;
	const char *why;
} texts[] = {
	{ "", -BPFKEY_E_FORMAT, "empty" },
	{ "{}", -BPFKEY_E_FORMAT, "'schema' is missing" },
	{ "{\"schema\": 2}", -BPFKEY_E_FORMAT, "its schema is 2" },
	{ "{\"schema\": 1, \"form\": \"tpm\"}", -BPFKEY_E_FORMAT, "'form' says 'tpm'" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"0123456789012345\"}",
	  -BPFKEY_E_FORMAT, "'alg' is too long" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"p256\", \"public\": \"=\"}",
	  -BPFKEY_E_FORMAT, "'public' is not base64" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"p256\", \"public\": \"\"}",
	  -BPFKEY_E_FORMAT, "'public' is empty" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"p256\", \"public\": \"AAAA\", "
	  "\"cipher\": \"rot13\"}", -BPFKEY_E_FORMAT, "'cipher' says 'rot13'" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"p256\", \"public\": \"AAAA\", "
	  "\"cipher\": \"aes-256-gcm\", \"nonce\": \"AAAA\"}", -BPFKEY_E_FORMAT,
	  "'nonce' has 3 bytes, not 12" },
	{ "{\"schema\": 1, \"form\": \"sealed\", \"alg\": \"p256\", \"public\": \"AAAA\", "
	  "\"cipher\": \"aes-256-gcm\", \"nonce\": \"AAAAAAAAAAAAAAAA\", \"data\": \"AAAA\", "
	  "\"slots\": [{\"type\": \"paper\"}]}", -BPFKEY_E_FORMAT, "slot 0: the field 'type'" },
};

static void test_texts(struct bpfkey_ctx *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct view v = { (const uint8_t *)texts[i].text, strlen(texts[i].text) };
		struct sealed s = { 0 };

		bk_enter(ctx);
		is_int(sealed_parse(ctx, v, &s), texts[i].want, texts[i].text);
		ok(strstr(bpfkey_ctx_message(ctx), texts[i].why) != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		ok(!s.n && !s.public.n, "nothing is touched");
	}
}

static void test_caps(struct bpfkey_ctx *ctx)
{
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(buf_done) struct buf big = BUF(2 * SEALED_MAX);
	struct sealed_slot *t = NULL;

	buf_str(&big, "{\"a\": \"");
	for (size_t i = 0; i < SEALED_MAX; i++)
		buf_u8(&big, 'a');
	buf_str(&big, "\"}");
	is_int(sealed_parse(ctx, buf_view(&big), &s), -BPFKEY_E_TOO_BIG, "too many bytes");
	for (size_t i = 0; i < SEALED_SLOTS_MAX; i++)
		sealed_add(ctx, &s, SEALED_RECOVERY, &t);
	is_int(sealed_add(ctx, &s, SEALED_RECOVERY, &t), -BPFKEY_E_TOO_BIG, "too many slots");
}

static void test_box(struct bpfkey_ctx *ctx, struct bk_secret *key)
{
	_cleanup_(bk_secret_freep) struct bk_secret *other = NULL, *plain = bk_secret_new(5);
	_cleanup_(bk_secret_freep) struct bk_secret *back = NULL;
	_cleanup_(buf_done) struct buf a = BUF(100), b = BUF(100);
	const struct view h = { (const uint8_t *)"header", 6 };
	const struct view no = { (const uint8_t *)"HEADER", 6 };
	uint8_t nonce[BOX_NONCE_LEN], again[BOX_NONCE_LEN];

	memcpy(bk_secret_data(plain), "plain", 5);
	bk_secret_set_len(plain, 5);
	ok(!box_key(ctx, &other) && !bk_secret_equal(key, other), "no two keys alike");
	ok(!box_close(ctx, key, plain, h, nonce, &a), "closed");
	ok(!box_close(ctx, key, plain, h, again, &b), "closed again");
	ok(memcmp(nonce, again, sizeof(nonce)) && memcmp(a.p, b.p, a.n), "with another nonce");
	is_int(box_open(ctx, other, nonce, h, buf_view(&a), &back), -BPFKEY_E_TAMPERED,
	       "another key");
	is_int(box_open(ctx, key, again, h, buf_view(&a), &back), -BPFKEY_E_TAMPERED,
	       "another nonce");
	is_int(box_open(ctx, key, nonce, no, buf_view(&a), &back), -BPFKEY_E_TAMPERED,
	       "another header");
	is_int(box_open(ctx, key, nonce, h, (struct view){ a.p, 16 }, &back), -BPFKEY_E_FORMAT,
	       "nothing but a tag");
	ok(!back, "nothing is given out");
	ok(!box_open(ctx, key, nonce, h, buf_view(&a), &back) && bk_secret_equal(back, plain),
	   "opened");
}

int main(void)
{
	_cleanup_(bk_secret_freep) struct bk_secret *key = NULL;
	_cleanup_(buf_done) struct buf text = BUF(SEALED_MAX);
	_cleanup_(sealed_done) struct sealed s = { 0 };
	struct bpfkey_ctx *ctx = NULL;

	bpfkey_ctx_new(&ctx);
	ok(!box_key(ctx, &key), "a key");
	make(ctx, key, &s, &text);
	ok(sealed_is(buf_view(&text)), "looks like one");
	test_fields(ctx, &s, buf_view(&text));
	test_damage(ctx, key, &text);
	test_texts(ctx);
	test_caps(ctx);
	test_box(ctx, key);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
