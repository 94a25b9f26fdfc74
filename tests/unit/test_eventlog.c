/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCG event log: hand-made ones, whole, cut anywhere, and wrong in one place. */
#include "lib/model/eventlog.h"
#include "tests/eventlog.h"
#include "tests/tap.h"

#define SEPARATOR 4u
#define IPL 0xdu
#define VARIABLE 0x80000001u

static void make(struct buf *b)
{
	static const char locality[17] = "StartupLocality\0\3";

	put_header(b);
	put_event(b, 0, 3, 0, locality, sizeof(locality));
	put_event(b, 0, 8, 1, "1\0.\0002\0\0\0", 8);
	put_variable(b, 7, VARIABLE, 2, "SecureBoot");
	put_event(b, 7, SEPARATOR, 3, "\0\0\0\0", 4);
	put_event(b, 8, IPL, 4, "grub_cmd: linux", 16);
	put_event(b, 7, 3, 5, "remark", 6);
}

/* walk - every event; how many, or the failure */
static int walk(struct bpfkey_ctx *ctx, struct view log)
{
	struct eventlog_event e;
	struct eventlog l;
	bool more = true;
	int n = 0, r = eventlog_open(ctx, log, &l);

	while (!r && more) {
		r = eventlog_next(ctx, &l, &e, &more);
		n += !r && more;
	}
	return r < 0 ? r : n;
}

static void test_whole(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf b = BUF(4096), words = BUF(4096);
	struct eventlog_event e;
	struct eventlog l;
	bool more;

	make(&b);
	is_int(walk(ctx, buf_view(&b)), 6, "six events");
	ok(!eventlog_open(ctx, buf_view(&b), &l) && l.n_algs == 2, "two banks");
	ok(!eventlog_next(ctx, &l, &e, &more) && e.nr == 1, "the header is event 0");
	is_int(eventlog_locality(&e), 3, "the startup locality");
	ok(!eventlog_extends(&e), "a remark extends nothing");
	ok(!eventlog_next(ctx, &l, &e, &more) && eventlog_extends(&e), "an event that does");
	is_int(eventlog_locality(&e), -1, "no locality in it");
	is_int((long long)eventlog_digest(&e, "sha256").n, 32, "its SHA-256");
	is_int((long long)eventlog_digest(&e, "sha1").n, 20, "its SHA-1");
	ok(!eventlog_digest(&e, "sha384").p, "no SHA-384");
	eventlog_words(&words, &e);
	is_str(buf_cstr(&words), "the firmware's version, '1.2'", "UTF-16");
	is_str(eventlog_type(VARIABLE), "EV_EFI_VARIABLE_DRIVER_CONFIG", "a type's name");
	ok(!eventlog_type(0x12345), "no name");
}

static void test_last(struct bpfkey_ctx *ctx)
{
	static const struct {
		uint32_t pcr;
		size_t nr;
		const char *words;
	} want[] = {
		{ 0, 2, "the firmware's version, '1.2'" },
		{ 7, 4, "the separator before the boot loader" },
		{ 8, 5, "what a boot loader measured, 'grub_cmd: linux'" },
	};
	_cleanup_(buf_done) struct buf b = BUF(4096);
	struct eventlog_event e;
	bool found = true;

	make(&b);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		_cleanup_(buf_done) struct buf words = BUF(4096);

		ok(!eventlog_last(ctx, buf_view(&b), want[i].pcr, &e, &found) && found &&
		   e.nr == want[i].nr, "the last of PCR %u, which is no remark", want[i].pcr);
		eventlog_words(&words, &e);
		is_str(buf_cstr(&words), want[i].words, "in words");
	}
	ok(!eventlog_last(ctx, buf_view(&b), 5, &e, &found) && !found, "PCR 5 was left alone");
}

static void test_words(void)
{
	static const struct {
		uint32_t type;
		const char *data;
		size_t n;
		const char *want;
	} rows[] = {
		{ IPL, "a\0b\0\0\0", 6, "what a boot loader measured, 'ab'" },
		{ IPL, "a\x1b[31m", 6, "what a boot loader measured" },
		{ IPL, "a'\\b", 4, "what a boot loader measured, 'a'\\b'" },
		{ IPL, "", 0, "what a boot loader measured" },
		{ 6, "\1\0\0\0\4\0\0\0tag!", 12,
		  "what a boot loader or kernel tagged, 'tag!'" },
		{ 6, "\1\0\0\0\5\0\0\0tag!", 12, "what a boot loader or kernel tagged" },
		{ VARIABLE, "short", 5, "a UEFI variable" },
		{ 0xabc, "x", 1, "event type 0xabc" },
	};
	uint8_t variable[40] = { [16] = 0xff, [17] = 0xff, [23] = 0x80 };
	struct eventlog_event e = { .type = VARIABLE, .data = { variable, sizeof(variable) } };
	_cleanup_(buf_done) struct buf far = BUF(4096);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(buf_done) struct buf words = BUF(4096);
		struct eventlog_event row = {
			.type = rows[i].type,
			.data = { (const uint8_t *)rows[i].data, rows[i].n },
		};

		eventlog_words(&words, &row);
		is_str(buf_cstr(&words), rows[i].want, "words");
	}
	eventlog_words(&far, &e);
	is_str(buf_cstr(&far), "a UEFI variable", "a name that is longer than its variable");
}

/* Where the header and the first event end, a shorter log is a log, too. */
static void test_cut(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf b = BUF(4096), first = BUF(4096);
	unsigned int whole = 0, said = 0;

	make(&b);
	put_header(&first);
	for (size_t n = 0; n < b.n; n++) {
		int r;

		bk_enter(ctx);
		r = walk(ctx, (struct view){ b.p, n });
		whole += r >= 0;
		said += r < 0 && *bpfkey_ctx_message(ctx);
	}
	is_int(whole, 6, "cut between events: whole");
	is_int(said, (long long)b.n - 6, "cut elsewhere: a sentence");
	is_int(walk(ctx, buf_view(&first)), 0, "no events at all");
}

static void test_wrong(struct bpfkey_ctx *ctx)
{
	/* Offsets: 28 into the header is the Spec ID, 65 the first event. */
	static const struct {
		size_t at;
		uint8_t value;
		int want;
		const char *what;
	} rows[] = {
		{ 0, 1, -BPFKEY_E_FORMAT, "a header of PCR 1" },
		{ 4, 4, -BPFKEY_E_NO_SUPPORT, "the first event is no remark" },
		{ 32, 'X', -BPFKEY_E_NO_SUPPORT, "another specification" },
		{ 32 + 14, '2', -BPFKEY_E_NO_SUPPORT, "the older one" },
		{ 56, 0, -BPFKEY_E_FORMAT, "no banks" },
		{ 56, 9, -BPFKEY_E_FORMAT, "nine banks" },
		{ 62, 19, -BPFKEY_E_FORMAT, "a SHA-1 of 19 bytes" },
		{ 64, 4, -BPFKEY_E_FORMAT, "a bank twice" },
		{ 69 + 8, 0, -BPFKEY_E_FORMAT, "an event without digest" },
		{ 69 + 8, 3, -BPFKEY_E_FORMAT, "an event with three" },
		{ 69 + 12, 11, -BPFKEY_E_FORMAT, "an event with one twice" },
		{ 69 + 12, 12, -BPFKEY_E_FORMAT, "an event with one of another bank" },
		{ 69 + 12 + 22 + 34 + 2, 0x20, -BPFKEY_E_FORMAT, "data of 2 MiB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(buf_done) struct buf b = BUF(4096);

		make(&b);
		b.p[rows[i].at] = rows[i].value;
		bk_enter(ctx);
		is_int(walk(ctx, buf_view(&b)), rows[i].want, rows[i].what);
		ok(*bpfkey_ctx_message(ctx), "'%s'", bpfkey_ctx_message(ctx));
	}
}

static void test_big(struct bpfkey_ctx *ctx)
{
	_cleanup_(bk_freep) uint8_t *p = calloc(1, EVENTLOG_MAX + 1);

	ok(p && walk(ctx, (struct view){ p, EVENTLOG_MAX + 1 }) == -BPFKEY_E_TOO_BIG, "too big");
}

int main(void)
{
	_cleanup_(bpfkey_ctx_freep) struct bpfkey_ctx *ctx = NULL;

	if (bpfkey_ctx_new(&ctx))
		return 1;
	test_whole(ctx);
	test_last(ctx);
	test_words();
	test_cut(ctx);
	test_wrong(ctx);
	test_big(ctx);
	return done_testing();
}
