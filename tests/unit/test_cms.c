/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one CMS form against `openssl cms`, both ways, and byte by byte. */
#include "lib/crypto/cert.h"
#include "lib/crypto/cms.h"
#include "tests/tap.h"
#include "tests/unit/sh.h"

#define CMS_SIGN "openssl cms -sign -binary -outform DER -in data -signer cert.pem -inkey key.pem "
#define ONE_FORM CMS_SIGN "-nocerts -noattr -nosmimecap -keyid -md sha256 "
/* The value alone, the last part of a CMS, in the eyes of another verifier. */
#define VALUE "at=$(openssl asn1parse -inform DER -in ours.der | tail -n 1 | cut -d: -f1) && " \
	"openssl asn1parse -inform DER -in ours.der -strparse $at -noout -out value && " \
	"openssl x509 -in cert.pem -noout -pubkey -out pub.pem && "
#define CMS_VERIFY "openssl cms -verify -binary -inform DER -content data -certfile cert.pem " \
	"-nointern -noverify -out /dev/null -in "

static const uint8_t content[] = "instructions\r\nand\nmore";
static const struct view data = { content, sizeof(content) - 1 };

struct signer {
	struct pkey *key;
	struct bpfkey_cert *cert;
};

/* What openssl reads: key.pem, cert.pem, data. */
static void put_signer(struct bpfkey_ctx *ctx, const struct signer *s)
{
	struct buf pem = BUF(CERT_MAX);
	struct bk_secret *key = NULL;

	if (pkey_to_pem(ctx, s->key, NULL, &key) || cert_to_pem(ctx, s->cert, &pem))
		abort();
	put_file("key.pem", (struct view){ bk_secret_data(key), bk_secret_len(key) });
	put_file("cert.pem", buf_view(&pem));
	put_file("data", data);
	bk_secret_free(key);
	buf_done(&pem);
}

static struct signer make(struct bpfkey_ctx *ctx, const char *alg)
{
	struct cert_spec spec = { alg, BPFKEY_ROLE_BUILD, 1700000000, 2000000000 };
	struct signer s = { 0 };

	if (pkey_generate(ctx, alg, &s.key) || cert_make(ctx, &spec, s.key, &s.cert))
		abort();
	put_signer(ctx, &s);
	return s;
}

static void done(struct signer *s)
{
	cert_free(s->cert);
	pkey_free(s->key);
}

static void test_judge(struct bpfkey_ctx *ctx, struct signer *s, const char *alg)
{
	struct buf ours = BUF(CMS_MAX), theirs;
	struct cms_info i;
	size_t index = 99;

	ok(!cms_sign(ctx, s->key, s->cert, data, &ours), "%s: signs", alg);
	put_file("ours.der", buf_view(&ours));
	ok(sh(CMS_VERIFY "ours.der"), "%s: openssl accepts it", alg);
	ours.p[ours.n - 1] ^= 1;
	put_file("ours.der", buf_view(&ours));
	ok(!sh(CMS_VERIFY "ours.der"), "%s: and rejects it after one flipped bit", alg);
	ours.p[ours.n - 1] ^= 1;

	ok(sh(ONE_FORM "-out theirs.der"), "%s: openssl signs", alg);
	get_file("theirs.der", &theirs);
	is_int(cms_verify(ctx, buf_view(&theirs), data, &s->cert, 1, &index), 0,
	       "we accept what openssl signs");
	is_int((long long)index, 0, "and say by whom");
	if (alg[0] == 'r')
		ok(theirs.n == ours.n && !memcmp(theirs.p, ours.p, ours.n),
		   "%s: both are the same to the byte", alg);

	ok(!cms_describe(ctx, buf_view(&ours), &i), "%s: describes", alg);
	ok(i.signers == 1 && !i.attributes && !i.certificates && !i.content &&
	   i.key_id_len == 20 && !memcmp(i.key_id, cert_info(s->cert)->key_id, 20),
	   "%s: one signer by key id, nothing else", alg);
	is_str(i.hash, "sha256", "the hash");
	is_str(i.algorithm, alg[0] == 'r' ? "rsaencryption" : "ecdsa-with-sha256", "the algorithm");
	buf_done(&ours);
	buf_done(&theirs);
}

/* No byte of a signature, and no length of it, can be changed unnoticed. */
static void test_every_byte(struct bpfkey_ctx *ctx, struct signer *s, const char *alg)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x20, 0x80, 0xff };
	unsigned int passed = 0, crashed = 0;
	struct buf der = BUF(CMS_MAX);
	size_t i, k;

	if (cms_sign(ctx, s->key, s->cert, data, &der))
		abort();
	for (i = 0; i < der.n; i++) {
		for (k = 0; k < ARRAY_SIZE(flips); k++) {
			int r;

			der.p[i] ^= flips[k];
			r = cms_verify(ctx, buf_view(&der), data, &s->cert, 1, NULL);
			passed += r == 0;
			crashed += r != 0 && bpfkey_err_exit(r) != 3;
			der.p[i] ^= flips[k];
			bk_enter(ctx);
		}
	}
	is_int(passed, 0, "no flipped byte passes");
	is_int(crashed, 0, "each is answered with a no");
	for (i = 0; i < der.n; i++)
		passed += !cms_verify(ctx, (struct view){ der.p, i }, data, &s->cert, 1, NULL);
	is_int(passed, 0, "no shorter one passes");
	buf_u8(&der, 0);
	is_int(cms_verify(ctx, buf_view(&der), data, &s->cert, 1, NULL), -BPFKEY_E_MALFORMED,
	       "nor a longer one");
	ok(true, "%s: %zu bytes", alg, der.n);
	buf_done(&der);
}

static const struct {
	const char *what, *make;
	int want;
	const char *why;
} others[] = {
	{ "content", ONE_FORM "-nodetach", -BPFKEY_E_MALFORMED, "carries its content" },
	{ "certificates", CMS_SIGN "-noattr -keyid -md sha256", -BPFKEY_E_MALFORMED,
	  "carries certificates" },
	{ "attributes", CMS_SIGN "-nocerts -nosmimecap -keyid -md sha256", -BPFKEY_E_MALFORMED,
	  "carries attributes" },
	{ "issuer and serial", CMS_SIGN "-nocerts -noattr -md sha256", -BPFKEY_E_MALFORMED,
	  "by issuer and serial number" },
	{ "sha512", CMS_SIGN "-nocerts -noattr -keyid -md sha512", 0, "" },
	{ "sha1", CMS_SIGN "-nocerts -noattr -keyid -md sha1", -BPFKEY_E_WEAK,
	  "the weak hash 'sha1'" },
	{ "sha224", CMS_SIGN "-nocerts -noattr -keyid -md sha224", -BPFKEY_E_WEAK,
	  "the weak hash 'sha224'" },
	{ "two signers", ONE_FORM "-signer cert.pem -inkey key.pem", -BPFKEY_E_MALFORMED,
	  "2 signers" },
	{ "indefinite lengths", ONE_FORM "-stream", -BPFKEY_E_MALFORMED, "" },
	{ "PEM", ONE_FORM "-outform PEM", -BPFKEY_E_MALFORMED, "not CMS" },
	{ "another CMS type", "openssl cms -data_create -in data -outform DER",
	  -BPFKEY_E_MALFORMED, "not CMS SignedData" },
	{ "a certificate", "openssl x509 -in cert.pem -outform DER", -BPFKEY_E_MALFORMED,
	  "not CMS" },
	{ "nothing", "true", -BPFKEY_E_MALFORMED, "not CMS" },
	{ "too much", "head -c 9000 /dev/zero", -BPFKEY_E_MALFORMED, "at most 8192" },
	{ "other data", "printf other > other; " ONE_FORM "-in other", -BPFKEY_E_SIGNATURE,
	  "does not fit the content" },
};

static void test_others(struct bpfkey_ctx *ctx, struct signer *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		struct buf der;
		size_t index = 99;

		ok(sh("%s > der", others[i].make), "%s: %s", others[i].what, others[i].make);
		get_file("der", &der);
		bk_enter(ctx);
		is_int(cms_verify(ctx, buf_view(&der), data, &s->cert, 1, &index), others[i].want,
		       others[i].what);
		ok(strstr(bpfkey_ctx_message(ctx), others[i].why) != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		is_int((long long)index, others[i].want ? 99 : 0, "names nobody, or the signer");
		buf_done(&der);
	}
}

static void test_whose(struct bpfkey_ctx *ctx, struct signer *a, struct signer *b)
{
	struct bpfkey_cert *const both[] = { a->cert, b->cert, a->cert };
	struct buf der = BUF(CMS_MAX);
	size_t index = 99;

	is_int(cms_sign(ctx, a->key, b->cert, data, &der), -BPFKEY_E_MISMATCH,
	       "a certificate of another key");
	is_int((long long)der.n, 0, "gives nothing");
	ok(!cms_sign(ctx, b->key, b->cert, data, &der), "signs");
	is_int(cms_verify(ctx, buf_view(&der), data, both, 3, &index), 0, "one of several");
	is_int((long long)index, 1, "the second");
	is_int(cms_verify(ctx, buf_view(&der), data, &a->cert, 1, NULL),
	       -BPFKEY_E_UNKNOWN_SIGNER, "of a stranger");
	is_int(cms_verify(ctx, buf_view(&der), data, NULL, 0, NULL),
	       -BPFKEY_E_UNKNOWN_SIGNER, "nobody is known");
	is_int(cms_verify(ctx, buf_view(&der), (struct view){ content, 3 }, &b->cert, 1, NULL),
	       -BPFKEY_E_SIGNATURE, "less data");
	buf_done(&der);

	der = BUF(CMS_MAX);
	ok(!cms_sign(ctx, b->key, b->cert, (struct view){ NULL, 0 }, &der) &&
	   !cms_verify(ctx, buf_view(&der), (struct view){ NULL, 0 }, &b->cert, 1, NULL),
	   "no data at all");
	buf_done(&der);
}

/* Each hash: openssl judges ours, and we judge openssl's. */
static void test_hashes(struct bpfkey_ctx *ctx, struct signer *s, const char *alg)
{
	static const char *const hashes[] = {
		"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512",
	};
	size_t k;

	put_signer(ctx, s);
	for (k = 0; k < ARRAY_SIZE(hashes); k++) {
		struct buf der = BUF(CMS_MAX), theirs;
		struct cms_info i;

		ok(!pkey_use_hash(ctx, s->key, hashes[k]) &&
		   !cms_sign(ctx, s->key, s->cert, data, &der), "%s signs with %s", alg, hashes[k]);
		is_str(pkey_hash(s->key), hashes[k], "which it knows");
		put_file("ours.der", buf_view(&der));
		ok(!cms_describe(ctx, buf_view(&der), &i) && !strcmp(i.hash, hashes[k]), "as %s",
		   i.hash);
		ok(sh(VALUE "openssl dgst -%s -verify pub.pem -signature value data", hashes[k]),
		   "openssl accepts the value");
		buf_done(&der);
		/* OpenSSL 3.0 knows no CMS with ECDSA over SHA-3. */
		if (!sh(CMS_SIGN "-nocerts -noattr -keyid -md %s -out theirs.der", hashes[k])) {
			ok(alg[0] == 'p' && !strncmp(hashes[k], "sha3", 4), "openssl makes none");
			continue;
		}
		ok(sh(CMS_VERIFY "ours.der"), "openssl accepts the CMS");
		get_file("theirs.der", &theirs);
		is_int(cms_verify(ctx, buf_view(&theirs), data, &s->cert, 1, NULL), 0, "we accept");
		buf_done(&theirs);
	}
	ok(pkey_use_hash(ctx, s->key, "sha1") < 0, "sha1 is refused");
	is_str(pkey_hash(s->key), "sha3-512", "and changes nothing");
	ok(!pkey_use_hash(ctx, s->key, NULL), "back to the default");
}

/* ML-DSA where this OpenSSL has it; where not, that it says so. */
static void test_mldsa(struct bpfkey_ctx *ctx, const char *alg)
{
	struct pkey *key = NULL;
	struct buf der = BUF(CMS_MAX);
	struct cms_info i;
	struct signer s;

	bk_enter(ctx);
	if (!sh("openssl list -public-key-algorithms | grep -qi ml-dsa")) {
		is_int(pkey_generate(ctx, alg, &key), -BPFKEY_E_NO_SUPPORT, alg);
		ok(strstr(bpfkey_ctx_message(ctx), "this OpenSSL has no ML-DSA") != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		return;
	}
	s = make(ctx, alg);
	ok(!cms_sign(ctx, s.key, s.cert, data, &der), "%s signs", alg);
	ok(!cms_describe(ctx, buf_view(&der), &i) && !i.attributes && i.key_id_len == 20,
	   "without attributes, by key id");
	is_str(i.algorithm, alg, "the algorithm");
	is_str(i.hash, "sha512", "the hash that RFC 9882 names");
	is_int(cms_verify(ctx, buf_view(&der), data, &s.cert, 1, NULL), 0, "it verifies");
	der.p[der.n - 9] ^= 1;
	is_int(cms_verify(ctx, buf_view(&der), data, &s.cert, 1, NULL), -BPFKEY_E_SIGNATURE,
	       "and not with another value");
	der.p[der.n - 9] ^= 1;
	is_int(cms_verify(ctx, buf_view(&der), (struct view){ content, 3 }, &s.cert, 1, NULL),
	       -BPFKEY_E_SIGNATURE, "nor over other data");
	put_file("ours.der", buf_view(&der));
	ok(sh(VALUE "openssl pkeyutl -verify -rawin -in data -sigfile value -pubin -inkey pub.pem"),
	   "openssl verifies the value over the plain data");
	ok(sh(CMS_SIGN "-nocerts -nosmimecap -keyid -md sha512 -out theirs.der"),
	   "with attributes openssl signs, too");
	buf_done(&der);
	get_file("theirs.der", &der);
	is_int(cms_verify(ctx, buf_view(&der), data, &s.cert, 1, NULL), -BPFKEY_E_MALFORMED,
	       "which is not our form");
	buf_done(&der);
	is_int(pkey_use_hash(ctx, s.key, "sha256"), -BPFKEY_E_USAGE, "it hashes by itself");
	done(&s);
}

int main(void)
{
	static const char *const algs[] = { "p256", "p384", "p521", "rsa2048", "rsa4096" };
	struct bpfkey_ctx *ctx = NULL;
	struct signer first, s;
	size_t i;

	sh_enter();
	bpfkey_ctx_new(&ctx);
	first = make(ctx, "p256");
	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		s = make(ctx, algs[i]);
		test_judge(ctx, &s, algs[i]);
		test_every_byte(ctx, &s, algs[i]);
		if (i == 0 || i == 3)
			test_others(ctx, &s);
		test_whose(ctx, &first, &s);
		test_hashes(ctx, &s, algs[i]);
		done(&s);
	}
	done(&first);
	test_mldsa(ctx, "ml-dsa-44");
	test_mldsa(ctx, "ml-dsa-65");
	test_mldsa(ctx, "ml-dsa-87");
	bpfkey_ctx_free(ctx);
	return done_testing();
}
