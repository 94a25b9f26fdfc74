/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quotes. The key is restricted: it signs what the TPM itself says and nothing
 * that it is given, so that its signature under a quote means one.
 */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "tpm_policy.h"

static TPM2B_PUBLIC quote_template(const struct tpm_alg *alg)
{
	TPM2B_PUBLIC p = tpm_key_template(alg);
	TPMS_ECC_PARMS *ecc = &p.publicArea.parameters.eccDetail;
	TPMS_RSA_PARMS *rsa = &p.publicArea.parameters.rsaDetail;

	p.publicArea.objectAttributes |= TPMA_OBJECT_RESTRICTED;
	if (alg->type == TPM2_ALG_ECC) {
		ecc->scheme.scheme = TPM2_ALG_ECDSA;
		ecc->scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	} else {
		rsa->scheme.scheme = TPM2_ALG_RSASSA;
		rsa->scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	}
	return p;
}

static int create(struct tpm *t, const struct tpm_alg *alg, const struct tpm_object *srk,
		  struct tpm_file *f)
{
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	const TPM2B_SENSITIVE_CREATE no_secret = { 0 };
	const TPM2B_PUBLIC template = quote_template(alg);
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	const TPM2B_DATA no_data = { 0 };
	ESYS_TR session;
	TSS2_RC rc;
	int r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
			    &session);

	if (r < 0)
		return r;
	rc = Esys_Create(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &no_secret,
			 &template, &no_data, &no_pcrs, &private, &public, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot make a key for quotes in the TPM");
	f->public = *public;
	f->private = *private;
	return 0;
}

/* quote_alg - what every TPM has; a verifier needs no more */
static bool quote_alg(const struct tpm_alg *alg)
{
	return alg && (alg->curve == TPM2_ECC_NIST_P256 || alg->bits == 2048);
}

int tpm_quote_key_new(struct tpm *t, const char *alg, struct buf *ret_pem,
		      struct tpm_key_meta *ret_meta)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	const struct tpm_alg *a = NULL;
	struct tpm_key_meta m = { 0 };
	struct tpm_file f = { 0 };
	int r;

	if (!quote_alg(tpm_alg_find(alg)))
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "quotes are signed with p256 or "
			       "rsa2048, not with %s", alg);
	snprintf(m.alg, sizeof(m.alg), "%s", alg);
	r = tpm_key_alg(t, alg, &a);
	if (!r)
		r = tpm_id_read(t, m.tpm_id);
	if (!r)
		r = tpm_key_parent(t, &f.parent, m.srk_name, &srk);
	if (!r)
		r = create(t, a, &srk, &f);
	if (!r)
		r = tpm_public_name(t->ctx, &f.public, m.key_name, sizeof(m.key_name));
	if (!r)
		r = tpm_file_put(t->ctx, &f, ret_pem);
	if (r < 0)
		return r;
	*ret_meta = m;
	return 0;
}

/* check_key - else whoever has the key could have signed a quote that no TPM made */
static int check_key(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p)
{
	const TPMA_OBJECT want = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
				 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_SENSITIVEDATAORIGIN;
	const TPMS_ECC_PARMS *ecc = &p->parameters.eccDetail;
	const TPMS_RSA_PARMS *rsa = &p->parameters.rsaDetail;
	bool good = false;

	if (p->type == TPM2_ALG_ECC)
		good = ecc->curveID == TPM2_ECC_NIST_P256 &&
		       ecc->scheme.scheme == TPM2_ALG_ECDSA &&
		       ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256;
	else if (p->type == TPM2_ALG_RSA)
		good = rsa->keyBits == 2048 && rsa->scheme.scheme == TPM2_ALG_RSASSA &&
		       rsa->scheme.details.rsassa.hashAlg == TPM2_ALG_SHA256;
	if (good && (p->objectAttributes & want) == want &&
	    !(p->objectAttributes & TPMA_OBJECT_DECRYPT))
		return 0;
	return bk_fail(ctx, -BPFKEY_E_ROLE, "the key is not made for quotes");
}

int tpm_quote_key_public(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret)
{
	struct tpm_file f;
	int r = tpm_file_parse(ctx, pem, &f);

	if (!r)
		r = check_key(ctx, &f.public.publicArea);
	if (r < 0)
		return r;
	if (tpm_public_numbers(&f.public.publicArea, ret) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the key has no numbers that a "
			       "key for quotes can have");
	return 0;
}

/* take_signature - r, then s; or PKCS#1 v1.5 */
static int take_signature(struct tpm *t, const TPMT_SIGNATURE *s, struct buf *ret)
{
	const TPMS_SIGNATURE_RSA *rsa = &s->signature.rsassa;
	const TPMS_SIGNATURE_ECDSA *e = &s->signature.ecdsa;
	uint8_t both[64] = { 0 };

	if (s->sigAlg == TPM2_ALG_RSASSA && rsa->sig.size == 2048 / 8) {
		buf_put(ret, rsa->sig.buffer, rsa->sig.size);
		return 0;
	}
	if (s->sigAlg != TPM2_ALG_ECDSA || e->signatureR.size > 32 || e->signatureS.size > 32)
		return bk_fail(t->ctx, -BPFKEY_E_TPM,
			       "the TPM's signature is not of the kind that was asked for");
	memcpy(both + 32 - e->signatureR.size, e->signatureR.buffer, e->signatureR.size);
	memcpy(both + 64 - e->signatureS.size, e->signatureS.buffer, e->signatureS.size);
	buf_put(ret, both, sizeof(both));
	return 0;
}

static int take(struct tpm *t, const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *s,
		struct buf *ret_attest, struct buf *ret_sig)
{
	int r = take_signature(t, s, ret_sig);

	if (r < 0)
		return r;
	buf_put(ret_attest, attest->attestationData, attest->size);
	return buf_ok(ret_attest) && buf_ok(ret_sig) ? 0 : bk_out_of_memory(t->ctx);
}

int tpm_quote(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
	      const struct pcr_set *pcrs, struct view nonce, struct buf *ret_attest,
	      struct buf *ret_sig)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t),
						     key = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_esys_freep) TPMT_SIGNATURE *signature = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_ATTEST *attest = NULL;
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPML_PCR_SELECTION selection;
	TPM2B_DATA question = { 0 };
	struct tpm_file f;
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	if (nonce.n > 32)
		return bk_fail(t->ctx, -BPFKEY_E_USAGE, "a nonce of %zu bytes, not 32 at most",
			       nonce.n);
	memcpy(question.buffer, nonce.p, nonce.n);
	question.size = (uint16_t)nonce.n;
	r = tpm_file_parse(t->ctx, pem, &f);
	if (!r)
		r = check_key(t->ctx, &f.public.publicArea);
	if (!r)
		r = tpm_pcr_selection(t->ctx, pcrs, &selection);
	if (!r)
		r = tpm_key_into(t, &f, meta, NULL, &srk, &key);
	if (!r)
		r = tpm_session(t, srk.handle, 0, &session);
	if (r < 0)
		return r;
	rc = Esys_Quote(t->esys, key.handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &question, &own,
			&selection, &attest, &signature);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot get a quote from the TPM");
	return take(t, attest, signature, ret_attest, ret_sig);
}
