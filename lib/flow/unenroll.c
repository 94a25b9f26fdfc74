/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes certificates out of a keyring: all that were named, or none. */
#include <string.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../kernel/ring_key.h"
#include "ring_change.h"
#include "ring_snapshot.h"

/* Enough digits of a fingerprint that nobody hits another key by chance. */
#define PREFIX_MIN 8

struct removal {
	struct bpfkey_ctx *ctx;
	const struct bpfkey_ring_opts *opts;
	struct bpfkey_ring *before;
	bool *go;   /* one for each key of before */
	bool *held; /* kept on the workbench, in case it has to go back */
	bool *gone;
};

static void removal_done(struct removal *m)
{
	for (size_t i = 0; m->before && m->held && i < m->before->n; i++)
		if (m->held[i])
			ringkey_drop(m->before->keys[i].serial);
	bpfkey_ring_free(m->before);
	free(m->go);
	free(m->held);
	free(m->gone);
}

static bool is_hex(const char *s)
{
	return *s && strspn(s, "0123456789abcdefABCDEF") == strlen(s);
}

/* by_fingerprint - does the key bear it, by its certificate or by the name we gave it? */
static bool by_fingerprint(const struct bpfkey_ring_key *k, const char *hex)
{
	char f[65];

	if (k->cert) {
		ring_fingerprint(k->cert, f);
		return !strncasecmp(f, hex, strlen(hex));
	}
	return !strncmp(k->description, RING_DESC_PREFIX, strlen(RING_DESC_PREFIX)) &&
	       !strncasecmp(k->description + strlen(RING_DESC_PREFIX), hex, strlen(hex));
}

static bool by_key(const struct bpfkey_ring_key *k, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *c = cert_info(cert);

	return k->public_key_len == c->public_key_len &&
	       !memcmp(k->public_key, c->public_key, c->public_key_len);
}

/* mark - every key that fits; the same one in the keyring and in the store is one. */
static size_t mark(struct removal *m, const char *hex, const struct bpfkey_cert *cert)
{
	size_t n = 0;

	for (size_t i = 0; i < m->before->n; i++) {
		const struct bpfkey_ring_key *k = &m->before->keys[i];

		if (cert ? !by_key(k, cert) : !by_fingerprint(k, hex))
			continue;
		m->go[i] = true;
		n++;
	}
	return n;
}

static int select_fingerprint(struct removal *m, const char *name)
{
	size_t n;

	if (strlen(name) > 64)
		return bk_fail(m->ctx, -BPFKEY_E_USAGE, "'%s' is longer than a fingerprint", name);
	n = mark(m, name, NULL);
	if (n > 1 && strlen(name) < 64)
		return bk_fail(m->ctx, -BPFKEY_E_USAGE, "'%s' begins %zu fingerprints", name, n);
	if (n)
		return 0;
	bk_hint(m->ctx, "keyctl-bpf keyring show --role %s", bpfkey_role_name(m->opts->role));
	return bk_fail(m->ctx, -BPFKEY_E_NOT_ENROLLED, "keyring '%s' holds no key '%s'",
		       m->before->info.name, name);
}

static int select_cert(struct removal *m, const char *path)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	_cleanup_(buf_done) struct buf b = BUF(CERT_MAX);
	int r = bk_file_read(m->ctx, path, CERT_MAX, &b);

	if (!r)
		r = cert_from_bytes(m->ctx, buf_view(&b), &cert);
	if (r < 0)
		return r;
	if (mark(m, NULL, cert))
		return 0;
	bk_hint(m->ctx, "keyctl-bpf keyring show --role %s", bpfkey_role_name(m->opts->role));
	return bk_fail(m->ctx, -BPFKEY_E_NOT_ENROLLED, "keyring '%s' does not hold its key",
		       m->before->info.name);
}

static int select_all(struct removal *m, const char *const *names, size_t n)
{
	int r = 0;

	m->go = calloc(m->before->n + 1, sizeof(*m->go));
	m->held = calloc(m->before->n + 1, sizeof(*m->held));
	m->gone = calloc(m->before->n + 1, sizeof(*m->gone));
	if (!m->go || !m->held || !m->gone)
		return bk_out_of_memory(m->ctx);
	for (size_t i = 0; !r && i < n; i++) {
		bool hex = is_hex(names[i]) && strlen(names[i]) >= PREFIX_MIN;

		r = hex && access(names[i], F_OK) ? select_fingerprint(m, names[i])
						  : select_cert(m, names[i]);
		if (r < 0)
			return bk_fail(m->ctx, r, "cannot remove '%s'", names[i]);
	}
	return r;
}

/* check_locked - said before anything is tried, with a way that does work. */
static int check_locked(struct removal *m)
{
	for (size_t i = 0; i < m->before->n; i++) {
		if (!m->go[i] || m->before->keys[i].state == BPFKEY_RING_KEY_ABSENT ||
		    m->before->info.profile != BPFKEY_PROFILE_LOCKED)
			continue;
		bk_hint(m->ctx, "make the kernel refuse it until then: keyctl revoke %d",
			m->before->keys[i].serial);
		return bk_fail(m->ctx, -BPFKEY_E_SEALED,
			       "keyring '%s' is locked and keeps its keys until the next boot",
			       m->before->info.name);
	}
	return 0;
}

static int take_out(struct removal *m)
{
	int r = 0;

	for (size_t i = 0; !r && i < m->before->n; i++) {
		int32_t key = m->before->keys[i].serial;

		if (!m->go[i] || m->before->keys[i].state == BPFKEY_RING_KEY_ABSENT)
			continue;
		m->held[i] = ringkey_hold(key);
		r = ringkey_unlink(m->ctx, &m->before->ring, key);
		m->gone[i] = !r;
	}
	for (size_t i = 0; r && i < m->before->n; i++) {
		int32_t key = m->before->keys[i].serial;

		if (m->gone[i] && ringkey_link(NULL, &m->before->ring, key) < 0)
			bk_log(m->ctx, BPFKEY_LOG_WARNING,
			       "key %d could not be put back into keyring '%s'", key,
			       m->before->info.name);
	}
	return r;
}

/* elsewhere - another keyring may hold a key of the same certificate. */
static bool elsewhere(struct removal *m, const struct bpfkey_cert *cert)
{
	for (enum bpfkey_role role = 0; role < BPFKEY_ROLE__END; role++) {
		_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *other = NULL;

		if (role == m->opts->role || !(cert_info(cert)->roles & 1u << role))
			continue;
		if (ring_snapshot(m->ctx, role, m->opts->staging, &other) < 0) {
			bk_forget(m->ctx);
			continue;
		}
		for (size_t i = 0; i < other->n; i++)
			if (other->keys[i].cert && by_key(&other->keys[i], cert) &&
			    other->keys[i].state != BPFKEY_RING_KEY_ABSENT)
				return true;
	}
	return false;
}

static int forget_certs(struct removal *m)
{
	for (size_t i = 0; i < m->before->n; i++) {
		const struct bpfkey_cert *cert = m->before->keys[i].cert;
		int r;

		if (!m->go[i] || !cert || elsewhere(m, cert))
			continue;
		r = ring_store_remove(m->ctx, m->opts->staging, cert);
		if (r < 0)
			return bk_fail(m->ctx, r,
				       "the keys are out of keyring '%s', but a certificate is "
				       "still on disk",
				       m->before->info.name);
	}
	return 0;
}

static int answer(struct removal *m, struct bpfkey_ring_change **ret, size_t *ret_n)
{
	struct ring_changes list = {0};
	int r = 0;

	for (size_t i = 0; !r && i < m->before->n; i++) {
		const struct bpfkey_ring_key *k = &m->before->keys[i];

		if (m->go[i] || k->state != BPFKEY_RING_KEY_ABSENT)
			r = ring_changes_add(m->ctx, &list, m->go[i] ? -1 : 0, k);
	}
	if (r < 0) {
		free(list.v);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

int bpfkey_ring_remove(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
		       const char *const *names, size_t n, struct bpfkey_ring_change **ret,
		       size_t *ret_n)
{
	_cleanup_(removal_done) struct removal m = {.ctx = ctx};
	struct bpfkey_ring_opts o;
	int r;

	bk_enter(ctx);
	r = ring_opts(ctx, opts, &o);
	m.opts = &o;
	if (!r)
		r = ring_snapshot(ctx, o.role, o.staging, &m.before);
	if (!r)
		r = select_all(&m, names, n);
	if (!r)
		r = check_locked(&m);
	if (!r && !o.dry_run)
		r = take_out(&m);
	if (!r && !o.dry_run)
		r = forget_certs(&m);
	return r ? r : answer(&m, ret, ret_n);
}
