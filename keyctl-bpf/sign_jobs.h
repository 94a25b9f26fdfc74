/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sign and resign share: many files, one signer, one row for each. */
#ifndef SIGN_JOBS_H
#define SIGN_JOBS_H

#include "cmd.h"

struct sign_jobs {
	const char *key, *cert, *out, *log, *hash;
	bool in_place, force;
	bool raw;		/* bytes, and their signatures beside one another */
	bool again;		/* resign: the output's own kernels are shown */
	struct bpfkey_sign_opts opts;
};

/* sign_jobs_check - usage of what is in @a, for the files in cli->argv. */
int sign_jobs_check(struct cli *cli, const struct sign_jobs *a);

/* sign_jobs_open - the signer, with its hash and its log. */
int sign_jobs_open(struct cli *cli, const struct sign_jobs *a, struct bpfkey_signer **ret);

/* sign_jobs_run - sign the files in cli->argv and answer. */
int sign_jobs_run(struct cli *cli, struct sign_jobs *a);

/* OPT_HASH - for the tables of both. */
#define OPT_HASH(a)                                                                          \
	OPT_STR(0, "hash", "HASH", "sha384, sha512, sha3-256, sha3-384 or sha3-512 "         \
		"(default sha256, the only one that every kernel takes)", &(a)->hash)

/* sign_jobs_signer - "signer" of the answer, and warnings of the kernels that refuse it. */
void sign_jobs_signer(struct cli *cli, const struct bpfkey_signer *s);

#endif
