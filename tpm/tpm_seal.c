/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few bytes that only a TPM gives back. They go in as an object that is made
 * here and wrapped for a storage root key, its own TPM's as well as another's:
 * so neither they nor a PIN ever are in the memory of the TSS on their way in.
 */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "../lib/base/text.h"
#include "../lib/crypto/digest.h"
#include "../lib/crypto/kdf.h"
#include "tpm_policy.h"

#define BLOB_MAX 4096
#define NAME_MAX_HEX 80

void tpm_sealed_done(struct tpm_sealed *s)
{
	buf_done(&s->public);
	buf_done(&s->private);
	buf_done(&s->seed);
	*s = (struct tpm_sealed){ 0 };
}

/* sensitive_of - data, PIN and a random seed, as TPM2B_SENSITIVE; @ret_unique ties both parts */
static int sensitive_of(struct bpfkey_ctx *ctx, struct bk_secret *data,
			const struct tpm_use *use, struct bk_secret *seed,
			uint8_t ret_unique[SHA256_LEN], struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *plain = bk_secret_new(sizeof(TPM2B_SENSITIVE));
	_cleanup_(bk_secret_freep) struct bk_secret *out = bk_secret_new(sizeof(TPM2B_SENSITIVE));
	const struct view v[] = { { bk_secret_data(seed), bk_secret_len(seed) },
				  { bk_secret_data(data), bk_secret_len(data) } };
	TPMT_SENSITIVE *s;
	size_t n = 0;
	int r;

	if (!plain || !out)
		return bk_out_of_memory(ctx);
	s = &((TPM2B_SENSITIVE *)(void *)bk_secret_data(plain))->sensitiveArea;
	s->sensitiveType = TPM2_ALG_KEYEDHASH;
	s->seedValue.size = (uint16_t)bk_secret_len(seed);
	memcpy(s->seedValue.buffer, bk_secret_data(seed), bk_secret_len(seed));
	s->sensitive.bits.size = (uint16_t)bk_secret_len(data);
	memcpy(s->sensitive.bits.buffer, bk_secret_data(data), bk_secret_len(data));
	r = tpm_use_password(ctx, use, &s->authValue);
	if (r < 0)
		return r;
	if (Tss2_MU_TPM2B_SENSITIVE_Marshal((TPM2B_SENSITIVE *)(void *)bk_secret_data(plain),
					    bk_secret_data(out), bk_secret_cap(out), &n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "what is to be sealed cannot be written "
			       "down");
	r = bk_sha256v(ctx, v, ARRAY_SIZE(v), ret_unique);
	if (r < 0)
		return r;
	bk_secret_set_len(out, n);
	*ret = steal(&out);
	return 0;
}

/*
 * public_of - not fixed to a TPM, because it was not born in one; its policy, if
 * any, names no command, and only one that names Duplicate could take it elsewhere.
 */
static int public_of(struct bpfkey_ctx *ctx, const struct tpm_use *use,
		     const uint8_t unique[SHA256_LEN], TPM2B_PUBLIC *ret)
{
	TPM2B_PUBLIC p = { .publicArea = { .type = TPM2_ALG_KEYEDHASH,
					   .nameAlg = TPM2_ALG_SHA256 } };
	TPMT_PUBLIC *a = &p.publicArea;
	int r;

	a->objectAttributes = TPMA_OBJECT_NODA | TPMA_OBJECT_USERWITHAUTH;
	r = tpm_use_template(ctx, use, a);
	if (r < 0)
		return r;
	a->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	a->unique.keyedHash.size = SHA256_LEN;
	memcpy(a->unique.keyedHash.buffer, unique, SHA256_LEN);
	*ret = p;
	return 0;
}

static int check_room(struct bpfkey_ctx *ctx, struct bk_secret *data)
{
	if (bk_secret_len(data) && bk_secret_len(data) <= TPM_SEAL_MAX)
		return 0;
	return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "a TPM seals 1 to %d bytes, not %zu", TPM_SEAL_MAX,
		       bk_secret_len(data));
}

/* What stands between this process and a TPM. */
struct sealing {
	TPM2B_PUBLIC public;
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
};

static int make(struct bpfkey_ctx *ctx, const struct tpm_parent *parent, struct bk_secret *data,
		const struct tpm_use *use, struct sealing *ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *sensitive = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *seed = NULL;
	_cleanup_(buf_done) struct buf name = BUF(64);
	uint8_t unique[SHA256_LEN];
	char hex[NAME_MAX_HEX];
	int r;

	r = check_room(ctx, data);
	if (!r)
		r = kdf_random(ctx, SHA256_LEN, &seed);
	if (!r)
		r = sensitive_of(ctx, data, use, seed, unique, &sensitive);
	if (!r)
		r = public_of(ctx, use, unique, &ret->public);
	if (!r)
		r = tpm_public_name(ctx, &ret->public, hex, sizeof(hex));
	if (!r && text_unhex(hex, &name) < 0)
		r = bk_out_of_memory(ctx);
	return r ? r : tpm_outer_wrap(ctx, parent, buf_view(&name), sensitive, &ret->duplicate,
				      &ret->seed);
}

/* put - the blobs as bytes; @seed is NULL where the TPM has imported it already */
static int put(struct bpfkey_ctx *ctx, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private,
	       const TPM2B_ENCRYPTED_SECRET *seed, struct tpm_sealed *ret)
{
	uint8_t b[BLOB_MAX];
	size_t n = 0;

	ret->public = ret->private = ret->seed = BUF(BLOB_MAX);
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, b, sizeof(b), &n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "a TPM object cannot be written down");
	buf_put(&ret->public, b, n);
	n = 0;
	if (Tss2_MU_TPM2B_PRIVATE_Marshal(private, b, sizeof(b), &n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "a TPM object cannot be written down");
	buf_put(&ret->private, b, n);
	n = 0;
	if (seed && Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal(seed, b, sizeof(b), &n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "a TPM object cannot be written down");
	if (seed)
		buf_put(&ret->seed, b, n);
	return buf_ok(&ret->public) && buf_ok(&ret->private) && buf_ok(&ret->seed) ?
		       0 : bk_out_of_memory(ctx);
}

int tpm_seal(struct tpm *t, struct bk_secret *data, const struct tpm_use *use,
	     struct tpm_sealed *ret)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_sealed_done) struct tpm_sealed out = { 0 };
	TPM2B_PRIVATE private = { 0 };
	struct tpm_parent parent;
	struct sealing s = { 0 };
	int r;

	r = tpm_use_ready(t, use, out.tpm_id);
	if (!r)
		r = tpm_key_parent(t, &out.parent, out.srk_name, &srk);
	if (!r)
		r = tpm_srk_parent(&srk, &parent);
	if (!r)
		r = make(t->ctx, &parent, data, use, &s);
	if (!r)
		r = tpm_import(&srk, &s.public, &s.duplicate, &s.seed, &private);
	if (!r)
		r = put(t->ctx, &s.public, &private, NULL, &out);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct tpm_sealed){ 0 };
	return 0;
}

int tpm_seal_for(struct bpfkey_ctx *ctx, const struct tpm_storage *to, struct bk_secret *data,
		 const struct tpm_use *use, struct tpm_sealed *ret)
{
	const struct tpm_parent parent = { to->key, to->aes };
	_cleanup_(tpm_sealed_done) struct tpm_sealed out = { 0 };
	struct sealing s = { 0 };
	int r;

	r = make(ctx, &parent, data, use, &s);
	if (!r)
		r = put(ctx, &s.public, &s.duplicate, &s.seed, &out);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct tpm_sealed){ 0 };
	return 0;
}

int tpm_storage_parse(struct bpfkey_ctx *ctx, struct view public, struct tpm_storage *ret)
{
	const TPMA_OBJECT want = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
	struct tpm_storage s = { 0 };
	struct tpm_parent parent;
	TPM2B_PUBLIC p = { 0 };
	size_t n = 0;
	int r;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(public.p, public.n, &n, &p) || n != public.n)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "neither PEM nor a TPM2B_PUBLIC");
	if ((p.publicArea.objectAttributes & (want | TPMA_OBJECT_SIGN_ENCRYPT)) != want)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "it is the public half of another key than a "
			       "storage root key");
	r = tpm_parent_of(ctx, &p.publicArea, &parent);
	if (!r)
		r = tpm_public_name(ctx, &p, s.name, sizeof(s.name));
	if (r < 0)
		return r;
	s.key = parent.key;
	s.aes = parent.aes;
	*ret = s;
	return 0;
}

int tpm_storage_here(struct tpm *t, struct tpm_storage *ret, struct buf *ret_public)
{
	_cleanup_(tpm_object_done) struct tpm_object srk = TPM_OBJECT_NONE(t);
	_cleanup_(tpm_esys_freep) TPM2B_PUBLIC *public = NULL;
	struct tpm_storage s = { 0 };
	struct tpm_parent parent;
	uint8_t b[BLOB_MAX];
	TPM2_HANDLE handle;
	size_t n = 0;
	TSS2_RC rc;
	int r;

	r = tpm_key_parent(t, &handle, s.name, &srk);
	if (r < 0)
		return r;
	rc = Esys_ReadPublic(t->esys, srk.handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			     &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(t, rc, "cannot read the storage root key");
	r = tpm_parent_of(t->ctx, &public->publicArea, &parent);
	if (r < 0)
		return r;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, b, sizeof(b), &n))
		return bk_fail(t->ctx, -BPFKEY_E_INTERNAL, "a TPM object cannot be written down");
	if (ret_public) {
		buf_put(ret_public, b, n);
		if (!buf_ok(ret_public))
			return bk_out_of_memory(t->ctx);
	}
	s.key = parent.key;
	s.aes = parent.aes;
	*ret = s;
	return 0;
}
