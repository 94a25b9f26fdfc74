/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_LOADER_H
#define CMD_LOADER_H

#include <stdint.h>

struct cli;

/* loader_put_types - "types", "attach_types" and "full_power" */
void loader_put_types(struct cli *cli, uint64_t types, uint64_t attach);

#endif
