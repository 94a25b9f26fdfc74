/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate in the kernel: put it there, talk to it, see what of it is
 * attached, take it out. What it should hold is the business of lib/flow.
 */
#ifndef BK_GATE_H
#define BK_GATE_H

#include <stdbool.h>

#include "../base/ctx.h"
#include "../base/rd.h"
#include "../bpf/gate_maps.h"

/* How a program is put into force. */
enum gate_how {
	GATE_ON_CGROUP,		/* on the root cgroup: neither link nor pin to lose */
	GATE_ON_SYSCTL,		/* the same, for writes below /proc/sys */
	GATE_BY_LINK,		/* a pinned link */
};

struct gate_hook {
	const char *object, *program, *name;
	enum gate_how how;
};

#define GATE_HOOKS 18

/* In the order in which they are attached; gate_state.own[] has the same order. */
extern const struct gate_hook gate_hooks[GATE_HOOKS] __attribute__((visibility("hidden")));

/* Behind the hooks in gate_state.own[]. */
#define GATE_OWN_UPDATER	GATE_HOOKS
#define GATE_OWN_READER		(GATE_HOOKS + 1)
#define GATE_OWN_IMAGE		(GATE_HOOKS + 2)	/* what takes policy images */

struct gate;

/*
 * gate_open - the door of an installed gate: its updater
 *
 * By its pin, or when that is gone among all programs. -BPFKEY_E_NO_GATE,
 * _PRIVILEGE, _MISMATCH (another version's), _KERNEL (a gate without updater:
 * it cannot be changed until reboot).
 */
int gate_open(struct bpfkey_ctx *ctx, struct gate **ret);
void gate_close(struct gate *g);
DEFINE_CLEANUP(struct gate *, gate_close)

/*
 * gate_call - one call of the updater
 *
 * 0 when it ran; call->result is its answer. gate_do() makes a sentence of a
 * negative answer too.
 */
int gate_call(struct gate *g, struct gate_call *call);
int gate_do(struct gate *g, struct gate_call *call);

int gate_read_state(struct gate *g, struct gate_state *ret);
int gate_read_counters(struct gate *g, struct gate_counters *ret);
int gate_set_mode(struct gate *g, enum gate_mode mode);
/* gate_set_trial - enforce until @deadline in boot time; one call, so it is never without an end */
int gate_set_trial(struct gate *g, __u64 deadline);
/* gate_prove - decide the loads of this process as when enforcing, or stop that. */
int gate_prove(struct gate *g, bool on);
/*
 * gate_count_loaders - of @rules those that make trusted loaders
 * @ret_ring: the keyring of the loader keys among them; 0: there is none
 */
__u32 gate_count_loaders(const struct gate_rule *rules, size_t n, __s32 *ret_ring);
/* gate_write_rules - all of them at once; the old ones stay when it fails. */
int gate_write_rules(struct gate *g, const struct gate_rule *rules, size_t n);

/*
 * gate_apply - a policy image for the kernel to verify and take
 * @sigs: @n detached signatures over @image, at most GATE_IMAGE_SIGS
 * @ret_signers: how many different policy keys signed it; also when it fails
 *
 * -BPFKEY_E_THRESHOLD (too few), _ROLLBACK (not newer than what the gate has), _FORMAT.
 */
int gate_apply(struct gate *g, struct view image, const struct view *sigs, size_t n,
	       unsigned int *ret_signers);

/*
 * gate_put_in - load everything, fill and freeze the maps, attach; off, and
 * still willing to let go: gate_settle() ends that
 * @reader_fd: the pinned reader, whose descriptors may be had; -1: none
 *
 * All of it or nothing. -BPFKEY_E_NO_KERNEL, _PRIVILEGE, _FOREIGN (a pin that
 * is not ours, a container).
 */
int gate_put_in(struct bpfkey_ctx *ctx, const struct gate_rule *rules, size_t n, int reader_fd,
		struct gate **ret);
int gate_settle(struct gate *g, enum gate_mode mode);

/* gate_take_out - detach and unpin. */
int gate_take_out(struct gate *g);

/* gate_attached - ask the kernel which hooks of @state are in force. */
int gate_attached(struct bpfkey_ctx *ctx, const struct gate_state *state,
		  bool ret[GATE_HOOKS]);

/* gate_try_unsigned - load a program that does nothing: 0, or the errno of the refusal. */
int gate_try_unsigned(void);

/* Programs that the kernel holds. */
struct gate_prog_info {
	uint32_t id, type, uid;
	uint64_t loaded_boot;	/* boot time in ns */
	bool own;		/* no descriptor may be had of it */
	char name[17];
};

/* gate_next_program - the one after @id, or -BPFKEY_E_NOT_FOUND without a sentence. */
int gate_next_program(struct bpfkey_ctx *ctx, uint32_t id, struct gate_prog_info *ret);

/* Inside lib/kernel/gate*.c: */
int gate_root_cgroup(struct bpfkey_ctx *ctx, int *ret_fd);
char *gate_pin_path(const char *program);
int gate_wrap(struct bpfkey_ctx *ctx, int fd, struct gate **ret);
struct bpfkey_ctx *gate_ctx(struct gate *g);
/* gate_orphaned - is something attached whose descriptors are refused to root? */
bool gate_orphaned(struct bpfkey_ctx *ctx);

#endif
