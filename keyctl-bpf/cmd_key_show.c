// SPDX-License-Identifier: GPL-2.0-or-later
/* key show: what a private key is, what its use needs, and whether that is met now. */
#include "cmd.h"
#include "key_out.h"
#include "opt.h"
#include "out.h"

static const char *usable_name(enum bpfkey_usable u)
{
	return u == BPFKEY_USABLE_YES ? "yes" : u == BPFKEY_USABLE_NO ? "no" : "unknown";
}

static void say_states(struct out *o, const struct bpfkey_way *w)
{
	out_note(o, "needs a state of the machine that the policy key has signed for '%s'", w->ref);
	if (!w->states_read)
		out_note(o, "its signed states cannot be read: %s", w->why);
	else if (!w->states)
		out_note(o, "no state in '%s' is signed by it yet: the key does not work", w->file);
	else
		out_note(o, "'%s' has %zu of them", w->file, w->states);
}

static void say_literal(struct out *o, const struct bpfkey_policy_state *s)
{
	if (s->pcrs)
		out_note(o, "needs these PCRs as they were when the key was made");
	if (s->counter)
		out_note(o, "needs the counter 0x%08x to be at most %llu", s->counter,
			 (unsigned long long)s->limit);
}

static void put_signed(struct cli *cli, const struct bpfkey_way *w)
{
	out_str(cli->out, "ref", w->ref);
	out_hex(cli->out, "signer_hash", w->signer_hash, sizeof(w->signer_hash));
	out_str(cli->out, "policy_file", w->file);
	if (w->states_read)
		out_u64(cli->out, "signed_states", w->states);
	if (w->states)
		out_time(cli->out, "newest", w->newest);
	say_states(cli->out, w);
}

/* put_match - the PCRs and the counter of one kind; nothing when the way has none of it */
static bool put_match(struct cli *cli, const struct bpfkey_standing *st, size_t i, bool granted)
{
	struct bpfkey_policy_state s = { .sz = sizeof(s) };

	if (bpfkey_standing_state(cli->ctx, st, i, granted, &s) < 0)
		return false;
	out_open(cli->out, granted ? "signed_state" : "literal");
	if (granted)
		out_time(cli->out, "created", s.created);
	if (s.compared)
		out_bool(cli->out, "met", s.met);
	put_state_parts(cli, &s);
	if (!granted)
		say_literal(cli->out, &s);
	out_close(cli->out);
	return true;
}

static int put_way(struct cli *cli, const struct bpfkey_standing *st, size_t i,
		   const struct bpfkey_key_info *key, bool asked)
{
	const bool sealed = key->form == BPFKEY_FORM_SEALED;
	struct bpfkey_way w = { .sz = sizeof(w) };
	struct out *o = cli->out;
	bool literal;
	int r = bpfkey_standing_way(cli->ctx, st, i, &w);

	if (r < 0)
		return r;
	out_open(o, NULL);
	if (sealed)
		out_u64(o, "slot", w.slot + 1);
	out_bool(o, "pin", w.pin);
	if (asked)
		out_str(o, "usable_now", usable_name(w.usable));
	if (w.why)
		out_str(o, "why", w.why);
	if (w.pin)
		out_note(o, "needs its PIN");
	if (w.ref)
		put_signed(cli, &w);
	put_match(cli, st, i, true);
	literal = put_match(cli, st, i, false);
	if (!sealed && !key->sidecar)
		out_note(o, "what it needs is not known without its sidecar");
	else if (!w.pin && !w.ref && !literal)
		out_note(o, "needs nothing else: whoever may use the TPM and reads the file can "
			    "use the key");
	out_close(o);
	return 0;
}

static void put_lockout(struct out *o, const struct bpfkey_standing_info *i)
{
	out_open(o, "lockout");
	out_bool(o, "locked_out", i->locked_out);
	out_u64(o, "tries_left", i->tries_left);
	out_u64(o, "max_tries", i->tries_max);
	out_u64(o, "forget_seconds", i->forget_seconds);
	out_close(o);
}

static void put_verdict(struct out *o, const struct bpfkey_standing_info *i)
{
	out_str(o, "usable_now", usable_name(i->usable));
	if (i->why)
		out_str(o, "why", i->why);
	if (i->why && i->hint && *i->hint)
		out_note(o, "hint: %s", i->hint);
	if (!i->asked)
		out_note(o, "the TPM was not asked; --check asks it");
	if (i->lockout)
		put_lockout(o, i);
}

static int put_standing(struct cli *cli, const struct bpfkey_standing *st,
			const struct bpfkey_key_info *key, bool check)
{
	struct bpfkey_standing_info i = { .sz = sizeof(i) };
	int r = bpfkey_standing_info(cli->ctx, st, &i);

	if (r < 0)
		return r;
	out_list(cli->out, "ways");
	for (size_t n = 0; !r && n < i.ways; n++)
		r = put_way(cli, st, n, key, i.asked);
	out_close(cli->out);
	if (r < 0)
		return r;
	put_verdict(cli->out, &i);
	out_answered(cli->out);
	if (!check || i.usable == BPFKEY_USABLE_YES)
		return 0;
	cmd_hint(cli, "%s", i.hint && *i.hint ? i.hint : "'keyctl-bpf tpm show' looks at the TPM");
	return cmd_fail(cli, i.code, "%s: %s", i.usable == BPFKEY_USABLE_NO ? "the key cannot be "
			"used now" : "whether the key can be used now is not known", i.why);
}

static int show(struct cli *cli, const struct bpfkey_key *key, bool check)
{
	const struct bpfkey_key_info *i = bpfkey_key_info(key);
	struct bpfkey_standing *st = NULL;
	int r;

	put_key(cli, i, true);
	if (i->form != BPFKEY_FORM_TPM && i->form != BPFKEY_FORM_SEALED)
		return check ? bad_usage(cli, "--check asks a TPM, and no TPM has a key of form "
					      "'%s'", bpfkey_form_name(i->form)) : 0;
	r = bpfkey_key_standing(cli->ctx, key, check ? BPFKEY_STANDING_ASK : 0, &st);
	if (!r)
		r = put_standing(cli, st, i, check);
	bpfkey_standing_free(st);
	return r;
}

static int key_show_run(struct cli *cli, int argc, const char **argv)
{
	bool check = false;
	const struct opt opts[] = {
		OPT_FLAG(0, "check", "ask the TPM in any case, and fail when the key cannot be "
			 "used now", &check),
		OPT_END
	};
	struct bpfkey_key *key = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	r = bpfkey_key_open(cli->ctx, cli->argv[0], &key);
	if (r < 0)
		return r;
	r = show(cli, key, check);
	bpfkey_key_free(key);
	return r;
}

const struct cmd cmd_key_show = {
	.noun = "key", .verb = "show", .args = "KEY",
	.summary = "say what a private key is, and whether it can be used now",
	.min = 1, .max = 1, .flags = CMD_TPM | CMD_KEY, .run = key_show_run,
};
