// SPDX-License-Identifier: GPL-2.0-or-later
/* sign: BPF objects into signed objects, and bytes into detached signatures. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"
#include "sign_jobs.h"

struct sign_args {
	struct sign_jobs jobs;
	const char *raw, *skeleton;
	struct opt_list set;
};

static int check_args(struct cli *cli, const struct sign_args *a)
{
	const struct sign_jobs *j = &a->jobs;

	if (a->raw) {
		if (!j->out)
			return bad_usage(cli, "--raw needs --out FILE");
		if (j->in_place || a->skeleton || j->opts.name || j->opts.kconfig ||
		    j->opts.kernel_version || a->set.n)
			return bad_usage(cli, "--raw signs bytes as they are; the options for "
					 "objects do not go with it");
		return sign_jobs_check(cli, j);
	}
	if (!cli->argc)
		return bad_usage(cli, "no object to sign");
	if (a->skeleton && cli->argc > 1)
		return bad_usage(cli, "--out-skeleton is for one object");
	if (a->skeleton && (j->out || j->in_place))
		return bad_usage(cli, "--out-skeleton takes the place of --out and --in-place");
	if (j->opts.name && cli->argc > 1)
		return bad_usage(cli, "--name is for one object");
	return sign_jobs_check(cli, j);
}

static int sign_raw(struct cli *cli, const struct sign_args *a)
{
	struct bpfkey_signer *s = NULL;
	unsigned int flags = (a->jobs.force ? BPFKEY_SIGN_FORCE : 0) |
			     (cli->dry_run ? BPFKEY_SIGN_DRY_RUN : 0);
	int r = sign_jobs_open(cli, &a->jobs, &s);

	r = r < 0 ? r : bpfkey_sign_raw(s, a->raw, a->jobs.out, flags);
	if (r >= 0) {
		sign_jobs_signer(cli, s);
		out_str(cli->out, "input", a->raw);
		out_str(cli->out, "output", a->jobs.out);
		if (cli->dry_run)
			out_note(cli->out, "nothing was written: dry run");
		else
			out_changed(cli->out);
	}
	bpfkey_signer_free(s);
	return r;
}

/* The file of --raw and those after it. */
static int sign_raws(struct cli *cli, struct sign_args *a)
{
	const char **given = cli->argv, **files = calloc((size_t)cli->argc + 1, sizeof(*files));
	int r;

	if (!files)
		return -BPFKEY_E_NOMEM;
	files[0] = a->raw;
	memcpy(files + 1, given, (size_t)cli->argc++ * sizeof(*files));
	cli->argv = files;
	a->jobs.opts.flags |= BPFKEY_SIGN_RAW;
	r = sign_jobs_run(cli, &a->jobs);
	cli->argv = given;
	cli->argc--;
	free(files);
	return r;
}

static int sign_run(struct cli *cli, int argc, const char **argv)
{
	struct sign_args a = { .jobs.opts.sz = sizeof(a.jobs.opts) };
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "sign with this private key, of any form", &a.jobs.key),
		OPT_STR('c', "cert", "CERT", "the key's certificate, role build or delegated "
			"(default: the one that came with a PKCS#12 or pkcs11: key)", &a.jobs.cert),
		OPT_STR('o', "out", "OUT", "write to this file, or into this directory (default: "
			"X.signed.o beside X.o)", &a.jobs.out),
		OPT_FLAG('i', "in-place", "replace each object by its signed form",
			 &a.jobs.in_place),
		OPT_FLAG('f', "force", "replace an output that exists", &a.jobs.force),
		OPT_STR(0, "out-skeleton", "FILE", "write a C header that loads the object by "
			"itself, in place of a signed object", &a.skeleton),
		OPT_STR(0, "name", "NAME", "object name, part of the names of its data maps "
			"(default: of the file, up to its first dot)", &a.jobs.opts.name),
		OPT_LIST('s', "set", "NAME=VALUE", "freeze a read-only variable, or with "
			 "MAP.max_entries=N the size of a map", &a.set),
		OPT_STR(0, "kconfig", "FILE", "take __kconfig values from this kernel "
			"configuration, never from this machine", &a.jobs.opts.kconfig),
		OPT_STR(0, "kernel-version", "V", "what LINUX_KERNEL_VERSION is, such as 6.18.15",
			&a.jobs.opts.kernel_version),
		OPT_HASH(&a.jobs),
		OPT_STR(0, "raw", "FILE", "sign the bytes of FILE and of each file after it: "
			"detached signatures (DER)", &a.raw),
		OPT_STR(0, "log", "FILE", "append a line to the signing log before an output "
			"appears", &a.jobs.log),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	a.jobs.raw = a.raw != NULL;
	r = r ? r : check_args(cli, &a);
	if (r)
		return r;
	if (a.skeleton) {
		a.jobs.out = a.skeleton;
		a.jobs.opts.flags |= BPFKEY_SIGN_HEADER;
	}
	a.jobs.opts.set = a.set.v;
	a.jobs.opts.set_n = a.set.n;
	if (a.raw)
		return cli->argc ? sign_raws(cli, &a) : sign_raw(cli, &a);
	return sign_jobs_run(cli, &a.jobs);
}

const struct cmd cmd_sign = {
	.verb = "sign", .args = "[OBJ]...", .min = 0, .max = -1,
	.summary = "turn BPF objects into signed objects",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = sign_run,
};
