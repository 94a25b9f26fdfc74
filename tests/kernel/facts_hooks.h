/* SPDX-License-Identifier: GPL-2.0 */
/* What facts_hooks.bpf.c writes and facts_hooks.c reads: one event for each call of a hook. */
#ifndef FACTS_HOOKS_H
#define FACTS_HOOKS_H

#include <linux/types.h>

#define FACTS_EVENTS 64

enum { HOOK_PROG_LOAD = 1, HOOK_PROG };

struct facts_event {
	__u32 hook, type, id, used_maps;
	__u32 kernel;		/* only lsm/bpf_prog_load is told */
	__u32 has_sig;		/* the kernel keeps what it found; the next three are that */
	__u32 verdict, keyring_type;
	__s32 keyring_serial;
	__u32 attr_signed;	/* attr->signature is not NULL */
	__s32 attr_keyring;
	__u32 pad;
};

#endif
