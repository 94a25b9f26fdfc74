// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sealed keys for other machines, and for who keeps a copy in a safe. */
#include <string.h>
#include <time.h>

#include <bpfkey/sealed.h>

#include "../base/file.h"
#include "../crypto/der.h"
#include "../crypto/escrow.h"
#include "../crypto/public.h"
#include "keys.h"
#include "sealed_key.h"

#define ESCROW_MAX (64 * 1024)

/* read_storage - whose TPM; PEM does not tell its AES, so that is the TCG template's */
static int read_storage(struct bpfkey_ctx *ctx, const char *path, struct tpm_storage *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(KEY_FILE_MAX);
	struct tpm_storage s = { .aes = 128 };
	int r;

	r = bk_file_read(ctx, path, KEY_FILE_MAX, &b);
	if (r < 0)
		return r;
	if (b.n && b.p[0] == '-')
		r = public_read(ctx, buf_view(&b), &s.key);
	else
		r = tpm_storage_parse(ctx, buf_view(&b), &s);
	if (r < 0) {
		bk_hint(ctx, "'keyctl-bpf tpm srk' writes it on the other machine");
		return bk_fail(ctx, r, "'%s' is no storage root key", path);
	}
	*ret = s;
	return 0;
}

/* check_policy - PCRs and counters are of one machine, and a copy without them would be weaker */
static int check_policy(struct bpfkey_ctx *ctx, const struct key_policy *p)
{
	if (!p->pcrs.mask && !p->counter.index)
		return 0;
	bk_hint(ctx, "wrap a key that is under a signed policy or a PIN, and bind it to PCRs or a "
		"counter with 'keyctl-bpf key reseal' on the other machine");
	return bk_fail(ctx, -BPFKEY_E_POLICY, "it may be used only with %s of this very machine",
		       p->pcrs.mask ? "PCRs" : "a counter");
}

static int add(struct bpfkey_ctx *ctx, struct sealed *s, struct bk_secret *kek,
	       const struct tpm_use *use, const char *to)
{
	_cleanup_(tpm_sealed_done) struct tpm_sealed blob = { 0 };
	struct sealed_slot *slot;
	struct tpm_storage st;
	uint8_t hash[32];
	int r;

	r = read_storage(ctx, to, &st);
	if (!r)
		r = public_hash(ctx, &st.key, hash);
	if (!r)
		r = tpm_seal_for(ctx, &st, kek, use, &blob);
	if (r < 0)
		return r;
	for (size_t i = s->n; i-- > 0;)
		if (s->slots[i].type == SEALED_WRAPPED &&
		    !memcmp(s->slots[i].to, hash, sizeof(hash)))
			sealed_drop(s, i);
	r = sealed_add(ctx, s, SEALED_WRAPPED, &slot);
	if (r < 0)
		return r;
	memcpy(slot->to, hash, sizeof(hash));
	if (!policy_is_empty(use->policy)) {
		slot->policy = malloc(sizeof(*slot->policy));
		if (!slot->policy)
			return bk_out_of_memory(ctx);
		*slot->policy = *use->policy;
	}
	slot->public = blob.public;
	slot->private = blob.private;
	slot->seed = blob.seed;
	blob = (struct tpm_sealed){ 0 };
	return 0;
}

static int wrap(struct bpfkey_ctx *ctx, const char *source, const char *const *to, size_t n,
		const char *path, unsigned int flags)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(key_use_done) struct key_use u = { 0 };
	int r;

	if (!n)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no machine is named that it is wrapped for");
	r = flags & BPFKEY_MAKE_FORCE ? 0 : key_file_absent(ctx, path);
	if (!r)
		r = key_file_can_write(ctx, path);
	if (!r)
		r = sealed_read(ctx, source, &f, &s);
	if (!r)
		r = sealed_tpm_open(ctx, &t);
	if (!r)
		r = sealed_unlock(ctx, &s, t, source, &u, &kek, NULL);
	if (!r)
		r = check_policy(ctx, &u.policy);
	for (size_t i = 0; !r && i < n; i++)
		r = add(ctx, &s, kek, &u.use, to[i]);
	if (!f.has_meta)
		f.meta.created = time(NULL);
	f.meta.form = BPFKEY_FORM_SEALED;
	snprintf(f.meta.alg, sizeof(f.meta.alg), "%s", s.alg);
	if (!r)
		r = sealed_facts(&s, t, &f.meta);
	if (r < 0 || (flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	return sealed_write(ctx, path, &s, kek, &f.meta, flags & BPFKEY_MAKE_FORCE);
}

int bpfkey_key_wrap(struct bpfkey_ctx *ctx, const char *source, const char *const *to, size_t n,
		    const char *path, unsigned int flags, struct bpfkey_key **ret)
{
	int r;

	bk_enter(ctx);
	r = wrap(ctx, source, to, n, path, flags);
	if (r < 0)
		return bk_fail(ctx, r, "cannot wrap key '%s'", source);
	if (!ret)
		return 0;
	return bpfkey_key_open(ctx, flags & BPFKEY_MAKE_DRY_RUN ? source : path, ret);
}

static int read_keeper(struct bpfkey_ctx *ctx, const char *path, struct escrow_key **ret)
{
	_cleanup_(buf_done) struct buf pem = BUF(KEY_FILE_MAX);
	int r = bk_file_read(ctx, path, KEY_FILE_MAX, &pem);

	if (!r)
		r = escrow_key_read(ctx, buf_view(&pem), ret);
	return r < 0 ? bk_fail(ctx, r, "nothing can be given to '%s'", path) : 0;
}

static int escrow(struct bpfkey_ctx *ctx, const char *source, const char *to, const char *path,
		  unsigned int flags)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL, *pem = NULL;
	_cleanup_(escrow_key_freep) struct escrow_key *k = NULL;
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(key_use_done) struct key_use u = { 0 };
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	_cleanup_(buf_done) struct buf cms = BUF(ESCROW_MAX), text = BUF(2 * ESCROW_MAX);
	int r;

	r = read_keeper(ctx, to, &k);
	if (!r && !(flags & BPFKEY_MAKE_FORCE))
		r = key_file_absent(ctx, path);
	if (!r)
		r = key_file_can_write(ctx, path);
	if (!r)
		r = sealed_read(ctx, source, &f, &s);
	if (!r)
		r = sealed_tpm_open(ctx, &t);
	if (!r)
		r = sealed_unlock(ctx, &s, t, source, &u, &kek, NULL);
	if (!r)
		r = sealed_private(ctx, &s, kek, &key);
	if (!r)
		r = pkey_to_pem(ctx, key, NULL, &pem);
	if (!r)
		r = escrow_to_key(ctx, k, pem, &cms);
	if (r < 0 || (flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	der_pem_put(&text, "CMS", buf_view(&cms));
	if (!buf_ok(&text))
		return bk_out_of_memory(ctx);
	return bk_file_replace(ctx, path, 0600, buf_view(&text),
			       flags & BPFKEY_MAKE_FORCE ? BK_FILE_FORCE : 0);
}

int bpfkey_key_escrow(struct bpfkey_ctx *ctx, const char *source, const char *to,
		      const char *path, unsigned int flags)
{
	int r;

	bk_enter(ctx);
	r = escrow(ctx, source, to, path, flags);
	return r < 0 ? bk_fail(ctx, r, "cannot give key '%s' into escrow", source) : 0;
}

int bpfkey_tpm_srk(struct bpfkey_ctx *ctx, const char *path, unsigned int flags)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(buf_done) struct buf public = BUF(KEY_FILE_MAX);
	struct tpm_storage st;
	int r;

	bk_enter(ctx);
	r = flags & BPFKEY_MAKE_FORCE ? 0 : key_file_absent(ctx, path);
	if (!r)
		r = key_file_can_write(ctx, path);
	/* A dry run must not manufacture a software TPM. */
	if (!r && (flags & BPFKEY_MAKE_DRY_RUN) && key_file_tpm_absent(ctx))
		return 0;
	if (!r)
		r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_storage_here(t, &st, &public);
	if (!r && !(flags & BPFKEY_MAKE_DRY_RUN))
		r = bk_file_replace(ctx, path, 0644, buf_view(&public),
				    flags & BPFKEY_MAKE_FORCE ? BK_FILE_FORCE : 0);
	return r < 0 ? bk_fail(ctx, r, "cannot write the storage root key to '%s'", path) : 0;
}
