/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy of a key as JSON, there and back, what a file may not say, and stretched PINs. */
#include "lib/base/text.h"
#include "lib/crypto/stretch.h"
#include "lib/model/policy_json.h"
#include "tests/tap.h"

static struct bpfkey_ctx *ctx;

enum { PIN = 1, PCRS = 2, NV = 4, SIGNED = 8, RSA = 16 };

static struct key_policy policy_of(unsigned int bits)
{
	static struct key_policy p;

	memset(&p, 0, sizeof(p));
	if (bits & PIN) {
		p.pin = true;
		memset(p.pin_salt, 0xa5, sizeof(p.pin_salt));
		p.pin_rounds = POLICY_PIN_ROUNDS;
	}
	if (bits & PCRS) {
		strcpy(p.pcrs.bank, "sha384");
		p.pcrs.mask = 1u << 7 | 1u << 23;
		memset(p.pcrs.value[7], 7, 48);
		memset(p.pcrs.value[23], 0xff, 48);
	}
	if (bits & NV) {
		p.counter.index = 0x01801234;
		memcpy(p.counter.name, "000b", 4);
		memset(p.counter.name + 4, 'a', 64);
		p.counter.limit = 12345678901234;
	}
	if (!(bits & SIGNED))
		return p;
	p.has_signer = true;
	strcpy(p.ref, "build");
	strcpy(p.file, "../policies/build.policy");
	p.signer.type = bits & RSA ? PUBKEY_RSA : PUBKEY_EC;
	p.signer.bits = bits & RSA ? 3072 : 521;
	p.signer.e = bits & RSA ? 65537 : 0;
	memset(bits & RSA ? p.signer.n : p.signer.x, 0x81, pubkey_bytes(&p.signer));
	if (!(bits & RSA))
		memset(p.signer.y, 0x42, pubkey_bytes(&p.signer));
	return p;
}

static void test_round(unsigned int bits)
{
	_cleanup_(js_freep) struct js *out = js_new(), *in = NULL;
	_cleanup_(buf_done) struct buf text = BUF(32 * 1024);
	struct key_policy p = policy_of(bits), got;
	bool good;

	memset(&got, 0x5a, sizeof(got));
	good = ok(!policy_json_set(ctx, out, &p) && !js_text(ctx, out, &text), "%u: written", bits);
	ok(good && !js_parse(ctx, buf_view(&text), text.max, &in) &&
		   !policy_json_get(ctx, in, &got),
	   "%u: read", bits);
	ok(got.pin == p.pin && !memcmp(got.pin_salt, p.pin_salt, sizeof(p.pin_salt)) &&
		   got.pin_rounds == p.pin_rounds && !memcmp(&got.pcrs, &p.pcrs, sizeof(p.pcrs)) &&
		   got.has_signer == p.has_signer && got.signer.type == p.signer.type &&
		   got.signer.bits == p.signer.bits && got.signer.e == p.signer.e &&
		   !memcmp(got.signer.n, p.signer.n, sizeof(p.signer.n)) &&
		   !memcmp(got.signer.x, p.signer.x, sizeof(p.signer.x)) &&
		   !memcmp(got.signer.y, p.signer.y, sizeof(p.signer.y)) &&
		   !strcmp(got.ref, p.ref) && !strcmp(got.file, p.file) &&
		   got.counter.index == p.counter.index && got.counter.limit == p.counter.limit &&
		   !strcmp(got.counter.name, p.counter.name),
	   "%u: and the same", bits);
	is_int(strstr(buf_cstr(&text), "policy") != NULL, bits & 15 ? 1 : 0, "no policy, no word");
	if (!good)
		printf("# %s\n", bpfkey_ctx_message(ctx));
	bk_forget(ctx);
}

static const struct {
	const char *text, *part;
} bad[] = {
	{ "{\"policy\": 1}", "policy" },
	{ "{\"policy\": {}}", "no part that this version knows" },
	{ "{\"policy\": {\"face\": {}}}", "no part that this version knows" },
	{ "{\"policy\": {\"pin\": {}}}", "'salt' is missing" },
	{ "{\"policy\": {\"pin\": {\"salt\": \"00\", \"rounds\": 100000}}}",
	  "'salt' is not 16 bytes" },
	{ "{\"policy\": {\"pin\": {\"salt\": \"00112233445566778899aabbccddeeff\", "
	  "\"rounds\": 1}}}",
	  "'rounds' is not between" },
	{ "{\"policy\": {\"pin\": {\"salt\": \"00112233445566778899aabbccddeeff\", "
	  "\"rounds\": 4000000000}}}", "'rounds' is not between" },
	{ "{\"policy\": {\"signer\": {\"type\": \"rsa\", \"bits\": 1024}}}",
	  "type 'rsa' with 1024 bits" },
	{ "{\"policy\": {\"signer\": {\"type\": \"ec\", \"bits\": 256, \"x\": \"00\"}}}",
	  "'x' is not 32 bytes" },
	{ "{\"policy\": {\"signer\": {\"type\": \"rsa\", \"bits\": 2048, \"e\": 1}}}",
	  "'e' is no exponent" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(js_freep) struct js *j = NULL;
		const struct view v = { (const uint8_t *)bad[i].text, strlen(bad[i].text) };
		struct key_policy p = { .pin_rounds = 77 };

		ok(!js_parse(ctx, v, 4096, &j) &&
			   policy_json_get(ctx, j, &p) == -BPFKEY_E_FORMAT &&
			   strstr(bpfkey_ctx_message(ctx), bad[i].part) && p.pin_rounds == 77,
		   "refused: %s", bad[i].part);
		bk_forget(ctx);
	}
}

/* Against OpenSSL's own tool and Python's hashlib. */
static void test_stretch(void)
{
	struct key_policy p = { .pin = true, .pin_rounds = 1000 }, q = { 0 };
	_cleanup_(bk_secret_freep) struct bk_secret *pin = bk_secret_take((char[]){ "1234" }, 4);
	_cleanup_(bk_secret_freep) struct bk_secret *empty = bk_secret_new(1);
	_cleanup_(bk_secret_freep) struct bk_secret *out = NULL;
	_cleanup_(buf_done) struct buf hex = BUF(100);

	for (unsigned int i = 0; i < sizeof(p.pin_salt); i++)
		p.pin_salt[i] = (uint8_t)i;
	ok(!stretch_pin(ctx, &p, pin, &out) && bk_secret_len(out) == POLICY_PIN_LEN,
	   "a PIN is stretched");
	if (out)
		text_hex(&hex, (struct view){ bk_secret_data(out), bk_secret_len(out) });
	is_str(buf_cstr(&hex),
	       "2240ea2a22754a3c4610356ef8e4d7acf25af2ac3d2d11866de97a8b7812c52c",
	       "as by 'openssl kdf'");
	bk_secret_free(steal(&out));
	is_int(stretch_pin(ctx, &p, empty, &out), -BPFKEY_E_USAGE, "an empty one is none");
	ok(!out, "nothing comes of it");
	bk_forget(ctx);
	ok(!stretch_new(ctx, &p, 5000) && !stretch_new(ctx, &q, 5000) && p.pin_rounds == 5000 &&
		   memcmp(p.pin_salt, q.pin_salt, sizeof(p.pin_salt)) != 0,
	   "each key has a salt of its own");
}

int main(void)
{
	if (bpfkey_ctx_new(&ctx))
		return 1;
	for (unsigned int bits = 0; bits < 32; bits++)
		test_round(bits);
	test_bad();
	test_stretch();
	bpfkey_ctx_free(ctx);
	return done_testing();
}
