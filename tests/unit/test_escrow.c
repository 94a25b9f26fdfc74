/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recovery messages: opened here, and by 'openssl cms -decrypt'. */
#include "lib/crypto/escrow.h"
#include "lib/crypto/pkey.h"
#include "tests/tap.h"
#include "tests/unit/sh.h"

static const char secret_text[] = "0123456789abcdef0123456789ABCDEF";

static struct bk_secret *secret_of(const char *s)
{
	struct bk_secret *x = bk_secret_new(strlen(s) + 1);

	memcpy(bk_secret_data(x), s, strlen(s));
	bk_secret_set_len(x, strlen(s));
	return x;
}

static bool is_text(struct bk_secret *s)
{
	return s && bk_secret_len(s) == 32 && !memcmp(bk_secret_data(s), secret_text, 32);
}

static struct pkey *private_key(struct bpfkey_ctx *ctx, const char *path)
{
	struct bk_secret *bytes = NULL;
	struct pkey *k = NULL;

	if (bk_file_read_secret(ctx, path, 65536, &bytes) < 0 ||
	    pkey_read(ctx, bytes, path, NULL, &k) < 0)
		ok(false, "%s: %s", path, bpfkey_ctx_message(ctx));
	bk_secret_free(bytes);
	return k;
}

/* to_key - one message to the key in @file, opened by us and by others */
static void to_key(struct bpfkey_ctx *ctx, const char *file, const char *private,
		   const char *wrong)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = secret_of(secret_text), *back = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *none = NULL;
	_cleanup_(escrow_key_freep) struct escrow_key *k = NULL;
	_cleanup_(pkey_freep) struct pkey *key = private_key(ctx, private);
	_cleanup_(pkey_freep) struct pkey *other = private_key(ctx, wrong);
	_cleanup_(buf_done) struct buf pem = BUF(1), cms = BUF(8192);
	uint8_t hash[32];
	int r;

	get_file(file, &pem);
	ok(!escrow_key_read(ctx, buf_view(&pem), &k), "%s is a recipient", file);
	ok(!pkey_spki_hash(ctx, key, hash) && !memcmp(hash, escrow_key_hash(k), 32), "by its hash");
	ok(!escrow_to_key(ctx, k, s, &cms), "a message to it");
	ok(!escrow_open_key(ctx, buf_view(&cms), key, 32, &back) && is_text(back), "opened");
	bk_enter(ctx);
	r = escrow_open_key(ctx, buf_view(&cms), other, 32, &none);
	ok(r == -BPFKEY_E_MISMATCH && !none, "another key does not open it");
	is_int(escrow_open_key(ctx, buf_view(&cms), key, 31, &none), -BPFKEY_E_MISMATCH,
	       "more than it may hold");
	put_file("cms", buf_view(&cms));
	ok(sh("openssl cms -decrypt -inform DER -in cms -inkey %s -out text", private),
	   "openssl opens it with %s", private);
	ok(sh("printf %%s %s | cmp - text", secret_text), "and finds the same");
	ok(sh("openssl cms -cmsout -print -inform DER -in cms -noout && ! grep -E "
	      "'sha1|rsaEncryption .1.2.840.113549.1.1.1.$' out"), "by nothing of old");
	for (size_t n = 0, taken = 0; n < cms.n; n += 7) {
		taken += !escrow_open_key(ctx, (struct view){ cms.p, n }, key, 32, &none);
		if (n + 7 >= cms.n)
			is_int((long long)taken, 0, "no part of it is one");
	}
}

static void to_passphrase(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = secret_of(secret_text), *back = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *word = secret_of("correct horse");
	_cleanup_(bk_secret_freep) struct bk_secret *wrong = secret_of("correct hors");
	_cleanup_(bk_secret_freep) struct bk_secret *none = NULL;
	_cleanup_(buf_done) struct buf cms = BUF(8192);

	ok(!escrow_to_passphrase(ctx, word, s, &cms), "a message under a passphrase");
	ok(!escrow_open_passphrase(ctx, buf_view(&cms), word, 32, &back) && is_text(back),
	   "opened");
	bk_enter(ctx);
	is_int(escrow_open_passphrase(ctx, buf_view(&cms), wrong, 32, &none), -BPFKEY_E_PIN,
	       "another passphrase");
	ok(strstr(bpfkey_ctx_message(ctx), "wrong") && !none, "'%s'", bpfkey_ctx_message(ctx));
	put_file("cms", buf_view(&cms));
	ok(sh("openssl cms -decrypt -inform DER -in cms -pwri_password 'correct horse' -out text"),
	   "openssl opens it");
	ok(sh("printf %%s %s | cmp - text", secret_text), "and finds the same");
	ok(sh("openssl asn1parse -inform DER -in cms && grep -q ':PBKDF2' out && "
	      "grep -q 'INTEGER *:0927C0' out"), "600000 rounds of PBKDF2");
	is_int(escrow_open_passphrase(ctx, (struct view){ cms.p, cms.n - 1 }, word, 32, &none),
	       -BPFKEY_E_FORMAT, "truncated");
	is_int(escrow_open_passphrase(ctx, (struct view){ cms.p, 0 }, word, 32, &none),
	       -BPFKEY_E_FORMAT, "nothing at all");
}

static void recipients(struct bpfkey_ctx *ctx)
{
	static const struct {
		const char *make, *why;
		int want;
	} rows[] = {
		{ "echo text >r", "not a public key", -BPFKEY_E_FORMAT },
		{ "cp ec.key r", "private key", -BPFKEY_E_FORMAT },
		{ "openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out r",
		  "nothing can be encrypted", -BPFKEY_E_NO_SUPPORT },
		{ "openssl genrsa 1024 | openssl rsa -pubout -out r", "1024 bits", -BPFKEY_E_WEAK },
		{ "head -c 200 ec.crt >r", "not a certificate", -BPFKEY_E_FORMAT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(buf_done) struct buf pem = BUF(1);
		struct escrow_key *k = NULL;

		ok(sh("%s", rows[i].make), "%s", rows[i].make);
		get_file("r", &pem);
		bk_enter(ctx);
		is_int(escrow_key_read(ctx, buf_view(&pem), &k), rows[i].want, rows[i].why);
		ok(!k && strstr(bpfkey_ctx_message(ctx), rows[i].why), "'%s'",
		   bpfkey_ctx_message(ctx));
	}
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;

	sh_enter();
	bpfkey_ctx_new(&ctx);
	ok(sh("openssl genrsa -out rsa.key 2048 && openssl rsa -in rsa.key -pubout -out rsa.pub"),
	   "an RSA key");
	ok(sh("openssl ecparam -name secp384r1 -genkey -noout -out ec.key && "
	      "openssl ec -in ec.key -pubout -out ec.pub && "
	      "openssl req -x509 -new -key ec.key -subj /CN=recovery -out ec.crt"), "an EC key");
	ok(sh("openssl req -x509 -new -key rsa.key -subj /CN=recovery -out rsa.crt"),
	   "certificates");
	to_key(ctx, "rsa.pub", "rsa.key", "ec.key");
	to_key(ctx, "ec.pub", "ec.key", "rsa.key");
	to_key(ctx, "ec.crt", "ec.key", "rsa.key");
	to_key(ctx, "rsa.crt", "rsa.key", "ec.key");
	to_passphrase(ctx);
	recipients(ctx);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
