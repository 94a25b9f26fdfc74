/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The gate's decision: facts in, one reason out. No clock, no maps, no kernel:
 * admit.bpf.c and its unit test compile the same function.
 *
 * Default deny: a request that no line below allows ends in a deny reason, and
 * a zeroed request is one.
 */
#ifndef BK_DECIDE_H
#define BK_DECIDE_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "gate_maps.h"

enum gate_reason {
	GATE_R_NONE,
	/* allowed */
	GATE_R_BUILD_KEY,	/* signed by build keys that may sign this type */
	GATE_R_INNER,		/* loaded by a signed loader that may load this type */
	GATE_R_DELEGATE,	/* signed by a delegated key, and its trusted loader loads */
	GATE_R_TRUSTED,		/* unsigned, by a trusted loader that may load this type */
	GATE_R__ALLOWED_END,
	/* denied */
	GATE_R_UNSIGNED = 16,
	GATE_R_NO_RECORD,	/* verified, but no key was seen doing it */
	GATE_R_TOO_MANY_KEYS,
	GATE_R_UNKNOWN_KEY,
	GATE_R_REVOKED_KEY,
	GATE_R_OVER,		/* the rule's time is over */
	GATE_R_NEGATIVE_RING,	/* -3 and the like, where the kernel does not say which it was */
	GATE_R_OTHER_RING,
	GATE_R_TYPE,		/* the key may not sign this type */
	GATE_R_MASKED_TYPE,	/* a type that could undo the gate */
	GATE_R_NO_LOADER,	/* an inner load, and no loader was seen starting */
	GATE_R_UNKNOWN_LOADER,	/* ... and the loader that runs was not admitted by the gate */
	GATE_R_LOADER_TYPE,	/* ... and the loader's key does not cover this type */
	GATE_R_RULES_CHANGED,	/* the rules were replaced during the load: try again */
	GATE_R_MAPS,		/* a signed loader with other maps than its own sealed one */
	GATE_R_NO_MEMORY,
	GATE_R_METADATA,	/* a signed loader whose metadata nothing protects here */
	GATE_R_NOT_ITS_LOADER,	/* signed by a delegated key, but another task loads */
	GATE_R_TASK_TYPE,	/* a trusted loader that may not load this type */
	GATE_R_TASK_OVER,	/* ... whose rule's time is over */
	GATE_R_TASK_REVOKED,	/* ... or whose file was revoked */
	/* refused without being a load */
	GATE_R_DETACH = 64,	/* detaching the gate, or attaching over it */
	GATE_R_FTRACE,		/* switching the kernel's trampolines off */
	GATE_R_OWN_MAP,		/* a descriptor of one of the gate's maps */
	GATE_R_OWN_PROGRAM,	/* ... or of its programs */
	GATE_R_MAPPING,		/* a trusted loader mapping a file that nothing vouches for */
	GATE_R_TRACED,		/* another task reaching into a trusted loader */
	GATE_R_PERF,		/* perf events, which could write into one */
	GATE_R_UPROBES,		/* ... and uprobes of tracefs likewise */
	GATE_R__END
};

/*
 * What could undo the gate itself, whoever signed it: a changed return value of
 * a security hook, a replaced function, a hook that overrides a refusal. The
 * numbers are the kernel's (BPF_MODIFY_RETURN, BPF_LSM_CGROUP, BPF_PROG_TYPE_EXT).
 */
#define GATE_MASKED_ATTACH	((1ULL << 26) | (1ULL << 43))
#define GATE_MASKED_TYPES	(1ULL << 28)

#define GATE_TYPE_SYSCALL	31

/* Nor may a trusted loader load unsigned what loads others itself. */
#define GATE_TRUSTED_MASKED	(GATE_MASKED_TYPES | 1ULL << GATE_TYPE_SYSCALL)

#define GATE_RING_USER		4	/* enum bpf_sig_keyring: a keyring named by serial */
#define GATE_RING_NATIVE	(-9)	/* the id of a kernel's own .bpf, which has no serial */

/* What a key may sign unless its rule names more: loaders, whose maps are signed too. */
#define GATE_BUILD_TYPES	(1ULL << GATE_TYPE_SYSCALL)

/* One key that the verification touched, and the rule that names it. */
struct gate_seen {
	__u64 tag;
	__u64 epoch;		/* of the rules that were searched */
	__s32 serial;
	__u32 len;
	__u32 slot;		/* of the rule + 1; 0: no rule names the key */
	__u32 kind;
};

/* The facts of one rule that the decision looks at. */
struct gate_grant {
	__u32 kind;		/* enum gate_rule_kind; GATE_RULE_NONE: no rule */
	__s32 ring;
	__u32 ring_type;
	__u32 flags;
	__u64 types;		/* direct ones, or for the loader's rule the inner ones */
	__u64 attach;
	__u64 until;
	__u64 subject;
};

struct gate_request {
	__u64 now;		/* boot time in ns */
	__u32 type, attach_type;
	__u8 inner;		/* made inside the kernel, by a running loader */
	__u8 is_signed;		/* and verified */
	__u8 resolved;		/* the kernel says which keyring it resolved to */
	__u8 changed;		/* the rules are not those that the keys were looked up in */
	__s32 keyring_id;	/* as passed */
	__s32 ring;		/* resolved, or with a positive keyring_id or -9 the same */
	__u32 ring_type;
	__u32 nkeys;		/* counts on past GATE_KEYS */
	__u32 loader_id;	/* inner: the loader that runs; 0: none was seen */
	__u32 loader_live;	/* inner: admitted under enforcement, and the same program */
	__u32 pad;
	struct gate_grant key[GATE_KEYS];	/* inner: of the keys that signed the loader */
	struct gate_grant task;		/* the rule that makes the task a trusted loader */
};

#define gate_inline static inline __attribute__((always_inline, unused))

gate_inline int gate_allows(__u32 reason)
{
	return reason > GATE_R_NONE && reason < GATE_R__ALLOWED_END;
}

gate_inline int gate_enforcing(const struct gate_state *s, __u64 now)
{
	return s->mode == GATE_ENFORCE || (s->mode == GATE_TRY && now < s->deadline);
}

gate_inline int gate_has(__u64 mask, __u32 bit)
{
	return bit < 64 && (mask >> bit & 1);
}

/* A type past 63 is one that nobody has thought about yet: masked. */
gate_inline int gate_masked(__u32 type, __u32 attach_type)
{
	return type > 63 || attach_type > 63 || gate_has(GATE_MASKED_TYPES, type) ||
	       gate_has(GATE_MASKED_ATTACH, attach_type);
}

/* gate_tag - FNV-1a over the class and words that are zero after the key's last byte. */
gate_inline __u64 gate_tag_step(__u64 tag, __u64 word)
{
	return (tag ^ word) * 0x100000001b3ULL;
}

gate_inline __u64 gate_tag_start(__u32 class)
{
	return gate_tag_step(0xcbf29ce484222325ULL, class);
}

gate_inline __u64 gate_tag_of_file(const struct gate_file_id *id)
{
	const __u64 *word = (const __u64 *)id;
	__u64 tag = gate_tag_start(GATE_CLASS_FILE);
	__u32 i;

	for (i = 0; i < GATE_FILE_WORDS; i++)
		tag = gate_tag_step(tag, word[i]);
	return tag;
}

/* What lies in a key's last word beyond its length does not belong to it. */
gate_inline __u64 gate_tail_mask(__u32 len, __u32 word)
{
	__u32 left = len - word * 8;

	return left >= 8 ? ~0ULL : (1ULL << left * 8) - 1;
}

/* An attach type is of what a program does in the end; a signed loader has none. */
gate_inline int gate_covers(const struct gate_grant *g, const struct gate_request *q)
{
	if (!gate_has(g->types, q->type))
		return 0;
	return !g->attach || q->type == GATE_TYPE_SYSCALL || gate_has(g->attach, q->attach_type);
}

gate_inline int gate_is_over(const struct gate_grant *g, const struct gate_request *q)
{
	return g->until && q->now >= g->until;
}

gate_inline int gate_is_trusted(const struct gate_request *q)
{
	return (q->task.kind == GATE_RULE_LOADER || q->task.kind == GATE_RULE_LOADER_KEY) &&
	       !gate_is_over(&q->task, q);
}

/* A delegation without a loader is nobody's. */
gate_inline int gate_is_delegate_of(const struct gate_grant *key, const struct gate_request *q)
{
	return gate_is_trusted(q) && key->subject && key->subject == q->task.subject;
}

gate_inline __u32 gate_judge_key(const struct gate_grant *k, const struct gate_request *q)
{
	if (k->kind == GATE_RULE_REVOKED)
		return GATE_R_REVOKED_KEY;
	if (k->kind != GATE_RULE_BUILD && k->kind != GATE_RULE_DELEGATE)
		return GATE_R_UNKNOWN_KEY;
	if (gate_is_over(k, q))
		return GATE_R_OVER;
	if (k->ring != q->ring || (k->ring_type && k->ring_type != q->ring_type))
		return GATE_R_OTHER_RING;
	if (!gate_covers(k, q))
		return GATE_R_TYPE;
	if (k->kind == GATE_RULE_BUILD)
		return GATE_R_BUILD_KEY;
	return gate_is_delegate_of(k, q) ? GATE_R_DELEGATE : GATE_R_NOT_ITS_LOADER;
}

/* What a signed loader loads is bound by the rule of each key that signed it. */
gate_inline __u32 gate_judge_inner(const struct gate_grant *k, const struct gate_request *q)
{
	if (k->kind == GATE_RULE_REVOKED)
		return GATE_R_REVOKED_KEY;
	if (k->kind != GATE_RULE_BUILD && k->kind != GATE_RULE_DELEGATE)
		return GATE_R_UNKNOWN_KEY;
	if (gate_is_over(k, q))
		return GATE_R_OVER;
	if (!gate_covers(k, q))
		return GATE_R_LOADER_TYPE;
	if (k->kind == GATE_RULE_DELEGATE && !gate_is_delegate_of(k, q))
		return GATE_R_NOT_ITS_LOADER;
	return GATE_R_INNER;
}

gate_inline __u32 gate_decide_unsigned(const struct gate_request *q)
{
	const struct gate_grant *t = &q->task;

	if (t->kind == GATE_RULE_REVOKED)
		return GATE_R_TASK_REVOKED;
	if (t->kind != GATE_RULE_LOADER && t->kind != GATE_RULE_LOADER_KEY)
		return GATE_R_UNSIGNED;
	if (gate_is_over(t, q))
		return GATE_R_TASK_OVER;
	if (gate_has(GATE_TRUSTED_MASKED, q->type) || !gate_covers(t, q))
		return GATE_R_TASK_TYPE;
	return GATE_R_TRUSTED;
}

/*
 * gate_judge_keys - of several keys every one must be allowed, because a key
 * that was touched need not be the one that verified (facts: hole 8)
 */
gate_inline __u32 gate_judge_keys(const struct gate_request *q)
{
	__u32 i, r, reason = GATE_R_NO_RECORD;

	if (q->nkeys > GATE_KEYS)
		return GATE_R_TOO_MANY_KEYS;
	for (i = 0; i < GATE_KEYS; i++) {
		if (i >= q->nkeys)
			break;
		r = q->inner ? gate_judge_inner(&q->key[i], q) : gate_judge_key(&q->key[i], q);
		if (!gate_allows(r))
			return r;
		if (reason != GATE_R_DELEGATE)
			reason = r;
	}
	return reason;
}

/* gate_decide - why a load is allowed or denied */
gate_inline __u32 gate_decide(const struct gate_request *q)
{
	if (gate_masked(q->type, q->attach_type))
		return GATE_R_MASKED_TYPE;
	if (q->changed)
		return GATE_R_RULES_CHANGED;
	if (q->inner && !q->loader_id)
		return GATE_R_NO_LOADER;
	if (q->inner && !q->loader_live)
		return GATE_R_UNKNOWN_LOADER;
	if (!q->inner && !q->is_signed)
		return gate_decide_unsigned(q);
	if (!q->inner && !q->resolved && q->keyring_id < 0)
		return GATE_R_NEGATIVE_RING;
	return gate_judge_keys(q);
}

#endif
