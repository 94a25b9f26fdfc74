// SPDX-License-Identifier: LGPL-2.1-or-later
#include "boot_replay.h"

#include <string.h>

#include "../base/file.h"
#include "../base/pcrs.h"
#include "../crypto/digest.h"
#include "../model/eventlog.h"

struct replay {
	struct bpfkey_ctx *ctx;
	const char *path;
	struct pcr_set set;
	uint32_t changed;	/* bit n: PCR n */
};

/* extend - TPM 2.0 part 1, 17.2: the new value is the hash of the old one and the digest */
static int extend(struct replay *rp, const struct eventlog_event *e)
{
	struct view digest = eventlog_digest(e, rp->set.bank), parts[2];
	size_t n = pcrs_len(rp->set.bank);
	uint8_t value[DIGEST_MAX];
	int r;

	if (!digest.p) {
		bk_hint(rp->ctx, "'tpm2_eventlog' shows which banks a log has");
		return bk_fail(rp->ctx, -BPFKEY_E_NO_SUPPORT, "the log has no %s digests",
			       rp->set.bank);
	}
	parts[0] = (struct view){ rp->set.value[e->pcr], n };
	parts[1] = digest;
	r = bk_digestv(rp->ctx, rp->set.bank, parts, ARRAY_SIZE(parts), value);
	if (r < 0)
		return r;
	memcpy(rp->set.value[e->pcr], value, n);
	rp->changed |= 1u << e->pcr;
	return 0;
}

/*
 * take - one event
 *
 * PCR 0 starts with the locality that the TPM was started from (PC Client Platform Firmware
 * Profile, "Startup Locality Event"), which the log tells before anything is measured into it.
 */
static int take(struct replay *rp, const struct eventlog_event *e)
{
	int locality = eventlog_locality(e);

	if (locality >= 0 && rp->changed & 1)
		return bk_fail(rp->ctx, -BPFKEY_E_FORMAT, "event %zu tells how PCR 0 began after "
			       "it was measured into", e->nr);
	if (locality >= 0)
		rp->set.value[0][pcrs_len(rp->set.bank) - 1] = (uint8_t)locality;
	if (!eventlog_extends(e) || e->pcr >= POLICY_PCRS || !(rp->set.mask & 1u << e->pcr))
		return 0;
	return extend(rp, e);
}

static int all_events(struct replay *rp, struct view bytes)
{
	struct eventlog_event e;
	struct eventlog log;
	bool more = true;
	int r = eventlog_open(rp->ctx, bytes, &log);

	while (!r && more) {
		r = eventlog_next(rp->ctx, &log, &e, &more);
		if (!r && more)
			r = take(rp, &e);
	}
	return r;
}

/* Zeros would be a guess: what writes no log, such as IMA or systemd, may have measured there. */
static int check_all_changed(struct replay *rp)
{
	struct pcr_set silent = rp->set;
	_cleanup_(buf_done) struct buf list = BUF(256);

	silent.mask &= ~rp->changed;
	if (!silent.mask)
		return 0;
	pcrs_put(&list, &silent);
	return bk_fail(rp->ctx, -BPFKEY_E_MISMATCH, "it says nothing about %s", buf_cstr(&list));
}

int boot_replay(struct bpfkey_ctx *ctx, const char *path, const struct pcr_set *wanted,
		struct pcr_set *ret)
{
	_cleanup_(buf_done) struct buf bytes = BUF(EVENTLOG_MAX);
	struct replay rp = { .ctx = ctx, .path = path, .set = *wanted };
	int r = bk_file_read(ctx, path, EVENTLOG_MAX, &bytes);

	if (r < 0)
		return r;
	memset(rp.set.value, 0, sizeof(rp.set.value));
	r = all_events(&rp, buf_view(&bytes));
	if (!r)
		r = check_all_changed(&rp);
	if (r < 0)
		return bk_fail(ctx, r, "event log '%s'", path);
	/* Values of other PCRs would make equal states look different. */
	if (!(wanted->mask & 1))
		memset(rp.set.value[0], 0, sizeof(rp.set.value[0]));
	*ret = rp.set;
	return 0;
}
