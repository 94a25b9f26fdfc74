// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signing files as trusted loaders, and asking what a file is. */
#include <string.h>
#include <time.h>

#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "gate_policy_file.h"
#include "loader_files.h"
#include "opts.h"
#include "signer.h"

#define SIGNED_MAX (8 + 4 + 64)

static int check_cert(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	int r = cert_check_role(ctx, cert, BPFKEY_ROLE_LOADER);

	if (r == -BPFKEY_E_ROLE)
		bk_hint(ctx, "make one with keyctl-bpf cert new --role loader");
	return r ? r : cert_check_validity(ctx, cert, time(NULL));
}

/* Is there a signature of this certificate already? */
static bool has_signed(struct bpfkey_ctx *ctx, struct signer *s, struct view sig, struct view data)
{
	struct bpfkey_cert *cert = (struct bpfkey_cert *)signer_cert(s);
	bool yes = sig.n && !cms_verify(ctx, sig, data, &cert, 1, NULL);

	bk_forget(ctx);
	return yes;
}

static int sign_file(struct bpfkey_ctx *ctx, struct signer *s, struct bpfkey_loader_file *f,
		     bool dry_run)
{
	_cleanup_(buf_done) struct buf old = BUF(VERITY_SIG_MAX), data = BUF(SIGNED_MAX);
	_cleanup_(buf_done) struct buf sig = BUF(CMS_MAX);
	_cleanup_(bk_closep) int fd = -1;
	struct verity v;
	int r = loader_file_enable(ctx, f, dry_run, &fd);

	if (!r)
		r = verity_measure(ctx, f->path, fd, &v);
	if (!r)
		r = verity_signature(ctx, f->path, fd, &old);
	if (r < 0)
		return r;
	loader_signed_bytes(&v, &data);
	f->is_signed = true;
	memcpy(f->signer, cert_info(signer_cert(s))->fingerprint, sizeof(f->signer));
	if (has_signed(ctx, s, buf_view(&old), buf_view(&data)))
		return 0;
	f->changed = true;
	if (dry_run)
		return 0;
	r = signer_cms(s, buf_view(&data), &sig);
	return r ? r : verity_set_signature(ctx, f->path, fd, buf_view(&sig));
}

int bpfkey_loader_sign(struct bpfkey_ctx *ctx, const char *const *paths, size_t n,
		       const struct bpfkey_loader_sign_opts *opts,
		       struct bpfkey_loader_file **ret, size_t *ret_n)
{
	_cleanup_(loader_files_done) struct loader_files l = { 0 };
	_cleanup_(signer_freep) struct signer *s = NULL;
	struct bpfkey_loader_sign_opts o;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	for (size_t i = 0; !r && i < n; i++)
		r = loader_files_add(ctx, &l, paths[i], o.flags & BPFKEY_LOADER_WITH_LIBRARIES);
	if (!r)
		r = signer_open(ctx, o.key, o.cert, &s);
	if (!r && !o.cert)
		r = signer_own_cert(s);
	if (!r)
		r = check_cert(ctx, signer_cert(s));
	for (size_t i = 0; !r && i < l.n; i++)
		r = sign_file(ctx, s, &l.v[i], o.flags & BPFKEY_LOADER_DRY_RUN);
	if (r < 0)
		return bk_fail(ctx, r, "cannot sign trusted loaders");
	*ret = steal(&l.v);
	*ret_n = l.n;
	return 0;
}

/* The listed certificate that verifies the file's signature. */
static const struct policy_loader *signer_of(struct bpfkey_ctx *ctx, const struct gate_policy *p,
					     struct view sig, struct view data,
					     struct bpfkey_loader_file *f)
{
	int why = -BPFKEY_E_UNKNOWN_SIGNER;

	for (size_t i = 0; i < p->n_loaders; i++) {
		_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
		const struct policy_loader *l = &p->loaders[i];
		int r = l->cert.n ? cert_from_der(ctx, (struct view){ l->cert.p, l->cert.n }, &cert)
				  : -BPFKEY_E_UNKNOWN_SIGNER;

		if (!r)
			r = cms_verify(ctx, sig, data, &cert, 1, NULL);
		if (!r) {
			memcpy(f->signer, cert_info(cert)->fingerprint, sizeof(f->signer));
			f->verdict = gate_policy_revoked_key(p, f->signer) ? -BPFKEY_E_REVOKED : 0;
			return l;
		}
		if (r != -BPFKEY_E_UNKNOWN_SIGNER)
			why = r;
		bk_forget(ctx);
	}
	f->verdict = why;
	return NULL;
}

static void take_rule(struct bpfkey_loader_file *f, const struct policy_loader *l)
{
	memcpy(f->rule, l->name, sizeof(f->rule));
	f->types = l->types;
	f->attach = l->attach;
	f->until = l->until;
	f->lends_trust = l->lends_trust;
	if (!f->verdict && l->until && l->until <= time(NULL))
		f->verdict = -BPFKEY_E_EXPIRED;
}

/* As lib/bpf/exec.bpf.c judges an exec, and shield.bpf.c what a loader maps. */
static void judge(struct bpfkey_ctx *ctx, const struct gate_policy *p, const struct verity *v,
		  struct view sig, struct bpfkey_loader_file *f)
{
	_cleanup_(buf_done) struct buf data = BUF(SIGNED_MAX);
	struct file_digest d = loader_digest(v);
	const struct policy_loader *l;

	f->verdict = -BPFKEY_E_INSECURE;
	if (!v->size)
		return;
	f->verdict = -BPFKEY_E_REVOKED;
	if (gate_policy_revoked_file(p, &d))
		return;
	f->verdict = 0;
	l = gate_policy_file(p, &d);
	if ((!l || l->library) && !f->library && sig.n) {
		loader_signed_bytes(v, &data);
		l = signer_of(ctx, p, sig, buf_view(&data), f);
	} else if (!l || (l->library && !f->library)) {
		l = NULL;
		f->verdict = -BPFKEY_E_UNSIGNED;
	}
	if (l)
		take_rule(f, l);
}

static int look(struct bpfkey_ctx *ctx, const struct gate_policy *p, struct bpfkey_loader_file *f)
{
	_cleanup_(buf_done) struct buf sig = BUF(VERITY_SIG_MAX);
	_cleanup_(bk_closep) int fd = -1;
	struct verity v;
	int r = loader_file_enable(ctx, f, true, &fd);

	f->changed = false;
	if (!r)
		r = verity_measure(ctx, f->path, fd, &v);
	if (!r)
		r = verity_signature(ctx, f->path, fd, &sig);
	if (r < 0)
		return r;
	f->is_signed = sig.n;
	judge(ctx, p, &v, buf_view(&sig), f);
	return 0;
}

int bpfkey_loader_verify(struct bpfkey_ctx *ctx, const char *path,
			 struct bpfkey_loader_file **ret, size_t *ret_n)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(loader_files_done) struct loader_files l = { 0 };
	int r;

	bk_enter(ctx);
	r = gate_policy_read(ctx, &p);
	if (!r)
		r = loader_files_add(ctx, &l, path, true);
	for (size_t i = 0; !r && i < l.n; i++)
		r = look(ctx, &p, &l.v[i]);
	if (r < 0)
		return r;
	*ret = steal(&l.v);
	*ret_n = l.n;
	return 0;
}
