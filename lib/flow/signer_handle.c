// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signers as callers have them: who may sign objects, and the log that is kept of it. */
#include "signer_handle.h"

#include <time.h>

#include "../crypto/algo.h"
#include "../crypto/cert.h"
#include "key_file.h"
#include "delegation.h"
#include "sign_log.h"

DEFINE_CLEANUP(struct bpfkey_signer *, bpfkey_signer_free)

static int check_signer(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	unsigned int signers = 1u << BPFKEY_ROLE_BUILD | 1u << BPFKEY_ROLE_DELEGATED;

	if (!(cert_info(cert)->roles & signers) && !delegation_accepts(ctx, cert)) {
		bk_hint(ctx, "make one with keyctl-bpf cert new --role build");
		return bk_fail(ctx, -BPFKEY_E_ROLE, "the certificate is for neither of the roles "
			       "build and delegated");
	}
	return cert_check_validity(ctx, cert, time(NULL));
}

static int cannot_sign(struct bpfkey_ctx *ctx, int r, const char *key, const char *cert)
{
	_cleanup_(bk_freep) char *shown = NULL;

	if (key_file_shown(ctx, key, &shown) < 0)
		return -BPFKEY_E_NOMEM;
	if (!cert)
		return bk_fail(ctx, r, "cannot sign with key '%s'", shown);
	return bk_fail(ctx, r, "cannot sign with key '%s' and certificate '%s'", shown, cert);
}

int bpfkey_signer_open(struct bpfkey_ctx *ctx, const char *key, const char *cert,
		       struct bpfkey_signer **ret)
{
	_cleanup_(bpfkey_signer_freep) struct bpfkey_signer *s = calloc(1, sizeof(*s));
	int r;

	bk_enter(ctx);
	if (!s)
		return bk_out_of_memory(ctx);
	s->ctx = ctx;
	r = signer_open(ctx, key, cert, &s->signer);
	if (!r && !cert)
		r = signer_own_cert(s->signer);
	/* It has named what it could not use. */
	if (r < 0)
		return bk_fail(ctx, r, "cannot sign");
	r = check_signer(ctx, signer_cert(s->signer));
	if (r < 0)
		return cannot_sign(ctx, r, key, cert);
	*ret = steal(&s);
	return 0;
}

void bpfkey_signer_free(struct bpfkey_signer *s)
{
	if (!s)
		return;
	signer_free(s->signer);
	free(s);
}

const struct bpfkey_cert_info *bpfkey_signer_cert(const struct bpfkey_signer *s)
{
	return cert_info(signer_cert(s->signer));
}

const char *bpfkey_signer_cert_from(const struct bpfkey_signer *s)
{
	return signer_cert_from(s->signer);
}

int bpfkey_signer_set_log(struct bpfkey_signer *s, const char *path, unsigned int flags)
{
	struct sign_log *log = NULL;
	int r;

	bk_enter(s->ctx);
	r = sign_log_open(s->ctx, path, !(flags & BPFKEY_SIGN_DRY_RUN), &log);
	if (!r)
		signer_set_log(s->signer, log);
	return r;
}

int bpfkey_signer_use_hash(struct bpfkey_signer *s, const char *hash)
{
	bk_enter(s->ctx);
	return pkey_use_hash(s->ctx, signer_pkey(s->signer), hash);
}

const char *bpfkey_signer_hash(const struct bpfkey_signer *s)
{
	return pkey_hash(signer_pkey(s->signer));
}

const char *bpfkey_signer_limit(const struct bpfkey_signer *s, size_t i)
{
	const struct pkey *key = signer_pkey(s->signer);
	const struct algo_limit *l = algo_signs_limit(pkey_alg(key), pkey_hash(key), 0, i);

	return l ? l->why : NULL;
}
