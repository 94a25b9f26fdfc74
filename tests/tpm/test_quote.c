// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Quotes, on an embedded TPM or the one that the first argument names: made,
 * verified without a TPM, and refused in every other form.
 */
#include <openssl/sha.h>

#include "lib/crypto/public.h"
#include "lib/model/attest.h"
#include "tests/tpm/help.h"

static struct buf pem = BUF(TPM_FILE_MAX), attest = BUF(ATTEST_MAX), sig = BUF(512);
static struct tpm_key_meta meta;
static struct pubkey pub;
static uint8_t asked[20] = "a nonce of who asks";
static const struct view nonce = { asked, sizeof(asked) };

static bool signed_by(const uint8_t *p, size_t n)
{
	uint8_t digest[32];

	SHA256(p, n, digest);
	bk_forget(ctx);
	return !public_verify(ctx, &pub, digest, buf_view(&sig));
}

static void test_made(struct tpm *t, const char *alg)
{
	struct pcr_set set = { .bank = "sha256", .mask = 1u << 0 | 1u << 7 | 1u << 16 };
	struct attest_quote q = { 0 };
	struct pcr_set now;
	uint8_t values[96], want[32];

	ok(!tpm_quote_key_new(t, alg, &pem, &meta), "a key for quotes");
	ok(!tpm_quote_key_public(ctx, buf_view(&pem), &pub), "its public half");
	ok(!tpm_quote(t, buf_view(&pem), &meta, &set, nonce, &attest, &sig), "a quote");
	ok(signed_by(attest.p, attest.n), "which verifies without a TPM");
	ok(!attest_read_quote(ctx, buf_view(&attest), nonce, &q), "it is read");
	ok(!strcmp(q.bank, "sha256") && q.mask == set.mask, "with the PCRs that were asked for");
	ok(!tpm_pcr_read(t, "sha256", set.mask, &now), "they are read");
	memcpy(values, now.value[0], 32);
	memcpy(values + 32, now.value[7], 32);
	memcpy(values + 64, now.value[16], 32);
	SHA256(values, sizeof(values), want);
	ok(!memcmp(want, q.pcr_digest, 32), "and are what it says");
}

/* A key that signs what it is given could sign a quote that no TPM made. */
static void test_other_key(struct tpm *t)
{
	_cleanup_(buf_done) struct buf other = BUF(TPM_FILE_MAX), out = BUF(ATTEST_MAX);
	struct pcr_set set = { .bank = "sha256", .mask = 1 };
	struct tpm_key_meta m;
	struct tpm_key *k = NULL;
	_cleanup_(buf_done) struct buf s = BUF(512);
	struct pubkey p;

	ok(!tpm_key_create(t, "p256", NULL, &other, &m), "a signing key");
	is_int(tpm_quote_key_public(ctx, buf_view(&other), &p), -BPFKEY_E_ROLE, "is none for them");
	is_int(tpm_quote(t, buf_view(&other), &m, &set, nonce, &out, &s), -BPFKEY_E_ROLE,
	       "and makes none");
	ok(!out.n && !s.n, "nothing is handed out");
	bk_forget(ctx);
	is_int(tpm_key_load(t, buf_view(&pem), &meta, NULL, &k), -BPFKEY_E_NO_SUPPORT,
	       "nor does a key for quotes sign objects");
	bk_forget(ctx);
}

/* Each bit of the quote, each length of it, and another nonce. */
static void test_refused(void)
{
	unsigned int accepted = 0, longer = 0;
	uint8_t *copy = calloc(1, attest.n + 1);
	struct attest_quote q;

	for (size_t bit = 0; copy && bit < 8 * attest.n; bit++) {
		memcpy(copy, attest.p, attest.n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		accepted += signed_by(copy, attest.n);
	}
	is_int(accepted, 0, "no quote with one bit changed verifies");
	for (size_t n = 0; copy && n <= attest.n + 1; n++) {
		memcpy(copy, attest.p, n < attest.n ? n : attest.n);
		bk_forget(ctx);
		longer += n != attest.n &&
			  attest_read_quote(ctx, (struct view){ copy, n }, nonce, &q) !=
				  -BPFKEY_E_MALFORMED;
	}
	is_int(longer, 0, "none that is cut off or longer is read");
	bk_forget(ctx);
	asked[0] ^= 1;
	is_int(attest_read_quote(ctx, buf_view(&attest), nonce, &q), -BPFKEY_E_MISMATCH,
	       "another nonce");
	ok(said("the quote has another nonce"), "is told");
	bk_forget(ctx);
	is_int(attest_read_quote(ctx, buf_view(&attest), (struct view){ asked, 8 }, &q),
	       -BPFKEY_E_USAGE, "one that is too short is not asked with");
	free(copy);
}

static void test_all(const char *alg)
{
	_cleanup_(tpm_closep) struct tpm *t = opened();

	ok(t != NULL, "the TPM is open");
	if (!t)
		return;
	printf("# %s\n", alg);
	test_made(t, alg);
	test_other_key(t);
	tpm_close(steal(&t));
	test_refused();
	buf_done(&pem);
	buf_done(&attest);
	buf_done(&sig);
	bk_forget(ctx);
}

int main(int argc, char **argv)
{

	begin();
	if (argc > 1)
		snprintf(spec, sizeof(spec), "%s", argv[1]);
	test_all("p256");
	test_all("rsa2048");
	return end();
}
