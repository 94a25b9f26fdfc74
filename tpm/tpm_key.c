/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing keys: read from their files and loaded; tpm_sign.c uses them. */
#include <string.h>

#include "tpm_sign.h"

int tpm_put_padded(uint8_t *out, size_t want, const uint8_t *p, size_t n)
{
	if (n > want)
		return -1;
	memset(out, 0, want - n);
	memcpy(out + want - n, p, n);
	return 0;
}

static int public_ec(const TPMT_PUBLIC *p, struct pubkey *ret)
{
	const TPMS_ECC_POINT *point = &p->unique.ecc;

	ret->type = PUBKEY_EC;
	for (const struct tpm_alg *a = tpm_alg_next(NULL); a; a = tpm_alg_next(a))
		if (a->type == TPM2_ALG_ECC && a->curve == p->parameters.eccDetail.curveID)
			ret->bits = a->bits;
	if (!ret->bits || tpm_put_padded(ret->x, pubkey_bytes(ret), point->x.buffer, point->x.size))
		return -1;
	return tpm_put_padded(ret->y, pubkey_bytes(ret), point->y.buffer, point->y.size);
}

static int public_rsa(const TPMT_PUBLIC *p, struct pubkey *ret)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &p->unique.rsa;

	ret->type = PUBKEY_RSA;
	ret->bits = p->parameters.rsaDetail.keyBits;
	/* TPM 2.0 part 2, TPMS_RSA_PARMS: zero stands for the default. */
	ret->e = p->parameters.rsaDetail.exponent ? p->parameters.rsaDetail.exponent : 65537;
	if (!tpm_alg_of(ret) || n->size != pubkey_bytes(ret) || !(n->buffer[0] & 0x80))
		return -1;
	memcpy(ret->n, n->buffer, n->size);
	return 0;
}

static TPMI_ALG_ASYM_SCHEME scheme_of(const TPMT_PUBLIC *p)
{
	return p->type == TPM2_ALG_ECC ? p->parameters.eccDetail.scheme.scheme :
					 p->parameters.rsaDetail.scheme.scheme;
}

static TPMI_ALG_HASH scheme_hash(const TPMT_PUBLIC *p)
{
	if (scheme_of(p) == TPM2_ALG_NULL)
		return TPM2_ALG_NULL;
	return p->type == TPM2_ALG_ECC ? p->parameters.eccDetail.scheme.details.ecdsa.hashAlg :
					 p->parameters.rsaDetail.scheme.details.rsassa.hashAlg;
}

static int check_use(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p)
{
	TPMI_ALG_ASYM_SCHEME scheme = scheme_of(p);
	TPMI_ALG_ASYM_SCHEME ours = p->type == TPM2_ALG_ECC ? TPM2_ALG_ECDSA : TPM2_ALG_RSASSA;

	if (!(p->objectAttributes & TPMA_OBJECT_SIGN_ENCRYPT) ||
	    (p->objectAttributes & TPMA_OBJECT_RESTRICTED))
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the TPM key is not made for signing");
	if (scheme != TPM2_ALG_NULL && scheme != ours)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT,
			       "the TPM key makes signatures of kind 0x%04x only", scheme);
	return 0;
}

int tpm_public_numbers(const TPMT_PUBLIC *p, struct pubkey *ret)
{
	struct pubkey k = { 0 };

	if (p->type != TPM2_ALG_ECC && p->type != TPM2_ALG_RSA)
		return -1;
	if ((p->type == TPM2_ALG_ECC ? public_ec(p, &k) : public_rsa(p, &k)) < 0)
		return -1;
	*ret = k;
	return 0;
}

void tpm_public_unique(const struct pubkey *k, TPMT_PUBLIC *p)
{
	uint16_t n = (uint16_t)pubkey_bytes(k);

	if (k->type == PUBKEY_RSA) {
		p->parameters.rsaDetail.exponent = k->e == 65537 ? 0 : k->e;
		p->unique.rsa.size = n;
		memcpy(p->unique.rsa.buffer, k->n, n);
		return;
	}
	p->unique.ecc.x.size = p->unique.ecc.y.size = n;
	memcpy(p->unique.ecc.x.buffer, k->x, n);
	memcpy(p->unique.ecc.y.buffer, k->y, n);
}

int tpm_public_key(struct bpfkey_ctx *ctx, const TPMT_PUBLIC *p, struct pubkey *ret)
{
	int r;

	if (p->type != TPM2_ALG_ECC && p->type != TPM2_ALG_RSA)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the TPM key is neither RSA nor EC");
	r = check_use(ctx, p);
	if (r < 0)
		return r;
	if (tpm_public_numbers(p, ret) < 0)
		return bk_fail(
			ctx, -BPFKEY_E_NO_SUPPORT,
			"the TPM key's size or curve is none of p256, p384, p521, rsa2048, "
			"rsa3072, rsa4096");
	return 0;
}

int tpm_key_describe(struct bpfkey_ctx *ctx, struct view pem, struct pubkey *ret_pub,
		     struct tpm_key_meta *ret_meta)
{
	struct tpm_key_meta m = { 0 };
	struct tpm_file f;
	struct pubkey k;
	int r;

	r = tpm_file_parse(ctx, pem, &f);
	if (r < 0)
		return r;
	r = tpm_public_key(ctx, &f.public.publicArea, &k);
	if (r < 0)
		return r;
	r = tpm_public_name(ctx, &f.public, m.key_name, sizeof(m.key_name));
	if (r < 0)
		return r;
	snprintf(m.alg, sizeof(m.alg), "%s", tpm_alg_of(&k)->name);
	*ret_pub = k;
	*ret_meta = m;
	return 0;
}

/* check_srk - before anything is sent: is this the TPM that made the key? */
static int check_srk(const struct tpm_object *srk, const struct tpm_key_meta *meta)
{
	char name[80];
	int r;

	if (!meta || !meta->srk_name[0])
		return 0;
	r = tpm_object_name(srk, name, sizeof(name));
	if (r < 0 || !strcmp(name, meta->srk_name))
		return r;
	return tpm_fail_origin(srk->t, "the key", meta->srk_name, meta->tpm_id);
}

static int check_name(struct tpm *t, const TPM2B_PUBLIC *public, const struct tpm_key_meta *meta)
{
	char name[80];
	int r;

	if (!meta || !meta->key_name[0])
		return 0;
	r = tpm_public_name(t->ctx, public, name, sizeof(name));
	if (r < 0 || !strcmp(name, meta->key_name))
		return r;
	return bk_fail(t->ctx, -BPFKEY_E_MISMATCH,
		       "the sidecar describes the TPM key %s, the key file holds %s",
		       meta->key_name, name);
}

/*
 * check_guess - some tools state "needs a password" for keys without one, so
 * an empty password is worth a try, but only where a wrong one is not counted.
 */
static int check_guess(struct tpm *t, const struct tpm_file *f, const struct key_policy *p)
{
	if (!f->needs_auth || (p && p->pin) ||
	    (f->public.publicArea.objectAttributes & TPMA_OBJECT_NODA))
		return 0;
	bk_hint(t->ctx, "put the sidecar FILE.meta that it was made with beside it; a PIN that "
		"another program set is not taken");
	return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT, "the TPM key asks for a PIN");
}

/* check_policy - is the policy that the sidecar tells of the one that the TPM will ask for? */
static int check_policy(struct tpm *t, const TPMT_PUBLIC *a, const struct key_policy *p)
{
	uint8_t digest[POLICY_DIGEST_LEN];
	int r;

	if (!policy_needs_session(p)) {
		if (a->objectAttributes & TPMA_OBJECT_USERWITHAUTH)
			return 0;
		bk_hint(t->ctx, "put the sidecar FILE.meta that it was made with beside it; what "
			"another program wrote is used with that one only");
		return bk_fail(t->ctx, -BPFKEY_E_NO_SUPPORT,
			       "the TPM key can be used only under a policy, and no sidecar tells "
			       "which");
	}
	r = tpm_policy_digest(t->ctx, p, digest);
	if (r < 0)
		return r;
	if (a->authPolicy.size == sizeof(digest) &&
	    !memcmp(a->authPolicy.buffer, digest, sizeof(digest)))
		return 0;
	return bk_fail(t->ctx, -BPFKEY_E_MISMATCH, "the sidecar tells of another policy than the "
		       "TPM key has");
}

/* open_parent - the persistent key is as good when it is the same, and at hand. */
static int open_parent(struct tpm *t, const struct tpm_file *f, const struct tpm_key_meta *meta,
		       struct tpm_object *ret)
{
	_cleanup_(tpm_object_done) struct tpm_object o = TPM_OBJECT_NONE(t);
	bool there = false;
	char name[80];
	int r = 0;

	if (f->parent == TPM2_RH_OWNER && meta && meta->srk_name[0])
		r = tpm_srk_find(t, &o, &there);
	if (!r && there)
		r = tpm_object_name(&o, name, sizeof(name));
	if (r < 0)
		return r;
	if (there && !strcmp(name, meta->srk_name)) {
		*ret = o;
		o.handle = ESYS_TR_NONE;
		return 0;
	}
	r = tpm_srk_open(t, f->parent, f->rsa_parent, ret);
	if (r != -BPFKEY_E_OTHER_TPM || !meta || !meta->srk_name[0])
		return r;
	/* Nothing stands where the parent was. */
	bk_forget(t->ctx);
	return tpm_fail_origin(t, "the key", meta->srk_name, meta->tpm_id);
}

static int load_under(struct tpm *t, const struct tpm_object *srk, const struct tpm_file *f,
		      struct tpm_object *ret)
{
	ESYS_TR session;
	TSS2_RC rc;
	int r;

	r = tpm_session(t, srk->handle, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT, &session);
	if (r < 0)
		return r;
	rc = Esys_Load(t->esys, srk->handle, session, ESYS_TR_NONE, ESYS_TR_NONE, &f->private,
		       &f->public, &ret->handle);
	if (rc != TSS2_RC_SUCCESS) {
		ret->handle = ESYS_TR_NONE;
		return tpm_fail(t, rc, "cannot load the key into the TPM");
	}
	return 0;
}

int tpm_key_into(struct tpm *t, const struct tpm_file *f, const struct tpm_key_meta *meta,
		 const struct key_policy *policy, struct tpm_object *ret_srk,
		 struct tpm_object *ret)
{
	int r;

	r = check_guess(t, f, policy);
	if (!r)
		r = check_policy(t, &f->public.publicArea, policy);
	if (!r)
		r = check_name(t, &f->public, meta);
	if (!r)
		r = open_parent(t, f, meta, ret_srk);
	if (!r)
		r = check_srk(ret_srk, meta);
	return r ? r : load_under(t, ret_srk, f, ret);
}

int tpm_key_load(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
		 const struct tpm_use *use, struct tpm_key **ret)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_key_freep) struct tpm_key *k = calloc(1, sizeof(*k));
	struct tpm_file f;
	int r;

	if (!k)
		return bk_out_of_memory(t->ctx);
	k->object = TPM_OBJECT_NONE(t);
	k->auth = TPM_AUTH_NONE(t);
	r = tpm_file_parse(t->ctx, pem, &f);
	if (!r)
		r = tpm_public_key(t->ctx, &f.public.publicArea, &k->public);
	if (r < 0)
		return r;
	k->hash = scheme_hash(&f.public.publicArea);
	r = tpm_key_into(t, &f, meta, use ? use->policy : NULL, &srk, &k->object);
	if (!r)
		r = tpm_auth_begin(&k->auth, srk.handle, &k->object, use);
	if (r < 0)
		return r;
	*ret = steal(&k);
	return 0;
}

int tpm_key_try(struct tpm *t, struct view pem, const struct tpm_key_meta *meta,
		const struct key_policy *policy)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_object_done) struct tpm_object key = TPM_OBJECT_NONE(t);
	struct pubkey public;
	struct tpm_file f;
	int r = tpm_file_parse(t->ctx, pem, &f);

	if (!r)
		r = tpm_public_key(t->ctx, &f.public.publicArea, &public);
	return r < 0 ? r : tpm_key_into(t, &f, meta, policy, &srk, &key);
}

void tpm_key_free(struct tpm_key *k)
{
	if (!k)
		return;
	tpm_sign_end(k);
	tpm_auth_done(&k->auth);
	tpm_object_done(&k->object);
	free(k);
}

const struct pubkey *tpm_key_public(const struct tpm_key *k)
{
	return &k->public;
}
