/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a keyring and its keys are shown, by keyring show and by status. */
#ifndef SHOW_RING_H
#define SHOW_RING_H

#include <bpfkey.h>

struct cli;

void show_ring_head(struct cli *cli, const struct bpfkey_ring_info *i);
void show_ring_keys(struct cli *cli, const struct bpfkey_ring *ring);

#endif
