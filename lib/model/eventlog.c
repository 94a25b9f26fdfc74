// SPDX-License-Identifier: LGPL-2.1-or-later
/* Little-endian throughout, the one format of ours that is. */
#include "eventlog.h"

#include <string.h>

#include "../base/rd.h"

#define EV_NO_ACTION 3u
#define EVENT_DATA_MAX (1u << 20)
#define EVENTS_MAX 100000u

static const struct {
	uint16_t id, size;
	const char *name;
} banks[] = {
	{ 0x0004, 20, "sha1" },
	{ 0x000b, 32, "sha256" },
	{ 0x000c, 48, "sha384" },
	{ 0x000d, 64, "sha512" },
};

static uint64_t le(struct rd *r, size_t n)
{
	struct view v = rd_bytes(r, n);
	uint64_t x = 0;

	for (size_t i = v.n; i-- > 0;)
		x = x << 8 | v.p[i];
	return x;
}

static bool starts_with(struct view v, const char *magic, size_t n)
{
	return v.n >= n && memcmp(v.p, magic, n) == 0;
}

/* read_banks - TCG_EfiSpecIdEvent, the data of the first event */
static int read_banks(struct view spec, struct eventlog *l)
{
	struct rd r = rd_init(spec);
	size_t n;

	rd_bytes(&r, 16 + 4 + 4);	/* signature, platform class, version and UINTN size */
	n = (size_t)le(&r, 4);
	if (!n || n > EVENTLOG_BANKS)
		return -1;
	for (size_t i = 0; i < n; i++) {
		l->algs[i] = (uint16_t)le(&r, 2);
		l->sizes[i] = (uint16_t)le(&r, 2);
		if (!r.failed && (!l->sizes[i] || l->sizes[i] > EVENTLOG_DIGEST_MAX))
			return -1;
		for (size_t j = 0; j < ARRAY_SIZE(banks); j++)
			if (banks[j].id == l->algs[i] && banks[j].size != l->sizes[i])
				return -1;
		for (size_t j = 0; j < i; j++)
			if (l->algs[j] == l->algs[i])
				return -1;
	}
	rd_bytes(&r, rd_u8(&r));	/* the vendor's own */
	l->n_algs = n;
	return rd_end(&r);
}

int eventlog_open(struct bpfkey_ctx *ctx, struct view log, struct eventlog *ret)
{
	struct eventlog l = { .next = 1 };
	struct rd r = rd_init(log);
	struct view spec;
	uint32_t pcr, type;

	if (log.n > EVENTLOG_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the event log is larger than %u bytes",
			       EVENTLOG_MAX);
	/* The header has the shape of an event of the older format. */
	pcr = (uint32_t)le(&r, 4);
	type = (uint32_t)le(&r, 4);
	rd_bytes(&r, 20);
	spec = rd_bytes(&r, (size_t)le(&r, 4));
	if (r.failed)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the event log ends inside of its header");
	if (type != EV_NO_ACTION || !starts_with(spec, "Spec ID Event03", 16))
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the event log is not in the "
			       "crypto-agile format: it has SHA-1 only, or is none");
	if (pcr || read_banks(spec, &l) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the header of the event log is malformed");
	l.left = r.left;
	*ret = l;
	return 0;
}

static bool read_digest(struct rd *r, const struct eventlog *l, struct eventlog_event *e)
{
	struct eventlog_digest *d = &e->digests[e->n_digests];
	size_t i = 0;

	d->alg = (uint16_t)le(r, 2);
	while (i < l->n_algs && l->algs[i] != d->alg)
		i++;
	for (size_t j = 0; j < e->n_digests; j++)
		if (e->digests[j].alg == d->alg)
			return false;
	/* An unknown algorithm has no known length: nothing after it can be found. */
	if (r->failed || i == l->n_algs)
		return false;
	d->value = rd_bytes(r, l->sizes[i]);
	e->n_digests++;
	return !r->failed;
}

int eventlog_next(struct bpfkey_ctx *ctx, struct eventlog *l, struct eventlog_event *ret,
		  bool *ret_more)
{
	struct eventlog_event e = { .nr = l->next };
	struct rd r = rd_init(l->left);
	size_t n, size;

	if (!l->left.n) {
		*ret_more = false;
		return 0;
	}
	if (l->next >= EVENTS_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the event log has more than %u events",
			       EVENTS_MAX);
	e.pcr = (uint32_t)le(&r, 4);
	e.type = (uint32_t)le(&r, 4);
	n = (size_t)le(&r, 4);
	if (!n || n > l->n_algs)
		rd_fail(&r);
	for (size_t i = 0; i < n && !r.failed; i++)
		if (!read_digest(&r, l, &e))
			rd_fail(&r);
	size = (size_t)le(&r, 4);
	if (size > EVENT_DATA_MAX)
		rd_fail(&r);
	e.data = rd_bytes(&r, size);
	if (r.failed)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "event %zu of the log is malformed", e.nr);
	l->left = r.left;
	l->next++;
	*ret = e;
	*ret_more = true;
	return 0;
}

bool eventlog_extends(const struct eventlog_event *e)
{
	return e->type != EV_NO_ACTION;
}

int eventlog_locality(const struct eventlog_event *e)
{
	static const char magic[16] = "StartupLocality";

	if (e->type != EV_NO_ACTION || e->pcr || e->data.n != sizeof(magic) + 1 ||
	    !starts_with(e->data, magic, sizeof(magic)))
		return -1;
	return e->data.p[sizeof(magic)];
}

struct view eventlog_digest(const struct eventlog_event *e, const char *bank)
{
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		for (size_t j = 0; j < e->n_digests && !strcmp(banks[i].name, bank); j++)
			if (e->digests[j].alg == banks[i].id)
				return e->digests[j].value;
	return (struct view){ NULL, 0 };
}

int eventlog_last(struct bpfkey_ctx *ctx, struct view log, uint32_t pcr,
		  struct eventlog_event *ret, bool *ret_found)
{
	struct eventlog_event e, last;
	struct eventlog l;
	bool more = true, found = false;
	int r = eventlog_open(ctx, log, &l);

	if (r < 0)
		return r;
	for (;;) {
		r = eventlog_next(ctx, &l, &e, &more);
		if (r < 0)
			return r;
		if (!more)
			break;
		if (e.pcr != pcr || !eventlog_extends(&e))
			continue;
		last = e;
		found = true;
	}
	if (found)
		*ret = last;
	*ret_found = found;
	return 0;
}
