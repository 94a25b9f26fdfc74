// SPDX-License-Identifier: GPL-2.0
/*
 * What changes a sealed gate: a policy image with the signatures of enough
 * policy keys, verified here, inside the kernel. It is taken whole or not at
 * all: until the last store the old policy is in force.
 *
 * Which key verified is seen by signer.bpf.c, as in a load. A signature counts
 * when it touched one key and that key's rule says that it may sign images.
 */
#include "generation.h"

#include <stddef.h>

#define NS 1000000000ULL

extern struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags) __ksym;
extern void bpf_key_put(struct bpf_key *key) __ksym;
extern int bpf_verify_pkcs7_signature(struct bpf_dynptr *data, struct bpf_dynptr *sig,
				      struct bpf_key *ring) __ksym;

struct copying {
	u8 *buffer;
	struct gate_state *st;
	s64 now;		/* seconds since 1970 */
	u64 boot_ns;
	u32 loaders, policy;
	s32 error;
	u32 pad;
};

static __always_inline int check_header(const struct gate_image *h, u64 len,
					const struct gate_state *st)
{
	if (h->magic != GATE_IMAGE_MAGIC || h->zero[0] || h->zero[1] || h->zero[2])
		return -EINVAL;
	if (h->abi != GATE_ABI || (h->mode != GATE_AUDIT && h->mode != GATE_ENFORCE))
		return -EINVAL;
	if (!h->threshold || h->threshold > GATE_IMAGE_SIGS || h->rules > GATE_IMAGE_RULES)
		return -EINVAL;
	if (len != sizeof(*h) + h->rules * (u64)sizeof(struct gate_rule))
		return -EINVAL;
	return h->version > st->version ? 0 : -ESTALE;
}

/* The signatures on their way through a loop, of which the verifier walks one round. */
struct tally {
	u8 *image;
	struct gate_exec *x;
	const struct gate_state *st;
	u64 len, sigs;
	u32 sig_len[GATE_IMAGE_SIGS];
	u64 signers;
	u64 seen[GATE_IMAGE_SIGS];	/* slot + 1 of each signer's rule */
};

static __always_inline bool verifies(const struct tally *t, u64 sig_len)
{
	struct bpf_dynptr data, sig;
	struct bpf_key *ring;
	u64 len = t->len;
	int r;

	if (len > GATE_IMAGE_MAX)
		return false;
	if (bpf_dynptr_from_mem(t->image, len, 0, &data) ||
	    bpf_dynptr_from_mem(t->x->sig, sig_len, 0, &sig))
		return false;
	ring = bpf_lookup_user_key(t->st->rings[GATE_ROLE_POLICY], 0);
	if (!ring)
		return false;
	r = bpf_verify_pkcs7_signature(&data, &sig, ring);
	bpf_key_put(ring);
	return !r;
}

/* The slot + 1 of the policy key that made the signature; 0: none did. */
static __always_inline u32 signer_of(const struct tally *t, u64 sig_len)
{
	struct gate_load *load = this_load(BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct gate_rule *rule;
	bool good;

	if (!load)
		return 0;
	load->nkeys = 0;
	load->in_load = 1;
	good = verifies(t, sig_len);
	load->in_load = 0;
	if (!good || load->nkeys != 1 || load->seen[0].epoch != t->st->epoch ||
	    !load->seen[0].slot)
		return 0;
	rule = rule_at(load->seen[0].slot - 1, t->st->epoch);
	return rule && rule->kind == GATE_RULE_POLICY ? load->seen[0].slot : 0;
}

/* Without a branch for each: 6.19 and later walk every way through them, which are too many. */
static __always_inline bool is_among(const u64 *seen, u64 slot)
{
	u64 hits = 0;

	_Pragma("unroll")
	for (u32 k = 0; k < GATE_IMAGE_SIGS; k++)
		hits |= ((*(const volatile u64 *)&seen[k] ^ slot) - 1) >> 63;
	return hits;
}

/* A key that signs twice is one signer. */
static long count_signer(u32 i, struct tally *t)
{
	u64 n, from, slot;

	if (i >= GATE_IMAGE_SIGS)
		return 1;
	n = t->sig_len[i];
	from = t->sigs + i * GATE_IMAGE_SIG_MAX;
	if (!n || n > GATE_IMAGE_SIG_MAX || bpf_copy_from_user(t->x->sig, n, (void *)from))
		return 0;
	slot = signer_of(t, n);
	if (!slot || is_among(t->seen, slot))
		return 0;
	t->seen[i] = slot;
	t->signers++;
	return 0;
}

/* The context is read at constant offsets only: 6.18 takes no other access. */
static __always_inline u32 count_signers(struct gate_apply *call, u8 *image, u64 len,
					 struct gate_exec *x, const struct gate_state *st)
{
	struct tally t = { .image = image, .x = x, .st = st, .len = len, .sigs = call->sigs };
	const volatile u64 *ctx = (const volatile u64 *)call;
	u64 *to = (u64 *)t.sig_len;

	_Pragma("unroll")
	for (u32 i = 0; i < GATE_IMAGE_SIGS / 2; i++)
		to[i] = ctx[offsetof(struct gate_apply, sig_len) / 8 + i];
	bpf_loop(GATE_IMAGE_SIGS, count_signer, &t, 0);
	return t.signers;
}

/* A moment of the calendar as boot time; what is over already stays over. */
static __always_inline u64 deadline(u64 until, const struct copying *c)
{
	if (!until)
		return 0;
	if ((s64)until <= c->now)
		return 1;
	return (until - c->now) * NS + c->boot_ns;
}

static long copy_rule(u32 i, struct copying *c)
{
	u64 at = sizeof(struct gate_image) + i * (u64)sizeof(struct gate_rule);
	struct gate_rule *rule = the_new_rule();
	const volatile u64 *from;
	u64 *to = (u64 *)rule;
	u32 role;

	c->error = -EINVAL;
	if (!rule || at > GATE_IMAGE_MAX - sizeof(*rule))
		return 1;
	from = (const volatile u64 *)(c->buffer + at);
	for (u32 k = 0; k < sizeof(*rule) / 8; k++)
		to[k] = from[k];
	role = rule->ring;
	if (role >= GATE_ROLES)
		return 1;
	rule->ring = c->st->rings[role];
	rule->ring_type = rule->ring == GATE_RING_NATIVE ? 0 : GATE_RING_USER;
	rule->until = deadline(rule->until, c);
	c->loaders += rule->kind == GATE_RULE_LOADER || rule->kind == GATE_RULE_LOADER_KEY;
	c->policy += rule->kind == GATE_RULE_POLICY;
	c->error = generation_put(c->st, rule, i);
	return c->error != 0;
}

/* The clock of the day it was installed, carried on by the boot clock; an image moves it on. */
static __always_inline s64 calendar(struct gate_state *st, u64 boot_ns, s64 floor)
{
	s64 now = st->installed + (boot_ns - st->installed_boot) / NS;

	if (now < floor) {
		st->installed += floor - now;
		now = floor;
	}
	return now;
}

static __always_inline int take(const struct gate_image *h, u8 *buffer, struct gate_state *st)
{
	struct copying c = { .buffer = buffer, .st = st, .boot_ns = bpf_ktime_get_boot_ns() };
	u32 rules = h->rules, mode = h->mode, threshold = h->threshold;
	u64 version = h->version;

	c.now = calendar(st, c.boot_ns, h->created);
	generation_begin(st);
	bpf_loop(rules, copy_rule, &c, 0);
	if (!c.error && c.policy < threshold)
		c.error = -EINVAL;	/* it would be the last one */
	if (c.error) {
		st->session = 0;
		return c.error;
	}
	st->loader_ring = st->rings[GATE_ROLE_LOADER];
	generation_commit(st, rules, c.loaders);
	st->threshold = threshold;
	st->version = version;
	st->mode = mode;
	return 0;
}

static __always_inline int apply(struct gate_apply *call, struct gate_state *st)
{
	struct task_struct *current = bpf_get_current_task_btf();
	u64 len = call->image_len;
	struct gate_exec *x;
	u32 zero = 0, signers;
	u8 *image;
	int r;

	image = bpf_map_lookup_elem(&gate_images, &zero);
	x = bpf_task_storage_get(&gate_execs, current, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!image || !x)
		return -ENOMEM;
	if (len > GATE_IMAGE_MAX)
		return -E2BIG;
	if (!st->threshold || len < sizeof(struct gate_image))
		return -EINVAL;
	if (bpf_copy_from_user(image, len, (void *)call->image))
		return -EFAULT;
	r = check_header((void *)image, len, st);
	if (r)
		return r;
	signers = count_signers(call, image, len, x, st);
	call->signers = signers;
	if (signers < st->threshold)
		return -EKEYREJECTED;
	return take((void *)image, image, st);
}

SEC("syscall")
int gate_apply(struct gate_apply *call)
{
	struct gate_state *st = the_state();

	if (!st) {
		call->result = -EINVAL;
		return 0;
	}
	if (__sync_val_compare_and_swap(&st->busy, 0, 1)) {
		call->result = -EBUSY;
		return 0;
	}
	call->result = apply(call, st);
	bpf_task_storage_delete(&gate_execs, bpf_get_current_task_btf());
	__sync_fetch_and_and(&st->busy, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
