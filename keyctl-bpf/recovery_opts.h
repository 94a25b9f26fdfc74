/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command that seals a key: how it is brought back. */
#ifndef RECOVERY_OPTS_H
#define RECOVERY_OPTS_H

#include "cmd.h"
#include "opt.h"

struct recovery_opts {
	const char *recovery, *key, *file;
};

#define RECOVERY_OPTS(r)                                                                        \
	OPT_STR(0, "recovery", "HOW", "of a sealed key: FILE with a certificate or public key, "\
		"passphrase, or none-i-accept-the-loss", &(r)->recovery),                       \
	OPT_STR(0, "recovery-key", "FILE", "try the recovery with this private key",            \
		&(r)->key),                                                                     \
	OPT_STR(0, "recovery-passphrase-file", "FILE", "take the recovery passphrase from "     \
		"this file", &(r)->file)

/* recovery_opts_apply - into what the library takes. */
int recovery_opts_apply(struct cli *cli, const struct recovery_opts *r,
			struct bpfkey_key_opts *o);

#endif
