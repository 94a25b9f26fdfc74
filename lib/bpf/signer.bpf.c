// SPDX-License-Identifier: GPL-2.0
/*
 * Who signed. The kernel says only in which keyring it looked, so this hook
 * sees each key that a verification touches, in the task that loads. It is a
 * security hook because those are never skipped, as a tracing program can be.
 *
 * It grants: without it loads have no record, and no record is a refusal. It
 * refuses nothing itself, not even a revoked key: the kernel would then answer
 * that it has no such key, and the decision with its record would not be asked. It
 * cannot be attached to the cgroup, where arguments of the hook are unreadable.
 *
 * Keys are told by their public bytes. Serial, description and key id are what
 * the owner of a keyring wants them to be.
 */
#include "gate_bpf.h"

#define KEY_NEED_SEARCH 4	/* include/linux/key.h, enum key_need_perm */

/*
 * One key on its way through the two loops below. They are bpf_loop()s so
 * that the verifier walks each body once, whatever it sees before.
 */
struct search {
	u64 key;		/* address of the public key's bytes */
	u64 tag;
	u32 len;
	u32 slot;		/* of the rule with that tag: no two have the same */
	u32 differs;
	u32 pad;
};

static __always_inline u64 key_word(const struct search *s, u32 i)
{
	const u64 *p = bpf_rdonly_cast((void *)(s->key + i * 8), 0);

	return *p & gate_tail_mask(s->len, i);
}

static long add_word(u32 i, struct search *s)
{
	if (i * 8 >= s->len)
		return 1;
	s->tag = gate_tag_step(s->tag, key_word(s, i));
	return 0;
}

static long compare_word(u32 i, struct search *s)
{
	struct gate_rule *rule = bpf_map_lookup_elem(&gate_rules, &s->slot);

	if (rule && i * 8 >= s->len)
		return 1;
	if (rule && i < GATE_KEY_WORDS && rule->key[i] == key_word(s, i))
		return 0;
	s->differs = 1;
	return 1;
}

static __always_inline bool is_asymmetric(struct key *key)
{
	const char *name = bpf_rdonly_cast(key->type->name, 0);
	const char want[] = "asymmetric";

	return SAME_TEXT(name, want);
}

static __always_inline void look_up(struct gate_seen *seen, u64 key, u32 len, u64 epoch)
{
	struct search s = { .key = key, .len = len, .tag = gate_tag_start(GATE_CLASS_KEY) };
	struct gate_rule *rule;

	bpf_loop(GATE_KEY_WORDS, add_word, &s, 0);
	seen->tag = s.tag;
	rule = rule_of(s.tag, epoch, &s.slot);
	if (!rule || rule->key_len != s.len || rule->class != GATE_CLASS_KEY)
		return;
	bpf_loop(GATE_KEY_WORDS, compare_word, &s, 0);
	if (s.differs)
		return;
	seen->slot = s.slot + 1;
	seen->kind = rule->kind;
}

/* The epoch is read before and after: when it changed, the decision asks to try again. */
static __always_inline void see(struct key *key, struct gate_seen *seen)
{
	struct gate_state *st = the_state();
	struct public_key *pk = bpf_rdonly_cast(key->payload.data[ASYM_CRYPTO],
						bpf_core_type_id_kernel(struct public_key));
	u64 bytes = (u64)pk->key, epoch;
	u32 len = pk->keylen;

	seen->serial = key->serial;
	seen->len = len;
	seen->slot = 0;
	seen->kind = GATE_RULE_NONE;
	seen->epoch = ~0ULL;
	seen->tag = 0;
	if (!st)
		return;
	epoch = *(volatile u64 *)&st->epoch;
	if (bytes && len && len <= GATE_KEY_MAX)
		look_up(seen, bytes, len, epoch);
	if (*(volatile u64 *)&st->epoch == epoch)
		seen->epoch = epoch;
}

SEC("lsm/key_permission")
int BPF_PROG(gate_key)
{
	u64 ref = 0, need = 0;
	struct gate_load *load;
	struct key *key;
	u32 n;

	/* Before 7.1 the first argument has no type that the verifier knows. */
	bpf_get_func_arg(ctx, 0, &ref);
	bpf_get_func_arg(ctx, 2, &need);
	if ((u32)need != KEY_NEED_SEARCH)
		return 0;
	load = this_load(0);
	if (!load || !load->in_load)
		return 0;
	key = bpf_rdonly_cast((void *)(ref & ~1ULL), bpf_core_type_id_kernel(struct key));
	if (!is_asymmetric(key))
		return 0;

	n = load->nkeys;
	load->nkeys = n + 1;
	if (n >= GATE_KEYS)
		return 0;
	see(key, &load->seen[n]);
	return 0;
}

char _license[] SEC("license") = "GPL";
