// SPDX-License-Identifier: GPL-2.0-or-later
/* loader: who may load unsigned programs. What it tells is in cmd_loader_show.c. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

static int sign_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_loader_sign_opts o = { .sz = sizeof(o) };
	struct bpfkey_loader_file *files;
	bool libraries = false, any = false;
	size_t n;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "loader key of any form", &o.key),
		OPT_STR('c', "cert", "CERT", "its certificate, of the role loader", &o.cert),
		OPT_FLAG(0, "with-libraries", "sign the dynamic linker and the libraries too",
			 &libraries),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	o.flags = (cli->dry_run ? BPFKEY_LOADER_DRY_RUN : 0) |
		  (libraries ? BPFKEY_LOADER_WITH_LIBRARIES : 0);
	r = bpfkey_loader_sign(cli->ctx, cli->argv, (size_t)cli->argc, &o, &files, &n);
	if (r < 0)
		return r;
	out_list(cli->out, "files");
	for (size_t i = 0; i < n; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "file", files[i].path);
		out_str(cli->out, "digest", *files[i].digest ? files[i].digest : NULL);
		out_bool(cli->out, "changed", files[i].changed);
		out_close(cli->out);
		any = any || files[i].changed;
	}
	out_close(cli->out);
	free(files);
	if (cli->dry_run)
		out_note(cli->out, "nothing was changed: dry run");
	else if (any)
		out_changed(cli->out);
	return 0;
}

const struct cmd cmd_loader_sign = {
	.noun = "loader", .verb = "sign", .args = "BIN...", .min = 1, .max = -1,
	.run = sign_run, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY,
	.summary = "put binaries under fs-verity and sign them as trusted loaders",
};

struct allow_args {
	struct bpfkey_loader_allow_opts o;
	const char *types, *attach, *until;
	bool lends, libraries, library;
};

static int take_args(struct cli *cli, struct allow_args *a)
{
	const char *what = cli->argc ? cli->argv[0] : NULL;
	int r;

	if (!what == !a->o.cert)
		return bad_usage(cli, "a file, a digest or --cert is needed, and one of them");
	if (what && !strncmp(what, "sha", 3) && strchr(what, ':'))
		a->o.digest = what;
	else
		a->o.path = what;
	if (!a->types == !a->library)
		return bad_usage(cli, "--types says what a loader may load, --library that it is "
				 "none: one of both is needed");
	r = a->library ? 0 : policy_types(cli, a->types, "program", bpfkey_prog_type_parse,
					 &a->o.types);
	if (!r && a->attach)
		r = policy_types(cli, a->attach, "attach", bpfkey_attach_type_parse, &a->o.attach);
	if (!r && a->until)
		r = policy_until(cli, a->until, &a->o.until);
	a->o.flags = (cli->dry_run ? BPFKEY_LOADER_DRY_RUN : 0) |
		     (a->lends ? BPFKEY_LOADER_LENDS_TRUST : 0) |
		     (a->libraries ? BPFKEY_LOADER_WITH_LIBRARIES : 0) |
		     (a->library ? BPFKEY_LOADER_LIBRARY : 0);
	return r;
}

static int allow_run(struct cli *cli, int argc, const char **argv)
{
	struct allow_args a = { .o.sz = sizeof(a.o) };
	bool did = false;
	const struct opt opts[] = {
		OPT_REQ('n', "name", "NAME", "what the entry is called", &a.o.name),
		OPT_STR('t', "types", "TYPE,...", "program types that it may load unsigned",
			&a.types),
		OPT_FLAG(0, "library", "no loader, but what trusted loaders may map: a plug-in",
			 &a.library),
		OPT_STR('c', "cert", "CERT", "whatever the key of this certificate has signed",
			&a.o.cert),
		OPT_STR(0, "attach-types", "TYPE,...", "only with these expected attach types",
			&a.attach),
		OPT_STR(0, "until", "TIME", "when the entry ends (default: never)", &a.until),
		OPT_FLAG(0, "lends-trust", "it loads whatever its caller names: trust those too",
			 &a.lends),
		OPT_FLAG(0, "with-libraries", "list the dynamic linker and the libraries too",
			 &a.libraries),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = take_args(cli, &a);
	if (!r)
		r = bpfkey_loader_allow(cli->ctx, &a.o, &did);
	if (r)
		return r;
	out_str(cli->out, "name", a.o.name);
	loader_put_types(cli, a.o.types, a.o.attach);
	out_bool(cli->out, "lends_trust", a.lends);
	return policy_changed(cli, did);
}

const struct cmd cmd_loader_allow = {
	.noun = "loader", .verb = "allow", .args = "[BIN|DIGEST]", .max = 1,
	.run = allow_run, .flags = CMD_CHANGES,
	.summary = "let a binary, or what a loader key signed, load unsigned programs",
};

static int revoke_run(struct cli *cli, int argc, const char **argv)
{
	const char *reason = NULL;
	bool did = false;
	const struct opt opts[] = {
		OPT_STR(0, "reason", "TEXT", "why, for those who read the policy", &reason),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_loader_revoke(cli->ctx, cli->argv[0], reason,
					 cli->dry_run ? BPFKEY_LOADER_DRY_RUN : 0, &did);
	if (r)
		return r;
	out_str(cli->out, "revoked", cli->argv[0]);
	return policy_changed(cli, did);
}

const struct cmd cmd_loader_revoke = {
	.noun = "loader", .verb = "revoke", .args = "NAME|BIN|DIGEST", .min = 1, .max = 1,
	.run = revoke_run, .flags = CMD_CHANGES,
	.summary = "take a trusted loader, its key or a library out for good",
};
