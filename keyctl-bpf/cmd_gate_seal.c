// SPDX-License-Identifier: GPL-2.0-or-later
/* gate: seal it, and what changes a sealed one. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"

#define THRESHOLD_HELP "policy keys that must sign an image"

static int seal_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_seal_opts o = { .sz = sizeof(o), .threshold = 1 };
	bool yes = false, sealed = false;
	const struct opt opts[] = {
		OPT_U32(0, "threshold", "N", THRESHOLD_HELP " from now on (default 1)",
			&o.threshold),
		OPT_FLAG(0, "yes", "really: no seal can be taken back before the next boot", &yes),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	/* All the checks first: who is refused anyway need not be asked. */
	o.dry_run = true;
	r = bpfkey_gate_seal(cli->ctx, &o, &sealed);
	if (r < 0)
		return r;
	if (sealed && !cli->dry_run && !yes) {
		cmd_hint(cli, "see with 'gate show' what would be sealed, then add --yes");
		return bad_usage(
			cli, "a seal cannot be taken back before the next boot: '--yes' is needed");
	}
	o.dry_run = cli->dry_run;
	if (sealed && !cli->dry_run)
		r = bpfkey_gate_seal(cli->ctx, &o, &sealed);
	if (r < 0)
		return r;
	out_bool(cli->out, "sealed", sealed && !cli->dry_run);
	if (!sealed)
		out_note(cli->out, "it is sealed already");
	else if (cli->dry_run)
		out_note(cli->out, "would be sealed until the next boot");
	else
		out_changed(cli->out);
	return 0;
}

const struct cmd cmd_gate_seal = {
	.noun = "gate", .verb = "seal", .args = "", .run = seal_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "let only signed policy images change the gate until the next boot",
};

static int parse_version(struct cli *cli, const char *text, uint64_t *ret)
{
	char *end = NULL;

	if (!text)
		return 0;
	*ret = strtoull(text, &end, 10);
	if (*text < '1' || *text > '9' || *end || strlen(text) > 18)
		return bad_usage(cli, "'%s' is no version: a number from 1 on", text);
	return 0;
}

static void show_image(struct cli *cli, const char *path,
		       const struct bpfkey_gate_image_info *info)
{
	out_str(cli->out, "output", path);
	out_u64(cli->out, "version", info->version);
	out_time(cli->out, "created", info->created);
	out_str(cli->out, "mode", bpfkey_gate_mode_name(info->mode));
	out_u64(cli->out, "rules", info->rules);
	out_u64(cli->out, "policy_keys", info->policy_keys);
	out_u64(cli->out, "threshold", info->threshold);
	out_changed(cli->out);
}

static int image_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_image_opts o = { .sz = sizeof(o), .threshold = 1,
					    .mode = BPFKEY_GATE_ENFORCE };
	struct bpfkey_gate_image_info info = { .sz = sizeof(info) };
	const char *path = NULL, *version = NULL, *mode = NULL;
	const struct opt opts[] = {
		OPT_REQ('o', "out", "FILE", "write the image to FILE", &path),
		OPT_STR(0, "version", "N", "its version (default: one more than the gate's)",
			&version),
		OPT_U32(0, "threshold", "N", THRESHOLD_HELP " after this one (default 1)",
			&o.threshold),
		OPT_STR(0, "mode", "MODE", "audit or enforce (default enforce)", &mode),
		OPT_STR(0, "staging", "NAME", "take the build keys of the staging keyring NAME",
			&o.staging),
		OPT_FLAG(0, "force", "replace FILE when it exists", &o.force),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_version(cli, version, &o.version);
	if (!r && mode && bpfkey_gate_mode_parse(mode, &o.mode) < 0)
		r = bad_usage(cli, "'%s' is no mode: audit or enforce", mode);
	if (!r)
		r = bpfkey_gate_image_write(cli->ctx, path, &o, &info);
	if (r)
		return r;
	show_image(cli, path, &info);
	return 0;
}

const struct cmd cmd_gate_image = {
	.noun = "gate", .verb = "image", .args = "", .run = image_run, .flags = CMD_KERNEL,
	.summary = "write this machine's keyrings and rules as a policy image to be signed",
};

static int sign_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_image_info info = { .sz = sizeof(info) };
	const char *key = NULL, *cert = NULL, *path = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "the policy key, of any form", &key),
		OPT_REQ('c', "cert", "CERT", "its certificate, for the policy role", &cert),
		OPT_REQ('o', "out", "FILE", "write the signature to FILE", &path),
		OPT_FLAG(0, "force", "replace FILE when it exists", &force),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = bpfkey_gate_image_sign(cli->ctx, cli->argv[0], key, cert, path, force, &info);
	if (!r)
		show_image(cli, path, &info);
	return r;
}

const struct cmd cmd_gate_sign = {
	.noun = "gate", .verb = "sign", .args = "IMAGE", .min = 1, .max = 1, .run = sign_run,
	.summary = "sign a policy image with a policy key",
};

static int apply_run(struct cli *cli, int argc, const char **argv)
{
	struct opt_list sigs = { 0 };
	unsigned int signers = 0;
	const struct opt opts[] = {
		OPT_LIST(0, "signature", "FILE", "a policy key's signature over IMAGE (repeatable)",
			 &sigs),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (!sigs.n)
		return bad_usage(cli, "an image comes with '--signature FILE'");
	r = bpfkey_gate_apply(cli->ctx, cli->argv[0], sigs.v, sigs.n, &signers);
	out_u64(cli->out, "signers", signers);
	if (r < 0)
		return r;
	out_changed(cli->out);
	return 0;
}

const struct cmd cmd_gate_apply = {
	.noun = "gate", .verb = "apply", .args = "IMAGE", .min = 1, .max = 1, .run = apply_run,
	.flags = CMD_KERNEL,
	.summary = "give the gate a signed policy image, which the kernel verifies",
};
