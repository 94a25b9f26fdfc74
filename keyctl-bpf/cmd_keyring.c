// SPDX-License-Identifier: GPL-2.0-or-later
/* keyring: make, show, fill, empty and seal what the kernel verifies against. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"
#include "show_ring.h"

#define ROLE_HELP "whose keyring: build (default), delegated, loader, policy or anchor"
#define STAGING_HELP "use the staging keyring NAME, for development"

static int parse_role(struct cli *cli, const char *name, enum bpfkey_role *ret)
{
	if (!name || !bpfkey_role_parse(name, ret))
		return 0;
	return bad_usage(cli, "'%s' is no role: build, delegated, loader, policy or anchor", name);
}

static int create_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_ring_opts o = {.sz = sizeof(o)};
	const struct opt opts[] = {OPT_STR(0, "staging", "NAME",
					   "make ordinary keyrings, for development", &o.staging),
				   OPT_END};
	struct bpfkey_ring *ring = NULL;
	bool made = false;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	o.dry_run = cli->dry_run;
	r = bpfkey_ring_create(cli->ctx, &o, &made);
	if (r < 0)
		return r;
	out_bool(cli->out, "made", made);
	if (made && cli->dry_run) {
		out_note(cli->out, "would make the keyrings and publish the number of .bpf");
		return 0;
	}
	if (made)
		out_changed(cli->out);
	r = bpfkey_ring_open(cli->ctx, BPFKEY_ROLE_BUILD, o.staging, &ring);
	if (r < 0)
		return r;
	show_ring_head(cli, bpfkey_ring_info(ring));
	bpfkey_ring_free(ring);
	return 0;
}

const struct cmd cmd_keyring_create = {
	.noun = "keyring",
	.verb = "create",
	.args = "",
	.run = create_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "see that the keyrings exist and publish the number of .bpf",
};

static int show_one(struct cli *cli, enum bpfkey_role role, const char *staging)
{
	struct bpfkey_ring *ring = NULL;
	int r = bpfkey_ring_open(cli->ctx, role, staging, &ring);

	if (r < 0)
		return r;
	show_ring_head(cli, bpfkey_ring_info(ring));
	show_ring_keys(cli, ring);
	bpfkey_ring_free(ring);
	return 0;
}

/* One that is not there does not hide the others; when none is, that is the answer. */
static int show_all(struct cli *cli, const char *staging)
{
	int r = 0, shown = 0, first = 0;

	out_list(cli->out, "keyrings");
	for (int role = 0; role < BPFKEY_ROLE__END; role++) {
		struct bpfkey_ring *ring = NULL;

		r = bpfkey_ring_open(cli->ctx, role, staging, &ring);
		if (r < 0 && r != -BPFKEY_E_NO_KEYRING)
			return r;
		if (r < 0 && !first)
			first = r;
		if (r < 0)
			continue;
		out_open(cli->out, NULL);
		show_ring_head(cli, bpfkey_ring_info(ring));
		show_ring_keys(cli, ring);
		out_close(cli->out);
		bpfkey_ring_free(ring);
		shown++;
	}
	out_close(cli->out);
	return shown ? 0 : first;
}

static int show_run(struct cli *cli, int argc, const char **argv)
{
	const char *role_name = NULL, *staging = NULL;
	enum bpfkey_role role = BPFKEY_ROLE_BUILD;
	bool all = false;
	const struct opt opts[] = {OPT_FLAG('a', "all", "show the keyrings of all roles", &all),
				   OPT_STR(0, "role", "ROLE", ROLE_HELP, &role_name),
				   OPT_STR(0, "staging", "NAME", STAGING_HELP, &staging), OPT_END};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_role(cli, role_name, &role);
	if (r)
		return r;
	if (all && role_name)
		return bad_usage(cli, "'--all' and '--role' exclude one another");
	return all ? show_all(cli, staging) : show_one(cli, role, staging);
}

const struct cmd cmd_keyring_show = {
	.noun = "keyring",
	.verb = "show",
	.args = "",
	.run = show_run,
	.flags = CMD_KERNEL,
	.summary = "show a keyring, its seal and its keys",
};

static const char *what_word(const struct cli *cli, int what)
{
	if (!what)
		return "stays";
	if (cli->dry_run)
		return what > 0 ? "would be added" : "would be removed";
	return what > 0 ? "added" : "removed";
}

static void put_changes(struct cli *cli, const struct bpfkey_ring_change *v, size_t n)
{
	out_list(cli->out, "keys");
	for (size_t i = 0; i < n; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "change", what_word(cli, v[i].what));
		out_str(cli->out, "fingerprint", v[i].fingerprint[0] ? v[i].fingerprint : NULL);
		out_i64(cli->out, "serial", v[i].serial);
		out_str(cli->out, "subject", v[i].subject[0] ? v[i].subject : v[i].description);
		out_close(cli->out);
	}
	out_close(cli->out);
}

typedef int (*change_fn)(struct bpfkey_ctx *ctx, const struct bpfkey_ring_opts *opts,
			 const char *const *names, size_t n, struct bpfkey_ring_change **ret,
			 size_t *ret_n);

/* The rules of an installed gate follow the keyring of build keys. */
static int follow(struct cli *cli, const struct bpfkey_ring_opts *o, const char *what)
{
	int r;

	if (o->role != BPFKEY_ROLE_BUILD)
		return 0;
	r = bpfkey_gate_sync(cli->ctx, o->staging);
	if (r < 0) {
		cmd_hint(cli, "keyctl-bpf gate install");
		return cmd_fail(cli, r,
				"the keyring was changed (%s), but the gate's rules were not: %s",
				what, bpfkey_ctx_message(cli->ctx));
	}
	return 0;
}

static int change(struct cli *cli, int argc, const char **argv, change_fn fn)
{
	struct bpfkey_ring_opts o = {.sz = sizeof(o)};
	const char *role = NULL;
	const struct opt opts[] = {OPT_STR(0, "role", "ROLE", ROLE_HELP, &role),
				   OPT_STR(0, "staging", "NAME", STAGING_HELP, &o.staging),
				   OPT_END};
	struct bpfkey_ring_change *v = NULL;
	size_t n = 0;
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_role(cli, role, &o.role);
	if (r)
		return r;
	o.dry_run = cli->dry_run;
	r = fn(cli->ctx, &o, cli->argv, (size_t)cli->argc, &v, &n);
	if (r < 0)
		return r;
	out_str(cli->out, "role", bpfkey_role_name(o.role));
	put_changes(cli, v, n);
	free(v);
	if (cli->dry_run)
		return 0;
	out_changed(cli->out);
	out_answered(cli->out);
	return follow(cli, &o, fn == bpfkey_ring_enroll ? "enrolled" : "removed");
}

static int enroll_run(struct cli *cli, int argc, const char **argv)
{
	return change(cli, argc, argv, bpfkey_ring_enroll);
}

const struct cmd cmd_keyring_enroll = {
	.noun = "keyring",
	.verb = "enroll",
	.args = "CERT...",
	.min = 1,
	.max = -1,
	.run = enroll_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "put certificates into a keyring, all or none",
};

static int remove_run(struct cli *cli, int argc, const char **argv)
{
	return change(cli, argc, argv, bpfkey_ring_remove);
}

const struct cmd cmd_keyring_remove = {
	.noun = "keyring",
	.verb = "remove",
	.args = "CERT|FINGERPRINT...",
	.min = 1,
	.max = -1,
	.run = remove_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "take certificates out of a keyring, all or none",
};

static int seal(struct cli *cli, struct bpfkey_ring_opts *o, enum bpfkey_profile profile, bool yes)
{
	bool sealed = false;
	int r;

	/* All the checks first: who is refused anyway need not be asked. */
	o->dry_run = true;
	r = bpfkey_ring_seal(cli->ctx, o, profile, &sealed);
	if (r < 0)
		return r;
	if (sealed && !cli->dry_run && !yes) {
		cmd_hint(cli, "see what would be sealed with --dry-run and 'keyring show', then "
			      "add --yes");
		return bad_usage(
			cli, "a seal cannot be taken back before the next boot: '--yes' is needed");
	}
	o->dry_run = cli->dry_run;
	if (sealed && !cli->dry_run)
		r = bpfkey_ring_seal(cli->ctx, o, profile, &sealed);
	if (r < 0)
		return r;
	out_str(cli->out, "profile", bpfkey_profile_name(profile));
	out_bool(cli->out, "sealed", sealed);
	if (sealed && cli->dry_run)
		out_note(cli->out, "would be sealed until the next boot");
	else if (sealed)
		out_changed(cli->out);
	return 0;
}

static int seal_run(struct cli *cli, int argc, const char **argv)
{
	const char *profile_name = NULL, *role = NULL;
	struct bpfkey_ring_opts o = {.sz = sizeof(o)};
	enum bpfkey_profile profile;
	bool yes = false;
	const struct opt opts[] = {
		OPT_REQ(0, "profile", "PROFILE", "locked, anchored or open", &profile_name),
		OPT_STR(0, "role", "ROLE", ROLE_HELP, &role),
		OPT_STR(0, "staging", "NAME", STAGING_HELP, &o.staging),
		OPT_FLAG(0, "yes", "really: no seal can be taken back before the next boot", &yes),
		OPT_END};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r)
		r = parse_role(cli, role, &o.role);
	if (r)
		return r;
	if (bpfkey_profile_parse(profile_name, &profile) < 0)
		return bad_usage(cli, "'%s' is no profile: locked, anchored or open", profile_name);
	return seal(cli, &o, profile, yes);
}

const struct cmd cmd_keyring_seal = {
	.noun = "keyring",
	.verb = "seal",
	.args = "",
	.run = seal_run,
	.flags = CMD_CHANGES | CMD_KERNEL,
	.summary = "seal a keyring until the next boot",
};
