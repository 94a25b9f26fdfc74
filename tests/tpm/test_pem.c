// SPDX-License-Identifier: GPL-2.0-or-later
/* Key files as others write them, and as nobody should. */
#include "lib/crypto/der.h"
#include "tests/tpm/help.h"

static struct tpm_file made;	/* of a real key */
static struct buf pem_made = BUF(TPM_FILE_MAX);

/* A file piece by piece; what is not set is left out. */
struct piece {
	const char *oid;		/* NULL: loadable */
	const char *optional;		/* DER of the context fields */
	size_t optional_n;
	const char *parent;		/* DER of the INTEGER; NULL: the owner */
	size_t parent_n;
	bool bare_public;		/* TPMT_PUBLIC instead of TPM2B_PUBLIC */
	bool lacks_private, trailing_inside, trailing_outside;
};

static void put_blobs(struct buf *body, const struct piece *p)
{
	struct tpm_file f = made;
	struct buf whole = BUF(TPM_FILE_MAX), der = BUF(TPM_FILE_MAX);
	struct view public, private;
	struct rd r;

	/* From the file that our writer made: the last two fields of the sequence. */
	tpm_file_put(ctx, &f, &whole);
	der_pem_get(buf_view(&whole), "TSS2 PRIVATE KEY", &der);
	r = rd_init(buf_view(&der));
	r = rd_init(der_get(&r, DER_SEQUENCE));
	der_get(&r, DER_OID);
	der_get(&r, DER_CONTEXT(0));
	der_get(&r, DER_INTEGER);
	public = der_get(&r, DER_OCTETS);
	private = der_get(&r, DER_OCTETS);
	if (p->bare_public)
		public = (struct view){ public.p + 2, public.n - 2 };
	der_put(body, DER_OCTETS, public);
	if (!p->lacks_private)
		der_put(body, DER_OCTETS, private);
	buf_done(&whole);
	buf_done(&der);
}

static void build(const struct piece *p, struct buf *ret)
{
	static const char loadable[] = "\x06\x06\x67\x81\x05\x0a\x01\x03";
	static const char owner[] = "\x02\x04\x40\x00\x00\x01";
	struct buf body = BUF(TPM_FILE_MAX), der = BUF(TPM_FILE_MAX);

	buf_put(&body, p->oid ? p->oid : loadable, sizeof(loadable) - 1);
	buf_put(&body, p->optional, p->optional_n);
	buf_put(&body, p->parent ? p->parent : owner, p->parent ? p->parent_n : sizeof(owner) - 1);
	put_blobs(&body, p);
	if (p->trailing_inside)
		buf_str(&body, "\x05\x01x");
	der_put(&der, DER_SEQUENCE, buf_view(&body));
	if (p->trailing_outside)
		buf_str(&der, "x");
	der_pem_put(ret, "TSS2 PRIVATE KEY", buf_view(&der));
	buf_done(&body);
	buf_done(&der);
}

#define BYTES(s) s, sizeof(s) - 1
#define EMPTY_TRUE "\xa0\x03\x01\x01\xff"
#define EMPTY_ONE "\xa0\x03\x01\x01\x01"
#define EMPTY_FALSE "\xa0\x03\x01\x01\x00"

struct good_case {
	const char *what, *optional;
	size_t optional_n;
	const char *parent;
	size_t parent_n;
	TPM2_HANDLE want_parent;
	bool want_auth, want_rsa;
};

static const struct good_case good_cases[] = {
	{ "as we write it", BYTES(EMPTY_TRUE), NULL, 0, 0x40000001, false, false },
	{ "TRUE as 1", BYTES(EMPTY_ONE), NULL, 0, 0x40000001, false, false },
	{ "with a password", BYTES(EMPTY_FALSE), NULL, 0, 0x40000001, true, false },
	{ "emptyAuth absent", NULL, 0, NULL, 0, 0x40000001, true, false },
	{ "persistent parent", BYTES(EMPTY_TRUE), BYTES("\x02\x05\x00\x81\x00\x00\x01"),
	  0x81000001, false, false },
	{ "negative parent", BYTES(EMPTY_TRUE), BYTES("\x02\x04\x81\x00\x00\x01"), 0x81000001,
	  false, false },
	{ "description", BYTES(EMPTY_TRUE "\xa4\x04\x0c\x02hi"), NULL, 0, 0x40000001, false,
	  false },
	{ "policy", BYTES(EMPTY_TRUE "\xa1\x02\x30\x00"), NULL, 0, 0x40000001, false, false },
	{ "rsaParent", BYTES(EMPTY_TRUE "\xa5\x03\x01\x01\x01"), NULL, 0, 0x40000001, false,
	  true },
	{ "a field of a later draft", BYTES(EMPTY_TRUE "\xa9\x02\x05\x00"), NULL, 0, 0x40000001,
	  false, false },
};

static void test_good(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_cases); i++) {
		const struct good_case *c = &good_cases[i];
		struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_file f = { 0 };

		build(&(struct piece){ .optional = c->optional, .optional_n = c->optional_n,
				       .parent = c->parent, .parent_n = c->parent_n }, &pem);
		ok(!tpm_file_parse(ctx, buf_view(&pem), &f) && f.parent == c->want_parent &&
		   f.needs_auth == c->want_auth && f.rsa_parent == c->want_rsa &&
		   f.public.size == made.public.size && f.private.size == made.private.size,
		   "read: %s", c->what);
		buf_done(&pem);
	}
}

struct bad_case {
	const char *what;
	struct piece p;
	int want;
	const char *part;
};

static const struct bad_case bad_cases[] = {
	{ "importable",
	  { .oid = "\x06\x06\x67\x81\x05\x0a\x01\x04" },
	  -BPFKEY_E_NO_SUPPORT,
	  "must be imported first" },
	{ "sealed",
	  { .oid = "\x06\x06\x67\x81\x05\x0a\x01\x05" },
	  -BPFKEY_E_NO_SUPPORT,
	  "sealed data" },
	{ "another type",
	  { .oid = "\x06\x06\x67\x81\x05\x0a\x01\x06" },
	  -BPFKEY_E_FORMAT,
	  "unknown type" },
	{ "a field twice",
	  { .optional = EMPTY_TRUE EMPTY_TRUE, .optional_n = 10 },
	  -BPFKEY_E_FORMAT,
	  "malformed" },
	{ "BOOLEAN of two bytes",
	  { .optional = "\xa0\x04\x01\x02\xff\xff", .optional_n = 6 },
	  -BPFKEY_E_FORMAT,
	  "malformed" },
	{ "parent too large",
	  { .parent = "\x02\x05\x01\x81\x00\x00\x01", .parent_n = 7 },
	  -BPFKEY_E_FORMAT,
	  "malformed" },
	{ "parent empty", { .parent = "\x02\x00", .parent_n = 2 }, -BPFKEY_E_FORMAT, "malformed" },
	{ "length in too many bytes",
	  { .parent = "\x02\x81\x04\x40\x00\x00\x01", .parent_n = 7 },
	  -BPFKEY_E_FORMAT,
	  "malformed" },
	{ "no private part", { .lacks_private = true }, -BPFKEY_E_FORMAT, "malformed" },
	{ "more inside", { .trailing_inside = true }, -BPFKEY_E_FORMAT, "malformed" },
	{ "more behind", { .trailing_outside = true }, -BPFKEY_E_FORMAT, "malformed" },
	{ "TPMT_PUBLIC", { .bare_public = true }, -BPFKEY_E_FORMAT, "no valid TPM2B_PUBLIC" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
		const struct bad_case *c = &bad_cases[i];
		struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_file f = { .parent = 7 };
		int r;

		build(&c->p, &pem);
		bk_forget(ctx);
		r = tpm_file_parse(ctx, buf_view(&pem), &f);
		ok(r == c->want && said(c->part) && f.parent == 7, "refused: %s", c->what);
		buf_done(&pem);
	}
	bk_forget(ctx);
}

/* Keys that are well written, but not for us: told before any TPM is asked. */
static void test_use(void)
{
	struct {
		const char *what;
		TPMA_OBJECT clear, set;
		TPMI_ALG_ASYM_SCHEME scheme;
		const char *part;
	} cases[] = {
		{ "not for signing", TPMA_OBJECT_SIGN_ENCRYPT, TPMA_OBJECT_DECRYPT, TPM2_ALG_NULL,
		  "not made for signing" },
		{ "for attestation", 0, TPMA_OBJECT_RESTRICTED, TPM2_ALG_NULL,
		  "not made for signing" },
		{ "Schnorr", 0, 0, TPM2_ALG_ECSCHNORR, "signatures of kind 0x001c only" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf pem = BUF(TPM_FILE_MAX);
		struct tpm_file f = made;
		struct tpm_key_meta meta;
		struct pubkey pub;
		int r;

		f.public.publicArea.objectAttributes &= ~cases[i].clear;
		f.public.publicArea.objectAttributes |= cases[i].set;
		f.public.publicArea.parameters.eccDetail.scheme.scheme = cases[i].scheme;
		f.public.publicArea.parameters.eccDetail.scheme.details.ecschnorr.hashAlg =
			TPM2_ALG_SHA256;
		bk_forget(ctx);
		tpm_file_put(ctx, &f, &pem);
		r = tpm_key_describe(ctx, buf_view(&pem), &pub, &meta);
		ok(r == -BPFKEY_E_NO_SUPPORT && said(cases[i].part), "refused: a key %s",
		   cases[i].what);
		buf_done(&pem);
	}
	bk_forget(ctx);
}

static void test_pem(void)
{
	struct buf pem = BUF(TPM_FILE_MAX);
	struct tpm_file f;

	buf_str(&pem, "made on a Sunday\r\n");
	buf_put(&pem, pem_made.p, pem_made.n);
	buf_str(&pem, "\n\n");
	ok(tpm_key_is_pem(buf_view(&pem)) && !tpm_file_parse(ctx, buf_view(&pem), &f),
	   "text before the block, blanks after it");
	buf_str(&pem, "x");
	is_int(tpm_file_parse(ctx, buf_view(&pem), &f), -BPFKEY_E_FORMAT, "but no text after it");
	buf_done(&pem);
	buf_put(&pem, pem_made.p, pem_made.n);
	buf_put(&pem, pem_made.p, pem_made.n);
	is_int(tpm_file_parse(ctx, buf_view(&pem), &f), -BPFKEY_E_FORMAT, "nor a second block");
	buf_done(&pem);
	ok(!tpm_key_is_pem((struct view){ NULL, 0 }), "nothing is no key");
	ok(!tpm_key_is_pem((struct view){ (const uint8_t *)"-----BEGIN PRIVATE KEY-----\n", 28 }),
	   "nor is another kind of key");
	for (size_t n = 0; n < pem_made.n - 1; n++)
		if (!tpm_file_parse(ctx, (struct view){ pem_made.p, n }, &f))
			ok(false, "cut after %zu bytes it is read", n);
	bk_forget(ctx);
}

/*
 * Each bit of the file. What is still read must be written again without loss;
 * the rest is refused, and no tool for memory errors complains.
 */
static void test_flips(void)
{
	unsigned int refused = 0, taken = 0, silent = 0, lossy = 0;

	for (size_t i = 0; i < pem_made.n * 8; i++) {
		struct buf again = BUF(TPM_FILE_MAX);
		struct tpm_file f, g;

		pem_made.p[i / 8] ^= (uint8_t)(1 << i % 8);
		bk_forget(ctx);
		if (tpm_file_parse(ctx, buf_view(&pem_made), &f) < 0) {
			refused++;
			silent += !*bpfkey_ctx_message(ctx);
		} else {
			taken++;
			lossy += tpm_file_put(ctx, &f, &again) < 0 ||
				 tpm_file_parse(ctx, buf_view(&again), &g) < 0 ||
				 f.parent != g.parent || f.private.size != g.private.size ||
				 memcmp(f.private.buffer, g.private.buffer, f.private.size) != 0;
		}
		pem_made.p[i / 8] ^= (uint8_t)(1 << i % 8);
		buf_done(&again);
	}
	bk_forget(ctx);
	ok(refused > 500 && taken > 500, "%u flipped bits refused, %u in what only a TPM can judge",
	   refused, taken);
	is_int(silent, 0, "each refusal has its sentence");
	is_int(lossy, 0, "what is read is kept");
}

int main(void)
{
	struct tpm_key_meta meta;
	struct tpm *t;

	begin();
	t = opened();
	ok(t && !tpm_key_create(t, "p256", NULL, &pem_made, &meta) &&
	   !tpm_file_parse(ctx, buf_view(&pem_made), &made), "a real key");
	tpm_close(t);
	test_good();
	test_bad();
	test_use();
	test_pem();
	test_flips();
	buf_done(&pem_made);
	return end();
}
