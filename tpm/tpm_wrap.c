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
#include "tpm_policy.h"

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

	p.publicArea.objectAttributes &=
		~(TPMA_OBJECT)(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			       TPMA_OBJECT_SENSITIVEDATAORIGIN);
	tpm_public_unique(k, &p.publicArea);
	return p;
}

/* sensitive_area - as the TPM marshals it, in memory for secrets only */
static int sensitive_area(struct tpm *t, const TPM2B_PUBLIC *public, struct bk_secret *private,
			  const struct tpm_use *use, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *plain = bk_secret_new(sizeof(TPM2B_SENSITIVE));
	_cleanup_(bk_secret_freep) struct bk_secret *out = bk_secret_new(SENSITIVE_MAX);
	TPM2B_SENSITIVE *s;
	size_t n = 0;
	int r;

	if (!plain || !out)
		return bk_out_of_memory(t->ctx);
	s = (TPM2B_SENSITIVE *)(void *)bk_secret_data(plain);
	memset(s, 0, sizeof(*s));
	s->sensitiveArea.sensitiveType = public->publicArea.type;
	r = tpm_use_password(t->ctx, use, &s->sensitiveArea.authValue);
	if (r < 0)
		return r;
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

int tpm_parent_of(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p, struct tpm_parent *ret)
{
	const TPMT_SYM_DEF_OBJECT *aes = p->type == TPM2_ALG_ECC ?
						 &p->parameters.eccDetail.symmetric :
						 &p->parameters.rsaDetail.symmetric;
	struct tpm_parent parent = { 0 };

	if (tpm_public_numbers(p, &parent.key) < 0 || p->nameAlg != TPM2_ALG_SHA256 ||
	    aes->algorithm != TPM2_ALG_AES || aes->mode.aes != TPM2_ALG_CFB ||
	    (aes->keyBits.aes != 128 && aes->keyBits.aes != 256))
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the storage root key of this TPM is of "
			       "a kind that keys cannot be wrapped for here");
	parent.aes = aes->keyBits.aes;
	*ret = parent;
	return 0;
}

int tpm_srk_parent(const struct tpm_object *srk, struct tpm_parent *ret)
{
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	struct tpm *t = srk->t;
	TSS2_RC rc;

	rc = Esys_ReadPublic(t->esys, srk->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot read the storage root key");
	return tpm_parent_of(t->ctx, &public->publicArea, ret);
}

/* put_seed - the ephemeral point as TPMS_ECC_POINT, or the RSA ciphertext as it is */
static int put_seed(struct bpfkey_ctx *ctx, const struct pubkey *parent, const struct buf *sealed,
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
	return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the seed for the TPM cannot be written down");
}

int tpm_outer_wrap(struct bpfkey_ctx *ctx, const struct tpm_parent *parent, struct view name,
		   struct bk_secret *sensitive, TPM2B_PRIVATE *ret_duplicate,
		   TPM2B_ENCRYPTED_SECRET *ret_seed)
{
	_cleanup_(bk_secret_freep) struct bk_secret *seed = NULL;
	_cleanup_(buf_done) struct buf sealed = BUF(SEALED_MAX);
	_cleanup_(buf_done) struct buf out = BUF(sizeof(ret_duplicate->buffer));
	int r;

	r = kdf_seed(ctx, &parent->key, &seed, &sealed);
	if (!r)
		r = kdf_wrap(ctx, seed, name, parent->aes, sensitive, &out);
	if (!r)
		r = put_seed(ctx, &parent->key, &sealed, ret_seed);
	if (r < 0)
		return r;
	memcpy(ret_duplicate->buffer, out.p, out.n);
	ret_duplicate->size = (uint16_t)out.n;
	return 0;
}

static int wrap(struct tpm *t, const struct tpm_object *srk, struct bk_secret *private,
		const struct tpm_use *use, struct wrapping *w)
{
	_cleanup_(bk_secret_freep) struct bk_secret *sensitive = NULL;
	struct tpm_parent parent;
	int r;

	r = tpm_srk_parent(srk, &parent);
	if (!r)
		r = sensitive_area(t, &w->public, private, use, &sensitive);
	if (!r)
		r = tpm_outer_wrap(t->ctx, &parent, w->name, sensitive, &w->duplicate, &w->seed);
	return r;
}

int tpm_import(const struct tpm_object *srk, const TPM2B_PUBLIC *public,
	       const TPM2B_PRIVATE *duplicate, const TPM2B_ENCRYPTED_SECRET *seed,
	       TPM2B_PRIVATE *ret)
{
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	const TPMT_SYM_DEF_OBJECT no_inner_wrap = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_DATA no_key = { 0 };
	struct tpm *t = srk->t;
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT, &session);
	if (r < 0)
		return r;
	rc = Esys_Import(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &no_key,
			 public, duplicate, seed, &no_inner_wrap, &private);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot import the key into the TPM");
	*ret = *private;
	return 0;
}

/* check_loads - a key that the TPM takes in but will not use is told now. */
static int check_loads(struct tpm *t, const struct tpm_file *f, const struct tpm_key_meta *m,
		       const struct tpm_use *use)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);

	return tpm_key_into(t, f, m, use ? use->policy : NULL, &srk, &o);
}

int tpm_key_import(struct tpm *t, const struct pubkey *pub, struct bk_secret *private,
		   const struct tpm_use *use, struct buf *ret_pem, struct tpm_key_meta *ret_meta)
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
		r = tpm_use_ready(t, use, m.tpm_id);
	if (!r)
		r = tpm_key_parent(t, &f.parent, m.srk_name, &srk);
	if (r < 0)
		return r;
	w.public = public_area(alg, pub);
	f.needs_auth = use && use->policy && use->policy->pin;
	r = tpm_use_template(t->ctx, use, &w.public.publicArea);
	if (!r)
		r = tpm_public_name(t->ctx, &w.public, m.key_name, sizeof(m.key_name));
	if (!r && text_unhex(m.key_name, &name) < 0)
		r = bk_out_of_memory(t->ctx);
	w.name = buf_view(&name);
	if (!r)
		r = wrap(t, &srk, private, use, &w);
	if (!r)
		r = tpm_import(&srk, &w.public, &w.duplicate, &w.seed, &f.private);
	f.public = w.public;
	if (!r)
		r = tpm_file_put(t->ctx, &f, ret_pem);
	if (r < 0)
		return r;
	/* Its parent is loaded once more for that, and a TPM has three places. */
	tpm_object_done(&srk);
	snprintf(m.alg, sizeof(m.alg), "%s", alg->name);
	r = check_loads(t, &f, &m, use);
	if (r < 0)
		return r;
	*ret_meta = m;
	return 0;
}
