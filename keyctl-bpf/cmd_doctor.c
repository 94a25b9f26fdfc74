// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor: what this machine lacks or leaves open, and what to do about it. */
#include "cmd.h"
#include "opt.h"
#include "out.h"
#include "show_findings.h"

static int doctor_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_findings *f = NULL;
	const char *staging = NULL;
	const struct opt opts[] = {
		OPT_STR(0, "staging", "NAME", "look at the staging keyring NAME", &staging),
		OPT_END};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_doctor(cli->ctx, staging, &f);
	if (r < 0)
		return r;
	show_findings(cli, f);
	out_answered(cli->out);
	r = show_verdict(cli, f);
	bpfkey_findings_free(f);
	return r;
}

const struct cmd cmd_doctor = {
	.verb = "doctor",
	.args = "",
	.run = doctor_run,
	.flags = CMD_KERNEL | CMD_TPM,
	.summary = "list what this machine lacks or leaves open, each with the next command",
};
