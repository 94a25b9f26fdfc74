// SPDX-License-Identifier: GPL-2.0-or-later
/* loader: what the policy lists, and what a file is. Changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

static void put_mask(struct cli *cli, const char *key, uint64_t mask,
		     const char *(*name)(unsigned int type))
{
	char text[1024] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < 64 && n < sizeof(text); i++)
		if (mask >> i & 1)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
					      name(i));
	out_str(cli->out, key, mask ? text : NULL);
}

void loader_put_types(struct cli *cli, uint64_t types, uint64_t attach)
{
	put_mask(cli, "types", types, bpfkey_prog_type_name);
	put_mask(cli, "attach_types", attach, bpfkey_attach_type_name);
	out_bool(cli->out, "full_power", bpfkey_types_full_power(types));
}

static void put_entry(struct cli *cli, const struct bpfkey_loader *l)
{
	out_str(cli->out, "name", *l->name ? l->name : NULL);
	out_str(cli->out, "kind", l->kind);
	out_str(cli->out, "digest", *l->digest ? l->digest : NULL);
	policy_put_hash(cli, "key", l->fingerprint);
	loader_put_types(cli, l->types, l->attach);
	out_bool(cli->out, "lends_trust", l->lends_trust);
	policy_put_time(cli, "until", l->until);
	out_str(cli->out, "reason", *l->reason ? l->reason : NULL);
}

static int list_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_loader *v;
	size_t n;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_loader_list(cli->ctx, &v, &n);
	if (r)
		return r;
	out_list(cli->out, "loaders");
	for (size_t i = 0; i < n; i++) {
		out_open(cli->out, NULL);
		put_entry(cli, &v[i]);
		out_close(cli->out);
	}
	out_close(cli->out);
	if (!n)
		out_note(cli->out, "no trusted loaders");
	free(v);
	return 0;
}

const struct cmd cmd_loader_list = {
	.noun = "loader", .verb = "list", .args = "", .run = list_run,
	.summary = "list trusted loaders, libraries and what is revoked",
};

static int show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_loader *v;
	size_t n, i = 0;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_loader_list(cli->ctx, &v, &n);
	if (r)
		return r;
	while (i < n && strcmp(v[i].name, cli->argv[0]))
		i++;
	if (i < n) {
		put_entry(cli, &v[i]);
	} else {
		cmd_hint(cli, "keyctl-bpf loader list");
		r = cmd_fail(cli, -BPFKEY_E_NOT_FOUND, "no loader '%s' in the gate policy",
			     cli->argv[0]);
	}
	free(v);
	return r;
}

const struct cmd cmd_loader_show = {
	.noun = "loader", .verb = "show", .args = "NAME", .min = 1, .max = 1, .run = show_run,
	.summary = "show one entry of the gate policy",
};

static const char *why(const struct bpfkey_loader_file *f)
{
	switch (-f->verdict) {
	case 0:
		return f->library ? "a trusted loader may map it" : "an exec makes it trusted";
	case BPFKEY_E_INSECURE:
		return "it is not under fs-verity: its content can change";
	case BPFKEY_E_UNSIGNED:
		return f->library ? "it is not listed: a trusted loader may not map it" :
				    "it is neither listed nor signed";
	case BPFKEY_E_UNKNOWN_SIGNER:
		return "no listed key has signed it";
	case BPFKEY_E_REVOKED:
		return "it, or the key that signed it, is revoked";
	case BPFKEY_E_EXPIRED:
		return "its entry is over";
	default:
		return "its signature does not fit its content";
	}
}

static void put_file(struct cli *cli, const struct bpfkey_loader_file *f)
{
	out_open(cli->out, NULL);
	out_str(cli->out, "file", f->path);
	out_bool(cli->out, "trusted", !f->verdict);
	out_str(cli->out, "why", why(f));
	out_bool(cli->out, "library", f->library);
	out_str(cli->out, "digest", *f->digest ? f->digest : NULL);
	out_bool(cli->out, "signed", f->is_signed);
	policy_put_hash(cli, "signer", f->signer);
	out_str(cli->out, "rule", *f->rule ? f->rule : NULL);
	loader_put_types(cli, f->types, f->attach);
	out_bool(cli->out, "lends_trust", f->lends_trust);
	policy_put_time(cli, "until", f->until);
	out_close(cli->out);
}

static int verify_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	const struct bpfkey_loader_file *bad = NULL;
	struct bpfkey_loader_file *v;
	size_t n;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_loader_verify(cli->ctx, cli->argv[0], &v, &n);
	if (r)
		return r;
	out_list(cli->out, "files");
	for (size_t i = 0; i < n; i++) {
		put_file(cli, &v[i]);
		if (!bad && v[i].verdict)
			bad = &v[i];
	}
	out_close(cli->out);
	out_answered(cli->out);
	if (bad) {
		cmd_hint(cli, "keyctl-bpf loader allow '%s' --name NAME --types TYPE,... "
			 "--with-libraries", v[0].path);
		r = cmd_fail(cli, bad->verdict, "'%s': %s", bad->path, why(bad));
	}
	free(v);
	return r;
}

const struct cmd cmd_loader_verify = {
	.noun = "loader", .verb = "verify", .args = "BIN", .min = 1, .max = 1, .run = verify_run,
	.summary = "tell whether a binary is a trusted loader, and its libraries fit",
};
