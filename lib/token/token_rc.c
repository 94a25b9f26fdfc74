// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a token, or its module, answers becomes one of our codes and a sentence. */
#include <stdarg.h>

#include "token_priv.h"

static const struct {
	CK_RV rv;
	int code;
	const char *cause, *next;
} rows[] = {
	{ CKR_PIN_LOCKED, BPFKEY_E_LOCKOUT, "the PIN is locked after too many wrong ones",
	  "its security officer can set a new one, or the token's own PUK" },
	{ CKR_PIN_EXPIRED, BPFKEY_E_PIN, "the PIN has expired", "set a new PIN with the token's "
	  "own tool" },
	{ CKR_USER_PIN_NOT_INITIALIZED, BPFKEY_E_PIN, "no PIN was ever set",
	  "set one with the token's own tool" },
	{ CKR_HOST_MEMORY, BPFKEY_E_NOMEM, "out of memory", "raise the limit of memory, then "
	  "repeat the command" },
	{ CKR_DEVICE_REMOVED, BPFKEY_E_NO_TOKEN, "the token was removed", "put it back, then "
	  "repeat the command" },
	{ CKR_TOKEN_NOT_PRESENT, BPFKEY_E_NO_TOKEN, "the token is not there", "put it back, then "
	  "repeat the command" },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, BPFKEY_E_NO_SUPPORT, "the key is not made for signing",
	  "make one with CKA_SIGN" },
	{ CKR_KEY_TYPE_INCONSISTENT, BPFKEY_E_NO_SUPPORT, "the key does not sign in that way",
	  "use an RSA or EC key with PKCS#1 v1.5 or ECDSA signatures" },
	{ CKR_MECHANISM_INVALID, BPFKEY_E_NO_SUPPORT, "the token does not sign in that way",
	  "'pkcs11-tool --list-mechanisms' shows what it does" },
	{ CKR_USER_NOT_LOGGED_IN, BPFKEY_E_PIN, "the key wants a PIN", "give it with "
	  "--passphrase-file or --passphrase-fd" },
	{ CKR_SESSION_COUNT, BPFKEY_E_BUSY, "all of its sessions are in use", "end what uses it, "
	  "then repeat the command" },
};

int token_fail(struct token *t, CK_RV rv, const char *fmt, ...)
{
	_cleanup_(bk_freep) char *what = NULL;
	int code = BPFKEY_E_TOKEN, n;
	va_list ap;

	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return bk_out_of_memory(t->ctx);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].rv != rv)
			continue;
		code = rows[i].code;
		bk_hint(t->ctx, "%s", rows[i].next);
		bk_fail(t->ctx, -code, "%s (0x%lx)", rows[i].cause, rv);
		return bk_fail(t->ctx, -code, "%s", what);
	}
	bk_hint(t->ctx, "see what the module logs; p11-kit and 'pkcs11-tool' name the number");
	bk_fail(t->ctx, -code, "the token answered with error 0x%lx (%s)", rv,
		p11_kit_strerror(rv));
	return bk_fail(t->ctx, -code, "%s", what);
}
