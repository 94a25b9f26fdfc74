// SPDX-License-Identifier: LGPL-2.1-or-later
/* The one polymorphic point: above it nobody knows where a key lives. */
#include "signer.h"

#include <string.h>

#include "../../tpm/tpm.h"
#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "certs.h"
#include "key_file.h"

struct signer {
	struct bpfkey_ctx *ctx;
	struct tpm *tpm;
	struct tpm_key *tpm_key;
	struct pkey *key;
	struct bpfkey_cert *cert;
};

void signer_free(struct signer *s)
{
	if (!s)
		return;
	cert_free(s->cert);
	pkey_free(s->key);
	tpm_key_free(s->tpm_key);
	tpm_close(s->tpm);
	free(s);
}

static int open_tpm_key(struct signer *s, const struct key_file *f)
{
	struct tpm_key_meta meta = { 0 };
	int r;

	snprintf(meta.srk_name, sizeof(meta.srk_name), "%s", f->meta.srk_name);
	snprintf(meta.key_name, sizeof(meta.key_name), "%s", f->meta.key_name);
	snprintf(meta.alg, sizeof(meta.alg), "%s", f->meta.alg);

	if (key_file_tpm_absent(s->ctx)) {
		bk_hint(s->ctx, "name with --tpm the TPM that the key was made in");
		return bk_fail(s->ctx, -BPFKEY_E_NO_TPM, "the TPM '%s' does not exist",
			       bpfkey_ctx_tpm(s->ctx));
	}
	r = tpm_open(s->ctx, NULL, &s->tpm);
	if (!r)
		r = tpm_key_load(s->tpm, key_file_view(f), f->has_meta ? &meta : NULL,
				 &s->tpm_key);
	if (r < 0)
		return r;
	return pkey_from_callback(s->ctx, tpm_key_public(s->tpm_key), tpm_key_sign, s->tpm_key,
				  &s->key);
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
	else
		r = pkey_from_pem(s->ctx, f.bytes, &s->key);
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

	/* The certificate first: a wrong one must not cost a TPM operation. */
	if (cert_path) {
		r = cert_read(ctx, cert_path, &s->cert);
		if (r < 0)
			return r;
	}
	r = open_key(s, key_path);
	if (r < 0)
		return r;
	if (cert_path) {
		r = cert_is_of(ctx, s->cert, s->key);
		if (r < 0)
			return bk_fail(ctx, r, "key '%s' and certificate '%s'", key_path,
				       cert_path);
	}
	*ret = steal(&s);
	return 0;
}

int signer_cms(struct signer *s, struct view data, struct buf *ret)
{
	if (!s->cert)
		return bk_fail(s->ctx, -BPFKEY_E_USAGE, "signing needs a certificate");
	return cms_sign(s->ctx, s->key, s->cert, data, ret);
}

struct pkey *signer_pkey(struct signer *s)
{
	return s->key;
}

const struct bpfkey_cert *signer_cert(const struct signer *s)
{
	return s->cert;
}
