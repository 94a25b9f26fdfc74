// SPDX-License-Identifier: GPL-2.0-or-later
/* key show: what a private key is. */
#include "cmd.h"
#include "key_out.h"
#include "opt.h"

static int key_show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_key_open(cli->ctx, cli->argv[0], &key);
	if (r < 0)
		return r;
	put_key(cli, bpfkey_key_info(key), true);
	bpfkey_key_free(key);
	return 0;
}

const struct cmd cmd_key_show = {
	.noun = "key", .verb = "show", .args = "KEY",
	.summary = "say what a private key is; needs no TPM",
	.min = 1, .max = 1, .flags = CMD_KEY, .run = key_show_run,
};
