/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys from elsewhere into the TPM. An encrypted session would hide only the
 * first parameter of TPM2_Import, which is not the private half, so that goes
 * in an outer wrap made for the storage root key (facts: part 1, Duplication).
 */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "../lib/base/text.h"
#include "../lib/crypto/kdf.h"
#include "tpm_priv.h"

#define SENSITIVE_MAX (sizeof(TPM2B_SENSITIVE) + 16)
#define SEALED_MAX 1024

/* What stands between this process and the TPM's key. */
struct wrapping {
	TPM2B_PUBLIC public;
	struct view name;
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
};

/* public_area - not born here, so not fixed to here, and nobody may duplicate it: no policy. */
static TPM2B_PUBLIC public_area(const struct tpm_alg *alg, const struct pubkey *k)
{
	TPM2B_PUBLIC p = tpm_key_template(alg);
	TPMT_PUBLIC *a = &p.publicArea;
	uint16_t n = (uint16_t)pubkey_bytes(k);

	a->objectAttributes &= ~(TPMA_OBJECT)(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					      TPMA_OBJECT_SENSITIVEDATAORIGIN);
	if (k->type == PUBKEY_RSA) {
		a->parameters.rsaDetail.exponent = k->e == 65537 ? 0 : k->e;
		a->unique.rsa.size = n;
		memcpy(a->unique.rsa.buffer, k->n, n);
	} else {
		a->unique.ecc.x.size = a->unique.ecc.y.size = n;
		memcpy(a->unique.ecc.x.buffer, k->x, n);
		memcpy(a->unique.ecc.y.buffer, k->y, n);
	}
	return p;
}

/* sensitive_area - as the TPM marshals it, in memory for secrets only */
static int sensitive_area(struct tpm *t, const TPM2B_PUBLIC *public, struct bk_secret *private,
			  struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *plain = bk_secret_new(sizeof(TPM2B_SENSITIVE));
	_cleanup_(bk_secret_freep) struct bk_secret *out = bk_secret_new(SENSITIVE_MAX);
	TPM2B_SENSITIVE *s;
	size_t n = 0;

	if (!plain || !out)
		return bk_out_of_memory(t->ctx);
	s = (TPM2B_SENSITIVE *)(void *)bk_secret_data(plain);
	memset(s, 0, sizeof(*s));
	s->sensitiveArea.sensitiveType = public->publicArea.type;
	if (bk_secret_len(private) > sizeof(s->sensitiveArea.sensitive.rsa.buffer))
		return bk_fail(t->ctx, -BPFKEY_E_TOO_BIG,
			       "the private half is too large for a TPM");
	/* RSA and ECC lie at one place in the union, size first. */
	s->sensitiveArea.sensitive.rsa.size = (uint16_t)bk_secret_len(private);
	memcpy(s->sensitiveArea.sensitive.rsa.buffer, bk_secret_data(private),
	       bk_secret_len(private));
	if (Tss2_MU_TPM2B_SENSITIVE_Marshal(s, bk_secret_data(out), SENSITIVE_MAX, &n))
		return bk_fail(t->ctx, -BPFKEY_E_INTERNAL,
			       "the private half cannot be written down");
	bk_secret_set_len(out, n);
	*ret = steal(&out);
	return 0;
}

/* parent_public - the storage root key's public half, and the size of its AES key */
static int parent_public(struct tpm *t, const struct tpm_object *srk, struct pubkey *ret,
			 unsigned int *ret_aes)
{
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	const TPMT_SYM_DEF_OBJECT *aes;
	const TPMT_PUBLIC *p;
	TSS2_RC rc;

	rc = Esys_ReadPublic(t->esys, srk->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot read the storage root key");
	p = &public->publicArea;
	aes = p->type == TPM2_ALG_ECC ? &p->parameters.eccDetail.symmetric :
					&p->parameters.rsaDetail.symmetric;
	if (tpm_public_numbers(p, ret) < 0 || p->nameAlg != TPM2_ALG_SHA256 ||
	    aes->algorithm != TPM2_ALG_AES || aes->mode.aes != TPM2_ALG_CFB ||
	    (aes->keyBits.aes != 128 && aes->keyBits.aes != 256))
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT,
			       "the storage root key of this TPM is of "
			       "a kind that keys cannot be wrapped for here");
	*ret_aes = aes->keyBits.aes;
	return 0;
}

/* put_seed - the ephemeral point as TPMS_ECC_POINT, or the RSA ciphertext as it is */
static int put_seed(struct tpm *t, const struct pubkey *parent, const struct buf *sealed,
		    TPM2B_ENCRYPTED_SECRET *ret)
{
	TPMS_ECC_POINT point = { 0 };
	size_t n = pubkey_bytes(parent), used = 0;

	if (parent->type == PUBKEY_RSA && sealed->n <= sizeof(ret->secret)) {
		memcpy(ret->secret, sealed->p, sealed->n);
		ret->size = (uint16_t)sealed->n;
		return 0;
	}
	if (parent->type == PUBKEY_EC && sealed->n == 2 * n) {
		point.x.size = point.y.size = (uint16_t)n;
		memcpy(point.x.buffer, sealed->p, n);
		memcpy(point.y.buffer, sealed->p + n, n);
		if (!Tss2_MU_TPMS_ECC_POINT_Marshal(&point, ret->secret, sizeof(ret->secret),
						    &used)) {
			ret->size = (uint16_t)used;
			return 0;
		}
	}
	return bk_fail(t->ctx, -BPFKEY_E_INTERNAL, "the seed for the TPM cannot be written down");
}

static int wrap(struct tpm *t, const struct tpm_object *srk, struct bk_secret *private,
		struct wrapping *w)
{
	_cleanup_(bk_secret_freep) struct bk_secret *seed = NULL, *sensitive = NULL;
	_cleanup_(buf_done) struct buf sealed = BUF(SEALED_MAX);
	_cleanup_(buf_done) struct buf out = BUF(sizeof(w->duplicate.buffer));
	struct pubkey parent;
	unsigned int aes = 0;
	int r;

	r = parent_public(t, srk, &parent, &aes);
	if (!r)
		r = sensitive_area(t, &w->public, private, &sensitive);
	if (!r)
		r = kdf_seed(t->ctx, &parent, &seed, &sealed);
	if (!r)
		r = kdf_wrap(t->ctx, seed, w->name, aes, sensitive, &out);
	if (!r)
		r = put_seed(t, &parent, &sealed, &w->seed);
	if (r < 0)
		return r;
	memcpy(w->duplicate.buffer, out.p, out.n);
	w->duplicate.size = (uint16_t)out.n;
	return 0;
}

static int import(struct tpm *t, const struct tpm_object *srk, const struct wrapping *w,
		  struct tpm_file *ret)
{
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	const TPMT_SYM_DEF_OBJECT no_inner_wrap = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_DATA no_key = { 0 };
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT, &session);
	if (r < 0)
		return r;
	rc = Esys_Import(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &no_key,
			 &w->public, &w->duplicate, &w->seed, &no_inner_wrap, &private);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot import the key into the TPM");
	ret->public = w->public;
	ret->private = *private;
	return 0;
}

/* check_loads - a key that the TPM takes in but will not use is told now. */
static int check_loads(struct tpm *t, const struct buf *pem, const struct tpm_key_meta *m)
{
	_cleanup_(tpm_key_freep) struct tpm_key *k = NULL;

	return tpm_key_load(t, buf_view(pem), m, &k);
}

int tpm_key_import(struct tpm *t, const struct pubkey *pub, struct bk_secret *private,
		   struct buf *ret_pem, struct tpm_key_meta *ret_meta)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(buf_done) struct buf name = BUF(64);
	const struct tpm_alg *alg = tpm_alg_of(pub);
	struct tpm_key_meta m = { 0 };
	struct wrapping w = { 0 };
	struct tpm_file f = { 0 };
	int r;

	if (!alg)
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "TPMs have no such keys");
	r = tpm_key_alg(t, alg->name, &alg);
	if (!r)
		r = tpm_key_parent(t, &f.parent, m.srk_name, &srk);
	if (r < 0)
		return r;
	w.public = public_area(alg, pub);
	r = tpm_public_name(t->ctx, &w.public, m.key_name, sizeof(m.key_name));
	if (!r && text_unhex(m.key_name, &name) < 0)
		r = bk_out_of_memory(t->ctx);
	w.name = buf_view(&name);
	if (!r)
		r = wrap(t, &srk, private, &w);
	if (!r)
		r = import(t, &srk, &w, &f);
	if (!r)
		r = tpm_file_put(t->ctx, &f, ret_pem);
	if (r < 0)
		return r;
	/* Its parent is loaded once more for that, and a TPM has three places. */
	tpm_object_done(&srk);
	snprintf(m.alg, sizeof(m.alg), "%s", alg->name);
	r = check_loads(t, ret_pem, &m);
	if (r < 0)
		return r;
	*ret_meta = m;
	return 0;
}
