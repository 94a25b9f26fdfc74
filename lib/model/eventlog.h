/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The TCG event log, binary_bios_measurements, in its crypto-agile format (TCG
 * PC Client Platform Firmware Profile, "Event Logging"): what firmware and boot
 * loader measured into PCRs. Nobody has signed it. It explains a PCR; what it
 * says is worth something only where replaying it gives the PCR's value.
 */
#ifndef BK_EVENTLOG_H
#define BK_EVENTLOG_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define EVENTLOG_MAX (16u << 20)	/* bytes of a log */
#define EVENTLOG_BANKS 8
#define EVENTLOG_DIGEST_MAX 64

struct eventlog_digest {
	uint16_t alg;		/* TPM_ALG_ID */
	struct view value;
};

struct eventlog_event {
	size_t nr;		/* 0: the first */
	uint32_t pcr, type;
	struct eventlog_digest digests[EVENTLOG_BANKS];
	size_t n_digests;
	struct view data;
};

/* A cursor; the bytes stay the caller's. */
struct eventlog {
	struct view left;
	size_t next;
	uint16_t algs[EVENTLOG_BANKS], sizes[EVENTLOG_BANKS];
	size_t n_algs;
};

/*
 * eventlog_open - read the header, which says what banks there are
 *
 * -BPFKEY_E_TOO_BIG, _FORMAT; _NO_SUPPORT for the format that only has SHA-1.
 */
int eventlog_open(struct bpfkey_ctx *ctx, struct view log, struct eventlog *ret);

/*
 * eventlog_next - the next event
 * @ret_more: false at the end, *ret is untouched then
 *
 * -BPFKEY_E_FORMAT names the event that is malformed.
 */
int eventlog_next(struct bpfkey_ctx *ctx, struct eventlog *log, struct eventlog_event *ret,
		  bool *ret_more);

/* eventlog_extends - was anything extended? EV_NO_ACTION only informs. */
bool eventlog_extends(const struct eventlog_event *e);

/*
 * eventlog_locality - the locality that the TPM was started from, which is what
 * PCR 0 begins with; -1 when the event does not tell
 */
int eventlog_locality(const struct eventlog_event *e);

/* eventlog_digest - of the bank "sha256" and so on; an empty view when it has none */
struct view eventlog_digest(const struct eventlog_event *e, const char *bank);

/* eventlog_type - "EV_SEPARATOR"; NULL for a type that has no name here. Static. */
const char *eventlog_type(uint32_t type);

/*
 * eventlog_words - the event as a part of a sentence: "a UEFI variable,
 * 'SecureBoot'"; what came from the log is printable ASCII or left out
 */
void eventlog_words(struct buf *out, const struct eventlog_event *e);

/*
 * eventlog_last - the last event that changed @pcr
 * @ret_found: false when none did, *ret is untouched then
 */
int eventlog_last(struct bpfkey_ctx *ctx, struct view log, uint32_t pcr,
		  struct eventlog_event *ret, bool *ret_found);

#endif
