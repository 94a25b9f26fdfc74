/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loaded programs to where they run: interfaces, cgroups, functions; and pins. */
#ifndef BK_ATTACH_H
#define BK_ATTACH_H

#include "../base/ctx.h"
#include "obj_manifest.h"

/*
 * What one step did, to take it back when a later one fails. A link is a
 * descriptor that holds the attachment; the others outlive the process.
 */
struct attach_step {
	enum { ATTACH_NONE, ATTACH_PIN, ATTACH_XDP, ATTACH_CGROUP, ATTACH_LINK } kind;
	char *path;		/* PIN */
	int fd;			/* LINK, CGROUP: the cgroup; else -1 */
	int prog;		/* XDP, CGROUP; borrowed */
	int ifindex;
	uint32_t flags, type;
};

void attach_step_done(struct attach_step *s);	/* forget it */
void attach_step_undo(struct attach_step *s);	/* take it back, then forget it */

/* attach_pin_dir - make the directory when it is missing; must be on a bpffs. */
int attach_pin_dir(struct bpfkey_ctx *ctx, const char *dir);

/* attach_pin - -BPFKEY_E_EXISTS rather than replace what somebody else pinned. */
int attach_pin(struct bpfkey_ctx *ctx, int fd, const char *path, struct attach_step *ret);

/* attach_mode - "native", "skb" or NULL into XDP flags; -BPFKEY_E_USAGE. */
int attach_mode(struct bpfkey_ctx *ctx, const char *mode, uint32_t *ret);

/* attach_xdp - never replaces a program that is attached already (_EXISTS). */
int attach_xdp(struct bpfkey_ctx *ctx, int prog, const char *dev, uint32_t flags,
	       struct attach_step *ret);
int attach_cgroup(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		  const char *path, struct attach_step *ret);

/* attach_is_cgroup - is this a type that attaches to cgroups? */
bool attach_is_cgroup(const struct manifest_program *p);

/* attach_is_named - does the object say what it attaches to (tracing, LSM, raw tracepoint)? */
bool attach_is_named(const struct manifest_program *p);
int attach_named(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		 struct attach_step *ret);

/* attach_kprobe - to @function, by a perf event. */
int attach_kprobe(struct bpfkey_ctx *ctx, const struct manifest_program *p, int prog,
		  const char *function, struct attach_step *ret);

#endif
