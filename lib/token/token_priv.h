/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share; callers see token.h only. */
#ifndef BK_TOKEN_PRIV_H
#define BK_TOKEN_PRIV_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "../base/secret.h"
#include "token.h"

#define TOKEN_LABEL_MAX 33

struct token {
	struct bpfkey_ctx *ctx;
	P11KitUri *uri;
	CK_FUNCTION_LIST **modules;	/* ended by NULL */
	bool by_path;			/* the only one, loaded by us */
	CK_FUNCTION_LIST *f;		/* the module of the token */
	CK_SLOT_ID slot;
	char label[TOKEN_LABEL_MAX];
	CK_SESSION_HANDLE session;
	bool has_session, always_auth;
	CK_OBJECT_HANDLE key;
	struct bk_secret *pin;		/* kept only for keys that ask at each use */
	struct pubkey public;
};

/* token_fail - a return value becomes a code of ours and a sentence; @fmt: what was tried. */
int token_fail(struct token *t, CK_RV rv, const char *fmt, ...) _printf_(3, 4);

/* token_uri_parse - the URI, without anything secret or loadable in it */
int token_uri_parse(struct bpfkey_ctx *ctx, const char *uri, P11KitUri **ret);

/* token_find - load the modules and find the one token that t->uri names. */
int token_find(struct token *t);

/* token_modules_done - end what token_find() began. */
void token_modules_done(struct token *t);

/* token_login - session, and the PIN where one is needed */
int token_login(struct token *t);

/* token_login_again - for a key that wants its PIN for each signature */
int token_login_again(struct token *t);

/* token_key_find - the one private key that t->uri names, and its public half */
int token_key_find(struct token *t);

/*
 * token_attribute - a value of variable length
 * @ret: empty when the object has not got it
 */
int token_attribute(struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		    struct buf *ret);

/*
 * token_search - objects with all of @want
 * @ret: the first @cap of them; @ret_n: their number, at most @cap
 */
int token_search(struct token *t, CK_ATTRIBUTE *want, CK_ULONG n, CK_OBJECT_HANDLE *ret,
		 CK_ULONG cap, CK_ULONG *ret_n);

#endif
