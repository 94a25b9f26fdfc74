// SPDX-License-Identifier: GPL-2.0-or-later
/* delegation: keys that count for one trusted loader, for a time. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

struct add_args {
	struct bpfkey_delegation_opts o;
	const char *types, *attach, *until, *ttl;
};

static int take_args(struct cli *cli, struct add_args *a)
{
	int r = policy_types(cli, a->types, "program", bpfkey_prog_type_parse, &a->o.types);

	if (!r && a->attach)
		r = policy_types(cli, a->attach, "attach", bpfkey_attach_type_parse, &a->o.attach);
	if (!r && a->until)
		r = policy_until(cli, a->until, &a->o.until);
	if (!r && bpfkey_duration_parse(a->ttl, &a->o.ttl) < 0)
		r = bad_usage(cli, "'%s' is no time span: 30s, 10m, 2h, 90d", a->ttl);
	a->o.name = cli->argv[0];
	a->o.flags = cli->dry_run ? BPFKEY_DELEGATION_DRY_RUN : 0;
	return r;
}

static int add_run(struct cli *cli, int argc, const char **argv)
{
	struct add_args a = { .o.sz = sizeof(a.o) };
	bool did = false;
	const struct opt opts[] = {
		OPT_REQ('l', "loader", "NAME", "the trusted loader in which its key counts",
			&a.o.loader),
		OPT_REQ('t', "types", "TYPE,...", "program types that its key signs", &a.types),
		OPT_REQ(0, "ttl", "DURATION", "how long a key counts once it is enrolled", &a.ttl),
		OPT_STR(0, "attach-types", "TYPE,...", "only with these expected attach types",
			&a.attach),
		OPT_STR(0, "issuer", "CA", "accept what this CA has issued, for --san",
			&a.o.issuer),
		OPT_STR(0, "san", "NAME", "DNS:host, URI:..., email:... or IP:..., as it stands "
			"in the certificate", &a.o.san),
		OPT_STR(0, "until", "TIME", "when the delegation ends (default: never)", &a.until),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = take_args(cli, &a);
	if (!r)
		r = bpfkey_delegation_add(cli->ctx, &a.o, &did);
	if (r)
		return r;
	out_str(cli->out, "name", a.o.name);
	out_str(cli->out, "loader", a.o.loader);
	loader_put_types(cli, a.o.types, a.o.attach);
	return policy_changed(cli, did);
}

const struct cmd cmd_delegation_add = {
	.noun = "delegation", .verb = "add", .args = "NAME", .min = 1, .max = 1, .run = add_run,
	.flags = CMD_CHANGES,
	.summary = "let a key sign what one trusted loader loads",
};

static int enroll(struct cli *cli, const char *cert, bool replace)
{
	unsigned int flags = (cli->dry_run ? BPFKEY_DELEGATION_DRY_RUN : 0) |
			     (replace ? BPFKEY_DELEGATION_REPLACE : 0);
	int r = bpfkey_delegation_enroll(cli->ctx, cli->argv[0], cert, flags);

	if (r)
		return r;
	out_str(cli->out, "name", cli->argv[0]);
	out_str(cli->out, "certificate", cert);
	return policy_changed(cli, true);
}

static int enroll_run(struct cli *cli, int argc, const char **argv)
{
	bool replace = false;
	const struct opt opts[] = {
		OPT_FLAG(0, "replace", "other keys of the delegation end now", &replace),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	return r ? r : enroll(cli, cli->argv[1], replace);
}

const struct cmd cmd_delegation_enroll = {
	.noun = "delegation", .verb = "enroll", .args = "NAME CERT", .min = 2, .max = 2,
	.run = enroll_run, .flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "have the key of a certificate count, or renew it",
};

/* A certificate is made for whole days; the delegation's ttl ends its key earlier. */
static int issue_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_cert_opts o = { .sz = sizeof(o), .role = BPFKEY_ROLE_DELEGATED };
	const char *out = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "the delegated key, of any form", &o.key),
		OPT_REQ('o', "out", "FILE", "write its certificate to FILE", &out),
		OPT_U32(0, "days", "N", "days of life of the certificate (default 30)", &o.days),
		OPT_FLAG('f', "force", "replace a file that is there", &force),
		OPT_END
	};
	struct bpfkey_cert *cert = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	o.name = cli->argv[0];
	o.flags = (force ? BPFKEY_MAKE_FORCE : 0) | (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
	r = bpfkey_cert_new(cli->ctx, out, &o, &cert);
	if (r)
		return r;
	out_hex(cli->out, "fingerprint", bpfkey_cert_info(cert)->fingerprint, 32);
	bpfkey_cert_free(cert);
	if (cli->dry_run) {
		out_note(cli->out, "nothing was changed: dry run");
		return 0;
	}
	return enroll(cli, out, false);
}

const struct cmd cmd_delegation_issue = {
	.noun = "delegation", .verb = "issue", .args = "NAME", .min = 1, .max = 1,
	.run = issue_run, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY | CMD_KERNEL,
	.summary = "make a certificate for a delegated key, and have it count",
};

static void put_delegation(struct cli *cli, const struct bpfkey_delegation *d)
{
	out_str(cli->out, "name", d->name);
	out_str(cli->out, "loader", d->loader);
	loader_put_types(cli, d->types, d->attach);
	out_u64(cli->out, "ttl", d->ttl);
	policy_put_time(cli, "until", d->until);
	policy_put_hash(cli, "issuer", d->issuer);
	out_str(cli->out, "san", *d->san ? d->san : NULL);
	out_u64(cli->out, "keys", d->keys);
	policy_put_time(cli, "expires", d->expires);
	out_bool(cli->out, "in_force", d->in_force);
}

static const char *why_not(const struct bpfkey_delegation *d)
{
	if (d->in_force)
		return NULL;
	return d->keys ? "the gate has no rule for its key: 'keyctl-bpf gate install', or an image "
			 "of this policy" : "no key of it is enrolled";
}

static int list_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_delegation *v;
	size_t n;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_delegation_list(cli->ctx, &v, &n);
	if (r)
		return r;
	out_list(cli->out, "delegations");
	for (size_t i = 0; i < n; i++) {
		out_open(cli->out, NULL);
		put_delegation(cli, &v[i]);
		out_close(cli->out);
	}
	out_close(cli->out);
	if (!n)
		out_note(cli->out, "no delegations");
	free(v);
	return 0;
}

const struct cmd cmd_delegation_list = {
	.noun = "delegation", .verb = "list", .args = "", .run = list_run,
	.summary = "list delegations, and whether they are in force",
};

static int show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_delegation *v;
	size_t n, i = 0;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_delegation_list(cli->ctx, &v, &n);
	if (r)
		return r;
	while (i < n && strcmp(v[i].name, cli->argv[0]))
		i++;
	if (i < n) {
		put_delegation(cli, &v[i]);
		if (why_not(&v[i]))
			out_note(cli->out, "%s", why_not(&v[i]));
	} else {
		cmd_hint(cli, "keyctl-bpf delegation list");
		r = cmd_fail(cli, -BPFKEY_E_NOT_FOUND, "there is no delegation '%s'",
			     cli->argv[0]);
	}
	free(v);
	return r;
}

const struct cmd cmd_delegation_show = {
	.noun = "delegation", .verb = "show", .args = "NAME", .min = 1, .max = 1, .run = show_run,
	.summary = "show one delegation, and why it is not in force",
};

static int revoke_run(struct cli *cli, int argc, const char **argv)
{
	const char *reason = NULL;
	const struct opt opts[] = {
		OPT_STR(0, "reason", "TEXT", "why, for those who read the policy", &reason),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_delegation_revoke(cli->ctx, cli->argv[0], reason,
					     cli->dry_run ? BPFKEY_DELEGATION_DRY_RUN : 0);
	if (r)
		return r;
	out_str(cli->out, "revoked", cli->argv[0]);
	return policy_changed(cli, true);
}

const struct cmd cmd_delegation_revoke = {
	.noun = "delegation", .verb = "revoke", .args = "NAME", .min = 1, .max = 1,
	.run = revoke_run, .flags = CMD_CHANGES,
	.summary = "take a delegation out, and its keys for good",
};
