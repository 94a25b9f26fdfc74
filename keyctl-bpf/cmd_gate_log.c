// SPDX-License-Identifier: GPL-2.0-or-later
/* gate log: what the gate decided, once or as it goes. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "opt.h"
#include "out.h"

#define LOOK_MS 250	/* between two looks at the record of a gate that is followed */

static const char *verdict(const struct bpfkey_gate_event *e)
{
	if (e->allowed)
		return "allowed";
	return e->enforced ? "denied" : "would deny";
}

/* For people a sentence each. */
static void say_event(struct cli *cli, const struct bpfkey_gate_event *e)
{
	char time[32];
	struct tm tm;
	time_t t = e->time;

	if (!gmtime_r(&t, &tm) || !strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(time, sizeof(time), "?");
	if (e->call)
		out_note(cli->out, "%llu %s %s process '%s' (%u): %s", (unsigned long long)e->seq,
			 time, verdict(e), e->comm, e->pid, e->sentence);
	else
		out_note(cli->out, "%llu %s %s '%s' (%s) of process '%s' (%u)%s%s: %s",
			 (unsigned long long)e->seq, time, verdict(e), e->name, e->prog_type,
			 e->comm, e->pid, *e->rule ? " as " : "", e->rule, e->sentence);
}

static void put_event(struct cli *cli, const struct bpfkey_gate_event *e)
{
	out_open(cli->out, NULL);
	out_u64(cli->out, "number", e->seq);
	out_time(cli->out, "time", e->time);
	out_bool(cli->out, "allowed", e->allowed);
	out_bool(cli->out, "enforced", e->enforced);
	out_str(cli->out, "reason", e->reason);
	out_str(cli->out, "why", e->sentence);
	out_str(cli->out, "mode", bpfkey_gate_mode_name(e->mode));
	out_bool(cli->out, "load", !e->call);
	out_str(cli->out, "program", e->name);
	out_str(cli->out, "type", e->prog_type);
	out_str(cli->out, "attach_type", e->attach_type);
	out_u64(cli->out, "id", e->prog_id);
	out_str(cli->out, "process", e->comm);
	out_u64(cli->out, "pid", e->pid);
	out_u64(cli->out, "uid", e->uid);
	out_bool(cli->out, "signed", e->is_signed);
	out_bool(cli->out, "inner", e->inner);
	out_u64(cli->out, "loader", e->loader_id);
	out_i64(cli->out, "keyring_id", e->keyring_id);
	out_i64(cli->out, "keyring", e->ring);
	out_u64(cli->out, "keys_touched", e->n_keys);
	out_i64(cli->out, "key_serial", e->key_serial);
	policy_put_hash(cli, "key", e->fingerprint);
	out_str(cli->out, "rule", *e->rule ? e->rule : NULL);
	policy_put_hash(cli, "file", e->file);
	out_close(cli->out);
}

/* What of the record is wanted. */
struct wanted {
	bool denied;
	uint32_t after;
	int64_t since;
	bool follow;
};

static bool is_wanted(const struct wanted *w, const struct bpfkey_gate_event *e)
{
	return !(w->denied && e->allowed) && e->time >= w->since;
}

/* JSON has a list of decisions, the text a line for each. Returns how many there were. */
static size_t put_events(struct cli *cli, const struct bpfkey_gate_event *events, size_t n,
			 const struct wanted *w)
{
	size_t shown = 0;

	if (cli->json)
		out_list(cli->out, "decisions");
	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(w, &events[i]))
			continue;
		shown++;
		if (cli->json)
			put_event(cli, &events[i]);
		else
			say_event(cli, &events[i]);
	}
	if (cli->json)
		out_close(cli->out);
	return shown;
}

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

/* print - an answer by itself, complete, while the command goes on */
static int print(struct cli *cli)
{
	struct out_end done = { .command = "gate log", .json = cli->json, .quiet = cli->quiet };
	struct out *next = out_new();
	int r;

	if (!next)
		return -BPFKEY_E_NOMEM;
	r = out_finish(cli->out, &done);
	out_free(cli->out);
	cli->out = next;
	if (!r && fflush(stdout))
		r = -BPFKEY_E_IO;
	return r ? cmd_fail(cli, r, "cannot write the record to standard output") : 0;
}

/*
 * look - what came after @seq; @ret_lost: how many of those are overwritten already, as their
 * numbers are missing
 */
static int look(struct cli *cli, const struct wanted *w, uint64_t *seq, uint64_t *ret_lost)
{
	struct bpfkey_gate_event *v;
	uint64_t last = *seq;
	size_t n;
	int r = bpfkey_gate_events(cli->ctx, *seq, &v, &n);

	if (r)
		return r;
	if (n)
		last = v[n - 1].seq;
	*ret_lost = last - *seq - n;
	*seq = last;
	if (n && (put_events(cli, v, n, w) || *ret_lost)) {
		if (cli->json)
			out_u64(cli->out, "lost", *ret_lost);
		else if (*ret_lost)
			out_note(cli->out, "%llu decisions were lost: newer ones have "
				 "overwritten them", (unsigned long long)*ret_lost);
		r = print(cli);
	}
	free(v);
	return r;
}

/* Until it is told to end, or the gate goes. A look that prints nothing leaves no trace. */
static int follow(struct cli *cli, const struct wanted *w, uint64_t seq)
{
	struct sigaction act = { .sa_handler = end };
	uint64_t lost, sum = 0;
	int r = 0;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	while (!r && !ended) {
		struct out *next = out_new();

		if (!next)
			return -BPFKEY_E_NOMEM;
		out_free(cli->out);
		cli->out = next;
		r = look(cli, w, &seq, &lost);
		if (!r) {
			sum += lost;
			poll(NULL, 0, LOOK_MS);
		}
	}
	if (!r && cli->json)
		out_u64(cli->out, "lost", sum);
	return r;
}

static int show(struct cli *cli, const struct wanted *w, uint64_t lost)
{
	struct bpfkey_gate_event *events;
	size_t n;
	int r = bpfkey_gate_events(cli->ctx, w->after, &events, &n);

	if (r)
		return r;
	if (!put_events(cli, events, n, w) && !cli->json)
		out_note(cli->out, "nothing %s", w->denied ? "was denied" : "was decided yet");
	if (cli->json || lost)
		out_u64(cli->out, "lost", lost);
	free(events);
	return 0;
}

static int log_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	struct wanted w = { 0 };
	const char *since = NULL;
	const struct opt opts[] = {
		OPT_FLAG(0, "denied", "only what was denied, or in audit mode would be", &w.denied),
		OPT_U32(0, "after", "NUMBER", "only what came after the decision of this number",
			&w.after),
		OPT_STR(0, "since", "TIME", "only what is not older: 1h, or 2027-01-31T00:00:00Z",
			&since),
		OPT_FLAG('F', "follow", "go on with what is decided from now on", &w.follow),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (!r && since)
		r = policy_since(cli, since, &w.since);
	if (!r)
		r = bpfkey_gate_info(cli->ctx, &info);
	if (r)
		return r;
	if (!w.follow)
		return show(cli, &w, info.lost);
	/* Without a beginning it begins now; what is older than the record was not asked for. */
	return follow(cli, &w, w.after ? w.after : since ? info.lost : info.decisions);
}

const struct cmd cmd_gate_log = {
	.noun = "gate", .verb = "log", .args = "", .run = log_run, .flags = CMD_KERNEL,
	.summary = "show what the gate decided, oldest first",
};
