/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command that says what the use of a key shall need. */
#ifndef POLICY_OPTS_H
#define POLICY_OPTS_H

#include "cmd.h"
#include "opt.h"

struct policy_opts {
	const char *policy, *pcrs, *rollback;
	bool pin, none;
};

#define POLICY_OPTS(p)                                                                          \
	OPT_FLAG(0, "pin", "ask for a PIN that each use of the key needs", &(p)->pin),          \
	OPT_STR(0, "policy", "FILE", "use the key only in states that are signed in FILE, now " \
		"or later (key policy sign)", &(p)->policy),                                    \
	OPT_STR(0, "pcrs", "BANK:LIST", "use it only while these PCRs are as they are now: an " \
		"update that changes one ends the key, with --policy it does not",              \
		&(p)->pcrs),                                                                    \
	OPT_STR(0, "rollback", "INDEX[:LIMIT]", "use it only while the TPM's counter INDEX is " \
		"at most LIMIT (default: its value now)", &(p)->rollback)

/* And of those that may take it back. */
#define NO_POLICY_OPT(p)                                                                        \
	OPT_FLAG(0, "no-policy", "forget what the use of the key needed before", &(p)->none)

/* policy_opts_apply - into what the library takes. */
int policy_opts_apply(struct cli *cli, const struct policy_opts *p, struct bpfkey_key_opts *o);

/* rollback_parse - INDEX:LIMIT, the index decimal or with 0x; without :LIMIT only if @may_lack */
int rollback_parse(struct cli *cli, const char *text, bool may_lack, uint32_t *ret_index,
		   uint64_t *ret_limit);

#endif
