/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The little DER that key files need, without OpenSSL: a reader on the cursor
 * of rd.h (definite, minimal lengths only; failure sticks), a writer, and PEM.
 */
#ifndef BK_DER_H
#define BK_DER_H

#include "../base/buf.h"
#include "../base/rd.h"

#define DER_BOOLEAN	0x01
#define DER_INTEGER	0x02
#define DER_OCTETS	0x04
#define DER_OID		0x06
#define DER_SEQUENCE	0x30
#define DER_CONTEXT(n)	(0xa0 | (n))	/* explicit [n] */

/* der_peek - the next tag, or -1 at the end or after a failure. */
int der_peek(const struct rd *r);

/* der_any - the contents of the next element, whatever its tag. */
struct view der_any(struct rd *r, uint8_t *ret_tag);

/* der_get - the contents of the next element, which must have @tag. */
struct view der_get(struct rd *r, uint8_t tag);

/* der_end - r must be at its end; else the outer cursor fails too. */
void der_end(struct rd *outer, const struct rd *inner);

/* der_put - one element around @contents. */
void der_put(struct buf *b, uint8_t tag, struct view contents);

/* der_put_u32 - a positive INTEGER. */
void der_put_u32(struct buf *b, uint32_t v);

/* der_pem_put - one PEM block. */
void der_pem_put(struct buf *b, const char *label, struct view der);

/*
 * der_pem_get - the DER of the one block named @label
 * @ret: an empty buf made with BUF()
 *
 * Text before the block is a comment (RFC 7468); after it only white space.
 * Returns 0 or -1.
 */
int der_pem_get(struct view text, const char *label, struct buf *ret);

/* der_pem_is - does a block of that name begin here? */
bool der_pem_is(struct view text, const char *label);

#endif
