/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing keys that are born in the TPM, and where keys hang. */
#include <string.h>

#include "tpm_policy.h"

/*
 * Without a scheme, so that the signer chooses the hash; without dictionary
 * attack protection, because there is no PIN to guess and a crash would count.
 */
TPM2B_PUBLIC tpm_key_template(const struct tpm_alg *alg)
{
	TPM2B_PUBLIC t = { .publicArea = {
		.type = alg->type,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT,
	} };

	if (alg->type == TPM2_ALG_ECC) {
		t.publicArea.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
		t.publicArea.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		t.publicArea.parameters.eccDetail.curveID = alg->curve;
		t.publicArea.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	} else {
		t.publicArea.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
		t.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		t.publicArea.parameters.rsaDetail.keyBits = alg->bits;
	}
	return t;
}

static int create_under(struct tpm *t, const struct tpm_object *srk, const struct tpm_alg *alg,
			const struct tpm_use *use, struct tpm_file *ret)
{
	_cleanup_(tpm_esys_freep) TPM2B_PRIVATE *private = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_PUBLIC template = tpm_key_template(alg);
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = tpm_use_template(t->ctx, use, &template.publicArea);
	if (!r)
		r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
				&session);
	if (!r)
		r = tpm_use_password(t->ctx, use, &sensitive.sensitive.userAuth);
	if (r < 0)
		return r;
	rc = Esys_Create(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			 &template, &outside, &no_pcrs, &private, &public, NULL, NULL, NULL);
	bk_wipe(&sensitive, sizeof(sensitive));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot make a %s key in the TPM", alg->name);
	ret->public = *public;
	ret->private = *private;
	ret->needs_auth = use && use->policy && use->policy->pin;
	return 0;
}

int tpm_key_alg(struct tpm *t, const char *name, const struct tpm_alg **ret)
{
	bool has = false;
	int r = tpm_has_alg(t, name, &has);

	if (r < 0)
		return r;
	if (!has) {
		bk_hint(t->ctx,
			"'keyctl-bpf tpm show' lists its algorithms; p256 and rsa2048 are in "
			"every TPM; '--form file' takes others");
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "this TPM has no %s keys", name);
	}
	*ret = tpm_alg_find(name);
	return 0;
}

int tpm_key_parent(struct tpm *t, TPM2_HANDLE *ret_parent, char *ret_name,
		   struct tpm_object *ret)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	bool persistent;
	int r = tpm_srk_find(t, &o, &persistent);

	if (!r && !persistent)
		r = tpm_srk_open(t, TPM2_RH_OWNER, false, &o);
	if (!r)
		r = tpm_object_name(&o, ret_name, 80);
	if (r < 0)
		return r;
	*ret_parent = persistent ? TPM_SRK_HANDLE : TPM2_RH_OWNER;
	*ret = o;
	o.handle = ESYS_TR_NONE;
	return 0;
}

int tpm_key_create(struct tpm *t, const char *name, const struct tpm_use *use,
		   struct buf *ret_pem, struct tpm_key_meta *ret_meta)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	struct tpm_key_meta m = { 0 };
	const struct tpm_alg *alg = NULL;
	struct tpm_file f = { 0 };
	int r;

	r = tpm_key_alg(t, name, &alg);
	if (r < 0)
		return r;
	r = tpm_use_ready(t, use, m.tpm_id);
	if (!r)
		r = tpm_key_parent(t, &f.parent, m.srk_name, &srk);
	if (r < 0)
		return r;
	r = create_under(t, &srk, alg, use, &f);
	if (r < 0)
		return r;
	r = tpm_public_name(t->ctx, &f.public, m.key_name, sizeof(m.key_name));
	if (r < 0)
		return r;
	r = tpm_file_put(t->ctx, &f, ret_pem);
	if (r < 0)
		return r;
	snprintf(m.alg, sizeof(m.alg), "%s", alg->name);
	*ret_meta = m;
	return 0;
}
