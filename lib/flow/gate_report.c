/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate knows, as the public structures say it. Changes nothing. */
#include "gate_flow.h"

#include <string.h>

#include "../bpf/decide.h"
#include "opts.h"

_Static_assert(BPFKEY_GATE_HOOKS >= GATE_HOOKS, "room for every hook");

int gate_collect_info(struct bpfkey_ctx *ctx, struct gate *g, struct bpfkey_gate_info *ret)
{
	struct bpfkey_gate_info info = { 0 };
	bool attached[GATE_HOOKS] = { 0 };
	struct gate_counters count;
	struct gate_state state;
	int r;

	r = gate_read_state(g, &state);
	if (!r)
		r = gate_read_counters(g, &count);
	if (!r)
		r = gate_attached(ctx, &state, attached);
	if (r < 0)
		return r;
	info.mode = (enum bpfkey_gate_mode)state.mode;
	info.enforcing = gate_enforcing(&state, gate_clock_now().boot_ns);
	info.generation = state.epoch;
	info.installed = state.installed;
	info.rules = state.rules;
	info.decisions = count.events;
	info.denied = count.denied;
	info.would_deny = count.would_deny;
	info.lost = count.events > GATE_EVENTS ? count.events - GATE_EVENTS : 0;
	info.untracked = count.untracked;
	info.attacks = count.refused_calls;
	info.sealed = state.sealed;
	info.threshold = state.threshold;
	info.version = state.version;
	if (state.mode == GATE_TRY) {
		struct gate_clock clock = gate_clock_now();

		info.trial_until = gate_calendar(&clock, state.deadline);
	}
	info.n_hooks = GATE_HOOKS;
	for (size_t i = 0; i < GATE_HOOKS; i++) {
		info.hooks[i] = (struct bpfkey_gate_hook){
			.name = gate_hooks[i].name,
			.deny = gate_hooks[i].how != GATE_BY_LINK,
			.attached = attached[i],
		};
		info.missing += !attached[i];
	}
	*ret = info;
	return 0;
}

int bpfkey_gate_info(struct bpfkey_ctx *ctx, struct bpfkey_gate_info *ret)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct bpfkey_gate_info info;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	if (!r)
		r = gate_collect_info(ctx, g, &info);
	return r < 0 ? r : opts_give(ctx, ret, &info, sizeof(info));
}

static void set_event(const struct gate_event *e, const struct gate_clock *clock,
		      struct bpfkey_gate_event *ret)
{
	*ret = (struct bpfkey_gate_event){
		.seq = e->seq,
		.time = gate_calendar(clock, e->boot_ns),
		.allowed = !(e->flags & GATE_F_DENIED),
		.enforced = e->flags & GATE_F_ENFORCED,
		.is_signed = e->flags & GATE_F_SIGNED,
		.inner = e->flags & GATE_F_INNER,
		.reason = gate_reason_word(e->reason),
		.sentence = gate_reason_sentence(e->reason),
		.prog_type = bpfkey_prog_type_name(e->prog_type),
		.pid = e->tgid,
		.uid = e->uid,
		.prog_id = e->prog_id,
		.loader_id = e->loader_id,
		.n_keys = e->nkeys,
		.keyring_id = e->keyring_id,
		.ring = e->ring,
		.key_serial = e->key_serial,
		.call = e->flags & GATE_F_CALL,
		.mode = (enum bpfkey_gate_mode)e->mode,
		.attach_type = bpfkey_attach_type_name(e->attach_type),
	};
	memcpy(ret->rule, e->rule, sizeof(ret->rule));
	memcpy(ret->file, e->file, sizeof(ret->file));
	memcpy(ret->fingerprint, e->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->comm, e->comm, sizeof(e->comm));
	memcpy(ret->name, e->name, sizeof(e->name));
}

int gate_collect_events(struct bpfkey_ctx *ctx, struct gate *g, uint64_t after,
			struct bpfkey_gate_event **ret, size_t *ret_n)
{
	_cleanup_(bk_freep) struct bpfkey_gate_event *out = NULL;
	struct gate_clock clock = gate_clock_now();
	struct gate_counters count;
	size_t n = 0;
	int r;

	r = gate_read_counters(g, &count);
	if (r < 0)
		return r;
	if (count.events > GATE_EVENTS && after < count.events - GATE_EVENTS)
		after = count.events - GATE_EVENTS;
	out = calloc(after < count.events ? count.events - after : 1, sizeof(*out));
	if (!out)
		return bk_out_of_memory(ctx);
	for (uint64_t seq = after + 1; seq <= count.events; seq++) {
		struct gate_call call = { .op = GATE_OP_EVENT, .arg = seq };

		r = gate_call(g, &call);
		if (r < 0)
			return r;
		if (!call.result)	/* else overwritten since */
			set_event(&call.u.event, &clock, &out[n++]);
	}
	*ret = steal(&out);
	*ret_n = n;
	return 0;
}

int bpfkey_gate_events(struct bpfkey_ctx *ctx, uint64_t after,
		       struct bpfkey_gate_event **ret, size_t *ret_n)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	return r < 0 ? r : gate_collect_events(ctx, g, after, ret, ret_n);
}

/* No descriptor may be had of the gate's own programs, so the kernel does not name them. */
static bool set_own(const struct gate_state *s, uint32_t id, struct bpfkey_gate_program *ret)
{
	size_t i = 0;

	while (i < GATE_OWN && s->own[i].id != id)
		i++;
	if (i == GATE_OWN)
		return false;
	ret->own = true;
	ret->time = s->installed;
	if (i < GATE_HOOKS) {
		snprintf(ret->name, sizeof(ret->name), "%s", gate_hooks[i].program);
		ret->prog_type = gate_hooks[i].how == GATE_ON_SYSCTL ? "cgroup_sysctl" :
				 gate_hooks[i].name[0] == 'f' ? "tracing" : "lsm";
	}
	return true;
}

static int set_program(struct gate *g, const struct gate_state *state,
		       const struct gate_prog_info *info, const struct gate_clock *clock,
		       struct bpfkey_gate_program *ret)
{
	struct gate_call call = { .op = GATE_OP_PROGRAM, .index = info->id };
	const struct gate_program *p = &call.u.program;
	int r;

	*ret = (struct bpfkey_gate_program){
		.id = info->id,
		.prog_type = bpfkey_prog_type_name(info->type),
		.uid = info->uid,
		.time = gate_calendar(clock, info->loaded_boot),
	};
	memcpy(ret->name, info->name, sizeof(ret->name));
	if (set_own(state, info->id, ret))
		return 0;
	r = gate_call(g, &call);
	if (r < 0 || call.result)	/* no record: the gate never saw it */
		return r;
	ret->known = (p->flags & GATE_F_ENFORCED) && !(p->flags & GATE_F_DENIED);
	ret->loader = p->flags & GATE_F_LOADER;
	ret->reason = gate_reason_word(p->reason);
	ret->prog_type = bpfkey_prog_type_name(p->prog_type);
	ret->pid = p->tgid;
	ret->uid = p->uid;
	ret->loader_id = p->loader_id;
	ret->time = gate_calendar(clock, p->boot_ns);
	ret->mode = (enum bpfkey_gate_mode)p->mode;
	memcpy(ret->rule, p->rule, sizeof(ret->rule));
	memcpy(ret->file, p->file, sizeof(ret->file));
	memcpy(ret->fingerprint, p->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->comm, p->comm, sizeof(p->comm));
	return 0;
}

int gate_collect_programs(struct bpfkey_ctx *ctx, struct gate *g,
			  struct bpfkey_gate_program **ret, size_t *ret_n)
{
	_cleanup_(bk_freep) struct bpfkey_gate_program *out = NULL;
	struct gate_clock clock = gate_clock_now();
	struct gate_prog_info info = { 0 };
	struct gate_state state;
	size_t n = 0, cap = 0;
	int r;

	r = gate_read_state(g, &state);
	while (!r) {
		r = gate_next_program(ctx, info.id, &info);
		if (r < 0)
			break;
		if (n == cap) {
			struct bpfkey_gate_program *more =
				reallocarray(out, cap = cap ? 2 * cap : 64, sizeof(*out));

			if (!more)
				return bk_out_of_memory(ctx);
			out = more;
		}
		r = set_program(g, &state, &info, &clock, &out[n]);
		n += !r;
	}
	if (r != -BPFKEY_E_NOT_FOUND)
		return r;
	*ret = steal(&out);
	*ret_n = n;
	return 0;
}

int bpfkey_gate_programs(struct bpfkey_ctx *ctx, struct bpfkey_gate_program **ret,
			 size_t *ret_n)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	return r < 0 ? r : gate_collect_programs(ctx, g, ret, ret_n);
}
