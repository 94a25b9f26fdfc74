// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making private keys, and what a key file says without being used. */
#include <string.h>
#include <time.h>

#include <bpfkey/key.h>

#include "../../tpm/tpm.h"
#include "../base/ctx.h"
#include "../crypto/pkey.h"
#include "../token/token.h"
#include "key_handle.h"
#include "key_policy.h"
#include "keys.h"
#include "opts.h"
#include "sealed_key.h"

static const char *const forms[BPFKEY_FORM__END] = {
	[BPFKEY_FORM_FILE] = "file",
	[BPFKEY_FORM_TPM] = "tpm",
	[BPFKEY_FORM_PKCS11] = "pkcs11",
	[BPFKEY_FORM_SEALED] = "sealed",
};

const char *bpfkey_form_name(enum bpfkey_form form)
{
	return (unsigned int)form < BPFKEY_FORM__END ? forms[form] : NULL;
}

int bpfkey_form_parse(const char *name, enum bpfkey_form *ret)
{
	unsigned int i;

	for (i = 0; i < BPFKEY_FORM__END; i++) {
		if (strcmp(name, forms[i]) == 0) {
			*ret = (enum bpfkey_form)i;
			return 0;
		}
	}
	return -BPFKEY_E_USAGE;
}

void bpfkey_key_free(struct bpfkey_key *key)
{
	if (!key)
		return;
	free(key->path);
	free(key->names);
	free(key->slots);
	buf_done(&key->pem);
	sealed_done(&key->sealed);
	free(key);
}

const struct bpfkey_key_info *bpfkey_key_info(const struct bpfkey_key *key)
{
	return &key->info;
}

int key_handle(struct bpfkey_ctx *ctx, const char *path, const char *alg,
	       const struct sidecar *meta, bool has_meta, struct bpfkey_key **ret)
{
	_cleanup_(bpfkey_key_freep) struct bpfkey_key *k = calloc(1, sizeof(*k));

	if (k)
		k->path = strdup(path);
	if (!k || !k->path)
		return bk_out_of_memory(ctx);
	snprintf(k->alg, sizeof(k->alg), "%s", alg);
	k->meta = *meta;
	k->info = (struct bpfkey_key_info){
		.path = k->path,
		.alg = k->alg,
		.form = meta->form,
		.sidecar = has_meta,
	};
	memcpy(k->info.public_hash, meta->public_hash, sizeof(k->info.public_hash));
	if (has_meta) {
		k->info.created = meta->created;
		k->info.imported = meta->imported;
	}
	if (has_meta && sidecar_names_tpm(meta)) {
		k->info.tpm_kind = k->meta.tpm_kind;
		k->info.tpm_software = meta->tpm_software;
		k->info.srk_name = k->meta.srk_name;
		k->info.key_name = k->meta.key_name;
	}
	*ret = steal(&k);
	return 0;
}

void key_set_passphrase(struct bpfkey_key *key)
{
	key->info.passphrase = true;
}

/* Can this algorithm be asked for at all? */
static int check_alg(struct bpfkey_ctx *ctx, const char *alg)
{
	const struct algo *a;
	struct algo found;
	size_t i;

	if (algo_find(alg, &found) && found.make)
		return algo_check_openssl(ctx, alg);
	_cleanup_(buf_done) struct buf list = BUF(256);
	for (i = 0; (a = algo_make(i)); i++)
		buf_printf(&list, "%s%s", i ? ", " : "", a->name);
	bk_hint(ctx, "there are %s", buf_cstr(&list));
	return bk_fail(ctx, -BPFKEY_E_USAGE, "no key algorithm '%s'", alg);
}

int key_public_hash(struct bpfkey_ctx *ctx, const struct pubkey *pub, uint8_t ret[32])
{
	_cleanup_(pkey_freep) struct pkey *k = NULL;
	int r;

	r = pkey_from_callback(ctx, pub, NULL, NULL, &k);
	return r ? r : pkey_spki_hash(ctx, k, ret);
}

static int new_in_file(struct bpfkey_ctx *ctx, const char *path,
		       const struct bpfkey_key_opts *o, struct sidecar *m)
{
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *pem = NULL;
	int r;

	if (o->flags & BPFKEY_MAKE_DRY_RUN)
		return 0;
	r = pkey_generate(ctx, o->alg, &key);
	if (!r)
		r = pkey_spki_hash(ctx, key, m->public_hash);
	if (!r)
		r = pkey_to_pem(ctx, key, NULL, &pem);
	if (r < 0)
		return r;
	return key_file_write(ctx, path,
			      (struct view){ bk_secret_data(pem), bk_secret_len(pem) }, m,
			      o->flags & BPFKEY_MAKE_FORCE);
}

int key_tpm_check(struct bpfkey_ctx *ctx, struct tpm *t, const char *alg, const char *spec)
{
	bool has = false;
	int r;

	r = tpm_has_alg(t, alg, &has);
	if (r < 0)
		return r;
	if (!has) {
		bk_hint(ctx, "'keyctl-bpf tpm show' lists what it has; p256 and rsa2048 are the "
			"usual ones");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the TPM '%s' has no '%s'", spec, alg);
	}
	return 0;
}

void key_tpm_facts(struct sidecar *m, const struct tpm_identity *id,
		   const struct tpm_key_meta *facts)
{
	snprintf(m->tpm_kind, sizeof(m->tpm_kind), "%s", id->kind);
	snprintf(m->srk_name, sizeof(m->srk_name), "%s", facts->srk_name);
	snprintf(m->key_name, sizeof(m->key_name), "%s", facts->key_name);
	snprintf(m->tpm_id, sizeof(m->tpm_id), "%s", facts->tpm_id);
	m->tpm_software = id->software;
}

static int new_in_tpm(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_key_opts *o, struct sidecar *m)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(16 * 1024);
	struct tpm_key_meta facts = { 0 }, again = { 0 };
	_cleanup_(key_use_done) struct key_use u = { 0 };
	struct tpm_identity id = { 0 };
	struct pubkey pub;
	int r;

	/* A dry run must not manufacture the software TPM that it would use. */
	if ((o->flags & BPFKEY_MAKE_DRY_RUN) && key_file_tpm_absent(ctx))
		return 0;
	r = tpm_open(ctx, NULL, &t);
	if (!r)
		r = tpm_identify(t, &id);
	if (!r)
		r = key_tpm_check(ctx, t, o->alg, id.spec);
	if (r < 0 || (o->flags & BPFKEY_MAKE_DRY_RUN))
		return r;

	r = key_policy_make(ctx, t, path, o, NULL, &u);
	if (!r)
		r = tpm_key_create(t, o->alg, &u.use, &pem, &facts);
	if (!r)
		r = tpm_key_describe(ctx, buf_view(&pem), &pub, &again);
	if (!r)
		r = key_public_hash(ctx, &pub, m->public_hash);
	if (r < 0)
		return r;
	key_tpm_facts(m, &id, &facts);
	m->policy = u.policy;
	r = key_policy_warn(ctx, t, &u);
	return r ? r : key_file_write(ctx, path, buf_view(&pem), m, o->flags & BPFKEY_MAKE_FORCE);
}

static int new_sealed(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_key_opts *o, struct sidecar *m)
{
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	int r;

	r = pkey_generate(ctx, o->alg, &key);
	if (!r)
		r = pkey_spki_hash(ctx, key, m->public_hash);
	return r ? r : sealed_make(ctx, path, o, key, m);
}

static int key_new(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_key_opts *o,
		   struct sidecar *m)
{
	int r;

	if (!o->alg || (o->form != BPFKEY_FORM_FILE && o->form != BPFKEY_FORM_TPM &&
			o->form != BPFKEY_FORM_SEALED))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "algorithm and form are needed");
	r = check_alg(ctx, o->alg);
	if (!r)
		r = key_policy_check_new(ctx, path, o);
	if (!r && !(o->flags & BPFKEY_MAKE_FORCE))
		r = key_file_absent(ctx, path);
	if (!r)
		r = key_file_can_write(ctx, path);
	if (r < 0)
		return r;

	m->form = o->form;
	m->created = time(NULL);
	snprintf(m->alg, sizeof(m->alg), "%s", o->alg);
	if (o->form == BPFKEY_FORM_SEALED)
		return new_sealed(ctx, path, o, m);
	if (o->form == BPFKEY_FORM_TPM)
		return new_in_tpm(ctx, path, o, m);
	return new_in_file(ctx, path, o, m);
}

int bpfkey_key_new(struct bpfkey_ctx *ctx, const char *path,
		   const struct bpfkey_key_opts *opts, struct bpfkey_key **ret)
{
	struct bpfkey_key_opts o;
	struct sidecar m = { 0 };
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = key_new(ctx, path, &o, &m);
	if (r < 0)
		return bk_fail(ctx, r, "cannot make key '%s'", path);
	if (!ret)
		return 0;
	/* What was written says best which ways lead into it. */
	if (o.form == BPFKEY_FORM_SEALED && !(o.flags & BPFKEY_MAKE_DRY_RUN))
		return bpfkey_key_open(ctx, path, ret);
	return key_handle(ctx, path, o.alg, &m, !(o.flags & BPFKEY_MAKE_DRY_RUN), ret);
}

/* describe_slots - the ways into a sealed key, in words */
static int describe_slots(struct bpfkey_ctx *ctx, const struct sealed *s, struct bpfkey_key *key)
{
	key->names = calloc(s->n + 1, sizeof(*key->names));
	key->slots = calloc(s->n + 1, sizeof(*key->slots));
	if (!key->names || !key->slots)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; i < s->n; i++) {
		char *name = key->names[i].name;

		key->slots[i].type = sealed_slot_name(&s->slots[i], name);
		key->slots[i].name = *name ? name : NULL;
	}
	key->info.slots = key->slots;
	key->info.slots_n = s->n;
	return 0;
}

static int public_of(struct bpfkey_ctx *ctx, struct key_file *f, const char *path,
		     struct pkey_origin *o, struct sealed *s, struct pkey **ret)
{
	struct tpm_key_meta facts;
	struct pubkey pub;
	int r;

	if (f->form == BPFKEY_FORM_SEALED)
		return sealed_public(ctx, key_file_view(f), s, ret);
	if (f->form != BPFKEY_FORM_TPM)
		return pkey_read(ctx, f->bytes, path, o, ret);
	r = tpm_key_describe(ctx, key_file_view(f), &pub, &facts);
	return r < 0 ? r : pkey_from_callback(ctx, &pub, NULL, NULL, ret);
}

static int open_file(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_key **ret)
{
	_cleanup_(pkey_origin_done) struct pkey_origin o = { 0 };
	_cleanup_(key_file_done) struct key_file f = { 0 };
	_cleanup_(bpfkey_key_freep) struct bpfkey_key *key = NULL;
	_cleanup_(sealed_done) struct sealed s = { 0 };
	_cleanup_(pkey_freep) struct pkey *k = NULL;
	uint8_t hash[32];
	int r;

	r = key_file_read(ctx, path, &f);
	if (r < 0)
		return r;
	r = public_of(ctx, &f, path, &o, &s, &k);
	if (!r)
		r = pkey_spki_hash(ctx, k, hash);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read key '%s'", path);
	r = key_file_check(ctx, path, &f, hash);
	if (r < 0)
		return r;
	f.meta.form = f.form;
	memcpy(f.meta.public_hash, hash, sizeof(hash));
	r = key_handle(ctx, path, pkey_alg(k), &f.meta, f.has_meta, &key);
	if (!r)
		r = describe_slots(ctx, &s, key);
	if (r < 0)
		return r;
	key->pem = BUF(KEY_FILE_MAX);
	if (f.form == BPFKEY_FORM_TPM)
		buf_put(&key->pem, key_file_view(&f).p, key_file_view(&f).n);
	if (!buf_ok(&key->pem))
		return bk_out_of_memory(ctx);
	key->sealed = s;
	s = (struct sealed){ 0 };
	key->info.passphrase = o.passphrase != NULL;
	key->info.pkcs12 = o.pkcs12;
	*ret = steal(&key);
	return 0;
}

static int open_token(struct bpfkey_ctx *ctx, const char *uri, struct bpfkey_key **ret)
{
	_cleanup_(token_freep) struct token *t = NULL;
	_cleanup_(pkey_freep) struct pkey *k = NULL;
	_cleanup_(bk_freep) char *shown = NULL;
	struct sidecar m = { .form = BPFKEY_FORM_PKCS11 };
	int r;

	r = key_file_shown(ctx, uri, &shown);
	if (r < 0)
		return r;
	r = token_open(ctx, uri, &t);
	if (!r)
		r = pkey_from_callback(ctx, token_public(t), NULL, NULL, &k);
	if (!r)
		r = pkey_spki_hash(ctx, k, m.public_hash);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read key '%s'", shown);
	return key_handle(ctx, shown, pkey_alg(k), &m, false, ret);
}

int bpfkey_key_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_key **ret)
{
	bk_enter(ctx);
	return token_is_uri(path) ? open_token(ctx, path, ret) : open_file(ctx, path, ret);
}
