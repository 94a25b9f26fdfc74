// SPDX-License-Identifier: LGPL-2.1-or-later
/* The one polymorphic point: above it nobody knows where a key lives. */
#include "signer.h"

#include <string.h>

#include "../../tpm/tpm.h"
#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "../token/token.h"
#include "certs.h"
#include "key_file.h"
#include "key_use.h"
#include "sealed_key.h"
#include "sign_log.h"

struct signer {
	struct bpfkey_ctx *ctx;
	struct tpm *tpm;
	struct tpm_key *tpm_key;
	struct key_use use;	/* of @tpm_key */
	struct token *token;
	struct pkey *key;
	struct bpfkey_cert *cert;
	struct buf own_cert;	/* DER of what came with the key */
	char *shown, *cert_from;
	struct sign_log *log;
	const struct signer_remote *remote;	/* in the place of @key; else NULL */
	void *remote_user;
};

void signer_free(struct signer *s)
{
	if (!s)
		return;
	cert_free(s->cert);
	pkey_free(s->key);
	tpm_key_free(s->tpm_key);
	key_use_done(&s->use);
	tpm_close(s->tpm);
	token_free(s->token);
	sign_log_free(s->log);
	buf_done(&s->own_cert);
	free(s->shown);
	free(s->cert_from);
	free(s);
}

static int open_tpm_key(struct signer *s, const struct key_file *f)
{
	struct tpm_key_meta meta;
	int r;

	key_file_tpm_meta(f, &meta);
	if (key_file_tpm_absent(s->ctx)) {
		bk_hint(s->ctx, "name with --tpm the TPM that the key was made in");
		return bk_fail(s->ctx, -BPFKEY_E_NO_TPM, "the TPM '%s' does not exist",
			       bpfkey_ctx_tpm(s->ctx));
	}
	r = key_use_get(s->ctx, &f->meta.policy, s->shown, &s->use);
	if (!r)
		r = tpm_open(s->ctx, NULL, &s->tpm);
	if (!r)
		r = tpm_key_load(s->tpm, key_file_view(f), f->has_meta ? &meta : NULL,
				 &s->use.use, &s->tpm_key);
	if (r < 0)
		return r;
	return pkey_from_callback(s->ctx, tpm_key_public(s->tpm_key), tpm_key_sign, s->tpm_key,
				  &s->key);
}

/* open_sealed_key - the TPM is needed for as long as the unsealing takes */
static int open_sealed_key(struct signer *s, const struct key_file *f, const char *path)
{
	_cleanup_(tpm_closep) struct tpm *t = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	_cleanup_(sealed_done) struct sealed file = { 0 };
	_cleanup_(key_use_done) struct key_use u = { 0 };
	int r;

	r = sealed_parse(s->ctx, key_file_view(f), &file);
	if (!r)
		r = sealed_tpm_open(s->ctx, &t);
	if (!r)
		r = sealed_unlock(s->ctx, &file, t, path, &u, &kek, NULL);
	return r ? r : sealed_private(s->ctx, &file, kek, &s->key);
}

static int open_token_key(struct signer *s, const char *uri)
{
	int r = token_open(s->ctx, uri, &s->token);

	if (!r)
		r = pkey_from_callback(s->ctx, token_public(s->token), token_sign, s->token,
				       &s->key);
	return r < 0 ? bk_fail(s->ctx, r, "cannot open key '%s'", s->shown) : 0;
}

/* open_file_key - a form that holds the numbers itself */
static int open_file_key(struct signer *s, const struct key_file *f, const char *path)
{
	_cleanup_(pkey_origin_done) struct pkey_origin o = { 0 };
	int r = pkey_read(s->ctx, f->bytes, path, &o, &s->key);

	if (r < 0)
		return r;
	s->own_cert = o.cert;
	o.cert = BUF(0);
	return 0;
}

static int open_key(struct signer *s, const char *path)
{
	_cleanup_(key_file_done) struct key_file f = { 0 };
	uint8_t hash[32];
	int r;

	r = key_file_read(s->ctx, path, &f);
	if (r < 0)
		return r;
	if (f.form == BPFKEY_FORM_TPM)
		r = open_tpm_key(s, &f);
	else if (f.form == BPFKEY_FORM_SEALED)
		r = open_sealed_key(s, &f, path);
	else
		r = open_file_key(s, &f, path);
	if (!r)
		r = pkey_spki_hash(s->ctx, s->key, hash);
	if (r < 0)
		return bk_fail(s->ctx, r, "cannot open key '%s'", path);
	return key_file_check(s->ctx, path, &f, hash);
}

int signer_open(struct bpfkey_ctx *ctx, const char *key_path, const char *cert_path,
		struct signer **ret)
{
	_cleanup_(signer_freep) struct signer *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return bk_out_of_memory(ctx);
	s->ctx = ctx;
	r = key_file_shown(ctx, key_path, &s->shown);
	if (r < 0)
		return r;

	/* The certificate first: a wrong one must not cost a TPM operation. */
	if (cert_path) {
		r = cert_read(ctx, cert_path, &s->cert);
		if (r < 0)
			return r;
	}
	r = token_is_uri(key_path) ? open_token_key(s, key_path) : open_key(s, key_path);
	if (r < 0)
		return r;
	if (cert_path) {
		s->cert_from = strdup(cert_path);
		if (!s->cert_from)
			return bk_out_of_memory(ctx);
		r = cert_is_of(ctx, s->cert, s->key);
		if (r < 0)
			return bk_fail(ctx, r, "key '%s' and certificate '%s'", s->shown,
				       cert_path);
	}
	*ret = steal(&s);
	return 0;
}

int signer_own_cert(struct signer *s)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	int r = 0;

	if (s->token && !s->own_cert.n) {
		s->own_cert = BUF(CERT_MAX);
		r = token_cert(s->token, CERT_MAX, &s->own_cert);
	}
	if (!r && !s->own_cert.n) {
		bk_hint(s->ctx, "name it with --cert; only PKCS#12 files and tokens bring one");
		return bk_fail(s->ctx, -BPFKEY_E_USAGE, "no certificate comes with the key '%s'",
			       s->shown);
	}
	if (!r)
		r = cert_from_der(s->ctx, buf_view(&s->own_cert), &cert);
	if (!r)
		r = cert_is_of(s->ctx, cert, s->key);
	if (r < 0)
		return bk_fail(s->ctx, r, "the certificate that comes with the key '%s'", s->shown);
	s->cert_from = strdup(s->shown);
	if (!s->cert_from)
		return bk_out_of_memory(s->ctx);
	s->cert = steal(&cert);
	return 0;
}

int signer_remote_new(struct bpfkey_ctx *ctx, struct view cert, const char *shown,
		      const struct signer_remote *remote, void *user, struct signer **ret)
{
	_cleanup_(signer_freep) struct signer *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return bk_out_of_memory(ctx);
	s->ctx = ctx;
	s->remote = remote;
	s->remote_user = user;
	s->shown = strdup(shown);
	s->cert_from = strdup(shown);
	if (!s->shown || !s->cert_from)
		return bk_out_of_memory(ctx);
	r = cert_from_der(ctx, cert, &s->cert);
	if (r < 0)
		return bk_fail(ctx, r, "the certificate that '%s' sent", shown);
	*ret = steal(&s);
	return 0;
}

/* has_key - what follows uses the key itself */
static int has_key(const struct signer *s)
{
	if (!s->cert)
		return bk_fail(s->ctx, -BPFKEY_E_USAGE, "signing needs a certificate");
	if (!s->key)
		return bk_fail(s->ctx, -BPFKEY_E_USAGE, "an agent signs loaders, and nothing else");
	return 0;
}

int signer_loader(struct signer *s, struct view insns, struct view metadata,
		  struct buf *ret_insns, struct buf *ret_both)
{
	_cleanup_(buf_done) struct buf both = BUF(insns.n + metadata.n);
	int r;

	if (s->remote)
		return s->remote->loader(s->remote_user, insns, metadata, ret_insns, ret_both);
	buf_put(&both, insns.p, insns.n);
	buf_put(&both, metadata.p, metadata.n);
	if (!buf_ok(&both))
		return bk_out_of_memory(s->ctx);
	signer_ahead(s, buf_view(&both));
	r = signer_cms_unproven(s, insns, ret_insns);
	return r < 0 ? r : signer_cms_unproven(s, buf_view(&both), ret_both);
}

int signer_list(struct signer *s, struct view list, struct buf *ret)
{
	if (s->remote)
		return s->remote->list(s->remote_user, list, ret);
	return signer_cms_unproven(s, list, ret);
}

int signer_cms(struct signer *s, struct view data, struct buf *ret)
{
	int r = has_key(s);

	return r < 0 ? r : cms_sign(s->ctx, s->key, s->cert, data, ret);
}

int signer_cms_unproven(struct signer *s, struct view data, struct buf *ret)
{
	int r = has_key(s);

	return r < 0 ? r : cms_make(s->ctx, s->key, s->cert, data, ret);
}

int signer_prove(struct signer *s, struct view cms, struct view data)
{
	return cms_prove(s->ctx, s->key, s->cert, cms, data);
}

void signer_meanwhile(struct signer *s, void (*fn)(void *user), void *user)
{
	if (s->tpm_key)
		tpm_key_meanwhile(s->tpm_key, fn, user);
}

void signer_ahead(struct signer *s, struct view data)
{
	uint8_t digest[PKEY_DIGEST_MAX];
	size_t n;

	if (!s->tpm_key)
		return;
	if (pkey_digest(s->ctx, s->key, data, digest, &n) < 0)
		bk_forget(s->ctx);
	else
		tpm_key_ahead(s->tpm_key, pkey_hash(s->key), digest, n);
}

void signer_set_log(struct signer *s, struct sign_log *log)
{
	sign_log_free(s->log);
	s->log = log;
}

struct sign_log *signer_log(const struct signer *s)
{
	return s->log;
}

struct bpfkey_ctx *signer_ctx(const struct signer *s)
{
	return s->ctx;
}

struct pkey *signer_pkey(struct signer *s)
{
	return s->key;
}

const struct bpfkey_cert *signer_cert(const struct signer *s)
{
	return s->cert;
}

const char *signer_shown(const struct signer *s)
{
	return s->shown;
}

const char *signer_cert_from(const struct signer *s)
{
	return s->cert_from;
}
