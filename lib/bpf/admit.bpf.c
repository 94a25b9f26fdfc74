// SPDX-License-Identifier: GPL-2.0
/*
 * The decision at BPF_PROG_LOAD: collects the facts for gate_decide(), carries
 * out what it says, and remembers it. The same decision stands on the root
 * cgroup, where it cannot be removed, and on a plain link, which no later
 * cgroup program can override; whichever runs first decides for both.
 */
#include "gate_bpf.h"
#include "guarded.h"

#define ALLOW	1
#define REFUSE	0

/* 7.2 and later: what the kernel found out about the signature. */
struct bpf_prog_aux___sig {
	struct {
		s32 keyring_serial;
		u8 keyring_type;
		u8 verdict;
	} sig;
} __attribute__((preserve_access_index));

union bpf_attr___load {
	struct {
		u64 signature;
		s32 keyring_id;
	};
} __attribute__((preserve_access_index));

static __always_inline u64 guard_insn(u64 insns, u32 i)
{
	const u64 *p = bpf_rdonly_cast((void *)(insns + i * 8), 0);

	return *p;
}

static __always_inline void grant_of(const struct gate_rule *rule, struct gate_grant *g, bool inner)
{
	g->kind = rule->kind;
	g->ring = rule->ring;
	g->ring_type = rule->ring_type;
	g->flags = rule->flags;
	g->types = inner ? rule->inner_types : rule->types;
	g->attach = rule->attach;
	g->until = rule->until;
	g->subject = rule->subject;
}

static __always_inline void collect_keys(const struct gate_load *load, u64 epoch,
					 struct gate_request *q)
{
	q->nkeys = load->nkeys;
	for (u32 i = 0; i < GATE_KEYS; i++) {
		struct gate_rule *rule;
		u32 slot;

		if (i >= load->nkeys)
			break;
		if (load->seen[i].epoch != epoch)
			q->changed = 1;
		if (!load->seen[i].slot)
			continue;
		slot = load->seen[i].slot - 1;
		rule = rule_at(slot, epoch);
		if (rule)
			grant_of(rule, &q->key[i], false);
	}
}

static __always_inline void collect_signature(struct bpf_prog_aux *prog_aux, union bpf_attr *attr,
					      struct gate_request *q)
{
	struct bpf_prog_aux___sig *aux = (void *)prog_aux;
	union bpf_attr___load *a = (void *)attr;

	q->keyring_id = a->keyring_id;
	if (bpf_core_field_exists(aux->sig)) {
		q->resolved = 1;
		q->is_signed = aux->sig.verdict != 0;
		q->ring = aux->sig.keyring_serial;
		/* Only a kernel that has it verifies against it. */
		if (!q->ring && q->keyring_id == GATE_RING_NATIVE)
			q->ring = GATE_RING_NATIVE;
		q->ring_type = aux->sig.keyring_type;
		return;
	}
	/* Here a signature that failed never gets as far as this hook. */
	q->is_signed = a->signature != 0;
	if (q->keyring_id > 2) {
		q->ring = q->keyring_id;
		q->ring_type = GATE_RING_USER;
	}
}

/*
 * The rules of the loader's keys as they are now, not as they were when the
 * loader came. A loader from before enforcement may have been tampered with,
 * so it counts only while nothing is enforced.
 */
static __always_inline void collect_loader(const struct gate_load *load, u64 epoch,
					   struct gate_request *q, const struct gate_program **ret)
{
	struct gate_program *p;
	u32 id = load->running_id;

	q->inner = 1;
	q->loader_id = id;
	if (!id)
		return;
	p = bpf_map_lookup_elem(&gate_programs, &id);
	if (!p || p->aux != load->running_aux || !(p->flags & GATE_F_LOADER))
		return;
	if (load->enforcing && !(p->flags & GATE_F_ENFORCED))
		return;
	q->loader_live = 1;
	q->nkeys = p->nkeys;
	*ret = p;
	for (u32 i = 0; i < GATE_KEYS; i++) {
		struct gate_rule *rule;
		u32 slot;

		if (i >= p->nkeys)
			break;
		rule = rule_of(p->key_tag[i], epoch, &slot);
		if (rule)
			grant_of(rule, &q->key[i], true);
	}
}

/* A tag that was earned before the gate enforced counts only while it does not. */
static __always_inline const struct gate_task *collect_task(const struct gate_load *load,
							    u64 epoch, struct gate_request *q)
{
	const struct gate_task *t = this_task();
	struct gate_rule *rule;

	if (!t || (load->enforcing && !t->strict))
		return NULL;
	rule = task_rule(t, epoch);
	if (!rule)
		return NULL;
	grant_of(rule, &q->task, false);
	return t;
}

static __always_inline void remember(struct bpf_prog_aux *aux, const struct gate_request *q,
				     u32 reason, u32 mode, struct gate_load *load)
{
	struct gate_program *p = &load->program;

	__builtin_memset(p, 0, sizeof(*p));
	p->aux = (u64)aux;
	p->boot_ns = q->now;
	p->reason = reason;
	p->mode = mode;
	p->tgid = this_tgid();
	p->uid = bpf_get_current_uid_gid();
	p->prog_type = q->type;
	p->loader_id = q->loader_id;
	p->flags = (q->is_signed ? GATE_F_SIGNED : 0) | (q->inner ? GATE_F_INNER : 0) |
		   (load->enforcing ? GATE_F_ENFORCED : 0) |
		   (gate_allows(reason) ? 0 : GATE_F_DENIED);
	if ((reason == GATE_R_BUILD_KEY || reason == GATE_R_DELEGATE) &&
	    q->type == GATE_TYPE_SYSCALL)
		p->flags |= GATE_F_LOADER;
	if (gate_is_trusted(q))
		p->flags |= GATE_F_TRUSTED |
			    (q->task.flags & GATE_RULE_F_LENDS ? GATE_F_LENDS : 0);
	bpf_get_current_comm(p->comm, sizeof(p->comm));
	for (u32 i = 0; i < sizeof(p->name); i++)
		p->name[i] = aux->name[i];
}

/* The name of the key: of the first rule that was found, or of the loader's. */
static __always_inline void remember_keys(const struct gate_program *loader,
					  struct gate_load *load, u64 epoch)
{
	struct gate_program *p = &load->program;
	struct gate_rule *rule;

	if (loader) {
		p->nkeys = loader->nkeys;
		p->key_serial = loader->key_serial;
		__builtin_memcpy(p->key_tag, loader->key_tag, sizeof(p->key_tag));
		__builtin_memcpy(p->fingerprint, loader->fingerprint, sizeof(p->fingerprint));
		return;
	}
	p->nkeys = load->nkeys;
	for (u32 i = 0; i < GATE_KEYS; i++)
		p->key_tag[i] = i < load->nkeys ? load->seen[i].tag : 0;
	if (!load->nkeys)
		return;
	p->key_serial = load->seen[0].serial;
	if (!load->seen[0].slot)
		return;
	rule = rule_at(load->seen[0].slot - 1, epoch);
	if (rule)
		__builtin_memcpy(p->fingerprint, rule->fingerprint, sizeof(p->fingerprint));
}

/* The name of the trusted loader that the task is, whatever came of it. */
static __always_inline void remember_task(const struct gate_task *t, struct gate_load *load,
					  u64 epoch)
{
	struct gate_program *p = &load->program;
	struct gate_rule *rule;

	if (!t)
		return;
	__builtin_memcpy(p->file, t->file, sizeof(p->file));
	rule = task_rule(t, epoch);
	if (rule)
		__builtin_memcpy(p->rule, rule->name, sizeof(p->rule));
}

static __always_inline void write_event(const struct gate_state *st, const struct gate_request *q,
					struct gate_load *load)
{
	const struct gate_program *p = &load->program;
	struct gate_counters *c = the_counters();
	struct gate_event *e;
	u64 seq;

	if (!c)
		return;
	/* What the self-test tries is in the log, but nobody's loss. */
	if ((p->flags & GATE_F_DENIED) && st->proving != p->tgid)
		__sync_fetch_and_add(load->enforcing ? &c->denied : &c->would_deny, 1);
	e = claim_event(c, &seq);
	if (!e)
		return;
	e->boot_ns = p->boot_ns;
	e->reason = p->reason;
	e->flags = p->flags;
	e->mode = p->mode;
	e->tgid = p->tgid;
	e->uid = p->uid;
	e->prog_type = p->prog_type;
	e->attach_type = q->attach_type;
	e->prog_id = 0;
	e->loader_id = p->loader_id;
	e->keyring_id = q->keyring_id;
	e->ring = q->ring;
	e->nkeys = q->nkeys;
	e->key_serial = p->key_serial;
	e->key_len = load->nkeys ? load->seen[0].len : 0;
	e->key_tag = p->key_tag[0];
	__builtin_memcpy(e->fingerprint, p->fingerprint, sizeof(e->fingerprint));
	__builtin_memcpy(e->file, p->file, sizeof(e->file));
	__builtin_memcpy(e->rule, p->rule, sizeof(e->rule));
	__builtin_memcpy(e->comm, p->comm, sizeof(e->comm));
	__builtin_memcpy(e->name, p->name, sizeof(e->name));
	*(volatile u64 *)&e->seq = seq;
	load->event = seq;
}

/*
 * Now the kernel's copy of the instructions is what was signed; track.bpf.c
 * judges when it is known whether the program has a map, but the verifier has
 * rewritten them then.
 */
static __always_inline bool is_guarded(struct bpf_prog *prog, const struct gate_state *st,
				       struct gate_load *load)
{
	volatile u64 *insns = &load->insns;

	if (!st->insns_only)
		return true;
	*insns = (u64)prog->insnsi;	/* comes back as a number, to which any may be added */
	return gate_guarded(*insns);
}

/* EAGAIN where trying again may help, EPERM where only an administrator can. */
static __always_inline s32 errno_of(u32 reason)
{
	if (gate_allows(reason))
		return 0;
	if (reason == GATE_R_RULES_CHANGED || reason == GATE_R_NO_LOADER)
		return -EAGAIN;
	return -EPERM;
}

/*
 * The facts and the reason go by way of the task's storage: the verifier does
 * not follow values there, so it walks what comes after them once, not once
 * for every reason there can be.
 */
static __always_inline s32 decide(struct bpf_prog *prog, struct bpf_prog_aux *aux,
				  union bpf_attr *attr, bool kernel, struct gate_state *st,
				  struct gate_load *load)
{
	struct gate_request *q = &load->request;
	const struct gate_program *loader = NULL;
	u64 epoch = *(volatile u64 *)&st->epoch;
	const struct gate_task *task;
	u32 reason;
	s32 err;

	__builtin_memset(q, 0, sizeof(*q));
	q->now = bpf_ktime_get_boot_ns();
	load->enforcing = enforcing_now(st, q->now);
	q->type = prog->type;
	q->attach_type = prog->expected_attach_type;
	if (kernel) {
		collect_loader(load, epoch, q, &loader);
	} else {
		collect_signature(aux, attr, q);
		collect_keys(load, epoch, q);
	}
	task = collect_task(load, epoch, q);
	if (*(volatile u64 *)&st->epoch != epoch)
		q->changed = 1;

	*(volatile u32 *)&load->reason = gate_decide(q);
	reason = *(volatile u32 *)&load->reason;
	remember(aux, q, reason, st->mode, load);
	remember_keys(loader, load, epoch);
	remember_task(task, load, epoch);
	write_event(st, q, load);
	err = load->enforcing ? errno_of(reason) : 0;
	load->aux = (u64)aux;
	load->decided = 1;
	load->guarded = !(load->program.flags & GATE_F_LOADER) || is_guarded(prog, st, load);
	load->verdict = err;
	load->in_load = 0;
	return err;
}

/* What is known of an address belongs to a program that is gone. */
static __always_inline void forget(u64 aux)
{
	u32 *id = bpf_map_lookup_elem(&gate_ids, &aux), old;

	if (!id)
		return;
	old = *id;
	bpf_map_delete_elem(&gate_programs, &old);
	bpf_map_delete_elem(&gate_ids, &aux);
}

/* The verifier wants to see that what comes out of a map is an errno. */
static __always_inline s32 bounded(s32 verdict)
{
	return !verdict ? 0 : verdict == -EAGAIN ? -EAGAIN : -EPERM;
}

/*
 * prog->aux is read once: at each read of a trusted pointer 6.18's verifier
 * searches all of the kernel's types by name, which takes milliseconds.
 */
static __always_inline s32 admit(struct bpf_prog *prog, union bpf_attr *attr, bool kernel)
{
	struct bpf_prog_aux *aux = prog->aux;
	struct gate_state *st = the_state();
	struct gate_load *load;

	if (!st)
		return -EPERM;
	load = this_load(0);
	if (load && load->decided && load->aux == (u64)aux)
		return bounded(load->verdict);
	forget((u64)aux);
	if (st->mode == GATE_OFF && !enforcing_now(st, 0))
		return 0;
	if (!load)
		return enforcing_now(st, bpf_ktime_get_boot_ns()) ? -ENOMEM : 0;
	return decide(prog, aux, attr, kernel, st, load);
}

SEC("lsm_cgroup/bpf_prog_load")
int BPF_PROG(gate_admit, struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token,
	     bool kernel)
{
	s32 r = admit(prog, attr, kernel);

	if (!r)
		return ALLOW;
	bpf_set_retval(r);
	return REFUSE;
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(gate_admit_link, struct bpf_prog *prog, union bpf_attr *attr,
	     struct bpf_token *token, bool kernel)
{
	return admit(prog, attr, kernel);
}

char _license[] SEC("license") = "GPL";
