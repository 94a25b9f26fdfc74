// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that others made, taken to where ours live. The file they come from is left alone. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../base/file.h"
#include "../crypto/algo.h"
#include "../crypto/pkey.h"
#include "../token/token.h"
#include "key_policy.h"
#include "keys.h"
#include "opts.h"
#include "sealed_key.h"

struct importing {
	struct bpfkey_ctx *ctx;
	const char *path;
	const struct bpfkey_key_opts *o;
	struct pkey *key;
	struct pkey_origin origin;
	struct sidecar meta;
};

static void importing_done(struct importing *i)
{
	pkey_free(i->key);
	pkey_origin_done(&i->origin);
}

/* check_output - replacing the source would destroy what may be the only copy. */
static int check_output(struct importing *i, const char *source)
{
	struct stat from, to;
	int r = 0;

	if (!stat(source, &from) && !stat(i->path, &to) && from.st_dev == to.st_dev &&
	    from.st_ino == to.st_ino)
		return bk_fail(i->ctx, -BPFKEY_E_USAGE, "'%s' and '%s' are one file, and an import "
			       "leaves its source alone", source, i->path);
	if (!(i->o->flags & BPFKEY_MAKE_FORCE))
		r = key_file_absent(i->ctx, i->path);
	return r < 0 ? r : key_file_can_write(i->ctx, i->path);
}

static int read_source(struct importing *i, const char *source)
{
	_cleanup_(bk_secret_freep) struct bk_secret *bytes = NULL;
	int r;

	r = bk_file_read_secret(i->ctx, source, KEY_FILE_MAX, &bytes);
	if (r < 0)
		return r;
	if (sealed_is((struct view){ bk_secret_data(bytes), bk_secret_len(bytes) })) {
		bk_hint(i->ctx, "'keyctl-bpf key reseal' seals it anew, 'keyctl-bpf key recover' "
			"brings it here from another machine");
		return bk_fail(i->ctx, -BPFKEY_E_NO_SUPPORT, "the key is sealed already");
	}
	if (tpm_key_is_pem((struct view){ bk_secret_data(bytes), bk_secret_len(bytes) }))
		return bk_fail(i->ctx, -BPFKEY_E_NO_SUPPORT, "the key is in a TPM already and does "
			       "not leave it");
	r = pkey_read(i->ctx, bytes, source, &i->origin, &i->key);
	if (!r)
		r = algo_check(i->ctx, pkey_alg(i->key));
	if (!r)
		r = pkey_spki_hash(i->ctx, i->key, i->meta.public_hash);
	return r;
}

static int into_file(struct importing *i)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pem = NULL;
	int r;

	if (i->o->flags & BPFKEY_MAKE_DRY_RUN)
		return 0;
	r = pkey_to_pem(i->ctx, i->key, i->origin.passphrase, &pem);
	if (r < 0)
		return r;
	return key_file_write(i->ctx, i->path,
			      (struct view){ bk_secret_data(pem), bk_secret_len(pem) }, &i->meta,
			      i->o->flags & BPFKEY_MAKE_FORCE);
}

/* check_same - what came out of the TPM describes what went in. */
static int check_same(struct importing *i, const struct buf *pem)
{
	struct tpm_key_meta facts = { 0 };
	struct pubkey pub;
	uint8_t hash[32];
	int r;

	r = tpm_key_describe(i->ctx, buf_view(pem), &pub, &facts);
	if (!r)
		r = key_public_hash(i->ctx, &pub, hash);
	if (!r && memcmp(hash, i->meta.public_hash, sizeof(hash)) != 0)
		r = bk_fail(i->ctx, -BPFKEY_E_INTERNAL, "the TPM holds another key than was given");
	return r;
}

static int into_tpm(struct importing *i)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(16 * 1024);
	_cleanup_(bk_secret_freep) struct bk_secret *private = NULL;
	_cleanup_(key_use_done) struct key_use u = { 0 };
	struct tpm_key_meta facts = { 0 };
	struct tpm_identity id = { 0 };
	struct pubkey pub;
	int r;

	r = pkey_numbers(i->ctx, i->key, &pub, &private);
	if (r < 0)
		return r;
	/* A dry run must not manufacture the software TPM that it would use. */
	if ((i->o->flags & BPFKEY_MAKE_DRY_RUN) && key_file_tpm_absent(i->ctx))
		return 0;
	r = tpm_open(i->ctx, NULL, &t);
	if (!r)
		r = tpm_identify(t, &id);
	if (!r)
		r = key_tpm_check(i->ctx, t, pkey_alg(i->key), id.spec);
	if (r < 0 || (i->o->flags & BPFKEY_MAKE_DRY_RUN))
		return r;
	r = key_policy_make(i->ctx, t, i->path, i->o, NULL, &u);
	if (!r)
		r = tpm_key_import(t, &pub, private, &u.use, &pem, &facts);
	if (!r)
		r = check_same(i, &pem);
	if (!r)
		r = key_policy_warn(i->ctx, t, &u);
	if (r < 0)
		return r;
	key_tpm_facts(&i->meta, &id, &facts);
	i->meta.policy = u.policy;
	return key_file_write(i->ctx, i->path, buf_view(&pem), &i->meta,
			      i->o->flags & BPFKEY_MAKE_FORCE);
}

static int import(struct importing *i, const char *source)
{
	int r;

	if (i->o->alg || (i->o->form != BPFKEY_FORM_FILE && i->o->form != BPFKEY_FORM_TPM &&
			  i->o->form != BPFKEY_FORM_SEALED))
		return bk_fail(i->ctx, -BPFKEY_E_USAGE, "a key is imported with its own algorithm, "
			       "into the form tpm, sealed or file");
	if (token_is_uri(source))
		return bk_fail(i->ctx, -BPFKEY_E_NO_SUPPORT, "a key on a token does not leave it; "
			       "sign with the URI itself");
	r = key_policy_check_new(i->ctx, i->path, i->o);
	if (!r)
		r = check_output(i, source);
	if (!r)
		r = read_source(i, source);
	if (r < 0)
		return r;
	i->meta.form = i->o->form;
	i->meta.created = time(NULL);
	i->meta.imported = true;
	snprintf(i->meta.alg, sizeof(i->meta.alg), "%s", pkey_alg(i->key));
	if (i->o->form == BPFKEY_FORM_SEALED)
		return sealed_make(i->ctx, i->path, i->o, i->key, &i->meta);
	return i->o->form == BPFKEY_FORM_TPM ? into_tpm(i) : into_file(i);
}

int bpfkey_key_import(struct bpfkey_ctx *ctx, const char *source, const char *path,
		      const struct bpfkey_key_opts *opts, struct bpfkey_key **ret)
{
	_cleanup_(importing_done) struct importing i = { .ctx = ctx, .path = path };
	_cleanup_(bk_freep) char *shown = NULL;
	struct bpfkey_key_opts o;
	int r;

	bk_enter(ctx);
	i.o = &o;
	r = key_file_shown(ctx, source, &shown);
	if (!r)
		r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = import(&i, source);
	if (r < 0)
		return bk_fail(ctx, r, "cannot import key '%s'", shown ? shown : "");
	if (!ret)
		return 0;
	if (o.form == BPFKEY_FORM_SEALED && !(o.flags & BPFKEY_MAKE_DRY_RUN))
		return bpfkey_key_open(ctx, path, ret);
	r = key_handle(ctx, path, i.meta.alg, &i.meta, !(o.flags & BPFKEY_MAKE_DRY_RUN), ret);
	if (!r && o.form == BPFKEY_FORM_FILE && i.origin.passphrase)
		key_set_passphrase(*ret);
	return r;
}
