/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificates that verify and load trust: given ones, or this machine's. */
#ifndef TRUST_H
#define TRUST_H

#include "cmd.h"
#include "opt.h"

struct trust {
	struct bpfkey_cert **certs;	/* what to hand to bpfkey_object_verify() */
	size_t n;
	struct bpfkey_ring *ring;	/* whose they are; NULL: given, and ours to free */
};

/* trust_given - read the files of --cert. */
int trust_given(struct cli *cli, const struct opt_list *paths, struct trust *ret);

/*
 * trust_machine - the certificates of the keys that are valid in this
 * machine's keyring (@staging: in that one)
 *
 * -BPFKEY_E_NOT_ENROLLED when there is none.
 */
int trust_machine(struct cli *cli, const char *staging, struct trust *ret);

void trust_done(struct trust *t);

#endif
