/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How findings are shown, by status and doctor. */
#ifndef SHOW_FINDINGS_H
#define SHOW_FINDINGS_H

#include <bpfkey.h>

struct cli;

void show_findings(struct cli *cli, const struct bpfkey_findings *f);

/* show_verdict - the exit status of a check: says how many findings there are. */
int show_verdict(struct cli *cli, const struct bpfkey_findings *f);

#endif
