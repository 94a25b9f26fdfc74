// SPDX-License-Identifier: LGPL-2.1-or-later
#include "boot_log.h"

#include <bpfkey/policy.h>

#include "../base/file.h"
#include "../model/eventlog.h"
#include "opts.h"

#define LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"

/* read_log - @says: who hears why it cannot be read, or NULL */
static int read_log(struct bpfkey_ctx *ctx, struct bpfkey_ctx *says, struct buf *ret)
{
	_cleanup_(bk_freep) char *path = NULL;
	int r = bk_path(ctx, LOG_PATH, &path);

	return r < 0 ? r : bk_file_read(says, path, EVENTLOG_MAX, ret);
}

int boot_log_explain(struct bpfkey_ctx *ctx, uint32_t mask, int r)
{
	_cleanup_(buf_done) struct buf log = BUF(EVENTLOG_MAX), words = BUF(4096);
	struct eventlog_event e;
	bool found = false;

	/* A log that cannot be read must not spoil the sentence. */
	if (read_log(ctx, NULL, &log) < 0)
		return r;
	for (uint32_t pcr = 0; pcr < BPFKEY_PCRS; pcr++) {
		if (!(mask & 1u << pcr) ||
		    eventlog_last(NULL, buf_view(&log), pcr, &e, &found) < 0 || !found)
			continue;
		buf_printf(&words, "%sPCR %u was last changed by event %zu of the boot log, ",
			   words.n ? "; " : "", pcr, e.nr);
		eventlog_words(&words, &e);
	}
	return words.n ? bk_fail(ctx, r, "%s", buf_cstr(&words)) : r;
}

int bpfkey_boot_event_last(struct bpfkey_ctx *ctx, unsigned int pcr,
			   struct bpfkey_boot_event *ret)
{
	_cleanup_(buf_done) struct buf log = BUF(EVENTLOG_MAX), words = BUF(4096);
	struct bpfkey_boot_event event = { 0 };
	struct eventlog_event e;
	bool found = false;
	int r;

	bk_enter(ctx);
	if (pcr >= BPFKEY_PCRS)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "there is no PCR %u", pcr);
	r = read_log(ctx, ctx, &log);
	if (!r)
		r = eventlog_last(ctx, buf_view(&log), pcr, &e, &found);
	if (r < 0)
		return r;
	if (!found)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "no event of the boot log changed PCR %u",
			       pcr);
	eventlog_words(&words, &e);
	event.nr = e.nr;
	event.type = e.type;
	event.name = eventlog_type(e.type);
	snprintf(event.words, sizeof(event.words), "%s", buf_cstr(&words));
	return opts_give(ctx, ret, &event, sizeof(event));
}
