/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate's public calls share. */
#ifndef BK_GATE_FLOW_H
#define BK_GATE_FLOW_H

#include <bpfkey/gate.h>

#include "../kernel/gate.h"

/* Boot time and the calendar: the gate thinks in the first, people in the second. */
struct gate_clock {
	int64_t boot_ns, real_ns;
};

struct gate_clock gate_clock_now(void);
/* gate_calendar - seconds since 1970 of a moment in boot time. */
int64_t gate_calendar(const struct gate_clock *c, uint64_t boot_ns);

/* gate_reason_word - "unsigned"; gate_reason_sentence - for people. Never NULL. */
const char *gate_reason_word(uint32_t reason);
const char *gate_reason_sentence(uint32_t reason);

/* gate_rule_set_key - key and tag of a rule whose class is set; @n is at most GATE_KEY_MAX */
void gate_rule_set_key(struct gate_rule *rule, const uint8_t *key, size_t n);

/* gate_until - when an enrolled key's time is over, in boot time; 0: never */
struct bpfkey_ring_key;
struct bpfkey_cert_info;
uint64_t gate_until(const struct bpfkey_ring_key *k, const struct bpfkey_cert_info *cert);

/*
 * gate_rules_of_ring - one rule for each valid certificate in the build keyring, and those
 * of the gate's policy
 * @types: program types that keys may sign besides loaders
 * @ret: malloc'ed
 */
int gate_rules_of_ring(struct bpfkey_ctx *ctx, const char *staging, uint64_t types,
		       struct gate_rule **ret, size_t *ret_n);

/*
 * gate_add_policy_keys - a rule for each valid certificate in the keyring of policy keys
 * @rules: malloc'ed, grows; -BPFKEY_E_THRESHOLD when there are fewer than @threshold
 */
int gate_add_policy_keys(struct bpfkey_ctx *ctx, struct gate_rule **rules, size_t *n,
			 unsigned int threshold);

/* gate_rings - this boot's keyring of each enum gate_role; 0: there is none */
int gate_rings(struct bpfkey_ctx *ctx, const struct gate_rule *rules, size_t n,
	       int32_t ret[GATE_ROLES]);

/* gate_active_rules - what the gate holds now; @ret is malloc'ed. */
int gate_active_rules(struct bpfkey_ctx *ctx, struct gate *g, struct gate_rule **ret,
		      size_t *ret_n);

/* gate_same_rules - times may differ by what passes between two looks at a clock. */
bool gate_same_rules(const struct gate_rule *a, size_t n, const struct gate_rule *b, size_t m);

/* gate_collect_events, gate_collect_programs - the public calls without bk_enter(). */
int gate_collect_events(struct bpfkey_ctx *ctx, struct gate *g, uint64_t after,
			struct bpfkey_gate_event **ret, size_t *ret_n);
int gate_collect_programs(struct bpfkey_ctx *ctx, struct gate *g,
			  struct bpfkey_gate_program **ret, size_t *ret_n);
/* gate_passed_later - was the same program of the same command allowed after event @i? */
bool gate_passed_later(const struct bpfkey_gate_event *all, size_t n, size_t i);
int gate_collect_info(struct bpfkey_ctx *ctx, struct gate *g, struct bpfkey_gate_info *ret);

/* gate_would_hurt - is there a reason not to enforce? -BPFKEY_E_WOULD_DENY with it. */
int gate_would_hurt(struct bpfkey_ctx *ctx, struct gate *g,
		    const struct bpfkey_gate_mode_opts *opts);

/*
 * gate_self_test - both ways, before enforcing
 * @path: signed object; NULL: the one that was kept
 */
int gate_self_test(struct bpfkey_ctx *ctx, struct gate *g, const char *path);
/* gate_refuses - is an unsigned load of this process refused while proving? */
int gate_refuses(struct bpfkey_ctx *ctx, struct gate *g);
/* gate_keep_self_test - see that @path is a signed object, and keep a copy of it. */
int gate_check_self_test(struct bpfkey_ctx *ctx, const char *path);
int gate_keep_self_test(struct bpfkey_ctx *ctx, const char *path);

/* gate_cmdline - what the kernel's command line says of the gate. */
enum gate_cmdline { GATE_CMDLINE_NOTHING, GATE_CMDLINE_AUDIT, GATE_CMDLINE_OFF };
enum gate_cmdline gate_cmdline(void);

#endif
