/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of keys have in common. */
#ifndef KEY_OUT_H
#define KEY_OUT_H

#include "cmd.h"

/* put_key - what a key is; @made: it has a hash already */
void put_key(struct cli *cli, const struct bpfkey_key_info *i, bool made);

/* put_state_parts - counter and PCRs of a state, and what changed a PCR last */
void put_state_parts(struct cli *cli, const struct bpfkey_policy_state *s);

/* put_made - that something changed, or why not */
void put_made(struct cli *cli);

/* warn_of_key - of what protects nothing */
void warn_of_key(struct cli *cli, const struct bpfkey_key_info *i);

/* parse_form - of those that are made here */
int parse_form(struct cli *cli, const char *form, enum bpfkey_form *ret);

#endif
