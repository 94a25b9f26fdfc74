/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The door to keys on PKCS#11 tokens (HSMs, smart cards), named by pkcs11:
 * URIs as RFC 7512 writes them; the other headers in this folder are its own.
 */
#ifndef BK_TOKEN_H
#define BK_TOKEN_H

#include <stdbool.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../base/pubkey.h"

struct token;

/* token_is_uri - does this name a key on a token rather than a file? */
bool token_is_uri(const char *key);

/*
 * token_shown - the URI as it may be shown: without its query, which may name
 * a PIN
 * @ret: malloc'ed
 */
int token_shown(struct bpfkey_ctx *ctx, const char *uri, char **ret);

/*
 * token_open - find the one private key that @uri names, and log in
 *
 * The PIN comes from the file of the URI's pin-source, else by
 * passphrase_get(). It is tried once: tokens count.
 *
 * -BPFKEY_E_USAGE (a secret or a module in the URI, more than one token or key
 * fits), _NO_TOKEN (no such module or token here), _NOT_FOUND (no such key, or
 * no public half of it), _PIN, _LOCKOUT, _NO_SUPPORT (its kind), _TOKEN.
 */
int token_open(struct bpfkey_ctx *ctx, const char *uri, struct token **ret);
void token_free(struct token *t);
DEFINE_CLEANUP(struct token *, token_free)

const struct pubkey *token_public(const struct token *t);

/* token_cert - DER of the certificate that the token holds for the key; empty when none */
int token_cert(struct token *t, size_t max, struct buf *ret);

/* token_sign - a sign_fn (lib/base/pubkey.h); @user is the struct token. */
int token_sign(void *user, const char *md, const uint8_t *digest, size_t n, uint8_t *sig,
	       size_t cap, size_t *ret_n);

#endif
