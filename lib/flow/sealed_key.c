// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sealed_key.h"

#include <string.h>

#include "../crypto/sealed_box.h"
#include "keys.h"

#define PRIVATE_MAX (32 * 1024)

int sealed_new(struct bpfkey_ctx *ctx, struct pkey *key, struct sealed *ret,
	       struct bk_secret **ret_kek)
{
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL, *der = NULL;
	_cleanup_(buf_done) struct buf header = BUF(SEALED_MAX);
	_cleanup_(sealed_done) struct sealed s = { 0 };
	int r;

	snprintf(s.alg, sizeof(s.alg), "%s", pkey_alg(key));
	s.public = BUF(SEALED_MAX);
	s.data = BUF(PRIVATE_MAX);
	r = pkey_spki(ctx, key, &s.public);
	if (!r)
		r = pkey_to_der(ctx, key, &der);
	if (!r)
		r = box_key(ctx, &kek);
	if (!r)
		r = sealed_header(ctx, &s, &header);
	if (!r)
		r = box_close(ctx, kek, der, buf_view(&header), s.nonce, &s.data);
	if (r < 0)
		return r;
	*ret_kek = steal(&kek);
	*ret = s;
	s = (struct sealed){ 0 };
	return 0;
}

int sealed_check(struct bpfkey_ctx *ctx, const struct sealed *s, struct bk_secret *kek)
{
	_cleanup_(buf_done) struct buf covered = BUF(SEALED_MAX);
	int r = sealed_covered(ctx, s, &covered);

	return r ? r : box_mac_check(ctx, kek, buf_view(&covered), s->mac);
}

int sealed_private(struct bpfkey_ctx *ctx, const struct sealed *s, struct bk_secret *kek,
		   struct pkey **ret)
{
	_cleanup_(buf_done) struct buf header = BUF(SEALED_MAX), public = BUF(SEALED_MAX);
	_cleanup_(bk_secret_freep) struct bk_secret *der = NULL;
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r;

	r = sealed_header(ctx, s, &header);
	if (!r)
		r = box_open(ctx, kek, s->nonce, buf_view(&header), buf_view(&s->data), &der);
	if (!r)
		r = pkey_from_der(ctx, der, &key);
	if (!r)
		r = pkey_spki(ctx, key, &public);
	if (r < 0)
		return r;
	if (public.n != s->public.n || memcmp(public.p, s->public.p, public.n) != 0 ||
	    strcmp(pkey_alg(key), s->alg) != 0)
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the sealed private key does not belong to "
			       "the public key beside it");
	*ret = steal(&key);
	return 0;
}

struct tpm_sealed sealed_blobs(const struct sealed_slot *t)
{
	struct tpm_sealed s = { .parent = t->parent, .public = t->public, .private = t->private,
				.seed = t->seed };

	snprintf(s.srk_name, sizeof(s.srk_name), "%s", t->srk_name);
	snprintf(s.tpm_id, sizeof(s.tpm_id), "%s", t->tpm_id);
	return s;
}

int sealed_is_here(struct bpfkey_ctx *ctx, struct tpm *t, const struct sealed_slot *slot,
		   struct tpm_storage *here, bool *ret)
{
	const struct tpm_sealed s = sealed_blobs(slot);
	uint8_t hash[32];
	int r = 0;

	*ret = false;
	if (slot->type == SEALED_TPM)
		return tpm_sealed_here(t, &s, ret);
	if (slot->type != SEALED_WRAPPED)
		return 0;
	if (!here->name[0])
		r = tpm_storage_here(t, here, NULL);
	if (!r)
		r = key_public_hash(ctx, &here->key, hash);
	if (!r)
		*ret = !memcmp(hash, slot->to, sizeof(hash));
	return r;
}

/* find_slot - what the TPM has sealed itself goes before what it would have to import */
static int find_slot(struct bpfkey_ctx *ctx, const struct sealed *s, struct tpm *t, size_t *ret)
{
	static const enum sealed_slot_type order[] = { SEALED_TPM, SEALED_WRAPPED };
	struct tpm_storage here = { 0 };

	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		for (size_t i = 0; i < s->n; i++) {
			bool found = false;
			int r;

			if (s->slots[i].type != order[k])
				continue;
			r = sealed_is_here(ctx, t, &s->slots[i], &here, &found);
			if (r < 0)
				return r;
			if (found) {
				*ret = i;
				return 0;
			}
		}
	}
	return sealed_elsewhere(ctx, s, t);
}

int sealed_unlock(struct bpfkey_ctx *ctx, const struct sealed *s, struct tpm *t, const char *path,
		  struct key_use *u, struct bk_secret **ret_kek, size_t *ret_slot)
{
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	struct tpm_sealed blob;
	size_t i = 0;
	int r;

	r = find_slot(ctx, s, t, &i);
	if (!r)
		r = key_use_get(ctx, s->slots[i].policy, path, u);
	if (r < 0)
		return r;
	blob = sealed_blobs(&s->slots[i]);
	r = tpm_unseal(t, &blob, &u->use, &kek);
	if (!r)
		r = sealed_check(ctx, s, kek);
	if (r < 0)
		return r;
	*ret_kek = steal(&kek);
	if (ret_slot)
		*ret_slot = i;
	return 0;
}

int sealed_put_tpm(struct bpfkey_ctx *ctx, struct sealed *s, struct tpm *t,
		   struct bk_secret *kek, const struct tpm_use *use)
{
	_cleanup_(bk_secret_freep) struct bk_secret *again = NULL;
	_cleanup_(tpm_sealed_done) struct tpm_sealed blob = { 0 };
	struct sealed_slot *slot;
	int r;

	r = tpm_seal(t, kek, use, &blob);
	if (!r)
		r = tpm_unseal(t, &blob, use, &again);
	if (r == -BPFKEY_E_POLICY)
		return bk_fail(ctx, r, "it could not be used now");
	if (r < 0)
		return bk_fail(ctx, r, "the TPM does not give back what it sealed");
	if (!bk_secret_equal(kek, again))
		return bk_fail(ctx, -BPFKEY_E_TPM, "the TPM gives back something else than it "
			       "sealed");
	r = sealed_add(ctx, s, SEALED_TPM, &slot);
	if (r < 0)
		return r;
	if (!policy_is_empty(use->policy)) {
		slot->policy = malloc(sizeof(*slot->policy));
		if (!slot->policy)
			return bk_out_of_memory(ctx);
		*slot->policy = *use->policy;
	}
	snprintf(slot->srk_name, sizeof(slot->srk_name), "%s", blob.srk_name);
	snprintf(slot->tpm_id, sizeof(slot->tpm_id), "%s", blob.tpm_id);
	slot->parent = blob.parent;
	slot->public = blob.public;
	slot->private = blob.private;
	blob.public = blob.private = BUF(0);
	return 0;
}

/* prove - the bytes that are about to be written hold the key that they are to hold */
static int prove(struct bpfkey_ctx *ctx, struct view text, const struct sealed *want,
		 struct bk_secret *kek)
{
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r;

	r = sealed_parse(ctx, text, &s);
	if (!r)
		r = sealed_check(ctx, &s, kek);
	if (!r)
		r = sealed_private(ctx, &s, kek, &key);
	if (!r && (s.n != want->n || s.public.n != want->public.n ||
		   memcmp(s.public.p, want->public.p, s.public.n) != 0))
		r = bk_fail(ctx, -BPFKEY_E_INTERNAL, "it is not what was to be written");
	return r < 0 ? bk_fail(ctx, r, "the sealed key was not written") : 0;
}

int sealed_write(struct bpfkey_ctx *ctx, const char *path, struct sealed *s,
		 struct bk_secret *kek, const struct sidecar *meta, bool force)
{
	_cleanup_(buf_done) struct buf covered = BUF(SEALED_MAX), text = BUF(SEALED_MAX);
	int r;

	r = sealed_covered(ctx, s, &covered);
	if (!r)
		r = box_mac(ctx, kek, buf_view(&covered), s->mac);
	if (!r)
		r = sealed_text(ctx, s, &text);
	if (!r)
		r = prove(ctx, buf_view(&text), s, kek);
	return r ? r : key_file_write(ctx, path, buf_view(&text), meta, force);
}

int sealed_tpm_open(struct bpfkey_ctx *ctx, struct tpm **ret)
{
	if (!key_file_tpm_absent(ctx))
		return tpm_open(ctx, NULL, ret);
	bk_hint(ctx, "name with --tpm the TPM that the key was sealed to");
	return bk_fail(ctx, -BPFKEY_E_NO_TPM, "the TPM '%s' does not exist", bpfkey_ctx_tpm(ctx));
}

int sealed_facts(const struct sealed *s, struct tpm *t, struct sidecar *m)
{
	struct tpm_key_meta facts = { 0 };
	struct tpm_identity id = { 0 };
	int r = tpm_identify(t, &id);

	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n; i++)
		if (s->slots[i].type == SEALED_TPM)
			snprintf(facts.srk_name, sizeof(facts.srk_name), "%s",
				 s->slots[i].srk_name);
	key_tpm_facts(m, &id, &facts);
	return 0;
}

int sealed_public(struct bpfkey_ctx *ctx, struct view text, struct sealed *ret_file,
		  struct pkey **ret)
{
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r;

	r = sealed_parse(ctx, text, &s);
	if (!r)
		r = pkey_from_spki(ctx, buf_view(&s.public), &key);
	if (r < 0)
		return r;
	if (strcmp(pkey_alg(key), s.alg) != 0)
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "it says that it is a '%s' key, and is a "
			       "'%s' key", s.alg, pkey_alg(key));
	*ret = steal(&key);
	*ret_file = s;
	s = (struct sealed){ 0 };
	return 0;
}

const char *sealed_slot_name(const struct sealed_slot *t, char ret[80])
{
	ret[0] = '\0';
	if (t->type == SEALED_TPM) {
		snprintf(ret, 80, "%s", t->srk_name);
		return "tpm";
	}
	if (t->type == SEALED_RECOVERY && t->by == SEALED_BY_PASSPHRASE)
		return "recovery-passphrase";
	for (size_t i = 0; i < sizeof(t->to); i++)
		snprintf(ret + 2 * i, 3, "%02x", t->to[i]);
	return t->type == SEALED_WRAPPED ? "wrapped" : "recovery-key";
}
