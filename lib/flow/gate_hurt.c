/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reasons not to enforce yet: what was seen loading in audit mode and would be
 * denied, what PID 1 loads, and what is loaded already and could undo the gate.
 */
#include "gate_flow.h"

#include <string.h>

#include "../base/buf.h"

#define NAMED_MAX 5
#define SELF "keyctl-bpf"

static bool said_before(const struct bpfkey_gate_event *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!all[k].allowed && !strcmp(all[k].comm, all[i].comm) &&
		    !strcmp(all[k].name, all[i].name) &&
		    !strcmp(all[k].prog_type, all[i].prog_type))
			return true;
	return false;
}

static int seen_denied(struct bpfkey_ctx *ctx, struct gate *g)
{
	_cleanup_(bk_freep) struct bpfkey_gate_event *all = NULL;
	_cleanup_(buf_done) struct buf names = BUF(4096);
	size_t n = 0, hurt = 0;
	int r = gate_collect_events(ctx, g, 0, &all, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct bpfkey_gate_event *e = &all[i];

		if (e->allowed || e->enforced || !strcmp(e->comm, SELF) ||
		    said_before(all, i) || gate_passed_later(all, n, i))
			continue;
		if (hurt++ < NAMED_MAX)
			buf_printf(&names, "%s'%s' (process '%s', %u; %s: %s)",
				   hurt > 1 ? ", " : "", e->name, e->comm, e->pid, e->prog_type,
				   e->sentence);
	}
	if (!hurt)
		return 0;
	bk_hint(ctx, "keyctl-bpf gate simulate says what would allow each; or let them be denied "
		     "with --yes-deny");
	return bk_fail(ctx, -BPFKEY_E_WOULD_DENY, "%zu program%s that loaded in audit mode would "
		       "be denied: %s%s", hurt, hurt > 1 ? "s" : "", buf_cstr(&names),
		       hurt > NAMED_MAX ? ", and more" : "");
}

/* systemd's own: it loads them again and again, and takes EPERM for "not supported". */
static bool is_systemds(const struct bpfkey_gate_program *p)
{
	return !strncmp(p->name, "sd_", 3) || (p->reason && p->pid == 1);
}

static bool could_undo(const struct bpfkey_gate_program *p)
{
	static const char *const types[] = { "syscall", "lsm", "tracing", "ext" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(p->prog_type, types[i]))
			return true;
	return false;
}

static void name_program(struct buf *b, size_t k, const struct bpfkey_gate_program *p)
{
	if (k <= NAMED_MAX)
		buf_printf(b, "%s'%s' (id %u, %s)", k > 1 ? ", " : "", p->name, p->id,
			   p->prog_type);
}

static int loaded_already(struct bpfkey_ctx *ctx, struct gate *g,
			  const struct bpfkey_gate_mode_opts *opts)
{
	_cleanup_(bk_freep) struct bpfkey_gate_program *all = NULL;
	_cleanup_(buf_done) struct buf first = BUF(4096);
	_cleanup_(buf_done) struct buf undo = BUF(4096);
	size_t n = 0, of_first = 0, of_undo = 0;
	int r = gate_collect_programs(ctx, g, &all, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (all[i].own || all[i].known)
			continue;
		if (is_systemds(&all[i]))
			name_program(&first, ++of_first, &all[i]);
		if (could_undo(&all[i]))
			name_program(&undo, ++of_undo, &all[i]);
	}
	if (of_first && !opts->yes_deny) {
		bk_hint(ctx, "units that ask for such sandboxes start without them; to accept "
			     "that: --yes-deny");
		return bk_fail(ctx, -BPFKEY_E_WOULD_DENY, "PID 1 loads %zu unsigned programs, "
			       "which would be denied: %s%s", of_first, buf_cstr(&first),
			       of_first > NAMED_MAX ? ", and more" : "");
	}
	if (of_undo && !opts->accept_existing) {
		bk_hint(ctx, "install the gate earlier, end what loaded them, or accept them with "
			     "--accept-existing");
		return bk_fail(ctx, -BPFKEY_E_WOULD_DENY, "%zu loaded programs of unknown origin "
			       "could undo the gate: %s%s", of_undo, buf_cstr(&undo),
			       of_undo > NAMED_MAX ? ", and more" : "");
	}
	return 0;
}

int gate_would_hurt(struct bpfkey_ctx *ctx, struct gate *g,
		    const struct bpfkey_gate_mode_opts *opts)
{
	int r = opts->yes_deny ? 0 : seen_denied(ctx, g);

	return r < 0 ? r : loaded_already(ctx, g, opts);
}
