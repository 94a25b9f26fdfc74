/* SPDX-License-Identifier: GPL-2.0 */
/* The record of what was refused and is no load. */
#ifndef BK_REFUSAL_H
#define BK_REFUSAL_H

#include "gate_bpf.h"

/*
 * record_refusal - of something that is no load. Counted each time, in the
 * record once for each task and reason: otherwise whoever lists all programs
 * would write over what matters.
 */
static __noinline int record_refusal(u32 reason)
{
	struct gate_load *load = this_load(BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct gate_counters *c = the_counters();
	struct gate_state *st = the_state();
	struct gate_event *e;
	u64 seq;

	if (!c || !st)
		return 0;
	__sync_fetch_and_add(&c->refused_calls, 1);
	if (load && load->said >> (reason & 63) & 1)
		return 0;
	if (load)
		load->said |= 1ULL << (reason & 63);
	e = claim_event(c, &seq);
	if (!e)
		return 0;
	__builtin_memset((u64 *)e + 1, 0, sizeof(*e) - 8);
	e->boot_ns = bpf_ktime_get_boot_ns();
	e->reason = reason;
	e->flags = GATE_F_CALL | GATE_F_DENIED | GATE_F_ENFORCED;
	e->mode = st->mode;
	e->tgid = this_tgid();
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	*(volatile u64 *)&e->seq = seq;
	return 0;
}

#endif
