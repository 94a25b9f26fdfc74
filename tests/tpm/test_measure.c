// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The public calls about PCRs, measurements and quotes, on an embedded TPM or
 * the one that the first argument names; quotes are verified by a context
 * whose TPM does not exist.
 */
#include <openssl/sha.h>

#include <bpfkey.h>

#include "tests/tpm/help.h"

static struct bpfkey_ctx *nowhere;
static uint8_t asked[32] = "a nonce that nobody asked before";
static const uint8_t digest[32] = { 1, 2, 3 };

/* grown - what extending @was gives */
static void grown(const uint8_t was[32], uint8_t ret[32])
{
	uint8_t both[64];

	memcpy(both, was, 32);
	memcpy(both + 32, digest, 32);
	SHA256(both, sizeof(both), ret);
}

static void test_pcrs(void)
{
	struct bpfkey_pcrs before = { 0 }, after = { 0 }, other;
	uint8_t want[32];

	is_int(bpfkey_pcr_read(ctx, "sha256:0-3,16", &before), 0, "PCRs are read");
	ok(before.mask == 0x1000f && !strcmp(before.bank, "sha256"), "those that were named");
	is_int(bpfkey_pcr_extend(ctx, 16, "sha256", digest, 32), 0, "one is extended");
	ok(!bpfkey_pcr_read(ctx, "sha256:0-3,16", &after), "they are read again");
	if (strncmp(spec, "embedded:", 9)) {
		grown(before.value[16], want);
		ok(!memcmp(after.value[16], want, 32), "the value is the hash of both");
		is_int(bpfkey_pcrs_differ(&before, &after), 1 << 16, "this one differs");
	} else {
		/* facts-tpm 1.8: each opening is a boot. */
		is_int(bpfkey_pcrs_differ(&before, &after), 0, "which is forgotten at once");
	}
	other = before;
	snprintf(other.bank, sizeof(other.bank), "sha384");
	is_int(bpfkey_pcrs_differ(&before, &other), 0x1000f, "in another bank all differ");
	other = before;
	other.mask = 1;
	is_int(bpfkey_pcrs_differ(&before, &other), 0x1000e, "and what is not there");
	is_int(bpfkey_pcr_read(ctx, "sha256:24", &after), -BPFKEY_E_USAGE, "no such PCR");
	is_int(bpfkey_pcr_read(ctx, NULL, &after), -BPFKEY_E_USAGE, "none at all");
	is_int(bpfkey_pcr_extend(ctx, 16, "sha256", digest, 20), -BPFKEY_E_USAGE, "a short digest");
	is_int(bpfkey_pcr_extend(ctx, 24, "sha256", digest, 32), -BPFKEY_E_USAGE, "too high a PCR");
	is_int(bpfkey_pcr_extend(ctx, 16, "md5", digest, 32), -BPFKEY_E_USAGE, "no such bank");
	is_int(bpfkey_pcr_read(nowhere, "sha256:0", &after), -BPFKEY_E_NO_TPM, "no TPM");
}

static void test_measure(void)
{
	struct bpfkey_measure m = { .sz = sizeof(m) }, odd = { .sz = 8 }, wrong;
	uint8_t value[32] = { 0 }, want[32] = { 0 };

	is_int(bpfkey_measure_new(ctx, 0, digest, &odd), -BPFKEY_E_USAGE,
	       "what cannot be told is not made");
	is_int(bpfkey_measure_new(ctx, 0, digest, &m), 0, "a measurement");
	ok(m.index >= BPFKEY_NV_FIRST && m.index <= BPFKEY_NV_LAST, "in our range");
	grown(want, want);
	ok(!bpfkey_measure_read(ctx, &m, value) && !memcmp(value, want, 32), "it is read");
	is_int(bpfkey_measure_extend(ctx, &m, digest), 0, "it is extended");
	grown(want, want);
	ok(!bpfkey_measure_read(ctx, &m, value) && !memcmp(value, want, 32),
	   "and is the hash of both, in another opening");
	is_int(bpfkey_measure_new(ctx, m.index, digest, &m), -BPFKEY_E_EXISTS, "not made twice");
	wrong = m;
	wrong.name[10] ^= 1;
	is_int(bpfkey_measure_read(ctx, &wrong, value), -BPFKEY_E_MISMATCH, "another's name");
	is_int(bpfkey_measure_extend(ctx, &wrong, digest), -BPFKEY_E_MISMATCH, "is not extended");
	wrong = m;
	memset(wrong.srk_name, 'f', sizeof(wrong.srk_name));
	is_int(bpfkey_measure_read(ctx, &wrong, value), -BPFKEY_E_USAGE, "a name without end");
	wrong = (struct bpfkey_measure){ .sz = sizeof(wrong) };
	is_int(bpfkey_measure_read(ctx, &wrong, value), -BPFKEY_E_USAGE, "none at all");
	is_int(bpfkey_measure_remove(ctx, &m), 0, "it is taken out");
	is_int(bpfkey_measure_read(ctx, &m, value), -BPFKEY_E_NOT_FOUND, "and gone");
}

static int verify(const char *pem, const struct bpfkey_quote *q)
{
	struct bpfkey_quote_facts f = { .sz = sizeof(f) };

	return bpfkey_quote_verify(nowhere, pem, q, asked, sizeof(asked), &f);
}

/* Whatever is changed on its way is refused, and each for its own reason. */
static void test_changed(const char *pem, const struct bpfkey_quote *q)
{
	struct bpfkey_quote c = *q;
	unsigned int accepted = 0;

	for (size_t i = 0; i < q->attest_len; i++, c = *q) {
		c.attest[i] ^= 1;
		accepted += verify(pem, &c) != -BPFKEY_E_SIGNATURE;
	}
	for (size_t i = 0; i < q->signature_len; i++, c = *q) {
		c.signature[i] ^= 1;
		accepted += verify(pem, &c) != -BPFKEY_E_SIGNATURE;
	}
	is_int(accepted, 0, "a quote or signature with a bit changed is refused");
	c.pcrs.value[7][31] ^= 1;
	is_int(verify(pem, &c), -BPFKEY_E_TAMPERED, "values that were not signed");
	c = *q;
	c.pcrs.mask = 1;
	is_int(verify(pem, &c), -BPFKEY_E_TAMPERED, "and fewer of them");
	c.pcrs.mask = 1u << 31;
	is_int(verify(pem, &c), -BPFKEY_E_MALFORMED, "no such PCR");
	c = *q;
	memset(c.pcrs.bank, 'x', sizeof(c.pcrs.bank));
	is_int(verify(pem, &c), -BPFKEY_E_MALFORMED, "no such bank");
	c = *q;
	c.attest_len = sizeof(c.attest) + 1;
	is_int(verify(pem, &c), -BPFKEY_E_MALFORMED, "longer than it can be");
	c = *q;
	c.signature_len = sizeof(c.signature) + 1;
	is_int(verify(pem, &c), -BPFKEY_E_MALFORMED, "and its signature");
	asked[0] ^= 1;
	is_int(verify(pem, q), -BPFKEY_E_MISMATCH, "a quote for another nonce");
	asked[0] ^= 1;
	is_int(verify("nonsense", q), -BPFKEY_E_FORMAT, "no public key");
}

static void test_quote(const char *alg, const char *path, const char *other)
{
	struct bpfkey_quote q = { .sz = sizeof(q) };
	struct bpfkey_quote_facts f = { .sz = sizeof(f) };
	_cleanup_(bk_freep) char *pem = NULL, *others = NULL;
	struct bpfkey_pcrs want;

	printf("# quotes with %s\n", alg);
	is_int(bpfkey_quote_key_new(ctx, path, alg, BPFKEY_MAKE_DRY_RUN), 0, "a dry run");
	ok(access(path, F_OK), "makes nothing");
	is_int(bpfkey_quote_key_new(ctx, path, alg, 0), 0, "a key for quotes");
	is_int(bpfkey_quote_key_new(ctx, path, alg, 0), -BPFKEY_E_EXISTS, "not made twice");
	is_int(bpfkey_quote_key_public(nowhere, path, &pem), 0, "its public half, without a TPM");
	ok(pem && !strncmp(pem, "-----BEGIN PUBLIC KEY-----\n", 27), "in PEM");
	is_int(bpfkey_quote_make(ctx, path, "sha256:0-7", asked, sizeof(asked), &q), 0, "a quote");
	ok(q.software, "by a TPM that is software");
	is_int(bpfkey_quote_verify(nowhere, pem, &q, asked, sizeof(asked), &f), 0,
	       "is verified without a TPM");
	ok(!bpfkey_pcr_read(ctx, "sha256:0-7", &want) && f.pcrs.mask == 0xff &&
	   !bpfkey_pcrs_differ(&want, &f.pcrs), "and says what the PCRs are");
	want.value[4][0] ^= 1;
	is_int(bpfkey_pcrs_differ(&want, &f.pcrs), 1 << 4, "and which is another");
	test_changed(pem, &q);
	ok(!bpfkey_quote_key_new(ctx, other, alg, 0) &&
	   !bpfkey_quote_key_public(ctx, other, &others), "another key");
	is_int(verify(others, &q), -BPFKEY_E_SIGNATURE, "did not sign it");
	is_int(bpfkey_quote_make(ctx, path, "sha256:0", asked, 15, &q), -BPFKEY_E_USAGE,
	       "a nonce that is too short");
	is_int(bpfkey_quote_make(ctx, path, "sha256:0", asked, 33, &q), -BPFKEY_E_USAGE,
	       "and too long");
	is_int(bpfkey_quote_make(nowhere, path, "sha256:0", asked, 32, &q), -BPFKEY_E_NO_TPM,
	       "no TPM");
	is_int(bpfkey_quote_make(ctx, "nothing", "sha256:0", asked, 32, &q), -BPFKEY_E_NOT_FOUND,
	       "no key");
}

/* Keys that sign what they are given make no quotes, and the other way round. */
static void test_other_keys(void)
{
	const struct bpfkey_key_opts tpm = { sizeof(tpm), .alg = "p256", .form = BPFKEY_FORM_TPM };
	const struct bpfkey_key_opts file = { sizeof(file), .alg = "p256",
					      .form = BPFKEY_FORM_FILE };
	struct bpfkey_quote q = { .sz = sizeof(q) };
	struct bpfkey_signer *s = NULL;
	char *pem = NULL;

	ok(!bpfkey_key_new(ctx, "tpm.key", &tpm, NULL), "a key for objects");
	ok(!bpfkey_key_new(ctx, "file.key", &file, NULL), "one in a file");
	is_int(bpfkey_quote_make(ctx, "tpm.key", "sha256:0", asked, 32, &q), -BPFKEY_E_ROLE,
	       "the first makes no quotes");
	is_int(bpfkey_quote_key_public(ctx, "tpm.key", &pem), -BPFKEY_E_ROLE, "and verifies none");
	is_int(bpfkey_quote_make(ctx, "file.key", "sha256:0", asked, 32, &q), -BPFKEY_E_ROLE,
	       "nor does the second");
	is_int(bpfkey_quote_key_new(ctx, "odd.key", "p384", 0), -BPFKEY_E_NO_SUPPORT,
	       "quotes are not signed with just anything");
	ok(access("odd.key", F_OK) && access("odd.key.meta", F_OK), "and nothing is left");
	ok(bpfkey_signer_open(ctx, "p256.quote", NULL, &s) < 0, "a key for quotes is no signer");
	bpfkey_signer_free(s);
	ok(!rename("p256.quote.meta", "kept") && !link("rsa2048.quote.meta", "p256.quote.meta"),
	   "a sidecar of another key");
	is_int(bpfkey_quote_make(ctx, "p256.quote", "sha256:0", asked, 32, &q),
	       -BPFKEY_E_MISMATCH, "is told");
}

static void test_other_tpm(struct bpfkey_measure *m)
{
	struct bpfkey_quote q = { .sz = sizeof(q) };
	struct bpfkey_pcrs p;
	uint8_t value[32];

	ok(!rename("kept", "p256.quote.meta") && !bpfkey_ctx_set_tpm(ctx, "embedded:other") &&
	   !bpfkey_pcr_read(ctx, "sha256:0", &p), "another TPM");
	is_int(bpfkey_quote_make(ctx, "p256.quote", "sha256:0", asked, 32, &q),
	       -BPFKEY_E_OTHER_TPM, "has not got the key");
	ok(said("another TPM"), "which is told");
	is_int(bpfkey_measure_read(ctx, m, value), -BPFKEY_E_OTHER_TPM, "nor the measurement");
	ok(said("another TPM"), "which is told, too");
	is_int(bpfkey_measure_extend(ctx, m, digest), -BPFKEY_E_OTHER_TPM, "nor extends it");
}

int main(int argc, char **argv)
{
	struct bpfkey_measure m = { .sz = sizeof(m) };

	begin();
	if (argc > 1)
		snprintf(spec, sizeof(spec), "%s", argv[1]);
	if (!ok(!bpfkey_ctx_set_tpm(ctx, spec) && !bpfkey_ctx_new(&nowhere) &&
		!bpfkey_ctx_set_tpm(nowhere, "device:/nowhere/tpm"), "two contexts"))
		return end();
	test_pcrs();
	test_measure();
	test_quote("p256", "p256.quote", "p256.other");
	test_quote("rsa2048", "rsa2048.quote", "rsa2048.other");
	test_other_keys();
	ok(!bpfkey_measure_new(ctx, 0, digest, &m), "a measurement");
	test_other_tpm(&m);
	bpfkey_ctx_set_tpm(ctx, spec);
	is_int(bpfkey_measure_remove(ctx, &m), 0, "it is still there, and taken out");
	bpfkey_ctx_free(nowhere);
	return end();
}
