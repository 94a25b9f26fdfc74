// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a URI to the module and the slot of its token. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "token_priv.h"

#define SLOTS_MAX 256

bool token_is_uri(const char *key)
{
	return !strncasecmp(key, "pkcs11:", sizeof("pkcs11:") - 1);
}

int token_shown(struct bpfkey_ctx *ctx, const char *uri, char **ret)
{
	const char *pin = strcasestr(uri, "pin-value");
	size_t n = strcspn(uri, "?");

	/* Some write it among the attributes, where it is wrong and as secret. */
	if (pin && (size_t)(pin - uri) < n)
		n = (size_t)(pin - uri);
	*ret = strndup(uri, n);
	return *ret ? 0 : bk_out_of_memory(ctx);
}

static int check_uri(struct bpfkey_ctx *ctx, P11KitUri *u, const char *uri)
{
	if (p11_kit_uri_get_pin_value(u) || strcasestr(uri, "pin-value")) {
		bk_hint(ctx, "write the PIN to a file with mode 0600 and give it with "
			"--passphrase-file, or by pin-source=; then change this PIN");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a PIN in the URI (pin-value) is on the "
			       "command line, where every process can read it");
	}
	if (p11_kit_uri_get_module_path(u) || p11_kit_uri_get_module_name(u)) {
		bk_hint(ctx, "name the library with --pkcs11-module PATH");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the URI names a module to load");
	}
	if (p11_kit_uri_any_unrecognized(u)) {
		bk_hint(ctx, "a key is named by token=, serial=, manufacturer=, model=, object= "
			"and id=");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the URI has an attribute that is not known");
	}
	return 0;
}

int token_uri_parse(struct bpfkey_ctx *ctx, const char *uri, P11KitUri **ret)
{
	P11KitUri *u = p11_kit_uri_new();
	int code, r;

	if (!u)
		return bk_out_of_memory(ctx);
	code = p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, u);
	if (code == P11_KIT_URI_OK) {
		r = check_uri(ctx, u, uri);
	} else {
		bk_hint(ctx, "such as pkcs11:token=build;object=key1, percent-encoded (RFC 7512)");
		r = bk_fail(ctx, -BPFKEY_E_USAGE, "not a valid pkcs11: URI");
	}
	if (r < 0) {
		p11_kit_uri_free(u);
		return r;
	}
	*ret = u;
	return 0;
}

/* What is loaded runs with our rights, and sees the PIN. */
static int check_module(struct token *t, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return bk_fail_errno(t->ctx, -BPFKEY_E_NO_TOKEN, errno, "cannot load the PKCS#11 "
				     "module '%s'", path);
	if ((st.st_uid && st.st_uid != geteuid()) || (st.st_mode & 022))
		return bk_fail(t->ctx, -BPFKEY_E_INSECURE,
			       "the PKCS#11 module '%s' (owner %u, mode "
			       "%04o) can be changed by others",
			       path, st.st_uid, st.st_mode & 07777);
	return 0;
}

static int load_by_path(struct token *t, const char *path)
{
	CK_FUNCTION_LIST **list;
	CK_RV rv;
	int r = check_module(t, path);

	if (r < 0)
		return r;
	list = calloc(2, sizeof(*list));
	if (!list)
		return bk_out_of_memory(t->ctx);
	list[0] = p11_kit_module_load(path, 0);
	if (!list[0]) {
		free(list);
		bk_hint(t->ctx, "see that it is a PKCS#11 library of this machine's architecture, "
			"and that what it depends on is installed (ldd)");
		return bk_fail(t->ctx, -BPFKEY_E_NO_TOKEN,
			       "cannot load the PKCS#11 module '%s': %s", path, p11_kit_message());
	}
	rv = p11_kit_module_initialize(list[0]);
	if (rv != CKR_OK) {
		p11_kit_module_release(list[0]);
		free(list);
		bk_hint(t->ctx, "see its own documentation for the configuration that it reads; "
			"variables of its environment are given with --pkcs11-env NAME=VALUE");
		return token_fail(t, rv, "the PKCS#11 module '%s' does not start", path);
	}
	t->by_path = true;
	t->modules = list;
	return 0;
}

static int load_modules(struct token *t)
{
	const char *path = bk_ctx_sources(t->ctx)->pkcs11_module;

	if (path)
		return load_by_path(t, path);
	t->modules = p11_kit_modules_load_and_initialize(0);
	if (!t->modules)
		return bk_fail(t->ctx, -BPFKEY_E_NO_TOKEN, "cannot load the modules that are "
			       "registered with p11-kit: %s", p11_kit_message());
	return 0;
}

void token_modules_done(struct token *t)
{
	if (!t->modules)
		return;
	if (t->by_path) {
		p11_kit_module_finalize(t->modules[0]);
		p11_kit_module_release(t->modules[0]);
		free(t->modules);
	} else {
		p11_kit_modules_finalize_and_release(t->modules);
	}
	t->modules = NULL;
}

/* Labels are padded with blanks, and may hold anything else. */
static void take_label(struct token *t, const CK_TOKEN_INFO *info)
{
	size_t n = sizeof(info->label);

	while (n && info->label[n - 1] == ' ')
		n--;
	memcpy(t->label, info->label, n);
	t->label[n] = 0;
}

/* look - at the slots of one module; counts the tokens that fit in @found */
static int look(struct token *t, CK_FUNCTION_LIST *f, unsigned int *found)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO info;
	CK_INFO module;
	CK_RV rv;

	if (f->C_GetInfo(&module) != CKR_OK || !p11_kit_uri_match_module_info(t->uri, &module))
		return 0;
	rv = f->C_GetSlotList(CK_TRUE, slots, &n);
	if (rv != CKR_OK)
		return token_fail(t, rv, "cannot list the tokens of a PKCS#11 module");
	for (CK_ULONG i = 0; i < n; i++) {
		CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(t->uri);

		/* A token that is pulled out meanwhile is not there. */
		if ((wanted != (CK_SLOT_ID)-1 && wanted != slots[i]) ||
		    f->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !(info.flags & CKF_TOKEN_INITIALIZED) ||
		    !p11_kit_uri_match_token_info(t->uri, &info))
			continue;
		if (!(*found)++) {
			t->f = f;
			t->slot = slots[i];
			take_label(t, &info);
		}
	}
	return 0;
}

int token_find(struct token *t)
{
	unsigned int found = 0;
	int r = load_modules(t);

	for (size_t i = 0; r >= 0 && t->modules[i]; i++)
		r = look(t, t->modules[i], &found);
	if (r < 0)
		return r;
	if (!found) {
		bk_hint(t->ctx, "'p11tool --list-token-urls' or 'pkcs11-tool --list-slots' shows "
			"what is there; --pkcs11-module PATH names the library that reaches it");
		return bk_fail(t->ctx, -BPFKEY_E_NO_TOKEN, "no token fits the URI%s",
			       t->modules[0] ? "" : ", and no PKCS#11 module is registered");
	}
	if (found > 1) {
		bk_hint(t->ctx, "add serial= or slot-id= to the URI");
		return bk_fail(t->ctx, -BPFKEY_E_USAGE, "%u tokens fit the URI, the first is '%s'",
			       found, t->label);
	}
	return 0;
}
