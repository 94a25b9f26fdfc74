/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From words to the command they name; the short list for who names none. */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "cmd.h"

struct cmd_list {
	const struct cmd *const *v;
	size_t n;
};

/*
 * Where in argv the command's words stand; noun 0 for a verb that stands alone,
 * more 0 for a verb of one word.
 */
struct cmd_words {
	int noun, verb, more;
};

/*
 * cmd_list_find - sets cli->cmd
 *
 * Returns 0, OPT_DONE when help, version or the dump was asked for instead,
 * or -BPFKEY_E_USAGE.
 */
int cmd_list_find(const struct cmd_list *list, struct cli *cli, int argc, const char **argv,
		  struct cmd_words *ret);

#endif
