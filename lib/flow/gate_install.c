/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Installing, changing the mode and removing, in the order of the facts page
 * (section 5): nothing is in force before it was seen to work, and a failure
 * leaves the machine as it was.
 */
#include "gate_flow.h"

#include <fcntl.h>
#include <string.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../bpf/decide.h"
#include "../kernel/keyring.h"
#include "../kernel/reader.h"
#include "opts.h"

enum gate_cmdline gate_cmdline(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/cmdline", "re");
	enum gate_cmdline said = GATE_CMDLINE_NOTHING;
	char line[4096], *rest = NULL;

	if (!f || !fgets(line, sizeof(line), f))
		return said;
	for (char *w = strtok_r(line, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest)) {
		if (!strcmp(w, BPFKEY_CMDLINE_GATE "=off"))
			said = GATE_CMDLINE_OFF;
		else if (!strcmp(w, BPFKEY_CMDLINE_GATE "=audit"))
			said = GATE_CMDLINE_AUDIT;
	}
	return said;
}

/* Where trampolines are switched off no hook is called, and up to 7.2 this file does that. */
static int check_ftrace(struct bpfkey_ctx *ctx)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/sys/kernel/ftrace_enabled", "re");
	int c = f ? fgetc(f) : '1';

	if (c != '0')
		return 0;
	bk_hint(ctx, "sysctl kernel.ftrace_enabled=1");
	return bk_fail(ctx, -BPFKEY_E_NO_KERNEL, "kernel.ftrace_enabled is 0: the kernel would "
		       "call none of the gate's hooks");
}

static int check_machine(struct bpfkey_ctx *ctx)
{
#ifndef __x86_64__
	return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "the gate is tested on amd64 only, and refuses "
		       "to guard another architecture");
#endif
	if (geteuid()) {
		bk_hint(ctx, "run it as root");
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "only root can install the gate");
	}
	return check_ftrace(ctx);
}

static int need_rules(struct bpfkey_ctx *ctx, size_t n)
{
	if (n)
		return 0;
	bk_hint(ctx, "keyctl-bpf keyring enroll CERT");
	return bk_fail(ctx, -BPFKEY_E_NOT_ENROLLED, "the keyring holds no valid build key that was "
		       "enrolled here: the gate would deny everything");
}

/* The reader must be there before the gate is: later an unsigned one is refused. */
static int keep_reader(struct bpfkey_ctx *ctx, struct reader **ret)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int r = bk_dir_make(ctx, BPFKEY_BPFFS_DIR, 0700, NULL);

	if (!r)
		r = reader_open(ctx, &reader);
	if (!r)
		r = reader_pin(ctx, reader);
	if (!r)
		*ret = steal(&reader);
	return r;
}

static int install_new(struct bpfkey_ctx *ctx, const struct gate_rule *rules, size_t n)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	int r;

	r = keep_reader(ctx, &reader);
	if (!r)
		r = gate_put_in(ctx, rules, n, reader_fd(reader), &g);
	if (r < 0)
		return r;
	r = check_ftrace(ctx);
	if (!r)
		r = gate_refuses(ctx, g);
	if (!r)
		r = gate_settle(g, GATE_AUDIT);
	if (r < 0) {
		gate_take_out(g);
		return bk_fail(ctx, r, "the gate was taken out again");
	}
	return 0;
}

/* What the rules allow besides loaders, unless this call says otherwise. */
static uint64_t types_of(const struct gate_rule *rules, size_t n, uint64_t wanted)
{
	uint64_t types = 0;

	for (size_t i = 0; i < n; i++)
		if (rules[i].kind == GATE_RULE_BUILD)
			types |= rules[i].types;
	return wanted ? wanted : types;
}

static int update(struct bpfkey_ctx *ctx, struct gate *g, const char *staging, uint64_t types,
		  bool dry_run, bool *ret_changed)
{
	_cleanup_(bk_freep) struct gate_rule *old = NULL, *new = NULL;
	size_t n_old = 0, n_new = 0;
	int r;

	r = gate_active_rules(ctx, g, &old, &n_old);
	if (!r)
		r = gate_rules_of_ring(ctx, staging, types_of(old, n_old, types), &new, &n_new);
	if (r < 0)
		return r;
	*ret_changed = !gate_same_rules(old, n_old, new, n_new);
	return *ret_changed && !dry_run ? gate_write_rules(g, new, n_new) : 0;
}

/* A call that was killed in between leaves a gate that still lets go: it goes first. */
static int take_out_remains(struct gate *g, bool dry_run, bool *ret_remains)
{
	struct gate_state state;
	int r = gate_read_state(g, &state);

	if (!r && state.removing && !dry_run)
		r = gate_take_out(g);
	if (!r)
		*ret_remains = state.removing;
	return r;
}

static int install(struct bpfkey_ctx *ctx, const struct bpfkey_gate_install_opts *opts,
		   enum bpfkey_gate_installed *ret)
{
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	bool changed = false, remains = false;
	size_t n = 0;
	int r;

	r = gate_open(ctx, &g);
	if (!r) {
		r = take_out_remains(g, opts->dry_run, &remains);
		if (r < 0)
			return r;
	}
	if (!r && !remains) {
		r = update(ctx, g, opts->staging, opts->types, opts->dry_run, &changed);
		*ret = changed ? BPFKEY_GATE_UPDATED : BPFKEY_GATE_UNCHANGED;
		return r;
	}
	if (r < 0 && r != -BPFKEY_E_NO_GATE)
		return r;
	bk_forget(ctx);
	r = gate_rules_of_ring(ctx, opts->staging, opts->types, &rules, &n);
	if (!r)
		r = need_rules(ctx, n);
	if (!r && !opts->dry_run)
		r = install_new(ctx, rules, n);
	if (!r)
		*ret = BPFKEY_GATE_INSTALLED;
	return r;
}

int bpfkey_gate_install(struct bpfkey_ctx *ctx, const struct bpfkey_gate_install_opts *opts,
			enum bpfkey_gate_installed *ret)
{
	struct bpfkey_gate_install_opts o;
	enum bpfkey_gate_installed done = BPFKEY_GATE_UNCHANGED;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = check_machine(ctx);
	if (!r && gate_cmdline() == GATE_CMDLINE_OFF) {
		*ret = BPFKEY_GATE_HELD_BACK;
		return 0;
	}
	if (!r && o.self_test)
		r = gate_check_self_test(ctx, o.self_test);
	if (!r)
		r = install(ctx, &o, &done);
	if (r < 0)
		return bk_fail(ctx, r, "cannot install the gate");
	if (o.self_test && !o.dry_run)
		r = gate_keep_self_test(ctx, o.self_test);
	if (!r)
		*ret = done;
	return r;
}

/* Is this the keyring that the gate's rules are about? */
static int is_guarded(struct bpfkey_ctx *ctx, struct gate *g, const char *staging, bool *ret)
{
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	size_t n = 0, i = 0;
	struct ring ring;
	int r;

	r = gate_active_rules(ctx, g, &rules, &n);
	if (!r)
		r = ring_find(ctx, BPFKEY_ROLE_BUILD, staging, &ring);
	while (i < n && rules[i].kind != GATE_RULE_BUILD)
		i++;
	if (!r)
		*ret = i < n ? rules[i].ring == ring.id : !staging;
	return r;
}

int bpfkey_gate_sync(struct bpfkey_ctx *ctx, const char *staging)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	bool ours = false, changed = false;
	struct gate_state state;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	if (r == -BPFKEY_E_NO_GATE) {
		bk_forget(ctx);
		return 0;
	}
	if (!r)
		r = gate_read_state(g, &state);
	if (!r)
		r = is_guarded(ctx, g, staging, &ours);
	if (!r && ours)
		r = update(ctx, g, staging, 0, state.sealed, &changed);
	if (!r && state.sealed && changed)
		bk_log(ctx, BPFKEY_LOG_WARNING, "the gate is sealed and does not follow the "
		       "keyring: that counts when a signed image says so (keyctl-bpf gate image)");
	return r < 0 ? bk_fail(ctx, r, "the gate's rules do not follow the keyring") : 0;
}

int bpfkey_gate_remove(struct bpfkey_ctx *ctx, bool dry_run, bool *ret_removed)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	if (r == -BPFKEY_E_NO_GATE) {
		bk_forget(ctx);
		*ret_removed = false;
		return 0;
	}
	if (!r && !dry_run)
		r = gate_take_out(g);
	if (r < 0)
		return bk_fail(ctx, r, "cannot remove the gate");
	*ret_removed = true;
	return 0;
}

/* Everything in place, nobody hurt, and seen to work both ways. */
static int may_enforce(struct bpfkey_ctx *ctx, struct gate *g,
		       const struct bpfkey_gate_mode_opts *opts)
{
	struct bpfkey_gate_info info;
	int r;

	if (gate_cmdline() != GATE_CMDLINE_NOTHING) {
		bk_hint(ctx, "boot without it");
		return bk_fail(ctx, -BPFKEY_E_POLICY, "the kernel's command line holds the gate "
			       "back with '" BPFKEY_CMDLINE_GATE "'");
	}
	r = gate_collect_info(ctx, g, &info);
	if (r < 0)
		return r;
	for (size_t i = 0; i < info.n_hooks; i++)
		if (!info.hooks[i].attached) {
			bk_hint(ctx, "keyctl-bpf gate remove, then keyctl-bpf gate install");
			return bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the hook %s is not attached",
				       info.hooks[i].name);
		}
	r = check_ftrace(ctx);
	if (!r)
		r = gate_would_hurt(ctx, g, opts);
	return r < 0 ? r : gate_self_test(ctx, g, opts->self_test);
}

static int put_back(struct gate *g, const struct gate_state *was)
{
	return was->mode == GATE_TRY ? gate_set_trial(g, was->deadline) :
				       gate_set_mode(g, was->mode);
}

/* What ends a trial early goes through what the gate guards: seen to work before it begins. */
static int way_back(struct bpfkey_ctx *ctx, struct gate *g, const struct gate_state *was)
{
	_cleanup_(gate_closep) struct gate *again = NULL;
	int r = gate_prove(g, true), stopped;

	if (!r)
		r = gate_open(ctx, &again);
	if (!r)
		r = put_back(again, was);
	stopped = gate_prove(g, false);
	r = r < 0 ? r : stopped;
	return r < 0 ? bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the gate does not let itself be changed "
			       "while it enforces, so nobody could end the trial early") : 0;
}

static int may_change(struct bpfkey_ctx *ctx, enum bpfkey_gate_mode mode,
		      const struct bpfkey_gate_mode_opts *opts, const struct gate_state *was)
{
	if (mode == BPFKEY_GATE_TRY && was->mode == GATE_ENFORCE) {
		bk_hint(ctx, "to try it anew: keyctl-bpf gate mode audit first");
		return bk_fail(ctx, -BPFKEY_E_POLICY, "the gate enforces already, and the end of a "
			       "trial would end that");
	}
	if (opts->confirm && !gate_enforcing(was, gate_clock_now().boot_ns)) {
		bk_hint(ctx, "keyctl-bpf gate try --for 10m");
		return bk_fail(ctx, -BPFKEY_E_POLICY, was->mode == GATE_TRY ?
			       "the trial is over, and the gate in audit mode again" :
			       "no trial is running");
	}
	return 0;
}

/* One call of the updater each: a trial never lacks its end. */
static int store_mode(struct gate *g, enum bpfkey_gate_mode mode, uint64_t trial)
{
	if (mode != BPFKEY_GATE_TRY)
		return gate_set_mode(g, (enum gate_mode)mode);
	return gate_set_trial(g, (uint64_t)gate_clock_now().boot_ns + trial * 1000000000ULL);
}

static int change_mode(struct bpfkey_ctx *ctx, struct gate *g, enum bpfkey_gate_mode mode,
		       const struct bpfkey_gate_mode_opts *opts, const struct gate_state *was)
{
	bool enforces = mode == BPFKEY_GATE_ENFORCE || mode == BPFKEY_GATE_TRY;
	int r = may_change(ctx, mode, opts, was);

	if (!r && (enum gate_mode)mode == (enum gate_mode)was->mode && mode != BPFKEY_GATE_TRY)
		return 0;
	if (!r && enforces)
		r = may_enforce(ctx, g, opts);
	if (!r && mode == BPFKEY_GATE_TRY && !opts->dry_run)
		r = way_back(ctx, g, was);
	if (r < 0 || opts->dry_run)
		return r;
	r = store_mode(g, mode, opts->trial);
	if (!r && enforces && !gate_try_unsigned()) {
		put_back(g, was);
		r = bk_fail(ctx, -BPFKEY_E_SELF_TEST, "an unsigned program loaded in spite of mode "
			    "%s; the mode is '%s' again", bpfkey_gate_mode_name(mode),
			    bpfkey_gate_mode_name((enum bpfkey_gate_mode)was->mode));
	}
	return r;
}

static int check_mode(struct bpfkey_ctx *ctx, enum bpfkey_gate_mode mode,
		      const struct bpfkey_gate_mode_opts *o)
{
	if (mode > BPFKEY_GATE_TRY)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the mode is one of off, audit, enforce and "
			       "try");
	if (mode == BPFKEY_GATE_TRY &&
	    (o->trial < BPFKEY_GATE_TRIAL_MIN || o->trial > BPFKEY_GATE_TRIAL_MAX))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a trial lasts from 10 seconds to a day");
	return 0;
}

int bpfkey_gate_set_mode(struct bpfkey_ctx *ctx, enum bpfkey_gate_mode mode,
			 const struct bpfkey_gate_mode_opts *opts,
			 enum bpfkey_gate_mode *ret_before)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct bpfkey_gate_mode_opts o;
	struct gate_state state;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = check_mode(ctx, mode, &o);
	if (!r)
		r = gate_open(ctx, &g);
	if (!r)
		r = gate_read_state(g, &state);
	if (!r && state.removing) {
		bk_hint(ctx, "keyctl-bpf gate install");
		r = bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the gate is neither whole nor gone: "
			    "installing or removing it was cut short");
	}
	if (!r)
		r = change_mode(ctx, g, mode, &o, &state);
	if (r < 0)
		return bk_fail(ctx, r, "cannot switch the gate to '%s'",
			       bpfkey_gate_mode_name(mode));
	*ret_before = (enum bpfkey_gate_mode)state.mode;
	return 0;
}
