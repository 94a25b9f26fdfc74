// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of an admitted program: its id, the one map of a signed loader,
 * which loader is running when the kernel is asked to load on its behalf, and
 * the end. Descriptors of the gate's own programs are refused here too.
 */
#include "refusal.h"

#define ALLOW	1
#define REFUSE	0

static __always_inline bool is_own(const struct gate_state *st, u32 id)
{
	for (u32 i = 0; i < GATE_OWN; i++)
		if (st->own[i].id == id)
			return !st->own[i].open;
	return false;
}

/*
 * Up to 7.2 the kernel reads a loader's map from user memory at each use, so
 * that another thread can swap it between the check of its hash and its use.
 * Each map that was ever seen counts here, so a loader has one, and that one
 * is bound to it and frozen; or it has none. What is in it must be checked.
 */
static __always_inline u32 judge_maps(struct bpf_prog_aux *aux, bool guarded)
{
	const u64 *maps;
	struct bpf_map *map;

	if (aux->used_map_cnt == 0)
		return GATE_R_NONE;
	if (aux->used_map_cnt != 1)
		return GATE_R_MAPS;
	maps = bpf_rdonly_cast(aux->used_maps, 0);
	map = bpf_rdonly_cast((void *)*maps, bpf_core_type_id_kernel(struct bpf_map));
	if (!map->excl_prog_sha || !map->frozen)
		return GATE_R_MAPS;
	return guarded ? GATE_R_NONE : GATE_R_METADATA;
}

static __always_inline void amend_event(const struct gate_load *load, u32 id, u32 reason)
{
	u64 seq = load->event;
	u32 slot = seq % GATE_EVENTS;
	struct gate_event *e = bpf_map_lookup_elem(&gate_events, &slot);

	if (!e || e->seq != seq)
		return;
	e->prog_id = id;
	if (reason != e->reason) {
		e->reason = reason;
		e->flags |= GATE_F_DENIED;
	}
}

static __always_inline bool keep(struct gate_load *load, u32 id)
{
	struct gate_counters *c = the_counters();

	if (!bpf_map_update_elem(&gate_ids, &load->aux, &id, BPF_ANY) &&
	    !bpf_map_update_elem(&gate_programs, &id, &load->program, BPF_ANY))
		return true;
	if (c)
		__sync_fetch_and_add(&c->untracked, 1);
	return false;
}

/* The second half of a load: the program is verified and has an id. */
static __always_inline int finish(struct bpf_prog_aux *aux, struct gate_load *load)
{
	struct gate_counters *c = the_counters();
	u32 id = aux->id, reason = GATE_R_NONE;

	load->decided = 0;
	if (load->program.flags & GATE_F_LOADER)
		reason = judge_maps(aux, load->guarded);
	if (reason != GATE_R_NONE) {
		load->program.reason = reason;
		load->program.flags &= ~GATE_F_LOADER;
		load->program.flags |= GATE_F_DENIED;
		amend_event(load, load->enforcing ? 0 : id, reason);
		if (c)
			__sync_fetch_and_add(load->enforcing ? &c->denied : &c->would_deny, 1);
		if (load->enforcing)
			return REFUSE;
	} else {
		amend_event(load, id, load->program.reason);
	}
	keep(load, id);
	return ALLOW;
}

SEC("lsm_cgroup/bpf_prog")
int BPF_PROG(gate_prog, struct bpf_prog *prog)
{
	struct bpf_prog_aux *aux = prog->aux;	/* once, as in admit.bpf.c */
	struct gate_state *st = the_state();
	struct gate_load *load;

	if (!st)
		return REFUSE;
	if (!st->removing && is_own(st, aux->id)) {
		record_refusal(GATE_R_OWN_PROGRAM);
		return REFUSE;
	}
	load = this_load(0);
	if (load && load->decided && load->aux == (u64)aux)
		return finish(aux, load);
	return ALLOW;
}

/*
 * Which loader runs. These two can be missed, as all tracing programs can; then
 * no loader is seen and what it loads is refused. A leftover is cleared by the
 * next bpf() of the task.
 */
SEC("fentry/bpf_prog_test_run_syscall")
int BPF_PROG(gate_run, struct bpf_prog *prog)
{
	struct gate_load *load = this_load(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!load)
		return 0;
	load->running_aux = (u64)prog->aux;
	load->running_id = prog->aux->id;
	return 0;
}

SEC("fexit/bpf_prog_test_run_syscall")
int BPF_PROG(gate_ran, struct bpf_prog *prog)
{
	struct gate_load *load = this_load(0);

	if (load)
		load->running_id = 0;
	return 0;
}

SEC("lsm/bpf_prog_free")
int BPF_PROG(gate_free, struct bpf_prog *prog)
{
	u64 aux = (u64)prog->aux;
	u32 *id = bpf_map_lookup_elem(&gate_ids, &aux), old;

	if (!id)
		return 0;
	old = *id;
	bpf_map_delete_elem(&gate_programs, &old);
	bpf_map_delete_elem(&gate_ids, &aux);
	return 0;
}

char _license[] SEC("license") = "GPL";
