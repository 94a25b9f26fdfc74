/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command that takes a private key (CMD_KEY). */
#ifndef KEY_OPTS_H
#define KEY_OPTS_H

#include "cmd.h"
#include "opt.h"

struct key_opts {
	const char *passphrase_file, *passphrase_fd, *module;
	struct opt_list env;
};

#define KEY_OPTS_N 4
#define KEY_OPTS(k)                                                                             \
	OPT_STR(0, "passphrase-file", "FILE", "take passphrase or PIN from this file",          \
		&(k)->passphrase_file),                                                         \
	OPT_STR(0, "passphrase-fd", "N", "take passphrase or PIN from this descriptor",         \
		&(k)->passphrase_fd),                                                           \
	OPT_STR(0, "pkcs11-module", "PATH", "reach pkcs11: keys by this library (default: "     \
		"those registered with p11-kit)", &(k)->module),                                \
	OPT_LIST(0, "pkcs11-env", "NAME=VALUE", "set a variable that the library reads",        \
		 &(k)->env)

/* key_opts_is - is @name one of them? */
bool key_opts_is(const char *name);

/* key_opts_given - the name of one that was given, or NULL. */
const char *key_opts_given(const struct key_opts *k);

/* key_opts_apply - into the context. */
int key_opts_apply(struct cli *cli, const struct key_opts *k);

#endif
