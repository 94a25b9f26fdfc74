/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and requests of all sorts, made by openssl and by ourselves. */
#include <bpfkey.h>

#include "lib/crypto/cert.h"
#include "tests/tap.h"
#include "tests/unit/sh.h"

#define REQ "openssl req -x509 -nodes -keyout k -subj /CN=x -days 30 -outform DER "
#define EC_KEY "-newkey ec -pkeyopt ec_paramgen_curve:"
#define P256 REQ EC_KEY "P-256 "
#define BUILD "-addext extendedKeyUsage=critical," BPFKEY_OID_BUILD " "

/* What foreign certificates are called, and what the policy says to them. */
static const struct {
	const char *make, *alg, *hash;
	int strength, role;	/* role: as a build certificate */
	unsigned int roles;
	bool ca;
} seen[] = {
	{ P256 BUILD "-addext basicConstraints=critical,CA:FALSE", "p256", "sha256", 0, 0, 1,
	  false },
	{ REQ EC_KEY "P-384 -sha384 " BUILD, "p384", "sha384", 0, -BPFKEY_E_ROLE, 1, true },
	{ REQ EC_KEY "P-521 -sha512", "p521", "sha512", 0, -BPFKEY_E_ROLE, 0, true },
	{ REQ EC_KEY "secp256k1", "secp256k1", "sha256", -BPFKEY_E_ALGORITHM, -BPFKEY_E_ROLE, 0,
	  true },
	{ REQ EC_KEY "brainpoolP256r1", "brainpoolp256r1", "sha256", -BPFKEY_E_ALGORITHM,
	  -BPFKEY_E_ROLE, 0, true },
	{ P256 "-pkeyopt ec_param_enc:named_curve -sha1", "p256", "sha1", -BPFKEY_E_WEAK,
	  -BPFKEY_E_ROLE, 0, true },
	{ P256 "-sha224", "p256", "sha224", -BPFKEY_E_WEAK, -BPFKEY_E_ROLE, 0, true },
	{ REQ "-newkey rsa:2048", "rsa2048", "sha256", 0, -BPFKEY_E_ROLE, 0, true },
	{ REQ "-newkey rsa:1024", "rsa1024", "sha256", -BPFKEY_E_WEAK, -BPFKEY_E_ROLE, 0, true },
	{ REQ "-newkey rsa:2048 -md5", "rsa2048", "md5", -BPFKEY_E_WEAK, -BPFKEY_E_ROLE, 0, true },
	{ REQ "-newkey rsa-pss", "rsa-pss2048", "sha256", -BPFKEY_E_ALGORITHM, -BPFKEY_E_ROLE, 0,
	  true },
	{ REQ "-newkey ed25519", "ed25519", "", -BPFKEY_E_ALGORITHM, -BPFKEY_E_ROLE, 0, true },
	{ REQ "-newkey ed448", "ed448", "", -BPFKEY_E_ALGORITHM, -BPFKEY_E_ROLE, 0, true },
	{ P256 "-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth,"
	  BPFKEY_OID_POLICY "," BPFKEY_OID_LOADER, "p256", "sha256", 0, -BPFKEY_E_ROLE,
	  1 << BPFKEY_ROLE_POLICY | 1 << BPFKEY_ROLE_LOADER, false },
	{ P256 "-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage="
	  BPFKEY_OID_BUILD ".1", "p256", "sha256", 0, -BPFKEY_E_ROLE, 0, false },
	{ P256 "-addext basicConstraints=CA:FALSE -addext keyUsage=keyCertSign " BUILD, "p256",
	  "sha256", 0, -BPFKEY_E_ROLE, 1, true },
};

static void test_seen(struct bpfkey_ctx *ctx)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		struct bpfkey_cert *c = NULL;
		const struct bpfkey_cert_info *info;
		struct buf der;

		ok(sh("%s -out c.der", seen[i].make), "%s", seen[i].make);
		get_file("c.der", &der);
		bk_enter(ctx);
		if (is_int(cert_from_bytes(ctx, buf_view(&der), &c), 0, "is read")) {
			info = cert_info(c);
			is_str(info->alg, seen[i].alg, "its algorithm");
			is_str(info->signature_hash, seen[i].hash, "its hash");
			is_int(info->roles, seen[i].roles, "its roles");
			ok(info->ca == seen[i].ca && info->self_signed, "CA or not, self-signed");
			is_str(info->subject, "CN=x", "its subject");
			ok(info->not_after - info->not_before == 30 * 86400, "its time");
			is_int(cert_check_strength(ctx, c), seen[i].strength, "its strength");
			is_int(cert_check_role(ctx, c, BPFKEY_ROLE_BUILD), seen[i].role, "build?");
			is_int(cert_check_role(ctx, c, BPFKEY_ROLE_ANCHOR), -BPFKEY_E_ROLE,
			       "no anchor");
			ok(cert_der(c).n == der.n && !memcmp(cert_der(c).p, der.p, der.n),
			   "the bytes that were read");
		}
		cert_free(c);
		buf_done(&der);
	}
}

static const struct {
	const char *what, *make;
	int want;
	const char *why;
} files[] = {
	{ "PEM", "cat good.pem", 0, "" },
	{ "PEM after text", "openssl x509 -in good.pem -text", 0, "" },
	{ "PEM and blanks", "cat good.pem; printf '\\n \\t\\r\\n'", 0, "" },
	{ "DER", "cat good.der", 0, "" },
	{ "nothing", "true", -BPFKEY_E_FORMAT, "not an X.509 certificate" },
	{ "text", "echo hello", -BPFKEY_E_FORMAT, "not an X.509 certificate" },
	{ "two", "cat good.pem good.pem", -BPFKEY_E_FORMAT, "follows the first PEM block" },
	{ "PEM and text", "cat good.pem; echo x", -BPFKEY_E_FORMAT, "follows the first PEM" },
	{ "DER and more", "cat good.der; printf x", -BPFKEY_E_FORMAT, "follows the certificate" },
	{ "half a PEM", "head -5 good.pem", -BPFKEY_E_FORMAT, "not a whole PEM block" },
	{ "half a DER", "head -c 200 good.der", -BPFKEY_E_FORMAT, "not an X.509 certificate" },
	{ "a key", "cat k", -BPFKEY_E_FORMAT, "is a 'PRIVATE KEY', not a 'CERTIFICATE'" },
	{ "a request", "openssl req -new -key k -subj /CN=x", -BPFKEY_E_FORMAT,
	  "is a 'CERTIFICATE REQUEST'" },
	{ "too much", "head -c 70000 /dev/zero", -BPFKEY_E_TOO_BIG, "65536" },
	{ "an endless length", "printf '\\060\\200'; tail -c +5 good.der; printf '\\0\\0'",
	  -BPFKEY_E_FORMAT, "not DER" },
	{ "a purpose that is none", P256 "-addext extendedKeyUsage=DER:3003020101",
	  -BPFKEY_E_FORMAT, "malformed" },
	{ "constraints that are none", P256 "-addext basicConstraints=DER:0500",
	  -BPFKEY_E_FORMAT, "malformed" },
};

static void test_files(struct bpfkey_ctx *ctx)
{
	size_t i;

	ok(sh(P256 "-out good.der && openssl x509 -in good.der -out good.pem"), "openssl");
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		struct bpfkey_cert *c = NULL;
		struct buf in;

		ok(sh("( %s ) > in", files[i].make), "%s: %s", files[i].what, files[i].make);
		get_file("in", &in);
		bk_enter(ctx);
		is_int(cert_from_bytes(ctx, buf_view(&in), &c), files[i].want, files[i].what);
		ok(strstr(bpfkey_ctx_message(ctx), files[i].why) != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		ok(!c == !!files[i].want, "a certificate or none");
		cert_free(c);
		buf_done(&in);
	}
}

static struct pkey *new_key(struct bpfkey_ctx *ctx, const char *alg)
{
	struct pkey *k = NULL;

	if (pkey_generate(ctx, alg, &k))
		abort();
	return k;
}

/* Every role, as we make it, in openssl's eyes and in ours. */
static void test_made(struct bpfkey_ctx *ctx, struct pkey *key)
{
	unsigned int k;

	for (k = 0; k < BPFKEY_ROLE__END; k++) {
		struct cert_spec spec = { "a name, with = and +", k, 1000, 4102444800 };
		struct bpfkey_cert *c = NULL;
		bool anchor = k == BPFKEY_ROLE_ANCHOR;
		const struct bpfkey_cert_info *i;
		struct buf pem = BUF(CERT_MAX);
		unsigned int other;

		is_int(cert_make(ctx, &spec, key, &c), 0, bpfkey_role_name(k));
		i = cert_info(c);
		is_str(i->subject, "CN=a name\\, with = and \\+", "its name, escaped");
		is_int(i->not_before, 1000, "from");
		is_int(i->not_after, 4102444800, "to, beyond 2050 where the form changes");
		ok(i->roles == 1u << k && i->ca == anchor && i->self_signed, "role, CA, signer");
		ok(strlen(i->serial) == 32, "128 bits of serial");
		ok(i->key_id_len == 20 && i->authority_id_len == 20 &&
		   !memcmp(i->key_id, i->authority_id, 20), "both key ids");
		for (other = 0; other < BPFKEY_ROLE__END; other++)
			is_int(cert_check_role(ctx, c, other), other == k ? 0 : -BPFKEY_E_ROLE,
			       bpfkey_role_name(other));
		ok(!cert_check_strength(ctx, c) && !cert_check_issuer(ctx, c, c), "is good");

		cert_to_pem(ctx, c, &pem);
		put_file("c.pem", buf_view(&pem));
		ok(sh("openssl x509 -in c.pem -noout -text | grep -A1 "
		      "'Basic Constraints: critical' | grep -q '%s'",
		      anchor ? "CA:TRUE, pathlen:0" : "CA:FALSE"), "constraints");
		ok(sh("openssl x509 -in c.pem -noout -ext keyUsage | grep -q '%s'",
		      anchor ? "Certificate Sign" : "Digital Signature"), "usage");
		ok(sh("openssl x509 -in c.pem -noout -ext extendedKeyUsage | grep -q "
		      BPFKEY_OID_ARC ".%u", k + 1), "role");
		buf_done(&pem);
		cert_free(c);
	}
}

static void test_validity(struct bpfkey_ctx *ctx, struct pkey *key)
{
	static const struct { int64_t now; int want; } at[] = {
		{ 999, -BPFKEY_E_NOT_YET_VALID }, { 1000, 0 }, { 2000, 0 },
		{ 2001, -BPFKEY_E_EXPIRED },
	};
	struct cert_spec spec = { "x", BPFKEY_ROLE_BUILD, 1000, 2000 };
	struct bpfkey_cert *c = NULL;
	size_t i;

	cert_make(ctx, &spec, key, &c);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		is_int(cert_check_validity(ctx, c, at[i].now), at[i].want, "validity");
	bk_enter(ctx);
	cert_check_validity(ctx, c, 3000);
	is_str(bpfkey_ctx_message(ctx), "the certificate expired on 1970-01-01T00:33:20Z",
	       "says when");
	cert_free(c);
}

static void test_names(struct bpfkey_ctx *ctx)
{
	static const struct { const char *name; int want; } names[] = {
		{ "x", 0 }, { "build key 1 (fleet) #7", 0 }, { "", -BPFKEY_E_USAGE },
		{ " x", -BPFKEY_E_USAGE }, { "x ", -BPFKEY_E_USAGE }, { "a\nb", -BPFKEY_E_USAGE },
		{ "caf\xc3\xa9", -BPFKEY_E_USAGE }, { "\x1b[31m", -BPFKEY_E_USAGE },
		{ "0123456789012345678901234567890123456789012345678901234567890123", 0 },
		{ "01234567890123456789012345678901234567890123456789012345678901234",
		  -BPFKEY_E_USAGE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		is_int(cert_name_check(ctx, names[i].name), names[i].want, "a name");
}

static const struct {
	const char *what, *make;
	int want;
	const char *why;
} requests[] = {
	{ "of openssl", "openssl req -new -key k -subj /CN=leaf", 0, "" },
	{ "that asks for more", "openssl req -new -key k -subj /CN=leaf -addext "
	  "basicConstraints=critical,CA:TRUE -addext extendedKeyUsage=" BPFKEY_OID_ANCHOR, 0, "" },
	{ "in DER", "openssl req -new -key k -subj /CN=leaf -outform DER", 0, "" },
	{ "of two names", "openssl req -new -key k -subj /O=x/CN=leaf", -BPFKEY_E_FORMAT,
	  "not a single common name" },
	{ "of no common name", "openssl req -new -key k -subj /O=x", -BPFKEY_E_FORMAT,
	  "not a single common name" },
	{ "of a strange name", "openssl req -utf8 -new -key k -subj \"/CN=caf\303\251\"",
	  -BPFKEY_E_FORMAT, "not printable ASCII" },
	{ "of a weak key", "openssl req -new -newkey rsa:1024 -nodes -keyout k2 -subj /CN=x",
	  -BPFKEY_E_WEAK, "too small" },
	{ "of a strange key", "openssl req -new -newkey ed25519 -nodes -keyout k2 -subj /CN=x",
	  -BPFKEY_E_ALGORITHM, "none that kernels take" },
	{ "that is none", "cat good.pem", -BPFKEY_E_FORMAT, "is a 'CERTIFICATE'" },
	{ "with more", "openssl req -new -key k -subj /CN=leaf; echo x", -BPFKEY_E_FORMAT,
	  "follows the first PEM block" },
};

static void test_issue(struct bpfkey_ctx *ctx, struct pkey *ca_key)
{
	struct cert_spec root = { "root", BPFKEY_ROLE_ANCHOR, 1000, 9000 };
	struct cert_spec leaf = { NULL, BPFKEY_ROLE_DELEGATED, 2000, 3000 };
	struct bpfkey_cert *ca = NULL, *self = NULL;
	size_t i;

	ok(!cert_make(ctx, &root, ca_key, &ca) && !cert_make(ctx, &root, ca_key, &self), "a CA");
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		struct bpfkey_cert *c = NULL;
		struct csr *csr = NULL;
		struct buf in;

		ok(sh("( %s ) > in", requests[i].make), "request %s", requests[i].what);
		get_file("in", &in);
		bk_enter(ctx);
		is_int(csr_from_bytes(ctx, buf_view(&in), &csr), requests[i].want,
		       requests[i].what);
		ok(strstr(bpfkey_ctx_message(ctx), requests[i].why) != NULL, "'%s'",
		   bpfkey_ctx_message(ctx));
		buf_done(&in);
		if (!csr)
			continue;
		ok(!cert_issue(ctx, csr, &leaf, ca, ca_key, &c), "is answered");
		is_str(cert_info(c)->subject, "CN=leaf", "with its name");
		is_str(cert_info(c)->issuer, "CN=root", "by the CA");
		ok(cert_info(c)->roles == 1u << BPFKEY_ROLE_DELEGATED && !cert_info(c)->ca &&
		   !cert_info(c)->self_signed, "with the role that the issuer chose");
		ok(!cert_check_issuer(ctx, c, ca), "the CA issued it");
		is_int(cert_check_issuer(ctx, ca, c), -BPFKEY_E_UNKNOWN_SIGNER, "not vice versa");
		cert_free(c);
		csr_free(csr);
	}
	cert_free(ca);
	cert_free(self);
}

/* Own key, a CA that is none, a flipped request. */
static void test_issue_refused(struct bpfkey_ctx *ctx, struct pkey *a, struct pkey *b)
{
	struct cert_spec spec = { "x", BPFKEY_ROLE_ANCHOR, 1000, 9000 };
	struct buf pem = BUF(CERT_MAX), der;
	struct bpfkey_cert *ca = NULL, *other = NULL, *c = NULL;
	struct csr *csr = NULL;
	size_t i, bad = 0;

	ok(!cert_make(ctx, &spec, a, &ca) && !cert_make(ctx, &spec, b, &other), "two CAs");
	ok(!csr_make(ctx, "x", a, &pem) && !csr_from_bytes(ctx, buf_view(&pem), &csr), "request");
	is_int(cert_issue(ctx, csr, &spec, ca, a, &c), -BPFKEY_E_ROLE, "for the CA's own key");
	ok(!c, "gives nothing");
	is_int(cert_check_issuer(ctx, ca, other), -BPFKEY_E_UNKNOWN_SIGNER,
	       "a CA of the same name, another key");
	csr_free(csr);

	put_file("r.pem", buf_view(&pem));
	ok(sh("openssl req -in r.pem -outform DER -out r.der"), "as DER");
	get_file("r.der", &der);
	for (i = 0; i < der.n; i++) {
		csr = NULL;
		der.p[i] ^= 1;
		bad += !csr_from_bytes(ctx, buf_view(&der), &csr);
		csr_free(csr);
		der.p[i] ^= 1;
		bk_enter(ctx);
	}
	is_int((long long)bad, 0, "no flipped request is accepted");
	buf_done(&der);
	buf_done(&pem);
	cert_free(ca);
	cert_free(other);
}

/* A flipped certificate is refused, or read without being believed. */
static void test_every_byte(struct bpfkey_ctx *ctx, struct pkey *key)
{
	struct cert_spec spec = { "x", BPFKEY_ROLE_BUILD, 1000, 9000 };
	struct bpfkey_cert *good = NULL;
	uint8_t der[CERT_MAX];
	size_t n, i, believed = 0;

	cert_make(ctx, &spec, key, &good);
	n = cert_der(good).n;
	memcpy(der, cert_der(good).p, n);
	for (i = 0; i < n; i++) {
		struct bpfkey_cert *c = NULL;

		der[i] ^= 1;
		if (!cert_from_der(ctx, (struct view){ der, n }, &c))
			believed += !cert_check_issuer(ctx, c, good);
		cert_free(c);
		der[i] ^= 1;
		bk_enter(ctx);
	}
	is_int((long long)believed, 0, "no flipped certificate is believed");
	cert_free(good);
}

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;
	struct pkey *a, *b;

	sh_enter();
	bpfkey_ctx_new(&ctx);
	a = new_key(ctx, "p256");
	b = new_key(ctx, "rsa2048");
	test_seen(ctx);
	test_files(ctx);
	test_made(ctx, a);
	test_made(ctx, b);
	test_validity(ctx, a);
	test_names(ctx);
	test_issue(ctx, a);
	test_issue(ctx, b);
	test_issue_refused(ctx, a, b);
	test_every_byte(ctx, a);
	pkey_free(a);
	pkey_free(b);
	bpfkey_ctx_free(ctx);
	return done_testing();
}
