/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this kernel and machine can do, found by trying or by asking the
 * kernel, never by its version. Changes nothing.
 */
#ifndef BK_PROBE_H
#define BK_PROBE_H

#include <stdbool.h>

#include "../base/ctx.h"

enum probe_answer { PROBE_UNKNOWN, PROBE_NO, PROBE_YES };

/* Which bytes the kernel takes a program's signature over. */
enum probe_generation {
	PROBE_GEN_UNKNOWN,	/* may not be tried: not root, or a policy refuses */
	PROBE_GEN_NONE,		/* it knows no signatures */
	PROBE_GEN_INSNS,	/* instructions only (Linux 6.18 to 7.2) */
	PROBE_GEN_METADATA,	/* and every map of fd_array (from 7.3) */
};

/*
 * probe_generation - by loading what cannot load, a program with a garbage
 * signature and a garbage map: which of the two the kernel meets first tells
 * where it verifies.
 */
enum probe_generation probe_generation(void);

/*
 * probe_alg - does the kernel take certificates of the I-th algorithm?
 * @ret_name: "rsa2048", ...; @ret_err: the kernel's errno, 0 for yes
 *
 * Returns false past the last.
 */
bool probe_alg(size_t i, const char **ret_name, int *ret_err);

/* probe_mldsa_err - the same of ML-DSA alone: 0 for yes, or the kernel's errno. */
int probe_mldsa_err(void);

/*
 * probe_native_unsealed - was a kernel with a .bpf of its own booted with
 * bpf.keyring_unsealed=1? Without it that keyring is sealed empty; with it no
 * keyring of a caller counts. PROBE_UNKNOWN where the kernel has none.
 */
enum probe_answer probe_native_unsealed(void);

struct probe_machine {
	enum probe_answer bpf_lsm, btf, fsverity, secure_boot, module_signatures;
	enum probe_answer native_unsealed;
	bool securityfs, bpffs, cgroup2, swap, modules_off;
	char lsm[256];		/* active security modules, "" when not known */
	char lockdown[24];	/* "none", "integrity", "confidentiality", "" not known */
	int ftrace_enabled;	/* these three: -1 not known */
	int unprivileged_bpf;	/* kernel.unprivileged_bpf_disabled: 0, 1, 2 */
	int kexec_disabled;
	int module_unsealed;	/* bpf_keyring's keyring_unsealed: -1 not loaded */
	bool amd64;
};

void probe_machine(struct probe_machine *ret);

#endif
