// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificates and requests as files. */
#include "certs.h"

#include <time.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../crypto/cert.h"
#include "key_file.h"
#include "opts.h"
#include "signer.h"

#define DAY 86400
#define CSR_FILE_MAX (64 * 1024)

/*
 * The machine that enrols a certificate may have a clock that is behind the
 * one that made it.
 */
#define BACKDATE 600

DEFINE_CLEANUP(struct bpfkey_cert *, bpfkey_cert_free)

static int read_bytes(struct bpfkey_ctx *ctx, const char *name, struct view in,
		      struct bpfkey_cert **ret)
{
	int r = cert_from_bytes(ctx, in, ret);

	return r ? bk_fail(ctx, r, "cannot read certificate '%s'", name) : 0;
}

int cert_read(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_cert **ret)
{
	_cleanup_(buf_done) struct buf b = BUF(CERT_MAX);
	int r;

	r = bk_file_read(ctx, path, CERT_MAX, &b);
	return r < 0 ? r : read_bytes(ctx, path, buf_view(&b), ret);
}

int bpfkey_cert_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_cert **ret)
{
	bk_enter(ctx);
	return cert_read(ctx, path, ret);
}

int bpfkey_cert_open_mem(struct bpfkey_ctx *ctx, const char *name, const void *data, size_t n,
			 struct bpfkey_cert **ret)
{
	bk_enter(ctx);
	if (n > CERT_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "certificate '%s' is larger than %d bytes",
			       name, CERT_MAX);
	return read_bytes(ctx, name, (struct view){ data, n }, ret);
}

void bpfkey_cert_free(struct bpfkey_cert *cert)
{
	cert_free(cert);
}

const struct bpfkey_cert_info *bpfkey_cert_info(const struct bpfkey_cert *cert)
{
	return cert_info(cert);
}

uint32_t bpfkey_cert_days_default(enum bpfkey_role role)
{
	return role == BPFKEY_ROLE_ANCHOR ? 3650 : role == BPFKEY_ROLE_DELEGATED ? 30 : 365;
}

static int take(struct bpfkey_ctx *ctx, const struct bpfkey_cert_opts *opts,
		struct bpfkey_cert_opts *ret)
{
	struct bpfkey_cert_opts o;
	int r;

	r = opts_take(ctx, &o, sizeof(o), opts);
	if (r < 0)
		return r;
	if (!o.key)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a key is needed");
	if (!bpfkey_role_name(o.role))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no such role");
	if (o.days > BPFKEY_CERT_DAYS_MAX)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "%u days are more than the %d that a "
			       "certificate may live", o.days, BPFKEY_CERT_DAYS_MAX);
	*ret = o;
	return 0;
}

/* Everything that can be known before the key is opened. */
static int check_output(struct bpfkey_ctx *ctx, const char *path, unsigned int flags)
{
	int r = 0;

	if (!(flags & BPFKEY_MAKE_FORCE))
		r = key_file_absent(ctx, path);
	return r ? r : key_file_can_write(ctx, path);
}

static int write_public(struct bpfkey_ctx *ctx, const char *path, struct view pem,
			unsigned int flags)
{
	if (flags & BPFKEY_MAKE_DRY_RUN)
		return 0;
	return bk_file_replace(ctx, path, 0644, pem,
			       flags & BPFKEY_MAKE_FORCE ? BK_FILE_FORCE : 0);
}

static int write_cert(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_cert *cert,
		      unsigned int flags)
{
	_cleanup_(buf_done) struct buf pem = BUF(2 * CERT_MAX);
	int r;

	r = cert_to_pem(ctx, cert, &pem);
	return r ? r : write_public(ctx, path, buf_view(&pem), flags);
}

static int cert_new(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_cert_opts *o,
		    struct bpfkey_cert **ret)
{
	_cleanup_(bpfkey_cert_freep) struct bpfkey_cert *cert = NULL;
	_cleanup_(signer_freep) struct signer *s = NULL;
	uint32_t days = o->days ? o->days : bpfkey_cert_days_default(o->role);
	int64_t now = time(NULL);
	struct cert_spec spec = {
		.name = o->name,
		.role = o->role,
		.not_before = now - BACKDATE,
		.not_after = now + (int64_t)days * DAY,
	};
	int r;

	if (!o->name)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a name is needed");
	r = cert_name_check(ctx, o->name);
	if (!r)
		r = check_output(ctx, path, o->flags);
	if (!r)
		r = signer_open(ctx, o->key, NULL, &s);
	if (!r)
		r = pkey_use_hash(ctx, signer_pkey(s), o->hash);
	if (!r)
		r = cert_make(ctx, &spec, signer_pkey(s), &cert);
	if (!r)
		r = write_cert(ctx, path, cert, o->flags);
	if (!r && ret)
		*ret = steal(&cert);
	return r;
}

int bpfkey_cert_new(struct bpfkey_ctx *ctx, const char *path,
		    const struct bpfkey_cert_opts *opts, struct bpfkey_cert **ret)
{
	struct bpfkey_cert_opts o;
	int r;

	bk_enter(ctx);
	r = take(ctx, opts, &o);
	if (!r)
		r = cert_new(ctx, path, &o, ret);
	return r ? bk_fail(ctx, r, "cannot make certificate '%s'", path) : 0;
}

int bpfkey_cert_request(struct bpfkey_ctx *ctx, const char *path,
			const struct bpfkey_cert_opts *opts)
{
	_cleanup_(signer_freep) struct signer *s = NULL;
	_cleanup_(buf_done) struct buf pem = BUF(2 * CSR_FILE_MAX);
	struct bpfkey_cert_opts o;
	int r;

	bk_enter(ctx);
	r = take(ctx, opts, &o);
	if (!r && !o.name)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "a name is needed");
	if (!r)
		r = cert_name_check(ctx, o.name);
	if (!r)
		r = check_output(ctx, path, o.flags);
	if (!r)
		r = signer_open(ctx, o.key, NULL, &s);
	if (!r)
		r = pkey_use_hash(ctx, signer_pkey(s), o.hash);
	if (!r)
		r = csr_make(ctx, o.name, signer_pkey(s), &pem);
	if (!r)
		r = write_public(ctx, path, buf_view(&pem), o.flags);
	return r ? bk_fail(ctx, r, "cannot make request '%s'", path) : 0;
}

static int read_request(struct bpfkey_ctx *ctx, const char *path, struct csr **ret)
{
	_cleanup_(buf_done) struct buf b = BUF(CSR_FILE_MAX);
	int r;

	r = bk_file_read(ctx, path, CSR_FILE_MAX, &b);
	if (r < 0)
		return r;
	r = csr_from_bytes(ctx, buf_view(&b), ret);
	return r ? bk_fail(ctx, r, "cannot accept request '%s'", path) : 0;
}

static int check_ca(struct bpfkey_ctx *ctx, const char *path, const struct bpfkey_cert *ca,
		    int64_t now)
{
	int r;

	r = cert_check_role(ctx, ca, BPFKEY_ROLE_ANCHOR);
	if (!r)
		r = cert_check_validity(ctx, ca, now);
	if (!r)
		r = cert_check_strength(ctx, ca);
	return r ? bk_fail(ctx, r, "cannot issue with '%s'", path) : 0;
}

/* Within the CA's own life. */
static int issue_times(struct bpfkey_ctx *ctx, const struct bpfkey_cert_opts *o,
		       const struct bpfkey_cert_info *ca, int64_t now, struct cert_spec *spec)
{
	uint32_t days = o->days ? o->days : bpfkey_cert_days_default(o->role);
	char t[TEXT_TIME_MAX];

	spec->not_before = now - BACKDATE;
	if (spec->not_before < ca->not_before)
		spec->not_before = ca->not_before;
	spec->not_after = now + (int64_t)days * DAY;
	if (spec->not_after <= ca->not_after)
		return 0;
	if (o->days) {
		bk_hint(ctx, "use --days %lld, or leave --days out to end with the CA",
			(long long)((ca->not_after - now) / DAY));
		return bk_fail(ctx, -BPFKEY_E_USAGE, "%u days are too many: the CA '%s' expires "
			       "on %s", days, o->ca, text_from_time(ca->not_after, t));
	}
	spec->not_after = ca->not_after;
	return 0;
}

static int cert_answer(struct bpfkey_ctx *ctx, const char *request, const char *path,
		       const struct bpfkey_cert_opts *o, struct bpfkey_cert **ret)
{
	_cleanup_(bpfkey_cert_freep) struct bpfkey_cert *cert = NULL;
	_cleanup_(signer_freep) struct signer *s = NULL;
	_cleanup_(csr_freep) struct csr *csr = NULL;
	struct cert_spec spec = { .role = o->role };
	int64_t now = time(NULL);
	int r;

	if (!o->ca)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the certificate of a CA is needed");
	if (o->role == BPFKEY_ROLE_ANCHOR) {
		bk_hint(ctx, "keyctl-bpf cert new --role anchor");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an anchor is signed by its own key");
	}
	r = check_output(ctx, path, o->flags);
	if (!r)
		r = read_request(ctx, request, &csr);
	if (!r)
		r = signer_open(ctx, o->key, o->ca, &s);
	if (!r)
		r = pkey_use_hash(ctx, signer_pkey(s), o->hash);
	if (!r)
		r = check_ca(ctx, o->ca, signer_cert(s), now);
	if (!r)
		r = issue_times(ctx, o, cert_info(signer_cert(s)), now, &spec);
	if (!r)
		r = cert_issue(ctx, csr, &spec, signer_cert(s), signer_pkey(s), &cert);
	if (!r)
		r = write_cert(ctx, path, cert, o->flags);
	if (!r && ret)
		*ret = steal(&cert);
	return r;
}

int bpfkey_cert_issue(struct bpfkey_ctx *ctx, const char *request, const char *path,
		      const struct bpfkey_cert_opts *opts, struct bpfkey_cert **ret)
{
	struct bpfkey_cert_opts o;
	int r;

	bk_enter(ctx);
	r = take(ctx, opts, &o);
	if (!r)
		r = cert_answer(ctx, request, path, &o, ret);
	return r ? bk_fail(ctx, r, "cannot issue certificate '%s'", path) : 0;
}
