// SPDX-License-Identifier: GPL-2.0-or-later
/* cert: certificates that say what a key is for. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

#define ROLES "build, delegated, loader, policy or anchor"

static const char *state(const struct bpfkey_cert_info *i)
{
	int64_t now = time(NULL);

	return now > i->not_after ? "expired" : now < i->not_before ? "not yet valid" : "valid";
}

static void put_id(struct cli *cli, const char *key, const uint8_t *id, size_t n)
{
	if (n)
		out_hex(cli->out, key, id, n);
	else
		out_str(cli->out, key, NULL);
}

static void put_cert(struct cli *cli, const char *path, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *i = bpfkey_cert_info(cert);
	unsigned int k;

	out_str(cli->out, "file", path);
	out_str(cli->out, "subject", i->subject);
	out_str(cli->out, "issuer", i->issuer);
	out_str(cli->out, "serial", i->serial);
	out_str(cli->out, "algorithm", i->alg);
	out_str(cli->out, "signature_hash", i->signature_hash);
	out_list(cli->out, "roles");
	for (k = 0; k < BPFKEY_ROLE__END; k++)
		if (i->roles & (1u << k))
			out_str(cli->out, NULL, bpfkey_role_name(k));
	out_close(cli->out);
	out_bool(cli->out, "ca", i->ca);
	out_bool(cli->out, "self_signed", i->self_signed);
	out_time(cli->out, "not_before", i->not_before);
	out_time(cli->out, "not_after", i->not_after);
	out_str(cli->out, "state", state(i));
	put_id(cli, "key_id", i->key_id, i->key_id_len);
	put_id(cli, "authority_id", i->authority_id, i->authority_id_len);
	out_hex(cli->out, "public_hash", i->public_hash, sizeof(i->public_hash));
	out_hex(cli->out, "fingerprint", i->fingerprint, sizeof(i->fingerprint));
}

/* What was made, or with --dry-run would be. */
static void put_made(struct cli *cli)
{
	if (cli->dry_run)
		out_note(cli->out, "nothing was written: dry run");
	else
		out_changed(cli->out);
}

struct wanted {
	const char *role, *out;
	bool force;
	uint32_t days;
	struct bpfkey_cert_opts o;
};

/* The end of the options of each command that makes a @what. */
#define OPT_HASH(w)                                                                          \
	OPT_STR(0, "hash", "HASH", "sign it with sha384, sha512, sha3-256, sha3-384 or "     \
		"sha3-512 (default sha256)", &(w)->o.hash),

#define OPTS_OUT(what, w)                                                            \
	OPT_REQ('o', "out", "FILE", "write the " what " to FILE", &(w)->out),        \
	OPT_FLAG('f', "force", "replace a file that is there", &(w)->force), OPT_END

#define DAYS_NOT_GIVEN UINT32_MAX
#define WANTED { .days = DAYS_NOT_GIVEN, .o = { .sz = sizeof(struct bpfkey_cert_opts) } }

static int take(struct cli *cli, struct wanted *w)
{
	if (w->role && bpfkey_role_parse(w->role, &w->o.role) < 0)
		return bad_usage(cli, "no role '%s': there are " ROLES, w->role);
	if (w->days != DAYS_NOT_GIVEN) {
		if (w->days < 1 || w->days > BPFKEY_CERT_DAYS_MAX)
			return bad_usage(cli, "--days is %u, a certificate lives 1 to %d days",
					 w->days, BPFKEY_CERT_DAYS_MAX);
		w->o.days = w->days;
	}
	w->o.flags = (w->force ? BPFKEY_MAKE_FORCE : 0) |
		     (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
	return 0;
}

static int begin(struct cli *cli, const struct opt *opts, int argc, const char **argv,
		 struct wanted *w)
{
	int r = opt_parse(cli, opts, argc, argv);

	return r ? r : take(cli, w);
}

static int answer(struct cli *cli, int r, const struct wanted *w, struct bpfkey_cert *cert)
{
	if (r < 0)
		return r;
	put_cert(cli, w->out, cert);
	put_made(cli);
	bpfkey_cert_free(cert);
	return 0;
}

static int cert_new_run(struct cli *cli, int argc, const char **argv)
{
	struct wanted w = WANTED;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "the private key that it is for, and that signs it",
			&w.o.key),
		OPT_REQ('r', "role", "ROLE", ROLES, &w.role),
		OPT_REQ('n', "name", "CN", "common name, printable ASCII", &w.o.name),
		OPT_U32(0, "days", "N", "days of life (default 365; delegated 30, anchor 3650)",
			&w.days),
		OPT_HASH(&w)
		OPTS_OUT("certificate", &w)
	};
	struct bpfkey_cert *cert = NULL;
	int r = begin(cli, opts, argc, argv, &w);

	if (r)
		return r;
	r = bpfkey_cert_new(cli->ctx, w.out, &w.o, &cert);
	return answer(cli, r, &w, cert);
}

const struct cmd cmd_cert_new = {
	.noun = "cert", .verb = "new", .args = "",
	.summary = "make a certificate signed by its own key",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = cert_new_run,
};

static int cert_request_run(struct cli *cli, int argc, const char **argv)
{
	struct wanted w = WANTED;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "the private key that it is for", &w.o.key),
		OPT_REQ('n', "name", "CN", "common name, printable ASCII", &w.o.name),
		OPTS_OUT("request", &w)
	};
	int r = begin(cli, opts, argc, argv, &w);

	if (!r)
		r = bpfkey_cert_request(cli->ctx, w.out, &w.o);
	if (r)
		return r;
	out_str(cli->out, "file", w.out);
	out_str(cli->out, "name", w.o.name);
	put_made(cli);
	return 0;
}

const struct cmd cmd_cert_request = {
	.noun = "cert", .verb = "request", .args = "",
	.summary = "ask for a certificate",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = cert_request_run,
};

static int cert_issue_run(struct cli *cli, int argc, const char **argv)
{
	struct wanted w = WANTED;
	const struct opt opts[] = {
		OPT_REQ(0, "ca", "CERT", "the issuer's certificate, of role anchor", &w.o.ca),
		OPT_REQ(0, "ca-key", "KEY", "the issuer's private key", &w.o.key),
		OPT_REQ('r', "role", "ROLE", "build, delegated, loader or policy", &w.role),
		OPT_U32(0, "days", "N", "days of life (default 365, delegated 30, at most the "
			"issuer's)", &w.days),
		OPT_HASH(&w)
		OPTS_OUT("certificate", &w)
	};
	struct bpfkey_cert *cert = NULL;
	int r = begin(cli, opts, argc, argv, &w);

	if (r)
		return r;
	r = bpfkey_cert_issue(cli->ctx, cli->argv[0], w.out, &w.o, &cert);
	return answer(cli, r, &w, cert);
}

const struct cmd cmd_cert_issue = {
	.noun = "cert", .verb = "issue", .args = "REQUEST",
	.summary = "answer a request with a certificate",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = cert_issue_run,
};

static int show_one(struct cli *cli, const char *path)
{
	struct bpfkey_cert *cert = NULL;
	int r = bpfkey_cert_open(cli->ctx, path, &cert);

	out_open(cli->out, NULL);
	if (r < 0) {
		out_str(cli->out, "file", path);
		out_str(cli->out, "error", bpfkey_ctx_message(cli->ctx));
	} else {
		put_cert(cli, path, cert);
	}
	out_close(cli->out);
	bpfkey_cert_free(cert);
	return r;
}

static int cert_show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	int r = opt_parse(cli, opts, argc, argv), worst = 0, bad = 0, i;

	if (r)
		return r;
	out_list(cli->out, "certificates");
	for (i = 0; i < cli->argc; i++) {
		r = show_one(cli, cli->argv[i]);
		bad += r < 0;
		worst = cmd_worse(worst, r);
	}
	out_close(cli->out);
	if (!worst || cli->argc == 1)
		return worst;
	out_answered(cli->out);
	return cmd_fail(cli, worst, "%d of %d certificates cannot be shown", bad, cli->argc);
}

const struct cmd cmd_cert_show = {
	.noun = "cert", .verb = "show", .args = "FILE...",
	.summary = "say what certificates are and whom they name",
	.min = 1, .max = -1, .run = cert_show_run,
};
