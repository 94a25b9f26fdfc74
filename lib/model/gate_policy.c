// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate_policy.h"

#include <string.h>

#include "../base/text.h"

static const struct {
	const char *prefix;
	uint16_t algorithm, size;
} hashes[] = {
	{ "sha256:", FILE_DIGEST_SHA256, 32 },
	{ "sha512:", FILE_DIGEST_SHA512, 64 },
};

int file_digest_parse(const char *text, struct file_digest *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		_cleanup_(buf_done) struct buf b = BUF(sizeof(ret->value));
		size_t n = strlen(hashes[i].prefix);

		if (strncmp(text, hashes[i].prefix, n))
			continue;
		if (text_unhex(text + n, &b) < 0 || b.n != hashes[i].size)
			return -1;
		*ret = (struct file_digest){ .algorithm = hashes[i].algorithm,
					     .size = hashes[i].size };
		memcpy(ret->value, b.p, b.n);
		return 0;
	}
	return -1;
}

void file_digest_put(struct buf *b, const struct file_digest *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].algorithm == d->algorithm)
			buf_str(b, hashes[i].prefix);
	text_hex(b, (struct view){ d->value, d->size });
}

bool file_digest_same(const struct file_digest *a, const struct file_digest *b)
{
	return a->algorithm == b->algorithm && a->size == b->size &&
	       !memcmp(a->value, b->value, a->size);
}

int policy_cert_set(struct policy_cert *c, struct view der)
{
	uint8_t *p = malloc(der.n + !der.n);

	if (!p)
		return -1;
	memcpy(p, der.p, der.n);
	free(c->p);
	*c = (struct policy_cert){ p, der.n };
	return 0;
}

static void done_loader(struct policy_loader *l)
{
	free(l->cert.p);
}

static void done_delegation(struct policy_delegation *d)
{
	free(d->cert.p);
	free(d->issuer.p);
}

static void done_revoked(struct policy_revoked *r)
{
	free(r->cert.p);
}

void gate_policy_done(struct gate_policy *p)
{
	for (size_t i = 0; i < p->n_loaders; i++)
		done_loader(&p->loaders[i]);
	for (size_t i = 0; i < p->n_delegations; i++)
		done_delegation(&p->delegations[i]);
	for (size_t i = 0; i < p->n_revoked; i++)
		done_revoked(&p->revoked[i]);
	free(p->loaders);
	free(p->delegations);
	free(p->revoked);
	*p = (struct gate_policy){ 0 };
}

/* grow - room is a power of two above @n; after a drop the same room is asked for again */
static void *grow(void *v, size_t n, size_t size)
{
	if (n >= POLICY_ENTRIES)
		return NULL;
	return n & (n - 1) ? v : reallocarray(v, n ? 2 * n : 1, size);
}

#define ADD(list, count)                                                       \
	({                                                                     \
		void *_v = grow((list), (count), sizeof(*(list)));             \
		if (_v) {                                                      \
			(list) = _v;                                           \
			memset(&(list)[(count)++], 0, sizeof(*(list)));        \
		}                                                              \
		_v ? &(list)[(count) - 1] : NULL;                              \
	})

#define DROP(list, count, i)                                                   \
	memmove(&(list)[i], &(list)[(i) + 1], (--(count) - (i)) * sizeof(*(list)))

struct policy_loader *gate_policy_add_loader(struct gate_policy *p)
{
	return ADD(p->loaders, p->n_loaders);
}

struct policy_delegation *gate_policy_add_delegation(struct gate_policy *p)
{
	return ADD(p->delegations, p->n_delegations);
}

struct policy_revoked *gate_policy_add_revoked(struct gate_policy *p)
{
	return ADD(p->revoked, p->n_revoked);
}

void gate_policy_drop_loader(struct gate_policy *p, size_t i)
{
	done_loader(&p->loaders[i]);
	DROP(p->loaders, p->n_loaders, i);
}

void gate_policy_drop_delegation(struct gate_policy *p, size_t i)
{
	done_delegation(&p->delegations[i]);
	DROP(p->delegations, p->n_delegations, i);
}

void gate_policy_drop_revoked(struct gate_policy *p, size_t i)
{
	done_revoked(&p->revoked[i]);
	DROP(p->revoked, p->n_revoked, i);
}

struct policy_loader *gate_policy_loader(const struct gate_policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_loaders; i++)
		if (!strcmp(p->loaders[i].name, name))
			return &p->loaders[i];
	return NULL;
}

struct policy_delegation *gate_policy_delegation(const struct gate_policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_delegations; i++)
		if (!strcmp(p->delegations[i].name, name))
			return &p->delegations[i];
	return NULL;
}

struct policy_loader *gate_policy_file(const struct gate_policy *p, const struct file_digest *d)
{
	for (size_t i = 0; i < p->n_loaders; i++)
		if (d->size && file_digest_same(&p->loaders[i].digest, d))
			return &p->loaders[i];
	return NULL;
}

struct policy_revoked *gate_policy_revoked_file(const struct gate_policy *p,
						const struct file_digest *d)
{
	for (size_t i = 0; i < p->n_revoked; i++)
		if (p->revoked[i].is_file && file_digest_same(&p->revoked[i].digest, d))
			return &p->revoked[i];
	return NULL;
}

struct policy_revoked *gate_policy_revoked_key(const struct gate_policy *p,
					       const uint8_t fingerprint[32])
{
	for (size_t i = 0; i < p->n_revoked; i++)
		if (!p->revoked[i].is_file && !memcmp(p->revoked[i].fingerprint, fingerprint, 32))
			return &p->revoked[i];
	return NULL;
}

/* What an entry is told apart by; all of a list are sorted, and then stand beside their twin. */
struct mark {
	struct view id;
	const char *name;
};

static int by_id(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	size_t n = x->id.n < y->id.n ? x->id.n : y->id.n;
	int d = memcmp(x->id.p, y->id.p, n);

	return d ? d : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

static int check_once(struct bpfkey_ctx *ctx, struct mark *m, size_t n, const char *what)
{
	qsort(m, n, sizeof(*m), by_id);
	for (size_t i = 1; i < n; i++)
		if (!by_id(&m[i - 1], &m[i]))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "%s '%s' and '%s' are the same",
				       what, m[i - 1].name, m[i].name);
	return 0;
}

static struct view bytes(const char *s)
{
	return (struct view){ (const uint8_t *)s, strlen(s) };
}

static int check_loaders(struct bpfkey_ctx *ctx, const struct gate_policy *p, struct mark *m)
{
	size_t n = p->n_loaders;
	int r;

	for (size_t i = 0; i < n; i++)
		m[i] = (struct mark){ bytes(p->loaders[i].name), p->loaders[i].name };
	r = check_once(ctx, m, n, "the names of the loaders");
	for (size_t i = 0; i < n; i++) {
		const struct policy_loader *l = &p->loaders[i];

		m[i].name = l->name;
		m[i].id = l->cert.n ? (struct view){ l->cert.p, l->cert.n } :
				      (struct view){ l->digest.value, l->digest.size };
	}
	return r ? r : check_once(ctx, m, n, "what the loaders name: that of");
}

static int check_delegations(struct bpfkey_ctx *ctx, const struct gate_policy *p, struct mark *m)
{
	size_t n = p->n_delegations;
	struct mark *loaders = m + n;

	for (size_t i = 0; i < n; i++)
		m[i] = (struct mark){ bytes(p->delegations[i].name), p->delegations[i].name };
	for (size_t i = 0; i < p->n_loaders; i++)
		loaders[i] = (struct mark){ bytes(p->loaders[i].name), p->loaders[i].name };
	qsort(loaders, p->n_loaders, sizeof(*loaders), by_id);
	for (size_t i = 0; i < n; i++) {
		const struct mark want = { .id = bytes(p->delegations[i].loader) };

		if (!bsearch(&want, loaders, p->n_loaders, sizeof(want), by_id))
			return bk_fail(ctx, -BPFKEY_E_FORMAT, "the delegation '%s' is for the "
				       "loader '%s', which is not listed", p->delegations[i].name,
				       p->delegations[i].loader);
	}
	return check_once(ctx, m, n, "the names of the delegations");
}

/* A file's digest and a key's fingerprint may be the same number. */
static int check_revoked(struct bpfkey_ctx *ctx, const struct gate_policy *p, bool files,
			 struct mark *m)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_revoked; i++) {
		const struct policy_revoked *v = &p->revoked[i];

		if (v->is_file == files)
			m[n++] = (struct mark){
				.id = files ? (struct view){ v->digest.value, v->digest.size } :
					      (struct view){ v->fingerprint, 32 },
				.name = v->reason,
			};
	}
	return check_once(ctx, m, n, files ? "revoked files, for" : "revoked keys, for");
}

int gate_policy_check(struct bpfkey_ctx *ctx, const struct gate_policy *p)
{
	size_t n = p->n_loaders + p->n_delegations + p->n_revoked;
	_cleanup_(bk_freep) struct mark *m = calloc(n + 1, sizeof(*m));
	int r;

	if (!m)
		return bk_out_of_memory(ctx);
	r = check_loaders(ctx, p, m);
	if (!r)
		r = check_delegations(ctx, p, m);
	if (!r)
		r = check_revoked(ctx, p, true, m);
	return r ? r : check_revoked(ctx, p, false, m);
}
