/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signing with a loaded key. The TPM is the slowest part, so it waits for nobody: the next command
 * is on its way before the last answer is looked at, when it is known what will be signed next.
 */
#include <string.h>

#include "tpm_sign.h"

static const struct hash {
	const char *name;
	TPMI_ALG_HASH alg;
	size_t len;
} hashes[] = {
	{ "sha256", TPM2_ALG_SHA256, 32 },
	{ "sha384", TPM2_ALG_SHA384, 48 },
	{ "sha512", TPM2_ALG_SHA512, 64 },
};

static const struct hash *find_hash(const char *md)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (!strcmp(hashes[i].name, md))
			return &hashes[i];
	return NULL;
}

/* make_ask - if the key signs such digests */
static int make_ask(const struct tpm_key *k, const char *md, const uint8_t *digest, size_t n,
		    struct tpm_ask *ret)
{
	struct bpfkey_ctx *ctx = k->object.t->ctx;
	const struct hash *h = find_hash(md);

	if (!h)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "TPM keys sign no %s digests here", md);
	if (h->len != n)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "a %s digest of %zu bytes", md, n);
	if (k->hash != TPM2_ALG_NULL && k->hash != h->alg)
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM,
			       "the TPM key was made for another hash than %s", md);
	*ret = (struct tpm_ask){ .digest.size = (uint16_t)n, .hash = h->alg };
	memcpy(ret->digest.buffer, digest, n);
	return 0;
}

static bool same_ask(const struct tpm_ask *a, const struct tpm_ask *b)
{
	return a->hash == b->hash && a->digest.size == b->digest.size &&
	       !memcmp(a->digest.buffer, b->digest.buffer, b->digest.size);
}

/* take_signature - out of the TPM's structure into plain bytes. */
static int take_signature(const struct tpm_key *k, const TPMT_SIGNATURE *s, uint8_t *sig,
			  size_t cap, size_t *ret_n)
{
	size_t one = pubkey_bytes(&k->public);
	bool ec = k->public.type == PUBKEY_EC;
	size_t n = ec ? 2 * one : one;
	int r = -1;

	if (n > cap)
		return bk_fail(k->object.t->ctx, -BPFKEY_E_INTERNAL,
			       "no room for a signature of %zu bytes", n);
	if (ec && s->sigAlg == TPM2_ALG_ECDSA) {
		const TPMS_SIGNATURE_ECDSA *e = &s->signature.ecdsa;

		r = tpm_put_padded(sig, one, e->signatureR.buffer, e->signatureR.size);
		if (!r)
			r = tpm_put_padded(sig + one, one, e->signatureS.buffer,
					   e->signatureS.size);
	} else if (!ec && s->sigAlg == TPM2_ALG_RSASSA) {
		r = tpm_put_padded(sig, one, s->signature.rsassa.sig.buffer,
				   s->signature.rsassa.sig.size);
	}
	if (r < 0)
		return bk_fail(k->object.t->ctx, -BPFKEY_E_TPM,
			       "the TPM's signature is not of the kind that was asked for");
	*ret_n = n;
	return 0;
}

/* send - the first half of Esys_Sign() */
static int send(struct tpm_key *k, const struct tpm_ask *a)
{
	const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	const TPMT_SIG_SCHEME scheme = {
		.scheme = k->public.type == PUBKEY_EC ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA,
		.details.any.hashAlg = a->hash,
	};
	ESYS_CONTEXT *esys = k->object.t->esys;
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	/* The first parameter of the answer is no TPM2B: nothing to encrypt. */
	r = tpm_auth_session(&k->auth, 0, &session);
	if (r < 0)
		return r;
	rc = Esys_SetTimeout(esys, TSS2_TCTI_TIMEOUT_BLOCK);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Sign_Async(esys, k->object.handle, session, ESYS_TR_NONE, ESYS_TR_NONE,
				     &a->digest, &scheme, &no_ticket);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_auth_fail(&k->auth, rc, "cannot sign with the TPM key");
	k->sent = *a;
	return 0;
}

/* receive - the second half */
static TSS2_RC receive(struct tpm_key *k, TPMT_SIGNATURE **ret)
{
	TSS2_RC rc;

	/* A TPM that was busy wants the command again, which ESYS has sent then. */
	do
		rc = Esys_Sign_Finish(k->object.t->esys, ret);
	while ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_TRY_AGAIN);
	k->sent = (struct tpm_ask){ 0 };
	return rc;
}

void tpm_sign_end(struct tpm_key *k)
{
	_cleanup_(tpm_esys_freep) TPMT_SIGNATURE *unwanted = NULL;

	if (k->sent.digest.size)
		receive(k, &unwanted);
}

/* send_next - whatever speaks against it is said when the signature is asked for */
static void send_next(struct tpm_key *k)
{
	if (k->next.digest.size && send(k, &k->next) < 0)
		bk_forget(k->object.t->ctx);
	k->next = (struct tpm_ask){ 0 };
}

void tpm_key_meanwhile(struct tpm_key *k, void (*fn)(void *user), void *user)
{
	k->meanwhile = fn;
	k->meanwhile_user = user;
}

void tpm_key_ahead(struct tpm_key *k, const char *md, const uint8_t *digest, size_t n)
{
	if (make_ask(k, md, digest, n, &k->next) < 0)
		bk_forget(k->object.t->ctx);
}

int tpm_key_sign(void *user, const char *md, const uint8_t *digest, size_t n, uint8_t *sig,
		 size_t cap, size_t *ret_n)
{
	_cleanup_(tpm_esys_freep) TPMT_SIGNATURE *signature = NULL;
	struct tpm_key *k = user;
	struct tpm_ask ask;
	TSS2_RC rc;
	int r;

	r = make_ask(k, md, digest, n, &ask);
	if (!r && !same_ask(&k->sent, &ask)) {
		tpm_sign_end(k);
		r = send(k, &ask);
	}
	if (r < 0)
		return r;
	if (k->meanwhile)
		k->meanwhile(k->meanwhile_user);
	rc = receive(k, &signature);
	if (rc != TSS2_RC_SUCCESS) {
		k->next = (struct tpm_ask){ 0 };
		return tpm_auth_fail(&k->auth, rc, "cannot sign with the TPM key");
	}
	send_next(k);
	return take_signature(k, signature, sig, cap, ret_n);
}
