// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Logging in. A token counts wrong PINs and locks for good after a few, so
 * there is one attempt, and what is left after a wrong one is said.
 */
#include <string.h>

#include "../base/passphrase.h"
#include "token_priv.h"

/* The PIN of pin-source: a file, by path or as a file: URI without escapes. */
static int pin_from_uri(struct token *t, const char *source, struct bk_secret **ret)
{
	const char *path = !strncmp(source, "file:", 5) ? source + 5 : source;

	if (!strncmp(path, "//", 2))
		path = strchr(path + 2, '/');
	if (!path || path[0] != '/') {
		bk_hint(t->ctx, "such as pin-source=file:/etc/keyctl-bpf/pin");
		return bk_fail(t->ctx, -BPFKEY_E_USAGE, "the pin-source '%s' of the URI is not the "
			       "absolute path of a file", source);
	}
	return passphrase_from_file(t->ctx, path, ret);
}

static int get_pin(struct token *t, struct bk_secret **ret)
{
	const char *source = p11_kit_uri_get_pin_source(t->uri);

	if (source)
		return pin_from_uri(t, source, ret);
	return passphrase_get(t->ctx, BPFKEY_SECRET_PIN, t->label, ret);
}

/* wrong_pin - PKCS#11 tells no number, but whether few or one are left. */
static int wrong_pin(struct token *t)
{
	const char *left = "";
	CK_TOKEN_INFO info;

	if (t->f->C_GetTokenInfo(t->slot, &info) == CKR_OK) {
		if (info.flags & CKF_USER_PIN_LOCKED)
			left = "; the token is locked now";
		else if (info.flags & CKF_USER_PIN_FINAL_TRY)
			left = "; one try is left before the token locks";
		else if (info.flags & CKF_USER_PIN_COUNT_LOW)
			left = "; few tries are left before the token locks";
	}
	bk_hint(t->ctx,
		"find out the right PIN before trying again: nothing tries twice by itself");
	return bk_fail(t->ctx, -BPFKEY_E_PIN, "the token '%s' does not take the PIN%s", t->label,
		       left);
}

static int login(struct token *t, CK_USER_TYPE who, struct bk_secret *pin)
{
	CK_RV rv = t->f->C_Login(t->session, who, pin ? bk_secret_data(pin) : NULL,
				 pin ? bk_secret_len(pin) : 0);

	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return 0;
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE)
		return wrong_pin(t);
	return token_fail(t, rv, "cannot log in to the token '%s'", t->label);
}

int token_login(struct token *t)
{
	_cleanup_(bk_secret_freep) struct bk_secret *pin = NULL;
	CK_TOKEN_INFO info;
	CK_RV rv;
	int r;

	rv = t->f->C_OpenSession(t->slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	t->has_session = rv == CKR_OK;
	if (rv == CKR_OK)
		rv = t->f->C_GetTokenInfo(t->slot, &info);
	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot open the token '%s'", t->label);
	if (!(info.flags & CKF_LOGIN_REQUIRED))
		return 0;
	if (info.flags & CKF_USER_PIN_LOCKED)
		return token_fail(t, CKR_PIN_LOCKED, "cannot log in to the token '%s'", t->label);
	if (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) {
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "the token '%s' takes its PIN on its own "
		       "keypad", t->label);
		return login(t, CKU_USER, NULL);
	}
	if (info.flags & CKF_USER_PIN_FINAL_TRY)
		bk_log(t->ctx, BPFKEY_LOG_WARNING, "the next wrong PIN locks the token '%s'",
		       t->label);
	r = get_pin(t, &pin);
	if (!r)
		r = login(t, CKU_USER, pin);
	if (r < 0)
		return r;
	t->pin = steal(&pin);
	return 0;
}

int token_login_again(struct token *t)
{
	return login(t, CKU_CONTEXT_SPECIFIC, t->pin);
}
