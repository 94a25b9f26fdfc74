/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sealed bytes out of the TPM, into memory for secrets and nowhere else. */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "tpm_policy.h"

static int get(struct tpm *t, const struct tpm_sealed *s, TPM2B_PUBLIC *public,
	       TPM2B_PRIVATE *private, TPM2B_ENCRYPTED_SECRET *seed)
{
	size_t a = 0, b = 0, c = 0;
	bool ok = !Tss2_MU_TPM2B_PUBLIC_Unmarshal(s->public.p, s->public.n, &a, public) &&
		  a == s->public.n &&
		  !Tss2_MU_TPM2B_PRIVATE_Unmarshal(s->private.p, s->private.n, &b, private) &&
		  b == s->private.n && public->publicArea.type == TPM2_ALG_KEYEDHASH;

	if (ok && s->seed.n)
		ok = !Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(s->seed.p, s->seed.n, &c, seed) &&
		     c == s->seed.n;
	return ok ? 0 : bk_fail(t->ctx, -BPFKEY_E_FORMAT, "what the TPM sealed is malformed");
}

/* open_parent - the storage root key of that name, if this TPM has it */
static int open_parent(struct tpm *t, const struct tpm_sealed *s, struct tpm_object *ret,
		       bool *ret_there)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	TPM2_HANDLE handle;
	char name[80] = "";
	bool same;
	int r;

	r = tpm_key_parent(t, &handle, name, &o);
	if (r < 0)
		return r;
	/* What was wrapped elsewhere names no TPM. */
	same = !s->srk_name[0] || !strcmp(name, s->srk_name);
	/* Before the owner made another one persistent, the primary was the parent. */
	if (!same && handle != TPM2_RH_OWNER && s->parent == TPM2_RH_OWNER) {
		tpm_object_done(&o);
		r = tpm_srk_open(t, TPM2_RH_OWNER, false, &o);
		if (!r)
			r = tpm_object_name(&o, name, sizeof(name));
		if (r < 0)
			return r;
		same = !strcmp(name, s->srk_name);
	}
	*ret_there = same;
	if (same) {
		*ret = o;
		o.handle = ESYS_TR_NONE;
	}
	return 0;
}

int tpm_sealed_here(struct tpm *t, const struct tpm_sealed *s, bool *ret)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);

	return open_parent(t, s, &srk, ret);
}

static int load(const struct tpm_object *srk, const struct tpm_sealed *s, struct tpm_object *ret)
{
	TPM2B_ENCRYPTED_SECRET seed = { 0 };
	TPM2B_PRIVATE private = { 0 };
	TPM2B_PUBLIC public = { 0 };
	struct tpm *t = srk->t;
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = get(t, s, &public, &private, &seed);
	if (!r && s->seed.n)
		r = tpm_import(srk, &public, &private, &seed, &private);
	if (!r)
		r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
				&session);
	if (r < 0)
		return r;
	rc = Esys_Load(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &private,
		       &public, &ret->handle);
	if (rc != TSS2_RC_SUCCESS) {
		ret->handle = ESYS_TR_NONE;
		return tpm_fail(t, rc, "cannot load the sealed key into the TPM");
	}
	return 0;
}

/* The TSS decrypts answers on its stack, and this lies where that was. */
static __attribute__((noinline)) void wipe_stack(void)
{
	uint8_t b[16 * 1024];

	bk_wipe(b, sizeof(b));
}

/*
 * scrub - the TSS keeps the last answer, decrypted, in the buffer of its next
 * command: one that is long enough goes over it
 */
static int scrub(struct tpm *t)
{
	_cleanup_(tpm_esys_freep) TPMT_TK_HASHCHECK *ticket = NULL;
	_cleanup_(tpm_esys_freep) TPM2B_DIGEST *digest = NULL;
	TPM2B_MAX_BUFFER zeros = { .size = 512 };
	TSS2_RC rc;

	wipe_stack();
	rc = Esys_Hash(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &zeros, TPM2_ALG_SHA256,
		       ESYS_TR_RH_NULL, &digest, &ticket);
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "cannot clear what was unsealed");
}

static int unseal(struct tpm_auth *auth, struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *s = NULL;
	TPM2B_SENSITIVE_DATA *data = NULL;
	struct tpm *t = auth->t;
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = tpm_auth_session(auth, TPMA_SESSION_ENCRYPT, &session);
	if (r < 0)
		return r;
	rc = Esys_Unseal(t->esys, auth->object->handle, session, ESYS_TR_NONE, ESYS_TR_NONE,
			 &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_auth_fail(auth, rc, "cannot unseal the key");
	s = bk_secret_take(data->buffer, data->size);
	bk_wipe(data, sizeof(*data));
	Esys_Free(data);
	if (!s)
		return bk_out_of_memory(t->ctx);
	r = scrub(t);
	if (!r)
		*ret = steal(&s);
	return r;
}

/* load_here - under this TPM's storage root key, or the failure that it has another one */
static int load_here(struct tpm *t, const struct tpm_sealed *s, struct tpm_object *ret_srk,
		     struct tpm_object *ret)
{
	bool there = false;
	int r = open_parent(t, s, ret_srk, &there);

	if (r < 0)
		return r;
	if (!there)
		return tpm_fail_origin(t, "the sealed key", s->srk_name, s->tpm_id);
	return load(ret_srk, s, ret);
}

int tpm_sealed_try(struct tpm *t, const struct tpm_sealed *s)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);

	return load_here(t, s, &srk, &o);
}

int tpm_unseal(struct tpm *t, const struct tpm_sealed *s, const struct tpm_use *use,
	       struct bk_secret **ret)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_auth_done) struct tpm_auth auth = TPM_AUTH_NONE(t);
	int r = load_here(t, s, &srk, &o);

	if (!r)
		r = tpm_auth_begin(&auth, srk.handle, &o, use);
	return r ? r : unseal(&auth, ret);
}
