/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attest.h"

#include <string.h>

#include "../base/rd.h"

/* TPM 2.0 part 2: TPM_GENERATED_VALUE, and TPM_ST_ATTEST_QUOTE */
#define GENERATED 0xff544347u
#define QUOTE 0x8018

static const struct {
	uint16_t alg;
	const char *bank;
} banks[] = {
	{ 0x0004, "sha1" }, { 0x000b, "sha256" }, { 0x000c, "sha384" }, { 0x000d, "sha512" },
};

static struct view read_2b(struct rd *r, size_t max)
{
	uint16_t n = rd_u16(r);

	if (n > max)
		rd_fail(r);
	return rd_bytes(r, n <= max ? n : 0);
}

/* read_selection - of one bank, as we ask for it */
static void read_selection(struct rd *r, struct attest_quote *q)
{
	uint32_t count = rd_u32(r);
	uint16_t alg = rd_u16(r);
	uint8_t n = rd_u8(r);
	struct view bits = rd_bytes(r, n);

	if (count != 1 || n > POLICY_PCRS / 8)
		rd_fail(r);
	for (size_t i = 0; i < bits.n && i < POLICY_PCRS / 8; i++)
		q->mask |= (uint32_t)bits.p[i] << 8 * i;
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		if (banks[i].alg == alg)
			snprintf(q->bank, sizeof(q->bank), "%s", banks[i].bank);
	if (!q->bank[0] || !q->mask)
		rd_fail(r);
}

int attest_read_quote(struct bpfkey_ctx *ctx, struct view bytes, struct view nonce,
		      struct attest_quote *ret)
{
	struct attest_quote q = { 0 };
	struct rd r = rd_init(bytes);
	struct view extra, digest;
	uint32_t magic = rd_u32(&r);
	uint16_t type = rd_u16(&r);
	uint8_t safe;

	if (nonce.n < ATTEST_NONCE_MIN)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a nonce of %zu bytes, not %d or more",
			       nonce.n, ATTEST_NONCE_MIN);
	if (magic != GENERATED || type != QUOTE)
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "that is no quote of a TPM");
	read_2b(&r, 68);	/* the signer's qualified name: its key is checked instead */
	extra = read_2b(&r, 64);
	rd_u64(&r);		/* the clock */
	q.resets = rd_u32(&r);
	q.restarts = rd_u32(&r);
	safe = rd_u8(&r);
	q.firmware = rd_u64(&r);
	read_selection(&r, &q);
	digest = read_2b(&r, 64);
	if (rd_end(&r) < 0 || safe > 1 || digest.n != sizeof(q.pcr_digest))
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "the quote is malformed");
	if (extra.n != nonce.n || memcmp(extra.p, nonce.p, nonce.n)) {
		bk_hint(ctx, "ask for a new quote: this one answers another question");
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the quote has another nonce");
	}
	q.safe = safe;
	memcpy(q.pcr_digest, digest.p, digest.n);
	*ret = q;
	return 0;
}
