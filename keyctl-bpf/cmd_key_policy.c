// SPDX-License-Identifier: GPL-2.0-or-later
/* key policy: states of a machine that a policy key allows. */
#include <string.h>

#include "cmd.h"
#include "key_out.h"
#include "msg.h"
#include "opt.h"
#include "out.h"
#include "policy_opts.h"

static void put_words(struct out *o, const struct bpfkey_policy_state *s)
{
	if (!s->signed_good)
		out_note(o, "not signed by the policy's key: it counts for nothing");
	else if (s->compared && s->met)
		out_note(o, "the machine is in this state");
	else if (s->compared && s->counter && !s->counter_there)
		out_note(o, "this TPM does not have the counter that was meant");
	else if (s->compared && s->counter && s->counter_now > s->limit)
		out_note(o, "revoked: the counter has passed the limit");
	else if (s->compared)
		out_note(o, "the machine is in another state");
}

/* put_event - what the firmware's log says of a PCR that is another one now */
static void put_event(struct cli *cli, unsigned int pcr)
{
	struct bpfkey_boot_event e = { .sz = sizeof(e) };

	if (bpfkey_boot_event_last(cli->ctx, pcr, &e) < 0)
		return;
	out_open(cli->out, "last_event");
	out_u64(cli->out, "number", e.nr);
	out_str(cli->out, "type", e.name);
	out_str(cli->out, "what", e.words);
	out_close(cli->out);
}

static void put_pcrs(struct cli *cli, const struct bpfkey_policy_state *s)
{
	out_str(cli->out, "bank", s->bank);
	out_list(cli->out, "pcrs");
	for (unsigned int i = 0; i < BPFKEY_PCRS; i++) {
		if (!(s->pcrs & 1u << i))
			continue;
		out_open(cli->out, NULL);
		out_u64(cli->out, "pcr", i);
		out_hex(cli->out, "expected", s->values[i], s->value_len);
		if (s->compared)
			out_hex(cli->out, "there", s->there[i], s->value_len);
		if (s->differ & 1u << i)
			put_event(cli, i);
		out_close(cli->out);
	}
	out_close(cli->out);
}

void put_state_parts(struct cli *cli, const struct bpfkey_policy_state *s)
{
	struct out *o = cli->out;

	if (s->counter) {
		out_u64(o, "counter", s->counter);
		out_u64(o, "limit", s->limit);
		if (s->counter_there)
			out_u64(o, "counter_now", s->counter_now);
	}
	if (s->pcrs)
		put_pcrs(cli, s);
}

static void put_state(struct cli *cli, const struct bpfkey_policy_state *s, size_t i)
{
	struct out *o = cli->out;

	out_open(o, NULL);
	out_u64(o, "state", i + 1);
	out_time(o, "created", s->created);
	out_bool(o, "signature_good", s->signed_good);
	if (s->compared)
		out_bool(o, "met", s->met);
	put_state_parts(cli, s);
	put_words(o, s);
	out_close(o);
}

static int put_policy(struct cli *cli, const char *path, const struct bpfkey_policy *p)
{
	struct bpfkey_policy_state s = { .sz = sizeof(s) };
	struct bpfkey_policy_info i = { .sz = sizeof(i) };
	int r = bpfkey_policy_info(cli->ctx, p, &i);

	if (r < 0)
		return r;
	out_str(cli->out, "file", path);
	out_str(cli->out, "ref", i.ref);
	out_hex(cli->out, "signer_hash", i.signer_hash, sizeof(i.signer_hash));
	out_list(cli->out, "states");
	for (size_t n = 0; !r && n < i.states; n++) {
		r = bpfkey_policy_state(cli->ctx, p, n, &s);
		if (!r)
			put_state(cli, &s, n);
	}
	out_close(cli->out);
	if (!i.states)
		out_note(cli->out, "no state is signed yet: keys under this policy do not work");
	if (cli->dry_run)
		out_note(cli->out, "nothing was changed: dry run");
	else if (i.changed)
		out_changed(cli->out);
	return r;
}

static int policy_new_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_policy_opts o = { .sz = sizeof(o) };
	struct bpfkey_policy *p = NULL;
	const char *path = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_REQ(0, "key", "KEY", "the policy key, of any form: it signs states", &o.key),
		OPT_REQ('o', "out", "FILE", "write the policy to FILE", &path),
		OPT_STR(0, "ref", "NAME", "what each signature calls the policy (default: random)",
			&o.ref),
		OPT_FLAG('f', "force", "replace a policy that is there", &force),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	o.flags = (force ? BPFKEY_MAKE_FORCE : 0) | (cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0);
	r = bpfkey_policy_new(cli->ctx, path, &o, &p);
	if (!r)
		r = put_policy(cli, path, p);
	bpfkey_policy_free(p);
	return r;
}

const struct cmd cmd_key_policy_new = {
	.noun = "key", .verb = "policy new", .args = "",
	.summary = "make a policy that a policy key signs states for",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = policy_new_run,
};

static int policy_sign_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_state_opts o = { .sz = sizeof(o) };
	struct bpfkey_policy *p = NULL;
	const char *rollback = NULL;
	const struct opt opts[] = {
		OPT_REQ(0, "key", "KEY", "the policy key", &o.key),
		OPT_STR(0, "pcrs", "BANK:LIST", "allow these PCRs as they are now, as in "
			"sha256:0,2,7", &o.pcrs),
		OPT_STR(0, "pcr-values", "FILE", "allow these values, as tpm2_pcrread prints them",
			&o.values),
		OPT_STR(0, "event-log", "FILE", "allow the PCRs as a boot with this firmware's "
			"event log leaves them", &o.event_log),
		OPT_STR(0, "rollback", "INDEX:LIMIT", "only while the TPM's counter INDEX is at "
			"most LIMIT", &rollback),
		OPT_FLAG(0, "replace", "forget the states that were signed before", &o.replace),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r && rollback)
		r = rollback_parse(cli, rollback, false, &o.counter, &o.limit);
	if (r)
		return r;
	o.flags = cli->dry_run ? BPFKEY_MAKE_DRY_RUN : 0;
	r = bpfkey_policy_sign(cli->ctx, cli->argv[0], &o, &p);
	if (!r)
		r = put_policy(cli, cli->argv[0], p);
	bpfkey_policy_free(p);
	return r;
}

const struct cmd cmd_key_policy_sign = {
	.noun = "key", .verb = "policy sign", .args = "FILE",
	.summary = "allow one more state of a machine",
	.min = 1, .max = 1, .flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = policy_sign_run,
};

static int policy_show_run(struct cli *cli, int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct bpfkey_policy *p = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_policy_open(cli->ctx, cli->argv[0], &p);
	if (r < 0)
		return r;
	/* A policy is often looked at where its TPM is not. */
	r = bpfkey_policy_compare(cli->ctx, p);
	if (r == -BPFKEY_E_NO_TPM || r == -BPFKEY_E_PRIVILEGE || r == -BPFKEY_E_NO_SUPPORT) {
		msg_warning(cli, bpfkey_ctx_message(cli->ctx));
		r = 0;
	}
	if (!r)
		r = put_policy(cli, cli->argv[0], p);
	bpfkey_policy_free(p);
	return r;
}

const struct cmd cmd_key_policy_show = {
	.noun = "key", .verb = "policy show", .args = "FILE",
	.summary = "say what states a policy allows, and which of them the machine is in",
	.min = 1, .max = 1, .flags = CMD_TPM, .run = policy_show_run,
};
