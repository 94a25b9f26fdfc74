// SPDX-License-Identifier: GPL-2.0-or-later
/* sign: BPF objects into signed objects, and bytes into detached signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

struct sign_args {
	const char *key, *cert, *out, *raw;
	bool in_place, force;
	struct opt_list set;
	struct bpfkey_sign_opts opts;
};

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where the signed object of @in goes: malloc'ed, NULL without memory. */
static char *output_of(const struct sign_args *a, const char *in)
{
	size_t n = strlen(in);
	char *path;

	if (a->in_place)
		return strdup(in);
	if (a->out && !is_dir(a->out))
		return strdup(a->out);
	if (a->out)
		return asprintf(&path, "%s/%s", a->out, base_of(in)) < 0 ? NULL : path;
	if (n > 2 && !strcmp(in + n - 2, ".o"))
		n -= 2;
	return asprintf(&path, "%.*s.signed.o", (int)n, in) < 0 ? NULL : path;
}

static int check_args(struct cli *cli, struct sign_args *a)
{
	if (a->raw) {
		if (cli->argc)
			return bad_usage(cli, "--raw signs one file and takes no objects");
		if (!a->out)
			return bad_usage(cli, "--raw needs --out FILE");
		if (a->in_place || a->opts.name || a->opts.kconfig || a->opts.kernel_version ||
		    a->set.n)
			return bad_usage(cli, "--raw signs bytes as they are; the options for "
					 "objects do not go with it");
		return 0;
	}
	if (!cli->argc)
		return bad_usage(cli, "no object to sign");
	if (a->out && a->in_place)
		return bad_usage(cli, "--out and --in-place exclude one another");
	if (a->out && cli->argc > 1 && !is_dir(a->out))
		return bad_usage(cli, "for more than one object --out must be a directory");
	if (a->opts.name && cli->argc > 1)
		return bad_usage(cli, "--name is for one object");
	return 0;
}

static int make_jobs(struct cli *cli, const struct sign_args *a, struct bpfkey_sign_job *jobs)
{
	for (int i = 0; i < cli->argc; i++) {
		jobs[i].in = cli->argv[i];
		jobs[i].out = output_of(a, cli->argv[i]);
		if (!jobs[i].out)
			return -BPFKEY_E_NOMEM;
		for (int k = 0; k < i; k++)
			if (!strcmp(jobs[k].out, jobs[i].out))
				return bad_usage(cli, "two objects would become '%s'", jobs[i].out);
	}
	return 0;
}

static void put_signer(struct cli *cli, const struct bpfkey_signer *s)
{
	const struct bpfkey_cert_info *c = bpfkey_signer_cert(s);

	out_open(cli->out, "signer");
	out_str(cli->out, "subject", c->subject);
	out_str(cli->out, "algorithm", c->alg);
	out_hex(cli->out, "key_id", c->key_id, c->key_id_len);
	out_hex(cli->out, "fingerprint", c->fingerprint, sizeof(c->fingerprint));
	out_close(cli->out);
}

/* One row for each object; of several, failures stand in the rows. */
static int put_jobs(struct cli *cli, const struct bpfkey_sign_job *jobs, int r)
{
	int failed = 0, made = 0;

	out_list(cli->out, "objects");
	for (int i = 0; i < cli->argc; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "input", jobs[i].in);
		out_str(cli->out, "output", jobs[i].result < 0 ? NULL : jobs[i].out);
		out_str(cli->out, "result", bpfkey_err_name(jobs[i].result));
		out_str(cli->out, "reason", jobs[i].message);
		out_close(cli->out);
		failed += jobs[i].result < 0;
		made += jobs[i].result >= 0;
	}
	out_close(cli->out);
	if (made && !cli->dry_run)
		out_changed(cli->out);
	if (cli->dry_run)
		out_note(cli->out, "nothing was written: dry run");
	if (!failed)
		return 0;
	if (cli->argc == 1) {
		cmd_hint(cli, "%s", jobs[0].hint ? jobs[0].hint : "");
		return cmd_fail(cli, r, "%s", jobs[0].message ? jobs[0].message : "");
	}
	out_answered(cli->out);
	return cmd_fail(cli, r, "%d of %d objects could not be signed", failed, cli->argc);
}

static int sign_objects(struct cli *cli, struct sign_args *a)
{
	struct bpfkey_sign_job *jobs = calloc(cli->argc, sizeof(*jobs));
	struct bpfkey_signer *s = NULL;
	int r = jobs ? make_jobs(cli, a, jobs) : -BPFKEY_E_NOMEM;

	r = r < 0 ? r : bpfkey_signer_open(cli->ctx, a->key, a->cert, &s);
	if (r >= 0) {
		if (a->in_place || a->force)
			a->opts.flags |= BPFKEY_SIGN_FORCE;
		r = bpfkey_sign_objects(s, jobs, cli->argc, &a->opts);
		put_signer(cli, s);
		r = put_jobs(cli, jobs, r);
		bpfkey_sign_jobs_done(jobs, cli->argc);
	}
	bpfkey_signer_free(s);
	for (int i = 0; jobs && i < cli->argc; i++)
		free((char *)jobs[i].out);
	free(jobs);
	return r;
}

static int sign_raw(struct cli *cli, const struct sign_args *a)
{
	struct bpfkey_signer *s = NULL;
	unsigned int flags = (a->force ? BPFKEY_SIGN_FORCE : 0) |
			     (cli->dry_run ? BPFKEY_SIGN_DRY_RUN : 0);
	int r = bpfkey_signer_open(cli->ctx, a->key, a->cert, &s);

	r = r < 0 ? r : bpfkey_sign_raw(s, a->raw, a->out, flags);
	if (r >= 0) {
		put_signer(cli, s);
		out_str(cli->out, "input", a->raw);
		out_str(cli->out, "output", a->out);
		if (cli->dry_run)
			out_note(cli->out, "nothing was written: dry run");
		else
			out_changed(cli->out);
	}
	bpfkey_signer_free(s);
	return r;
}

static int sign_run(struct cli *cli, int argc, const char **argv)
{
	struct sign_args a = { .opts = { .sz = sizeof(a.opts) } };
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "sign with this private key, of any form", &a.key),
		OPT_REQ('c', "cert", "CERT", "the key's certificate, role build or delegated",
			&a.cert),
		OPT_STR('o', "out", "OUT", "write to this file, or into this directory (default: "
			"X.signed.o beside X.o)", &a.out),
		OPT_FLAG('i', "in-place", "replace each object by its signed form", &a.in_place),
		OPT_FLAG('f', "force", "replace an output that exists", &a.force),
		OPT_STR(0, "name", "NAME", "object name, part of the names of its data maps "
			"(default: of the file, up to its first dot)", &a.opts.name),
		OPT_LIST('s', "set", "NAME=VALUE", "freeze a read-only variable, or with "
			 "MAP.max_entries=N the size of a map", &a.set),
		OPT_STR(0, "kconfig", "FILE", "take __kconfig values from this kernel "
			"configuration, never from this machine", &a.opts.kconfig),
		OPT_STR(0, "kernel-version", "V", "what LINUX_KERNEL_VERSION is, such as 6.18.15",
			&a.opts.kernel_version),
		OPT_STR(0, "raw", "FILE", "sign the bytes of FILE: a detached signature (DER)",
			&a.raw),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	r = r ? r : check_args(cli, &a);
	if (r)
		return r;
	a.opts.set = a.set.v;
	a.opts.set_n = a.set.n;
	if (cli->dry_run)
		a.opts.flags |= BPFKEY_SIGN_DRY_RUN;
	return a.raw ? sign_raw(cli, &a) : sign_objects(cli, &a);
}

const struct cmd cmd_sign = {
	.verb = "sign", .args = "[OBJ]...", .min = 0, .max = -1,
	.summary = "turn BPF objects into signed objects",
	.flags = CMD_CHANGES | CMD_TPM, .run = sign_run,
};
