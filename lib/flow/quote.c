// SPDX-License-Identifier: LGPL-2.1-or-later
/* Quotes: made in a TPM, verified by anybody. */
#include <string.h>
#include <time.h>

#include <bpfkey/quote.h>

#include "../../tpm/tpm.h"
#include "../base/pcrs.h"
#include "../crypto/digest.h"
#include "../crypto/public.h"
#include "../model/attest.h"
#include "keys.h"
#include "measure.h"
#include "opts.h"

_Static_assert(ATTEST_MAX == sizeof(((struct bpfkey_quote *)0)->attest), "attest");
_Static_assert(ATTEST_NONCE_MIN == BPFKEY_QUOTE_NONCE_MIN, "nonce");

static int make_key(struct bpfkey_ctx *ctx, const char *path, const char *alg, unsigned int flags)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(KEY_FILE_MAX);
	struct sidecar m = { .form = BPFKEY_FORM_TPM, .created = time(NULL) };
	struct tpm_key_meta facts = { 0 };
	struct tpm_identity id = { 0 };
	struct pubkey pub;
	int r = flags & BPFKEY_MAKE_FORCE ? 0 : key_file_absent(ctx, path);

	if (!r)
		r = key_file_can_write(ctx, path);
	/* A dry run must not manufacture a software TPM. */
	if (!r && (flags & BPFKEY_MAKE_DRY_RUN) && key_file_tpm_absent(ctx))
		return 0;
	if (!r)
		r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_identify(t, &id);
	if (!r)
		r = tpm_quote_key_new(t, alg, &pem, &facts);
	if (!r)
		r = tpm_quote_key_public(ctx, buf_view(&pem), &pub);
	if (!r)
		r = public_hash(ctx, &pub, m.public_hash);
	if (r < 0 || flags & BPFKEY_MAKE_DRY_RUN)
		return r;
	snprintf(m.alg, sizeof(m.alg), "%s", facts.alg);
	key_tpm_facts(&m, &id, &facts);
	return key_file_write(ctx, path, buf_view(&pem), &m, flags & BPFKEY_MAKE_FORCE);
}

int bpfkey_quote_key_new(struct bpfkey_ctx *ctx, const char *path, const char *alg,
			 unsigned int flags)
{
	int r;

	bk_enter(ctx);
	r = make_key(ctx, path, alg ? alg : "p256", flags);
	return r < 0 ? bk_fail(ctx, r, "cannot make a key for quotes '%s'", path) : 0;
}

/* read_key - the file, whose sidecar is that of this key for quotes */
static int read_key(struct bpfkey_ctx *ctx, const char *path, struct key_file *f,
		    struct pubkey *ret)
{
	uint8_t hash[32];
	int r = key_file_read(ctx, path, f);

	if (r < 0)
		return r;
	if (f->form != BPFKEY_FORM_TPM)
		r = bk_fail(ctx, -BPFKEY_E_ROLE, "a key of form '%s' makes no quotes",
			    bpfkey_form_name(f->form));
	if (!r)
		r = tpm_quote_key_public(ctx, key_file_view(f), ret);
	if (!r)
		r = public_hash(ctx, ret, hash);
	if (!r)
		r = key_file_check(ctx, path, f, hash);
	return r < 0 ? bk_fail(ctx, r, "key for quotes '%s'", path) : 0;
}

int bpfkey_quote_key_public(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(buf_done) struct buf pem = BUF(PUBLIC_PEM_MAX);
	struct pubkey pub;
	char *text;
	int r;

	bk_enter(ctx);
	r = read_key(ctx, path, &f, &pub);
	if (!r)
		r = public_text(ctx, &pub, &pem);
	if (r < 0)
		return r;
	text = strdup(buf_cstr(&pem));
	if (!text)
		return bk_out_of_memory(ctx);
	*ret = text;
	return 0;
}

static int check_nonce(struct bpfkey_ctx *ctx, size_t n)
{
	if (n >= BPFKEY_QUOTE_NONCE_MIN && n <= BPFKEY_QUOTE_NONCE_MAX)
		return 0;
	return bk_fail(ctx, -BPFKEY_E_USAGE, "a nonce of %zu bytes, not %d to %d", n,
		       BPFKEY_QUOTE_NONCE_MIN, BPFKEY_QUOTE_NONCE_MAX);
}

/* check_values - are @set's the values that were signed? */
static int check_values(struct bpfkey_ctx *ctx, const struct attest_quote *q,
			const struct pcr_set *set, bool *ret)
{
	uint8_t digest[POLICY_DIGEST_LEN];
	int r = tpm_pcr_digest(ctx, set, digest);

	if (r < 0)
		return r;
	*ret = q->mask == set->mask && !strcmp(q->bank, set->bank) &&
	       !memcmp(q->pcr_digest, digest, sizeof(digest));
	return 0;
}

/* open_tpm - the one that has the key of @f; not an embedded one that opening would make */
static int open_tpm(struct bpfkey_ctx *ctx, struct tpm **ret)
{
	if (!key_file_tpm_absent(ctx))
		return tpm_open(ctx, NULL, ret);
	bk_hint(ctx, "name the TPM that the key was made in");
	return bk_fail(ctx, -BPFKEY_E_NO_TPM, "the TPM '%s' does not exist", bpfkey_ctx_tpm(ctx));
}

/* ask - a quote, and the values that it is of */
static int ask(struct tpm *t, struct bpfkey_ctx *ctx, const struct key_file *f,
	       struct view nonce, struct pcr_set *set, struct bpfkey_quote *q)
{
	_cleanup_(buf_done) struct buf attest = BUF(sizeof(q->attest)),
				       sig = BUF(sizeof(q->signature));
	struct tpm_key_meta meta;
	struct attest_quote says;
	bool same = false;
	int r;

	key_file_tpm_meta(f, &meta);
	r = tpm_pcr_read(t, set->bank, set->mask, set);
	if (!r)
		r = tpm_quote(t, key_file_view(f), f->has_meta ? &meta : NULL, set, nonce, &attest,
			      &sig);
	if (!r)
		r = attest_read_quote(ctx, buf_view(&attest), nonce, &says);
	if (!r)
		r = check_values(ctx, &says, set, &same);
	if (!r && !same) {
		bk_hint(ctx, "something is being measured: try again");
		r = bk_fail(ctx, -BPFKEY_E_BUSY, "a PCR changed while it was quoted");
	}
	if (r < 0)
		return r;
	memcpy(q->attest, attest.p, attest.n);
	q->attest_len = attest.n;
	memcpy(q->signature, sig.p, sig.n);
	q->signature_len = sig.n;
	measure_give(set, &q->pcrs);
	return 0;
}

int bpfkey_quote_make(struct bpfkey_ctx *ctx, const char *key, const char *pcrs,
		      const void *nonce, size_t nonce_len, struct bpfkey_quote *ret)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(key_file_done) struct key_file f = { 0 };
	struct bpfkey_quote q = { 0 };
	struct tpm_identity id = { 0 };
	struct pcr_set set = { 0 };
	struct pubkey pub;
	int r;

	bk_enter(ctx);
	r = check_nonce(ctx, nonce_len);
	if (!r)
		r = measure_parse(ctx, pcrs, &set);
	if (!r)
		r = read_key(ctx, key, &f, &pub);
	if (!r)
		r = open_tpm(ctx, &t);
	if (!r)
		r = tpm_identify(t, &id);
	if (!r)
		r = ask(t, ctx, &f, (struct view){ nonce, nonce_len }, &set, &q);
	if (r < 0)
		return bk_fail(ctx, r, "cannot make a quote");
	q.software = id.software;
	return opts_give(ctx, ret, &q, sizeof(q));
}

/* check_signature - over all of what is read afterwards */
static int check_signature(struct bpfkey_ctx *ctx, const char *public_key,
			   const struct bpfkey_quote *q)
{
	uint8_t digest[SHA256_LEN];
	struct pubkey pub;
	int r;

	if (!q->attest_len || q->attest_len > sizeof(q->attest) ||
	    q->signature_len > sizeof(q->signature))
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "that is no quote of a TPM");
	r = public_read(ctx, (struct view){ (const uint8_t *)public_key, strlen(public_key) },
			&pub);
	if (r < 0)
		return bk_fail(ctx, r, "the public key");
	r = bk_sha256(ctx, (struct view){ q->attest, q->attest_len }, digest);
	return r < 0 ? r : public_verify(ctx, &pub, digest,
					 (struct view){ q->signature, q->signature_len });
}

static int verify(struct bpfkey_ctx *ctx, const char *public_key, const struct bpfkey_quote *q,
		  struct view nonce, struct attest_quote *ret, struct pcr_set *ret_set)
{
	bool same = false;
	int r = check_nonce(ctx, nonce.n);

	if (!r)
		r = check_signature(ctx, public_key, q);
	if (!r)
		r = attest_read_quote(ctx, (struct view){ q->attest, q->attest_len }, nonce, ret);
	if (!r && measure_take(&q->pcrs, ret_set) < 0)
		r = bk_fail(ctx, -BPFKEY_E_MALFORMED, "the values name no PCRs");
	if (!r)
		r = check_values(ctx, ret, ret_set, &same);
	if (!r && !same)
		r = bk_fail(ctx, -BPFKEY_E_TAMPERED, "the values of the PCRs are not those that "
			    "were signed");
	return r;
}

int bpfkey_quote_verify(struct bpfkey_ctx *ctx, const char *public_key,
			const struct bpfkey_quote *quote, const void *nonce, size_t nonce_len,
			struct bpfkey_quote_facts *ret)
{
	struct bpfkey_quote_facts facts = { 0 };
	struct attest_quote says = { 0 };
	struct bpfkey_quote q;
	struct pcr_set set;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &q, sizeof(q), quote);
	if (!r)
		r = verify(ctx, public_key, &q, (struct view){ nonce, nonce_len }, &says, &set);
	if (r < 0)
		return bk_fail(ctx, r, "the quote is refused");
	measure_give(&set, &facts.pcrs);
	facts.resets = says.resets;
	facts.restarts = says.restarts;
	facts.clock_safe = says.safe;
	facts.firmware = says.firmware;
	return opts_give(ctx, ret, &facts, sizeof(facts));
}
