/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is derived from the option table of a command: usage, help, the dump for scripts. */
#ifndef OPT_HELP_H
#define OPT_HELP_H

#include "cmd.h"
#include "opt.h"

/* opt_help_usage - keep the usage line of cli->cmd for a later mistake. */
void opt_help_usage(struct cli *cli, const struct opt *own);

/* The answers to --help and --dump-options; @globals holds those the command takes. */
void opt_help(struct cli *cli, const struct opt *own, const struct opt *globals);
void opt_help_dump(struct cli *cli, const struct opt *own, const struct opt *globals);

#endif
