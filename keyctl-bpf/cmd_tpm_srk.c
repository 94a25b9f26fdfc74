// SPDX-License-Identifier: GPL-2.0-or-later
/* tpm srk: the public half of the storage root key, which others wrap keys for. */
#include "cmd.h"
#include "key_out.h"
#include "opt.h"
#include "out.h"

static int tpm_srk_run(struct cli *cli, int argc, const char **argv)
{
	const char *path = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_REQ('o', "out", "FILE", "write it to FILE, as tpm2_readpublic does", &path),
		OPT_FLAG('f', "force", "replace a file that is there", &force),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_tpm_srk(cli->ctx, path, (force ? BPFKEY_MAKE_FORCE : 0) |
						   (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0));
	if (r < 0)
		return r;
	out_str(cli->out, "file", path);
	put_made(cli);
	return 0;
}

const struct cmd cmd_tpm_srk = {
	.noun = "tpm", .verb = "srk", .args = "",
	.summary = "write the public storage root key, which keys are wrapped for",
	.flags = CMD_TPM | CMD_CHANGES, .run = tpm_srk_run,
};
