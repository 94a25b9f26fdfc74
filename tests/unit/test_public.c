/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys as PEM and as numbers, and what their private halves sign. */
#include <string.h>

#include "lib/crypto/pkey.h"
#include "lib/crypto/public.h"
#include "tests/tap.h"

static const char *const algs[] = { "p256", "p384", "p521", "rsa2048", "rsa3072" };

static int sign_by_key(void *user, const char *md, const uint8_t *digest, size_t n, uint8_t *sig,
		       size_t cap, size_t *ret_n)
{
	if (n != 32 || strcmp(md, "sha256"))
		return -BPFKEY_E_INTERNAL;
	return public_sign(NULL, user, digest, sig, cap, ret_n);
}

static void check_signature(struct bpfkey_ctx *ctx, struct pkey *key, const struct pubkey *pub,
			    const char *what)
{
	uint8_t digest[32] = { 1, 2, 3 }, sig[512];
	size_t n = 0, want = pubkey_bytes(pub) * (pub->type == PUBKEY_EC ? 2 : 1);

	if (!ok(!public_sign(ctx, key, digest, sig, sizeof(sig), &n) && n == want, "%s signs",
		what))
		printf("# %s\n", bpfkey_ctx_message(ctx));
	ok(!public_verify(ctx, pub, digest, (struct view){ sig, n }), "%s: verified", what);
	bk_enter(ctx);
	is_int(public_verify(ctx, pub, digest, (struct view){ sig, n - 1 }), -BPFKEY_E_SIGNATURE,
	       "a byte is missing");
	sig[n / 3] ^= 1;
	is_int(public_verify(ctx, pub, digest, (struct view){ sig, n }), -BPFKEY_E_SIGNATURE,
	       "a bit is flipped");
	sig[n / 3] ^= 1;
	digest[31] ^= 0x80;
	is_int(public_verify(ctx, pub, digest, (struct view){ sig, n }), -BPFKEY_E_SIGNATURE,
	       "another digest");
	is_int(public_verify(ctx, pub, digest, (struct view){ sig, 0 }), -BPFKEY_E_SIGNATURE,
	       "nothing");
}

static void test_alg(struct bpfkey_ctx *ctx, const char *alg)
{
	_cleanup_(pkey_freep) struct pkey *key = NULL, *remote = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(4096);
	struct pubkey pub = { 0 }, again = { 0 };
	uint8_t a[32], b[32];

	ok(!pkey_generate(ctx, alg, &key) && !public_of(ctx, key, &pub), "%s has numbers", alg);
	ok(!public_text(ctx, &pub, &pem) && !public_read(ctx, buf_view(&pem), &again) &&
	   public_same(&pub, &again), "%s: PEM and back", alg);
	ok(!pkey_spki_hash(ctx, key, a) && !public_hash(ctx, &pub, b) && !memcmp(a, b, 32),
	   "%s: one name", alg);
	again.y[0] ^= 1;
	again.n[0] ^= 1;
	ok(!public_same(&pub, &again), "another is another");
	check_signature(ctx, key, &pub, alg);
	ok(!pkey_from_callback(ctx, &pub, sign_by_key, key, &remote) &&
	   !public_of(ctx, remote, &again) && public_same(&pub, &again), "by callback");
	check_signature(ctx, remote, &pub, "by callback");
}

static void test_refused(struct bpfkey_ctx *ctx)
{
	static const struct {
		const char *pem;
		int want;
	} rows[] = {
		{ "", -BPFKEY_E_FORMAT },
		{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		  -BPFKEY_E_FORMAT },
		/* Ed25519 */
		{ "-----BEGIN PUBLIC KEY-----\n"
		  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
		  "-----END PUBLIC KEY-----\n", -BPFKEY_E_ALGORITHM },
	};
	struct pubkey pub = { .type = PUBKEY_EC, .bits = 256, .x = { 1 }, .y = { 1 } };
	_cleanup_(buf_done) struct buf out = BUF(4096);
	struct pubkey k;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct view v = { (const uint8_t *)rows[i].pem, strlen(rows[i].pem) };

		bk_enter(ctx);
		is_int(public_read(ctx, v, &k), rows[i].want, "refused");
		ok(*bpfkey_ctx_message(ctx), "'%s'", bpfkey_ctx_message(ctx));
	}
	is_int(public_text(ctx, &pub, &out), -BPFKEY_E_FORMAT, "a point that is on no curve");
	is_int((long long)out.n, 0, "nothing is written");
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++)
		test_alg(ctx, algs[i]);
	test_refused(ctx);
	return done_testing();
}
