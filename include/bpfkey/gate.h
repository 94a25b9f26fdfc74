/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: our BPF LSM policy, which turns the kernel's verdicts on
 * signatures into decisions. Installed it lives in the kernel until reboot or
 * removal; nothing here keeps state of its own.
 */
#ifndef BPFKEY_GATE_H
#define BPFKEY_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum bpfkey_gate_mode {
	BPFKEY_GATE_OFF,	/* installed, decides nothing */
	BPFKEY_GATE_AUDIT,	/* decides and records, allows everything */
	BPFKEY_GATE_ENFORCE,
	BPFKEY_GATE_TRY,	/* enforce until a deadline */
};

/** bpfkey_gate_mode_name - "off", "audit", "enforce", "try". */
const char *bpfkey_gate_mode_name(enum bpfkey_gate_mode mode);

/** bpfkey_gate_mode_parse - "off", "audit" or "enforce"; 0 or -BPFKEY_E_USAGE. */
int bpfkey_gate_mode_parse(const char *name, enum bpfkey_gate_mode *ret);

/**
 * bpfkey_duration_parse - a time span in words, such as "30s", "10m", "2h", "1d"
 * @ret: seconds
 *
 * 0 or -BPFKEY_E_USAGE. Since: 0.1
 */
int bpfkey_duration_parse(const char *text, uint64_t *ret);

#define BPFKEY_GATE_HOOKS 32

/**
 * struct bpfkey_gate_hook - one hook of the gate, as the kernel was asked just now
 * @deny: it refuses by itself: without it the gate is open. The others only
 *        give, and without them loads are refused
 */
struct bpfkey_gate_hook {
	const char *name;
	bool deny, attached;
};

/**
 * struct bpfkey_gate_info - the gate as it is
 * @sz: sizeof(struct bpfkey_gate_info) as the caller knows it; set before the
 *      call; no more than that is written
 * @generation: of the rules; rises with every change
 * @installed:  seconds since 1970
 * @decisions, @denied, @would_deny: since it was installed; @would_deny in audit mode
 * @lost:       decisions that newer ones have overwritten
 * @untracked:  programs that did not fit into the table
 * @attacks:    refused attempts to detach the gate or to attach over it
 * @missing:    hooks that are not attached
 * @sealed:     only images that @threshold policy keys have signed change it
 * @version:    of the last image; 0: there was none
 * @trial_until: in mode try: seconds since 1970 when the trial ends or ended; from then on
 *              the gate decides as in audit mode, and @enforcing is false
 */
struct bpfkey_gate_info {
	size_t sz;
	enum bpfkey_gate_mode mode;
	bool enforcing;
	uint64_t generation;
	int64_t installed;
	unsigned int rules;
	uint64_t decisions, denied, would_deny, lost, untracked, attacks;
	struct bpfkey_gate_hook hooks[BPFKEY_GATE_HOOKS];
	size_t n_hooks, missing;
	bool sealed;
	unsigned int threshold;
	uint64_t version;
	int64_t trial_until;
};

/**
 * bpfkey_gate_info - ask the gate
 *
 * -BPFKEY_E_NO_GATE when none is installed, _PRIVILEGE, _KERNEL, _MISMATCH
 * (installed by another version of this program).
 */
int bpfkey_gate_info(struct bpfkey_ctx *ctx, struct bpfkey_gate_info *ret);

/* Bits of bpfkey_gate_rule.flags. */
#define BPFKEY_GATE_RULE_FILE	(1u << 0)	/* it is about a file, not a key */
#define BPFKEY_GATE_RULE_LENDS	(1u << 1)	/* a loader that loads what its caller names */
#define BPFKEY_GATE_RULE_FULL	(1u << 2)	/* types that have the whole kernel in hand */

/**
 * struct bpfkey_gate_rule - one key or file that the gate has a rule for
 * @kind:        "build", "delegate", "loader-key", "loader", "library", "revoked"
 * @fingerprint: SHA-256 of the certificate; of a file its digest's first 32 bytes
 * @ring:        serial of the keyring in which it counts
 * @types:       program types it may sign or load directly, 1 << type each
 * @until:       seconds since 1970 when the rule ends; 0: never
 * @attach:      expected attach types, 1 << type each; 0: any
 * @flags:       BPFKEY_GATE_RULE_*
 * @name:        of a loader, library or delegation, else ""
 */
struct bpfkey_gate_rule {
	const char *kind;
	uint8_t fingerprint[32];
	int32_t ring;
	uint64_t types;
	int64_t until;
	size_t key_len;
	uint64_t attach;
	unsigned int flags;
	char name[32];
};

/** bpfkey_gate_rules - the active rules; free with free(). */
int bpfkey_gate_rules(struct bpfkey_ctx *ctx, struct bpfkey_gate_rule **ret, size_t *ret_n);

/**
 * struct bpfkey_gate_event - one decision
 * @reason:   the gate's word for it, "build-key", "unsigned"; static
 * @sentence: what happened, for people; static text without names
 * @allowed:  what the decision was; @enforced: and whether it was carried out
 * @prog_type: the kernel's word, "xdp"; @attach_type: likewise; @loader_id: of an inner load, or 0
 * @call:     no load, but something else that was refused; it has no program
 * @mode:     of the gate at that moment
 * @fingerprint: of the key's rule that decided; all zero when none did
 * @rule:     name of the trusted loader that loaded, or of the delegation, else ""
 * @file:     first 32 bytes of the fs-verity digest of that loader's file, else zero
 */
struct bpfkey_gate_event {
	uint64_t seq;
	int64_t time;
	bool allowed, enforced, is_signed, inner;
	const char *reason, *sentence, *prog_type;
	uint32_t pid, uid, prog_id, loader_id, n_keys;
	int32_t keyring_id, ring, key_serial;
	uint8_t fingerprint[32];
	char comm[17], name[17];
	bool call;
	enum bpfkey_gate_mode mode;
	const char *attach_type;
	char rule[32];
	uint8_t file[32];
};

/**
 * bpfkey_gate_events - the decisions that are still kept, oldest first
 * @after: only those with a greater seq
 * @ret:   free with free()
 */
int bpfkey_gate_events(struct bpfkey_ctx *ctx, uint64_t after,
		       struct bpfkey_gate_event **ret, size_t *ret_n);

/**
 * struct bpfkey_gate_would - what one command loaded in audit mode, and would not in enforce
 * @binary:   the file that it ran, "" when it has ended
 * @program:  name of the last such program; @types: of all, 1 << type each
 * @command:  what would allow it, "" when nothing does, or only signing what it loads
 * @ready:    @command can be run as it is; else its words in capitals are to be filled in
 * @lends_trust: to allow it is to trust everybody who may run it
 * @full_power:  one of the types has the whole kernel in hand
 */
struct bpfkey_gate_would {
	char comm[17], program[17], binary[512], command[1024];
	const char *reason, *sentence;
	uint64_t types, loads;
	int64_t last;
	uint32_t pid;
	bool ready, lends_trust, full_power;
};

/**
 * bpfkey_gate_simulate - what enforcement would have denied, of what is on record from audit mode
 * @since: seconds since 1970: only what is not older
 * @ret:   one for each command and reason; free with free()
 *
 * What the same command got through with later is left out. Since: 0.1
 */
int bpfkey_gate_simulate(struct bpfkey_ctx *ctx, int64_t since, struct bpfkey_gate_would **ret,
			 size_t *ret_n);

/**
 * struct bpfkey_gate_program - one program that the kernel holds now
 * @known:  admitted by the gate while it enforced; others were loaded before
 *          it, in audit mode, or while it was off
 * @own:    the gate's
 * @reason: as in bpfkey_gate_event; NULL when the gate never saw it
 * @mode:   of the gate when it was loaded; of no meaning without a @reason
 * @rule, @file: as in bpfkey_gate_event
 */
struct bpfkey_gate_program {
	uint32_t id;
	bool known, own, loader;
	const char *reason, *prog_type;
	uint32_t pid, uid, loader_id;
	int64_t time;
	uint8_t fingerprint[32];
	char comm[17], name[17];
	enum bpfkey_gate_mode mode;
	char rule[32];
	uint8_t file[32];
};

/** bpfkey_gate_programs - every program in the kernel by who signed it; free with free(). */
int bpfkey_gate_programs(struct bpfkey_ctx *ctx, struct bpfkey_gate_program **ret,
			 size_t *ret_n);

/**
 * struct bpfkey_gate_task - the trusted loader that a process is
 * @sz:   sizeof(struct bpfkey_gate_task) as the caller knows it, set before the call
 * @pid:  of the process
 * @name: of the rule that makes it one, as in bpfkey_gate_rule
 * @file: first 32 bytes of the fs-verity digest of the file that it runs
 * @shielded: the gate enforced when it began, so that nobody else was ever in control of it
 * @until: seconds since 1970 when the rule ends; 0: never
 */
struct bpfkey_gate_task {
	size_t sz;
	uint32_t pid;
	bool shielded;
	char name[32];
	uint8_t file[32];
	int64_t until;
};

/**
 * bpfkey_gate_task - is a process a trusted loader now, and by which rule?
 * @pidfd: of the process; it still ran after the gate had answered
 *
 * Only in the initial PID namespace. -BPFKEY_E_GATE (it is none), _REVOKED (its file or rule),
 * _EXPIRED (the rule), _NOT_FOUND (it has ended), _NO_GATE, _PRIVILEGE, _FOREIGN (a container).
 *
 * Since: 0.1
 */
int bpfkey_gate_task(struct bpfkey_ctx *ctx, int pidfd, struct bpfkey_gate_task *ret);

/**
 * struct bpfkey_gate_install_opts - how to install
 * @sz:        sizeof(struct bpfkey_gate_install_opts) as the caller knows it
 * @staging:   NULL, or the name of a staging keyring to take the keys from
 * @types:     program types that build keys may sign directly, besides loaders
 * @self_test: NULL, or a signed object that is kept for the self-test
 */
struct bpfkey_gate_install_opts {
	size_t sz;
	const char *staging;
	uint64_t types;
	const char *self_test;
	bool dry_run;
};

/* What bpfkey_gate_install() did, or in a dry run would do. */
enum bpfkey_gate_installed {
	BPFKEY_GATE_UNCHANGED,
	BPFKEY_GATE_INSTALLED,	/* in audit mode */
	BPFKEY_GATE_UPDATED,	/* it was there, its rules were replaced */
	BPFKEY_GATE_HELD_BACK,	/* the kernel's command line says keyctl_bpf.gate=off */
};

/**
 * bpfkey_gate_install - install the gate, or bring its rules up to the keyring
 *
 * One rule for each valid certificate of .bpf that was enrolled here. The
 * first installation is in audit mode. All or nothing: when a hook does not
 * attach, everything is taken out again.
 *
 * A key in the keyring whose certificate nobody enrolled here gets no rule, and
 * a warning. What a killed call has left in the kernel is taken out first.
 *
 * -BPFKEY_E_NO_KEYRING, _NOT_ENROLLED (no valid key), _NO_KERNEL (no slot left,
 * hooks switched off), _NO_SUPPORT (not amd64), _SELF_TEST (the hooks are not
 * called: no BPF LSM), _FOREIGN (a container), _PRIVILEGE.
 */
int bpfkey_gate_install(struct bpfkey_ctx *ctx, const struct bpfkey_gate_install_opts *opts,
			enum bpfkey_gate_installed *ret);

/**
 * bpfkey_gate_sync - after the keyring changed: the rules follow. Does nothing
 * and succeeds where no gate is installed.
 * @staging: as the keys were changed; NULL for .bpf
 */
int bpfkey_gate_sync(struct bpfkey_ctx *ctx, const char *staging);

/**
 * struct bpfkey_gate_mode_opts - how to change the mode
 * @yes_deny:        enforce although something in use would be denied
 * @accept_existing: enforce although programs of unknown origin are loaded
 *                   that could undo the gate
 * @self_test:       signed object; NULL for the one that install kept
 * @trial:           for BPFKEY_GATE_TRY: how long, in seconds; BPFKEY_GATE_TRIAL_MIN to _MAX
 * @confirm:         for BPFKEY_GATE_ENFORCE: only while a trial runs
 */
struct bpfkey_gate_mode_opts {
	size_t sz;
	bool yes_deny, accept_existing, dry_run;
	const char *self_test;
	uint64_t trial;
	bool confirm;
};

#define BPFKEY_GATE_TRIAL_MIN 10
#define BPFKEY_GATE_TRIAL_MAX 86400

/**
 * bpfkey_gate_set_mode - off, audit, enforce or try
 * @ret_before: the mode until now
 *
 * Enforce first refuses (-BPFKEY_E_WOULD_DENY) what would hurt, then tests
 * itself both ways (_SELF_TEST): a signed load must be allowed with one key
 * recorded, an unsigned one refused. _POLICY when the kernel's command line
 * says keyctl_bpf.gate=audit or off.
 *
 * Try does the same, sees that it could be ended early, and enforces for
 * opts->trial seconds of boot time; then the kernel by itself decides as in
 * audit mode. Once more it sets a new end. _POLICY when the gate enforces for
 * good already, or with opts->confirm when no trial is running.
 */
int bpfkey_gate_set_mode(struct bpfkey_ctx *ctx, enum bpfkey_gate_mode mode,
			 const struct bpfkey_gate_mode_opts *opts,
			 enum bpfkey_gate_mode *ret_before);

/**
 * bpfkey_gate_remove - take the gate out of the kernel
 * @ret_removed: false when there was none
 */
int bpfkey_gate_remove(struct bpfkey_ctx *ctx, bool dry_run, bool *ret_removed);

/** bpfkey_prog_type_name - "xdp", "syscall", ...; "unknown" past the last. */
const char *bpfkey_prog_type_name(unsigned int type);

/**
 * bpfkey_types_full_power - is there one among them that has the whole kernel in hand?
 * @types: program types, 1 << type each: lsm, struct_ops, tracing, kprobe, perf_event,
 *         tracepoint, raw_tracepoint, raw_tracepoint_writable
 */
bool bpfkey_types_full_power(uint64_t types);

/** bpfkey_attach_type_name - "xdp", "tcx_ingress", ...; "unknown" past the last. */
const char *bpfkey_attach_type_name(unsigned int type);

/** bpfkey_attach_type_parse - 0 and @ret, or -BPFKEY_E_USAGE. */
int bpfkey_attach_type_parse(const char *name, unsigned int *ret);

/** bpfkey_prog_type_parse - 0 and @ret, or -BPFKEY_E_USAGE. */
int bpfkey_prog_type_parse(const char *name, unsigned int *ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
