// SPDX-License-Identifier: GPL-2.0-or-later
/* From the options about secrets and tokens into the context. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "key_opts.h"

static const char *const names[KEY_OPTS_N] = {
	"passphrase-file", "passphrase-fd", "pkcs11-module", "pkcs11-env",
};

bool key_opts_is(const char *name)
{
	for (size_t i = 0; i < KEY_OPTS_N; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

const char *key_opts_given(const struct key_opts *k)
{
	return k->passphrase_file ? names[0] : k->passphrase_fd ? names[1] :
	       k->module ? names[2] : k->env.n ? names[3] : NULL;
}

/*
 * Libraries of tokens are configured by variables of their own. What steers
 * the dynamic linker, OpenSSL or the TSS is none of theirs.
 */
static int set_variable(struct cli *cli, const char *text)
{
	static const char *const refused[] = {
		"LD_", "OPENSSL_", "TSS2_", "LIBBPF_", "GLIBC_", "MALLOC_", "PATH=", "LC_", "TZ=",
		"P11_KIT_STRICT",
	};
	const char *eq = strchr(text, '=');
	char *name;
	int r;

	for (const char *p = text; !eq || p < eq; p++)
		if (!eq || !(isalnum((unsigned char)*p) || *p == '_'))
			return bad_usage(cli, "--pkcs11-env takes NAME=VALUE");
	if (eq == text)
		return bad_usage(cli, "--pkcs11-env takes NAME=VALUE");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strncmp(text, refused[i], strlen(refused[i])))
			return bad_usage(cli, "--pkcs11-env does not set '%.*s'",
					 (int)(eq - text), text);
	name = strndup(text, (size_t)(eq - text));
	r = name ? setenv(name, eq + 1, 1) : -1;
	free(name);
	return r < 0 ? -BPFKEY_E_NOMEM : 0;
}

static int set_fd(struct cli *cli, const char *text)
{
	unsigned int fd = 0;
	const char *s;

	for (s = text; *s >= '0' && *s <= '9' && fd < 100000; s++)
		fd = fd * 10 + (unsigned int)(*s - '0');
	if (*s || s == text)
		return bad_usage(cli, "--passphrase-fd needs the number of a descriptor, not '%s'",
				 text);
	if (fcntl((int)fd, F_GETFD) < 0)
		return bad_usage(cli, "--passphrase-fd: descriptor %u is not open", fd);
	bpfkey_ctx_set_passphrase_fd(cli->ctx, (int)fd);
	return 0;
}

int key_opts_apply(struct cli *cli, const struct key_opts *k)
{
	int r = 0;

	if (k->passphrase_file && k->passphrase_fd)
		return bad_usage(cli, "'--passphrase-file' and '--passphrase-fd' exclude one "
				 "another");
	if (k->passphrase_file)
		r = bpfkey_ctx_set_passphrase_file(cli->ctx, k->passphrase_file);
	if (!r && k->passphrase_fd)
		r = set_fd(cli, k->passphrase_fd);
	if (!r && k->module)
		r = bpfkey_ctx_set_pkcs11_module(cli->ctx, k->module);
	for (size_t i = 0; !r && i < k->env.n; i++)
		r = set_variable(cli, k->env.v[i]);
	return r;
}
