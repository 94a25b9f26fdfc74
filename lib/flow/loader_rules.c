// SPDX-License-Identifier: LGPL-2.1-or-later
/* Trusted loaders in the gate's policy: allowed, listed, revoked. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../base/text.h"
#include "../bpf/decide.h"
#include "../crypto/cert.h"
#include "certs.h"
#include "gate_policy_file.h"
#include "loader_files.h"
#include "opts.h"

/* Whoever may start one of these has it load what he names. */
static const char *const generic[] = {
	"bpftool", "bpftrace", "xdp-loader", "xdp-filter", "tc", "ip", "systemd", "bpfman",
	"python3", "perl", "perf", "bcc", "ply",
};

bool loader_is_generic(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	for (size_t i = 0; i < ARRAY_SIZE(generic); i++)
		if (!strcmp(name, generic[i]))
			return true;
	return false;
}

static int check_generic(struct bpfkey_ctx *ctx, const char *path, unsigned int flags)
{
	if (!loader_is_generic(path) || flags & BPFKEY_LOADER_LENDS_TRUST)
		return 0;
	bk_hint(ctx, "repeat it with --lends-trust, if all who may run it are trusted");
	return bk_fail(ctx, -BPFKEY_E_POLICY, "'%s' loads whatever its caller names: to trust it "
		       "is to trust everybody who may run it", path);
}

/* What is dlopen'ed: no dynamic linker names it, so its digest is listed by itself. */
static int check_library(struct bpfkey_ctx *ctx, const struct bpfkey_loader_allow_opts *o)
{
	if (o->cert || o->types || o->attach || o->until || o->flags & BPFKEY_LOADER_LENDS_TRUST)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a library is a file or digest that trusted "
			       "loaders may map: it loads nothing itself and has no time");
	return 0;
}

static int check(struct bpfkey_ctx *ctx, const struct bpfkey_loader_allow_opts *o)
{
	if (!o->name || !text_is_name(o->name) || strlen(o->name) >= POLICY_NAME)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no name for a loader: letters, "
			       "digits and ._-, at most %d", o->name ? o->name : "",
			       POLICY_NAME - 1);
	if (!o->path + !o->digest + !o->cert != 2)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a file, a digest or a certificate is needed, "
			       "and one of them");
	if (o->types & GATE_TRUSTED_MASKED)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a trusted loader cannot be allowed the type "
			       "'%s': %s", o->types & 1ULL << GATE_TYPE_SYSCALL ? "syscall" : "ext",
			       o->types & 1ULL << GATE_TYPE_SYSCALL ?
			       "such programs load others, so they have to be signed" :
			       "such programs replace functions of others, of the gate's too");
	if (!o->types && !(o->flags & BPFKEY_LOADER_LIBRARY))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "no program types: nothing is allowed by "
			       "omission");
	if (o->until && o->until <= time(NULL))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "that time is over");
	if (o->flags & BPFKEY_LOADER_WITH_LIBRARIES && !o->path)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "only of a file the libraries can be told");
	if (o->flags & BPFKEY_LOADER_LIBRARY)
		return check_library(ctx, o);
	return o->path ? check_generic(ctx, o->path, o->flags) : 0;
}

static bool same_entry(const struct policy_loader *a, const struct policy_loader *b)
{
	return file_digest_same(&a->digest, &b->digest) && a->cert.n == b->cert.n &&
	       !memcmp(a->cert.p ? a->cert.p : (uint8_t *)"", b->cert.p ? b->cert.p :
		       (uint8_t *)"", a->cert.n) &&
	       a->types == b->types && a->attach == b->attach && a->until == b->until &&
	       a->lends_trust == b->lends_trust && a->library == b->library;
}

/* put - @e in the place of the entry of its name; a replaced one's certificate goes with it */
static int put(struct bpfkey_ctx *ctx, struct gate_policy *p, struct policy_loader *e,
	       bool *changed)
{
	struct policy_loader *l = gate_policy_loader(p, e->name);

	if (l && same_entry(l, e))
		return 0;
	*changed = true;
	if (!l)
		l = gate_policy_add_loader(p);
	if (!l)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "no room for more than %d loaders",
			       POLICY_ENTRIES);
	free(l->cert.p);
	*l = *e;
	e->cert = (struct policy_cert){ 0 };
	return 0;
}

/* A library is named as its file is; of two of one name the later gets some of its digest too. */
static void name_library(const struct gate_policy *p, const char *path, struct policy_loader *e)
{
	const char *base = strrchr(path, '/');
	size_t n = 0;

	for (base = base ? base + 1 : path; *base && n < 20; base++)
		if (strchr("._-", *base) ? n > 0 : (*base >= '0' && *base <= '9') ||
		    (*base >= 'a' && *base <= 'z') || (*base >= 'A' && *base <= 'Z'))
			e->name[n++] = *base;
	if (!n || gate_policy_loader(p, e->name))
		for (size_t i = 0; i < 4; i++)
			n += (size_t)snprintf(e->name + n, sizeof(e->name) - n, "%s%02x",
					      i || !n ? "" : "-", e->digest.value[i]);
}

static int put_library(struct bpfkey_ctx *ctx, struct gate_policy *p, const char *path,
		       const struct file_digest *d, bool *changed)
{
	struct policy_loader e = { .digest = *d, .library = true };

	if (gate_policy_file(p, d))
		return 0;
	name_library(p, path, &e);
	return put(ctx, p, &e, changed);
}

/* The entry's own file, and with the flag its libraries. */
static int take_file(struct bpfkey_ctx *ctx, struct gate_policy *p,
		     const struct bpfkey_loader_allow_opts *o, struct policy_loader *e,
		     bool *changed)
{
	_cleanup_(loader_files_done) struct loader_files l = { 0 };
	bool dry = o->flags & BPFKEY_LOADER_DRY_RUN;
	int r = loader_files_add(ctx, &l, o->path, o->flags & BPFKEY_LOADER_WITH_LIBRARIES);

	if (!r && !e->library)
		r = check_generic(ctx, l.v[0].path, o->flags);
	for (size_t i = 0; !r && i < l.n; i++) {
		_cleanup_(bk_closep) int fd = -1;
		struct file_digest d = { 0 };

		r = loader_file_enable(ctx, &l.v[i], dry, &fd);
		*changed = *changed || l.v[i].changed;
		if (!r && l.v[i].digest[0] && file_digest_parse(l.v[i].digest, &d) < 0)
			r = bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "'%s' has a digest that the gate "
				    "does not take", l.v[i].path);
		/* A dry run cannot know the digest that is to be. */
		if (!r && i && d.size)
			r = put_library(ctx, p, l.v[i].path, &d, changed);
		if (!i)
			e->digest = d;
	}
	return r;
}

static int take_cert(struct bpfkey_ctx *ctx, const struct gate_policy *p, const char *path,
		     struct policy_loader *e)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	int r = cert_read(ctx, path, &cert);

	if (!r)
		r = cert_check_role(ctx, cert, BPFKEY_ROLE_LOADER);
	if (!r)
		r = cert_check_strength(ctx, cert);
	if (!r)
		r = cert_check_validity(ctx, cert, time(NULL));
	if (!r && gate_policy_revoked_key(p, cert_info(cert)->fingerprint))
		r = bk_fail(ctx, -BPFKEY_E_REVOKED, "its key is revoked");
	if (!r && policy_cert_set(&e->cert, cert_der(cert)) < 0)
		r = bk_out_of_memory(ctx);
	return r < 0 ? bk_fail(ctx, r, "certificate '%s'", path) : 0;
}

static int put_loader(struct bpfkey_ctx *ctx, struct gate_policy *p, struct policy_loader *e,
		      bool *changed)
{
	const struct policy_loader *l = gate_policy_file(p, &e->digest);

	if (gate_policy_revoked_file(p, &e->digest)) {
		bk_hint(ctx, "build it anew: another file has another digest");
		return bk_fail(ctx, -BPFKEY_E_REVOKED, "this file is revoked");
	}
	if (l && strcmp(l->name, e->name))
		return bk_fail(ctx, -BPFKEY_E_EXISTS, "this file is listed already, as '%s'",
			       l->name);
	/* Only a dry run has no digest yet. */
	if (!e->digest.size && !e->cert.n)
		return 0;
	return put(ctx, p, e, changed);
}

static int allow(struct bpfkey_ctx *ctx, const struct bpfkey_loader_allow_opts *o, bool *changed)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 }, own = { 0 };
	struct policy_loader *e = gate_policy_add_loader(&own);
	_cleanup_(bk_closep) int lock = -1;
	bool dry = o->flags & BPFKEY_LOADER_DRY_RUN;
	int r;

	if (!e)
		return bk_out_of_memory(ctx);
	snprintf(e->name, sizeof(e->name), "%s", o->name);
	e->types = o->types;
	e->attach = o->attach;
	e->until = o->until;
	e->lends_trust = o->flags & BPFKEY_LOADER_LENDS_TRUST;
	e->library = o->flags & BPFKEY_LOADER_LIBRARY;
	r = dry ? gate_policy_read(ctx, &p) : gate_policy_open(ctx, &p, &lock);
	if (!r && o->digest && file_digest_parse(o->digest, &e->digest) < 0)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no digest: sha256:HEX, as 'fsverity "
			    "measure' prints it", o->digest);
	if (!r && o->path)
		r = take_file(ctx, &p, o, e, changed);
	if (!r && o->cert)
		r = take_cert(ctx, &p, o->cert, e);
	if (!r)
		r = put_loader(ctx, &p, e, changed);
	return r || !*changed || dry ? r : gate_policy_save(ctx, &p);
}

int bpfkey_loader_allow(struct bpfkey_ctx *ctx, const struct bpfkey_loader_allow_opts *opts,
			bool *ret_changed)
{
	struct bpfkey_loader_allow_opts o;
	bool changed = false;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = check(ctx, &o);
	if (!r)
		r = allow(ctx, &o, &changed);
	if (r < 0)
		return bk_fail(ctx, r, "cannot allow the loader");
	*ret_changed = changed;
	return 0;
}

static void show_digest(const struct file_digest *d, char out[BPFKEY_LOADER_DIGEST])
{
	_cleanup_(buf_done) struct buf b = BUF(BPFKEY_LOADER_DIGEST);

	if (d->size)
		file_digest_put(&b, d);
	snprintf(out, BPFKEY_LOADER_DIGEST, "%s", buf_cstr(&b));
}

static int show_entry(struct bpfkey_ctx *ctx, const struct policy_loader *l,
		      struct bpfkey_loader *ret)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	int r = l->cert.n ? cert_from_der(ctx, (struct view){ l->cert.p, l->cert.n }, &cert) : 0;

	*ret = (struct bpfkey_loader){
		.kind = l->library ? "library" : l->cert.n ? "key" : "file",
		.types = l->types, .attach = l->attach, .until = l->until,
		.lends_trust = l->lends_trust, .full_power = bpfkey_types_full_power(l->types),
	};
	memcpy(ret->name, l->name, sizeof(ret->name));
	show_digest(&l->digest, ret->digest);
	if (cert)
		memcpy(ret->fingerprint, cert_info(cert)->fingerprint, sizeof(ret->fingerprint));
	return r < 0 ? bk_fail(ctx, r, "loader '%s'", l->name) : 0;
}

static void show_revoked(const struct policy_revoked *v, struct bpfkey_loader *ret)
{
	*ret = (struct bpfkey_loader){ .kind = v->is_file ? "revoked-file" : "revoked-key" };
	show_digest(&v->digest, ret->digest);
	memcpy(ret->fingerprint, v->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->reason, v->reason, sizeof(ret->reason));
}

int bpfkey_loader_list(struct bpfkey_ctx *ctx, struct bpfkey_loader **ret, size_t *ret_n)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(bk_freep) struct bpfkey_loader *v = NULL;
	size_t n = 0;
	int r;

	bk_enter(ctx);
	r = gate_policy_read(ctx, &p);
	if (!r)
		v = calloc(p.n_loaders + p.n_revoked + 1, sizeof(*v));
	if (!r && !v)
		return bk_out_of_memory(ctx);
	for (size_t i = 0; !r && i < p.n_loaders; i++)
		r = show_entry(ctx, &p.loaders[i], &v[n++]);
	for (size_t i = 0; !r && i < p.n_revoked; i++)
		show_revoked(&p.revoked[i], &v[n++]);
	if (r < 0)
		return r;
	*ret = steal(&v);
	*ret_n = n;
	return 0;
}
