// SPDX-License-Identifier: LGPL-2.1-or-later
/* Taking trusted loaders out of the gate's policy, for good. */
#include <string.h>
#include <time.h>

#include "../crypto/cert.h"
#include "gate_policy_file.h"
#include "loader_files.h"

/* What is meant: a digest, the name of an entry, or a file. */
static int find_digest(struct bpfkey_ctx *ctx, const char *what, struct file_digest *ret)
{
	_cleanup_(bk_freep) char *real = NULL;
	_cleanup_(bk_closep) int fd = -1;
	struct verity v;
	int r;

	if (!file_digest_parse(what, ret))
		return 0;
	real = realpath(what, NULL);
	if (!real) {
		bk_hint(ctx, "keyctl-bpf loader list");
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "'%s' is no entry of the gate policy, no "
			       "digest and no file", what);
	}
	r = verity_open(ctx, real, true, &fd);
	if (!r)
		r = verity_measure(ctx, real, fd, &v);
	if (!r && !v.size)
		r = bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "'%s' is not under fs-verity: it is nobody's "
			    "trusted loader", real);
	if (!r)
		*ret = loader_digest(&v);
	return r;
}

static int revoke_key(struct bpfkey_ctx *ctx, const struct policy_loader *l,
		      struct policy_revoked *v)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	int r = cert_from_der(ctx, (struct view){ l->cert.p, l->cert.n }, &cert);

	if (r < 0)
		return r;
	memcpy(v->fingerprint, cert_info(cert)->fingerprint, sizeof(v->fingerprint));
	return policy_cert_set(&v->cert, cert_der(cert)) < 0 ? bk_out_of_memory(ctx) : 0;
}

static int check_delegations(struct bpfkey_ctx *ctx, const struct gate_policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_delegations; i++)
		if (!strcmp(p->delegations[i].loader, name))
			return bk_fail(ctx, -BPFKEY_E_POLICY, "the delegation '%s' is for the "
				       "loader '%s': it goes first", p->delegations[i].name, name);
	return 0;
}

static int take_out(struct bpfkey_ctx *ctx, struct gate_policy *p, const char *what,
		  const char *reason, bool *changed)
{
	struct policy_loader *l = gate_policy_loader(p, what);
	struct policy_revoked *v;
	struct file_digest d = { 0 };
	int r = 0;

	if (l && !l->cert.n)
		d = l->digest;
	else if (!l)
		r = find_digest(ctx, what, &d);
	if (!r && !l)
		l = gate_policy_file(p, &d);
	if (!r && l)
		r = check_delegations(ctx, p, l->name);
	if (r < 0 || (d.size && !l && gate_policy_revoked_file(p, &d)))
		return r;
	*changed = true;
	v = gate_policy_add_revoked(p);
	if (!v)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "no room for more revocations");
	v->is_file = d.size;
	v->digest = d;
	v->since = time(NULL);
	snprintf(v->reason, sizeof(v->reason), "%s", reason ? reason : "");
	if (!v->is_file)
		r = revoke_key(ctx, l, v);
	if (!r && l)
		gate_policy_drop_loader(p, (size_t)(l - p->loaders));
	return r;
}

int bpfkey_loader_revoke(struct bpfkey_ctx *ctx, const char *what, const char *reason,
			 unsigned int flags, bool *ret_changed)
{
	_cleanup_(gate_policy_done) struct gate_policy p = { 0 };
	_cleanup_(bk_closep) int lock = -1;
	bool changed = false, dry = flags & BPFKEY_LOADER_DRY_RUN;
	int r = 0;

	bk_enter(ctx);
	if (reason && strlen(reason) >= POLICY_REASON)
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "a reason has at most %d bytes",
			    POLICY_REASON - 1);
	if (!r)
		r = dry ? gate_policy_read(ctx, &p) : gate_policy_open(ctx, &p, &lock);
	if (!r)
		r = take_out(ctx, &p, what, reason, &changed);
	if (!r && changed && !dry)
		r = gate_policy_save(ctx, &p);
	if (r < 0)
		return bk_fail(ctx, r, "cannot revoke '%s'", what);
	*ret_changed = changed;
	return 0;
}
