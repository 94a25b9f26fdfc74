/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What the gate's maps hold, for its BPF programs and for the library. Fixed
 * widths, no holes, sizes asserted on both sides. GATE_ABI changes with every
 * layout: the library refuses to talk to a gate that another version installed.
 */
#ifndef BK_GATE_MAPS_H
#define BK_GATE_MAPS_H

#include <linux/types.h>

#define GATE_ABI	3

#define GATE_KEYS	4	/* keys that one verification may touch */
#define GATE_KEY_WORDS	70	/* 560 bytes: RSA-4096 takes 526 */
#define GATE_KEY_MAX	(GATE_KEY_WORDS * 8)
#define GATE_RULES	16384	/* in each of the two generations; taken as they come */
#define GATE_NAME	32	/* of a rule, with its NUL */
#define GATE_EVENTS	4096	/* the newest decisions; older ones are overwritten */
#define GATE_PROGRAMS	16384
#define GATE_OWN	32

enum gate_mode { GATE_OFF, GATE_AUDIT, GATE_ENFORCE, GATE_TRY };

/* What a rule is about. Keys of two classes never meet. */
enum gate_class {
	GATE_CLASS_KEY,	/* a public key, as the kernel holds it: RFC 5280 subjectPublicKey */
	GATE_CLASS_FILE,	/* a file: struct gate_file_id of its fs-verity digest */
};

enum gate_rule_kind {
	GATE_RULE_NONE,
	GATE_RULE_BUILD,	/* a key that may sign */
	GATE_RULE_REVOKED,	/* a key or a file that must never count again */
	GATE_RULE_DELEGATE,	/* a key that may sign what one trusted loader loads */
	GATE_RULE_LOADER_KEY,	/* a key whose signature makes a file a trusted loader */
	GATE_RULE_LOADER,	/* a file that is a trusted loader */
	GATE_RULE_LIBRARY,	/* a file that trusted loaders may map executable */
	GATE_RULE_POLICY,	/* a key that may sign policy images */
};

/* What a keyring is for. Images name these: serials are other ones after each boot. */
enum gate_role {
	GATE_ROLE_NONE,
	GATE_ROLE_BUILD,
	GATE_ROLE_LOADER,
	GATE_ROLE_DELEGATED,
	GATE_ROLE_POLICY,
	GATE_ROLES = 8
};

#define GATE_RULE_F_LENDS	(1u << 0)	/* it loads whatever its caller names */

/* How a file is named: what the kernel's struct fsverity_digest says, zero after the digest. */
#define GATE_FILE_WORDS	9
struct gate_file_id {
	__u16 algorithm;	/* FS_VERITY_HASH_ALG_* */
	__u16 size;		/* of the digest in bytes */
	__u8 digest[64];
	__u8 zero[4];
} __attribute__((aligned(8)));

/*
 * A rule names a whole public key or digest. It is found by its tag, and counts
 * when it is of the active generation and all its words are the same.
 */
struct gate_rule {
	__u32 kind;
	__u32 key_len;
	__u64 tag;		/* gate_tag_step() over class and key */
	__s32 ring;		/* id of the one keyring that counts: its serial, or -9 */
	__u32 ring_type;	/* enum bpf_sig_keyring of the kernel; 0: any, the id decides */
	__u64 types;		/* program types, one bit each: a key signs, a file loads */
	__u64 inner_types;	/* and those that a key's signed loaders may load */
	__u64 attach;		/* expected attach types, one bit each; 0: any */
	__u64 until;		/* boot time in ns after which the rule is over; 0: never */
	__u64 subject;		/* a trusted loader's name as a number; a delegate's: whose */
	__u64 epoch;		/* of the generation that it belongs to */
	__u32 class;
	__u32 flags;
	__u8 fingerprint[32];	/* SHA-256 of the certificate, or the digest's first bytes */
	char name[GATE_NAME];	/* for people */
	__u64 key[GATE_KEY_WORDS];	/* zero after key_len */
};

/* Where in gate_rules a tag's rule of one generation is. */
struct gate_index {
	__u64 tag;
	__u64 half;
};

struct gate_own {
	__u32 id;
	__u32 open;		/* descriptors of it may be had: the updater, the reader */
};

/* One entry. After the freeze only the updater writes it. */
struct gate_state {
	__u32 abi;
	__u32 mode;
	__u64 epoch;		/* of the active rules; its lowest bit names their half */
	__u64 deadline;		/* boot time in ns at which GATE_TRY ends */
	__u64 session;		/* of the rules being written: their epoch to be; 0: none */
	__u64 sessions;		/* the last one */
	__u32 removing;		/* the gate lets itself be detached */
	__u32 proving;		/* thread group whose loads are decided as when enforcing */
	__u32 rules;
	__u32 busy;
	__u32 insns_only;	/* the kernel signs instructions: loaders check metadata */
	__s32 loader_ring;	/* where the keys are that sign trusted loaders; 0: none */
	__u32 loaders;		/* rules that make trusted loaders */
	__u32 sealed;		/* only signed images change anything */
	__u64 version;		/* of the last image; it only rises */
	__u32 threshold;	/* policy keys that must sign an image; 0: none is taken */
	__s32 rings[GATE_ROLES];	/* ids of the keyrings, known since the seal */
	__u32 pad;
	__s64 installed;	/* seconds since 1970 */
	__u64 installed_boot;	/* boot time in ns */
	struct gate_own own[GATE_OWN];
};

struct gate_counters {
	__u64 events;		/* decisions ever; the number of the newest event */
	__u64 denied;
	__u64 would_deny;	/* denied, had the mode been enforce */
	__u64 no_storage;	/* loads whose record could not be kept */
	__u64 untracked;	/* programs that did not fit into the table */
	__u64 refused_calls;	/* what was refused and is no load: GATE_R_DETACH and on */
};

/* Bits of gate_event.flags and gate_program.flags. */
#define GATE_F_SIGNED	(1u << 0)
#define GATE_F_INNER	(1u << 1)	/* loaded by a loader, inside the kernel */
#define GATE_F_ENFORCED	(1u << 2)	/* the verdict was carried out */
#define GATE_F_LOADER	(1u << 3)	/* may load: a signed loader */
#define GATE_F_DENIED	(1u << 4)
#define GATE_F_TRUSTED	(1u << 5)	/* a trusted loader loaded it */
#define GATE_F_LENDS	(1u << 6)	/* ... that loads whatever its caller names */
#define GATE_F_CALL	(1u << 7)	/* no load, but something that was refused */

struct gate_event {
	__u64 seq;		/* from 1; 0 or another number: overwritten meanwhile */
	__u64 boot_ns;
	__u32 reason;		/* enum gate_reason */
	__u32 flags;
	__u32 mode;
	__u32 tgid;
	__u32 uid;
	__u32 prog_type;
	__u32 attach_type;
	__u32 prog_id;		/* 0 until (and unless) the program got one */
	__u32 loader_id;	/* the running signed loader, for inner loads */
	__s32 keyring_id;	/* as the caller passed it */
	__s32 ring;		/* as the kernel resolved it; 0 where it does not tell */
	__u32 nkeys;
	__s32 key_serial;	/* of the first key that the verification touched */
	__u32 key_len;
	__u64 key_tag;
	__u8 fingerprint[32];	/* of the key's rule; zero when there was none */
	__u8 file[32];		/* of the trusted loader's file; zero when it was none */
	char comm[16];
	char name[16];		/* of the program */
	char rule[GATE_NAME];	/* of the trusted loader, or of the delegation */
};

struct gate_program {
	__u64 aux;		/* address of the kernel's record: tells a reused id */
	__u64 boot_ns;
	__u64 key_tag[GATE_KEYS];	/* of the keys that signed it, or its loader */
	__u32 nkeys;
	__u32 pad;
	__u32 reason;
	__u32 flags;
	__u32 mode;
	__u32 tgid;
	__u32 uid;
	__u32 prog_type;
	__u32 loader_id;
	__s32 key_serial;
	__u8 fingerprint[32];	/* as in struct gate_event */
	__u8 file[32];
	char comm[16];
	char name[16];
	char rule[GATE_NAME];
};

enum gate_op {
	GATE_OP_STATE,		/* -> u.state */
	GATE_OP_COUNTERS,	/* -> u.counters */
	GATE_OP_RULE,		/* index -> u.rule, -ENOENT past the last */
	GATE_OP_EVENT,		/* arg = seq -> u.event, -ENOENT when overwritten */
	GATE_OP_PROGRAM,	/* index = program id -> u.program, -ENOENT */
	GATE_OP_BEGIN,		/* starts a new set of rules -> session */
	GATE_OP_PUT,		/* session, index, u.rule */
	/* session, index = number of rules, arg = of those for loaders, ring = of loader keys */
	GATE_OP_COMMIT,
	GATE_OP_MODE,		/* index = mode, arg = deadline for GATE_TRY */
	GATE_OP_PROVE,		/* index = thread group, 0: none */
	GATE_OP_REMOVE,		/* index = 1: let go, 0: hold on */
	GATE_OP_SEAL,		/* u.seal: until reboot, and only while it enforces */
	GATE_OP_TASK,		/* index = pid -> u.task, -ESRCH, -ENOENT: no trusted loader */
};

struct gate_seal {
	__u32 threshold;
	__s32 rings[GATE_ROLES];
	__u32 pad;
};

/* What makes a task a trusted loader now: a rule, or one that revokes its file. */
#define GATE_TASK_STRICT	(1u << 0)	/* since its exec the gate has shielded it */
struct gate_task_info {
	__u64 subject;
	__u64 until;		/* boot time in ns; 0: never */
	__u32 kind;		/* enum gate_rule_kind */
	__u32 flags;		/* GATE_TASK_* */
	__u8 file[32];		/* as in struct gate_event */
	__u8 fingerprint[32];
	char name[GATE_NAME];
};

/* The updater's context, copied in and out by PROG_RUN. */
struct gate_call {
	__u32 op;
	__s32 result;		/* 0 or -errno */
	__u64 session;
	__u64 arg;
	__u32 index;
	__s32 ring;
	union {
		struct gate_state state;
		struct gate_counters counters;
		struct gate_rule rule;
		struct gate_event event;
		struct gate_program program;
		struct gate_seal seal;
		struct gate_task_info task;
	} u;
};

/*
 * A policy image: this, and @rules times a struct gate_rule, in which ring is
 * an enum gate_role, until is seconds since 1970 and epoch is 0. Detached CMS
 * signatures over all of it by @threshold policy keys (of the policy that the
 * gate has, not of the new one) make it the policy.
 */
#define GATE_IMAGE_MAGIC	0x31657461672d6b62ULL	/* "bk-gate1" */
#define GATE_IMAGE_SIGS		8
#define GATE_IMAGE_SIG_MAX	4096
#define GATE_IMAGE_RULES	2048	/* the buffer in the kernel has room for so many */
#define GATE_IMAGE_MAX		(64 + GATE_IMAGE_RULES * sizeof(struct gate_rule))

struct gate_image {
	__u64 magic;
	__u32 abi;
	__u32 rules;
	__u64 version;
	__s64 created;		/* seconds since 1970: a floor for the clock */
	__u32 mode;		/* GATE_AUDIT or GATE_ENFORCE */
	__u32 threshold;
	__u64 zero[3];
};

/* The context of the program that takes an image; addresses are the caller's. */
struct gate_apply {
	__s32 result;		/* 0 or -errno */
	__u32 signers;		/* -> different policy keys that signed it */
	__u64 image;
	__u64 image_len;
	__u64 sigs;		/* GATE_IMAGE_SIGS times GATE_IMAGE_SIG_MAX bytes */
	__u32 sig_len[GATE_IMAGE_SIGS];	/* 0: none */
};

_Static_assert(sizeof(struct gate_rule) == 80 + 32 + GATE_NAME + GATE_KEY_MAX, "no holes");
_Static_assert(sizeof(struct gate_state) == 104 + 4 * GATE_ROLES + 8 * GATE_OWN, "no holes");
_Static_assert(sizeof(struct gate_image) == 64, "no holes");
_Static_assert(sizeof(struct gate_apply) == 32 + 4 * GATE_IMAGE_SIGS, "no holes");
_Static_assert(sizeof(struct gate_file_id) == 8 * GATE_FILE_WORDS, "no holes");
_Static_assert(sizeof(struct gate_counters) == 48, "no holes");
_Static_assert(sizeof(struct gate_task_info) == 88 + GATE_NAME, "no holes");
_Static_assert(sizeof(struct gate_event) == 176 + GATE_NAME, "no holes");
_Static_assert(sizeof(struct gate_program) == 184 + GATE_NAME, "no holes");
_Static_assert(sizeof(struct gate_call) == 32 + sizeof(struct gate_rule), "no holes");

#endif
