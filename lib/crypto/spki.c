/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spki.h"

#include "der.h"

#define DER_BITS 0x03
#define DER_NULL 0x05

static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t oid_p521[] = { 0x2b, 0x81, 0x04, 0x00, 0x23 };

#define VIEW(a) ((struct view){ (a), sizeof(a) })

static struct view curve_oid(unsigned int bits)
{
	return bits == 256 ? VIEW(oid_p256) : bits == 384 ? VIEW(oid_p384) : VIEW(oid_p521);
}

static void put_ec(struct buf *alg, struct buf *bits, const struct pubkey *k)
{
	size_t n = pubkey_bytes(k);

	der_put(alg, DER_OID, VIEW(oid_ec));
	der_put(alg, DER_OID, curve_oid(k->bits));
	buf_u8(bits, 4);
	buf_put(bits, k->x, n);
	buf_put(bits, k->y, n);
}

static void put_rsa(struct buf *alg, struct buf *bits, const struct pubkey *k)
{
	_cleanup_(buf_done) struct buf n = BUF(SPKI_MAX), pair = BUF(SPKI_MAX);

	der_put(alg, DER_OID, VIEW(oid_rsa));
	der_put(alg, DER_NULL, (struct view){ NULL, 0 });
	if (k->n[0] & 0x80)
		buf_u8(&n, 0);	/* else the number would be negative */
	buf_put(&n, k->n, pubkey_bytes(k));
	der_put(&pair, DER_INTEGER, buf_view(&n));
	der_put_u32(&pair, k->e);
	der_put(bits, DER_SEQUENCE, buf_view(&pair));
	bits->failed |= n.failed | pair.failed;
}

int spki_put(struct bpfkey_ctx *ctx, const struct pubkey *k, struct buf *ret)
{
	_cleanup_(buf_done) struct buf alg = BUF(64), bits = BUF(SPKI_MAX), all = BUF(SPKI_MAX);

	buf_u8(&bits, 0);	/* of its last byte no bit is unused */
	if (k->type == PUBKEY_EC)
		put_ec(&alg, &bits, k);
	else
		put_rsa(&alg, &bits, k);
	der_put(&all, DER_SEQUENCE, buf_view(&alg));
	der_put(&all, DER_BITS, buf_view(&bits));
	der_put(ret, DER_SEQUENCE, buf_view(&all));
	return buf_ok(&alg) && buf_ok(&bits) && buf_ok(&all) && buf_ok(ret) ? 0 :
		bk_out_of_memory(ctx);
}
