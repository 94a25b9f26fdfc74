/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one random key does for a sealed key file: it encrypts the private key
 * and authenticates the file. No nonce is used twice with it: each writing
 * draws a new one, and files are written a few times at most.
 */
#ifndef BK_SEALED_BOX_H
#define BK_SEALED_BOX_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/secret.h"

#define BOX_KEY_LEN 32
#define BOX_NONCE_LEN 12
#define BOX_MAC_LEN 32

/* box_key - a new random key */
int box_key(struct bpfkey_ctx *ctx, struct bk_secret **ret);

/*
 * box_close - encrypt with AES-256-GCM
 * @header: authenticated with it
 * @nonce:  receives a random one
 * @ret:    ciphertext, then the tag of 16 bytes
 */
int box_close(struct bpfkey_ctx *ctx, struct bk_secret *key, struct bk_secret *plain,
	      struct view header, uint8_t nonce[BOX_NONCE_LEN], struct buf *ret);

/* box_open - -BPFKEY_E_TAMPERED: another key, or a byte was changed */
int box_open(struct bpfkey_ctx *ctx, struct bk_secret *key, const uint8_t nonce[BOX_NONCE_LEN],
	     struct view header, struct view data, struct bk_secret **ret);

/* box_mac - HMAC-SHA256 of @text under a key that is derived from @key */
int box_mac(struct bpfkey_ctx *ctx, struct bk_secret *key, struct view text,
	    uint8_t ret[BOX_MAC_LEN]);

/* box_mac_check - -BPFKEY_E_TAMPERED, in constant time */
int box_mac_check(struct bpfkey_ctx *ctx, struct bk_secret *key, struct view text,
		  const uint8_t mac[BOX_MAC_LEN]);

#endif
