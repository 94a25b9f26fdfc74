/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loaded objects, and the storage root key that our keys hang on. */
#include <string.h>

#include "tpm_priv.h"

void tpm_object_done(struct tpm_object *o)
{
	if (o->handle == ESYS_TR_NONE)
		return;
	if (o->persistent || Esys_FlushContext(o->t->esys, o->handle) != TSS2_RC_SUCCESS)
		Esys_TR_Close(o->t->esys, &o->handle);
	o->handle = ESYS_TR_NONE;
}

int tpm_object_name(const struct tpm_object *o, char *out, size_t cap)
{
	_cleanup_(tpm_esys_freep) TPM2B_NAME *name = NULL;
	TSS2_RC rc;

	if (o->name[0] && strlen(o->name) < cap) {
		strcpy(out, o->name);
		return 0;
	}
	rc = Esys_TR_GetName(o->t->esys, o->handle, &name);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(o->t, rc, "cannot get the name of a TPM object");
	if (2 * (size_t)name->size >= cap)
		return bk_fail(o->t->ctx, -BPFKEY_E_INTERNAL,
			       "the name of a TPM object has %u bytes", name->size);
	for (uint16_t i = 0; i < name->size; i++)
		snprintf(out + 2 * i, 3, "%02x", name->name[i]);
	return 0;
}

/* is_storage - restricted decryption keys are what others can hang on. */
static int is_storage(struct tpm_object *o, bool *ret)
{
	const TPMA_OBJECT want = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;

	rc = Esys_ReadPublic(o->t->esys, o->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(o->t, rc, "cannot read the storage root key");
	*ret = (public->publicArea.objectAttributes & (want | TPMA_OBJECT_SIGN_ENCRYPT)) == want;
	return 0;
}

/* open_persistent - @ret_there NULL: it must be there. */
static int open_persistent(struct tpm *t, TPM2_HANDLE handle, struct tpm_object *ret,
			   bool *ret_there)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	bool storage = false;
	TSS2_RC rc;
	int r;

	o.persistent = true;
	rc = Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &o.handle);
	if (rc != TSS2_RC_SUCCESS)
		o.handle = ESYS_TR_NONE;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE) && ret_there) {
		*ret_there = false;
		return 0;
	}
	if (tpm_rc_is(rc, TPM2_RC_HANDLE)) {
		bk_hint(t->ctx, "the key was made under another storage root key: on another "
			"machine, or before this TPM was cleared");
		return bk_fail(t->ctx, -BPFKEY_E_OTHER_TPM, "this TPM has no key at 0x%08x",
			       handle);
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot open the storage root key at 0x%08x", handle);
	r = is_storage(&o, &storage);
	if (r < 0)
		return r;
	if (!storage)
		return bk_fail(t->ctx, -BPFKEY_E_FOREIGN,
			       "what stands at 0x%08x in this TPM is not a storage key", handle);
	if (ret_there)
		*ret_there = true;
	*ret = o;
	o.handle = ESYS_TR_NONE;
	return 0;
}

int tpm_srk_find(struct tpm *t, struct tpm_object *ret, bool *ret_there)
{
	return open_persistent(t, TPM_SRK_HANDLE, ret, ret_there);
}

/*
 * The templates H-1 and H-2 of the TCG's EK credential profile, with the
 * attributes of its provisioning guidance; another TPM library that reads
 * our key files makes the same parent from the same seed. noDA, or a power
 * cut while a key is in use counts as a wrong password.
 */
static TPM2B_PUBLIC srk_template(bool rsa)
{
	TPM2B_PUBLIC t = { .publicArea = {
		.type = rsa ? TPM2_ALG_RSA : TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
				    TPMA_OBJECT_DECRYPT,
	} };
	TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
				    .mode.aes = TPM2_ALG_CFB };

	if (rsa) {
		t.publicArea.parameters.rsaDetail.symmetric = aes;
		t.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		t.publicArea.parameters.rsaDetail.keyBits = 2048;
	} else {
		t.publicArea.parameters.eccDetail.symmetric = aes;
		t.publicArea.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		t.publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
		t.publicArea.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	}
	return t;
}

TSS2_RC tpm_primary(struct tpm *t, ESYS_TR hierarchy, bool rsa, struct tpm_object *ret)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_PUBLIC template = srk_template(rsa);
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	struct tpm_object o = TPM_OBJECT_NONE(t);
	TSS2_RC rc = Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &sensitive, &template, &outside, &no_pcrs,
					&o.handle, &public, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	/* It is what ESYS salts with, and hashed here much faster than there. */
	if (tpm_public_name(NULL, public, o.name, sizeof(o.name)) < 0)
		o.name[0] = '\0';
	*ret = o;
	return rc;
}

static int create_primary(struct tpm *t, bool rsa, struct tpm_object *ret)
{
	TSS2_RC rc = tpm_primary(t, ESYS_TR_RH_OWNER, rsa, ret);

	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL)) {
		bk_hint(t->ctx,
			"let the TPM's owner make one persistent: tpm2_createprimary -C o -P "
			"PASSWORD -c srk.ctx && tpm2_evictcontrol -C o -P PASSWORD -c srk.ctx "
			"0x%08x",
			TPM_SRK_HANDLE);
		return bk_fail(t->ctx, -BPFKEY_E_PRIVILEGE,
			       "the owner of this TPM has set a password, and no storage root key "
			       "stands at 0x%08x", TPM_SRK_HANDLE);
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot make the storage root key");
	return 0;
}

int tpm_salt_open(struct tpm *t, struct tpm_object *ret)
{
	bool there;
	TSS2_RC rc;
	int r;

	if (t->kind == TPM_KIND_EMBEDDED)
		return 0;
	r = tpm_srk_find(t, ret, &there);
	if (r < 0 || there)
		return r;
	/* Nobody's password stands before this hierarchy. */
	rc = tpm_primary(t, ESYS_TR_RH_NULL, false, ret);
	return rc == TSS2_RC_SUCCESS ? 0 :
		tpm_fail(t, rc, "cannot make a key to talk to the TPM with");
}

int tpm_srk_open(struct tpm *t, TPM2_HANDLE parent, bool rsa, struct tpm_object *ret)
{
	if (parent == TPM2_RH_OWNER)
		return create_primary(t, rsa, ret);
	if (parent >> TPM2_HR_SHIFT == TPM2_HT_PERSISTENT)
		return open_persistent(t, parent, ret, NULL);
	return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT,
		       "the key hangs on handle 0x%08x, which is neither the owner nor persistent",
		       parent);
}
