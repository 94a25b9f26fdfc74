/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NV indices of our own making. Whoever may write one could end every key whose
 * policy asks for it, so only the owner may, and only by the one command that
 * it is for. Everybody may read it; what is read counts only under the name
 * that the index had when it was made, which says what may be done with it.
 */
#include <string.h>

#include <bpfkey.h>

#include "../lib/crypto/digest.h"
#include "tpm_index.h"

const struct tpm_index_kind tpm_index_counter = {
	"counter", TPM2_NT_COUNTER, TPM2_CC_NV_Increment, 8
};
const struct tpm_index_kind tpm_index_measure = {
	"measurement", TPM2_NT_EXTEND, TPM2_CC_NV_Extend, SHA256_LEN
};

void tpm_index_done(struct tpm_index *i)
{
	if (i->handle != ESYS_TR_NONE)
		Esys_TR_Close(i->t->esys, &i->handle);
	i->handle = ESYS_TR_NONE;
	tpm_object_done(&i->srk);
}

static void index_move(struct tpm_index *from, struct tpm_index *to)
{
	*to = *from;
	from->handle = ESYS_TR_NONE;
	from->srk.handle = ESYS_TR_NONE;
}

static void put_be32(uint8_t out[4], uint32_t v)
{
	for (unsigned int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* write_policy - PolicySecret(owner), then PolicyCommandCode (part 3, 23.4 and 23.11) */
static int write_policy(struct tpm *t, const struct tpm_index_kind *kind, TPM2B_DIGEST *ret)
{
	uint8_t d[SHA256_LEN] = { 0 }, a[4], b[4];
	struct view v[] = { { d, sizeof(d) }, { a, sizeof(a) }, { b, sizeof(b) } };
	int r;

	put_be32(a, TPM2_CC_PolicySecret);
	put_be32(b, TPM2_RH_OWNER);
	r = bk_sha256v(t->ctx, v, 3, d);
	/* Its policyRef is empty, and hashed by itself all the same. */
	if (!r)
		r = bk_sha256v(t->ctx, v, 1, d);
	put_be32(a, TPM2_CC_PolicyCommandCode);
	put_be32(b, kind->write);
	if (!r)
		r = bk_sha256v(t->ctx, v, 3, d);
	if (r < 0)
		return r;
	ret->size = sizeof(d);
	memcpy(ret->buffer, d, sizeof(d));
	return 0;
}

/* Without ORDERLY: each write is in the TPM's memory before it answers. */
static int public_area(struct tpm *t, const struct tpm_index_kind *kind, uint32_t index,
		       TPM2B_NV_PUBLIC *ret)
{
	TPM2B_NV_PUBLIC p = { .nvPublic = {
		.nvIndex = index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_AUTHREAD | TPMA_NV_POLICYWRITE | TPMA_NV_NO_DA |
			      (TPMA_NV)kind->type << TPMA_NV_TPM2_NT_SHIFT,
		.dataSize = kind->size,
	} };
	int r = write_policy(t, kind, &p.nvPublic.authPolicy);

	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

static int owner_auth(struct tpm *t, struct bk_secret *owner)
{
	TPM2B_AUTH a = { 0 };
	TSS2_RC rc;

	if (owner && bk_secret_len(owner) > sizeof(a.buffer))
		return bk_fail(t->ctx, -BPFKEY_E_TOO_BIG, "an owner's password has at most %zu "
			       "bytes", sizeof(a.buffer));
	if (owner) {
		a.size = (uint16_t)bk_secret_len(owner);
		memcpy(a.buffer, bk_secret_data(owner), a.size);
	}
	rc = Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &a);
	bk_wipe(&a, sizeof(a));
	return rc == TSS2_RC_SUCCESS ? 0 : tpm_fail(t, rc, "cannot use the owner's password");
}

static void forget_owner(struct tpm *t)
{
	const TPM2B_AUTH none = { 0 };

	Esys_TR_SetAuth(t->esys, ESYS_TR_RH_OWNER, &none);
}

/* fail_owner - who may is said; a wrong owner's password is not counted */
static int fail_owner(struct tpm *t, TSS2_RC rc, const char *what, const char *word,
		      uint32_t index)
{
	if (!tpm_rc_is(rc, TPM2_RC_BAD_AUTH) && !tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return tpm_fail(t, rc, "cannot %s the %s 0x%08x", what, word, index);
	bk_hint(t->ctx, "give the password of the TPM's owner with --passphrase-file FILE");
	return bk_fail(t->ctx, -BPFKEY_E_PIN, "cannot %s the %s 0x%08x: that is the owner's to do, "
		       "and the owner's password is another (TPM error 0x%x)", what, word, index,
		       rc);
}

/* read_public - @ret_there: false and no failure when nothing stands there */
static int read_public(struct tpm_index *i, TPMS_NV_PUBLIC *ret, bool *ret_there)
{
	_cleanup_(tpm_esys_freep) TPM2B_NV_PUBLIC *public = NULL;
	struct tpm *t = i->t;
	TSS2_RC rc;

	rc = Esys_TR_FromTPMPublic(t->esys, i->index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &i->handle);
	if (rc != TSS2_RC_SUCCESS)
		i->handle = ESYS_TR_NONE;
	if (tpm_rc_is(rc, TPM2_RC_HANDLE)) {
		*ret_there = false;
		return 0;
	}
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_ReadPublic(t->esys, i->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					ESYS_TR_NONE, &public, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot look at the %s 0x%08x", i->kind->word, i->index);
	*ret = public->nvPublic;
	*ret_there = true;
	return 0;
}

/* is_ours - but for the bit that says that it was written */
static bool is_ours(const TPMS_NV_PUBLIC *there, const TPMS_NV_PUBLIC *want)
{
	return there->nameAlg == want->nameAlg && there->dataSize == want->dataSize &&
	       (there->attributes & ~(TPMA_NV)TPMA_NV_WRITTEN) == want->attributes &&
	       there->authPolicy.size == want->authPolicy.size &&
	       !memcmp(there->authPolicy.buffer, want->authPolicy.buffer, want->authPolicy.size);
}

/* find_free - the first index of our range that nobody has taken */
static int find_free(struct tpm *t, uint32_t *ret)
{
	_cleanup_(tpm_esys_freep) TPMS_CAPABILITY_DATA *data = NULL;
	uint32_t want = BPFKEY_NV_FIRST;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_HANDLES, want, BPFKEY_NV_LAST - want + 1, &more,
					&data);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot see which NV indices the TPM has");
	for (uint32_t n = 0; n < data->data.handles.count; n++)
		want += data->data.handles.handle[n] == want;
	if (want > BPFKEY_NV_LAST) {
		bk_hint(t->ctx, "'tpm2_getcap handles-nv-index' lists them; remove what nobody "
			"needs with 'tpm2_nvundefine'");
		return bk_fail(t->ctx, -BPFKEY_E_EXISTS, "all of our NV indices 0x%08x to 0x%08x "
			       "are taken", BPFKEY_NV_FIRST, BPFKEY_NV_LAST);
	}
	*ret = want;
	return 0;
}

/* take_over - an index at the place that was asked for; ours and never written: a run that ended */
static int take_over(struct tpm_index *i, const TPMS_NV_PUBLIC *want, bool *ret_there)
{
	TPMS_NV_PUBLIC there;
	int r = read_public(i, &there, ret_there);

	if (r < 0 || !*ret_there)
		return r;
	if (!is_ours(&there, want))
		return bk_fail(i->t->ctx, -BPFKEY_E_FOREIGN, "something else stands at NV index "
			       "0x%08x in this TPM", i->index);
	if (there.attributes & TPMA_NV_WRITTEN)
		return bk_fail(i->t->ctx, -BPFKEY_E_EXISTS, "the %s 0x%08x is there already",
			       i->kind->word, i->index);
	return 0;
}

/* fail_srk - it is not the storage root key that stood beside the index when it was made */
static int fail_srk(struct tpm_index *i, const struct tpm_index_id *id)
{
	char what[40];

	snprintf(what, sizeof(what), "the %s 0x%08x", i->kind->word, i->index);
	tpm_object_done(&i->srk);
	bk_hint(i->t->ctx, "use the machine where it was made; if this is that machine, its TPM "
		"was cleared or something sits in front of it: what it said about versions is "
		"lost, set the machine up anew from a source that you trust");
	return tpm_fail_origin(i->t, what, id->srk_name, id->tpm_id);
}

/* salt - the storage root key, for sessions on a bus and as the TPM's identity */
static int salt(struct tpm_index *i, const struct tpm_index_id *id)
{
	TPM2_HANDLE parent;
	char name[80];
	int r = tpm_key_parent(i->t, &parent, name, &i->srk);

	if (r < 0)
		return r;
	if (!id || !id->srk_name[0] || !strcmp(id->srk_name, name))
		return 0;
	/* It may have been made before another one was made persistent. */
	if (parent != TPM2_RH_OWNER) {
		tpm_object_done(&i->srk);
		r = tpm_srk_open(i->t, TPM2_RH_OWNER, false, &i->srk);
		if (!r)
			r = tpm_object_name(&i->srk, name, sizeof(name));
		if (r < 0 || !strcmp(id->srk_name, name))
			return r;
	}
	return fail_srk(i, id);
}

int tpm_index_define(struct tpm *t, const struct tpm_index_kind *kind, uint32_t index,
		     struct bk_secret *owner, struct tpm_index *ret)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	const TPM2B_AUTH no_auth = { 0 };
	TPM2B_NV_PUBLIC want;
	bool there = false;
	ESYS_TR session;
	TSS2_RC rc;
	int r = index ? 0 : find_free(t, &index);

	i.kind = kind;
	i.index = index;
	if (!r)
		r = public_area(t, kind, index, &want);
	if (!r)
		r = take_over(&i, &want.nvPublic, &there);
	if (!r)
		r = salt(&i, NULL);
	if (!r && !there)
		r = tpm_session(t, i.srk.handle, TPMA_SESSION_DECRYPT, &session);
	if (!r && !there)
		r = owner_auth(t, owner);
	if (r < 0)
		return r;
	if (!there) {
		rc = Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE,
					 ESYS_TR_NONE, &no_auth, &want, &i.handle);
		forget_owner(t);
		if (rc != TSS2_RC_SUCCESS) {
			i.handle = ESYS_TR_NONE;
			return fail_owner(t, rc, "make", kind->word, index);
		}
	}
	index_move(&i, ret);
	return 0;
}

static int fail_gone(struct tpm_index *i, const char *how)
{
	bk_hint(i->t->ctx, "the TPM's owner has removed it, or the TPM was cleared: what it said "
		"about versions is lost; set this machine up anew from a source that you trust");
	return bk_fail(i->t->ctx, -BPFKEY_E_NOT_FOUND, "the %s 0x%08x %s", i->kind->word, i->index,
		       how);
}

int tpm_index_open(struct tpm *t, const struct tpm_index_kind *kind,
		   const struct tpm_index_id *id, struct tpm_index *ret)
{
	_cleanup_(tpm_index_done) struct tpm_index i = TPM_INDEX_NONE(t);
	TPM2B_NV_PUBLIC want;
	TPMS_NV_PUBLIC there;
	char name[80];
	bool is = false;
	int r;

	i.kind = kind;
	i.index = id->index;
	r = salt(&i, id);
	if (!r)
		r = public_area(t, kind, id->index, &want);
	if (!r)
		r = read_public(&i, &there, &is);
	if (r < 0)
		return r;
	if (!is)
		return fail_gone(&i, "is gone from this TPM");
	if (is_ours(&there, &want.nvPublic) && !(there.attributes & TPMA_NV_WRITTEN))
		return fail_gone(&i, "was made anew and never written since");
	r = tpm_index_name(&i, name);
	if (r < 0)
		return r;
	if (strcmp(name, id->name) || !is_ours(&there, &want.nvPublic)) {
		bk_hint(t->ctx, "somebody has put another NV index in its place; what is there "
			"says nothing about versions");
		return bk_fail(t->ctx, -BPFKEY_E_MISMATCH, "what stands at NV index 0x%08x is not "
			       "the %s: its TPM name is %s, not %s", id->index, kind->word, name,
			       id->name);
	}
	index_move(&i, ret);
	return 0;
}

int tpm_index_name(const struct tpm_index *i, char ret[80])
{
	const struct tpm_object o = { i->t, i->handle, true, "" };

	return tpm_object_name(&o, ret, 80);
}

int tpm_index_srk(struct tpm_index *i, char ret[80])
{
	return tpm_object_name(&i->srk, ret, 80);
}

int tpm_index_read(struct tpm_index *i, uint8_t *ret)
{
	_cleanup_(tpm_esys_freep) TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR session;
	TSS2_RC rc;
	int r = tpm_session(i->t, i->srk.handle, TPMA_SESSION_ENCRYPT, &session);

	if (r < 0)
		return r;
	rc = Esys_NV_Read(i->t->esys, i->handle, i->handle, session, ESYS_TR_NONE, ESYS_TR_NONE,
			  i->kind->size, 0, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(i->t, rc, "cannot read the %s 0x%08x", i->kind->word, i->index);
	if (data->size != i->kind->size)
		return bk_fail(i->t->ctx, -BPFKEY_E_TPM, "the %s 0x%08x has %u bytes",
			       i->kind->word, i->index, data->size);
	memcpy(ret, data->buffer, data->size);
	return 0;
}

int tpm_index_undefine(struct tpm_index *i, struct bk_secret *owner)
{
	struct tpm *t = i->t;
	ESYS_TR session;
	TSS2_RC rc;
	int r = tpm_session(t, i->srk.handle, 0, &session);

	if (!r)
		r = owner_auth(t, owner);
	if (r < 0)
		return r;
	rc = Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, i->handle, session, ESYS_TR_NONE,
				   ESYS_TR_NONE);
	forget_owner(t);
	if (rc != TSS2_RC_SUCCESS)
		return fail_owner(t, rc, "remove", i->kind->word, i->index);
	i->handle = ESYS_TR_NONE;
	return 0;
}

static int policy_start(struct tpm_index *i, ESYS_TR *ret)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	ESYS_TR key = i->t->kind == TPM_KIND_EMBEDDED ? ESYS_TR_NONE : i->srk.handle;
	TSS2_RC rc = Esys_StartAuthSession(i->t->esys, key, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
					   TPM2_ALG_SHA256, ret);

	return rc == TSS2_RC_SUCCESS ? 0 :
		tpm_fail(i->t, rc, "cannot start a policy session with the TPM");
}

/* written - once, whatever the answer; who is told to wait does so before the next command */
static TSS2_RC written(struct tpm_index *i, ESYS_TR policy, const uint8_t *digest)
{
	TPM2B_MAX_NV_BUFFER data = { .size = SHA256_LEN };

	if (i->kind->type == TPM2_NT_COUNTER)
		return Esys_NV_Increment(i->t->esys, i->handle, i->handle, policy, ESYS_TR_NONE,
					 ESYS_TR_NONE);
	memcpy(data.buffer, digest, SHA256_LEN);
	return Esys_NV_Extend(i->t->esys, i->handle, i->handle, policy, ESYS_TR_NONE, ESYS_TR_NONE,
			      &data);
}

int tpm_index_write(struct tpm_index *i, struct bk_secret *owner, const uint8_t digest[32])
{
	struct tpm *t = i->t;
	_cleanup_(tpm_object_done) struct tpm_object policy = TPM_OBJECT_NONE(t);
	ESYS_TR session;
	TSS2_RC rc;
	int r = tpm_session(t, i->srk.handle, 0, &session);

	if (!r)
		r = policy_start(i, &policy.handle);
	if (!r)
		r = owner_auth(t, owner);
	if (r < 0)
		return r;
	rc = Esys_PolicySecret(t->esys, ESYS_TR_RH_OWNER, policy.handle, session, ESYS_TR_NONE,
			       ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
	forget_owner(t);
	if (rc != TSS2_RC_SUCCESS)
		return fail_owner(t, rc, "write", i->kind->word, i->index);
	rc = Esys_PolicyCommandCode(t->esys, policy.handle, ESYS_TR_NONE, ESYS_TR_NONE,
				    ESYS_TR_NONE, i->kind->write);
	if (rc == TSS2_RC_SUCCESS)
		rc = written(i, policy.handle, digest);
	return rc == TSS2_RC_SUCCESS ? 0 :
		tpm_fail(t, rc, "cannot write the %s 0x%08x", i->kind->word, i->index);
}
