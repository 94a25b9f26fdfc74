/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keyctl-bpf: keys and trust for signed BPF programs. The umbrella header,
 * and the one home of every fixed name (keyctl-bpf-names(7) lists them).
 */
#ifndef BPFKEY_H
#define BPFKEY_H

#define BPFKEY_VERSION_MAJOR 0
#define BPFKEY_VERSION_MINOR 1
#define BPFKEY_VERSION_PATCH 0
#define BPFKEY_VERSION "0.1.0"

/* Keyrings. The dot says: made by the kernel (or our module), never by a process. */
#define BPFKEY_RING_BPF		".bpf"
#define BPFKEY_RING_LOADER	".bpf_loader"
#define BPFKEY_RING_DELEGATED	".bpf_delegated"
#define BPFKEY_RING_POLICY	".bpf_policy"
#define BPFKEY_RING_ANCHOR	".bpf_anchor"

/* Beside a native .bpf the others are these where the module is not loaded: bpf:loader, ... */
#define BPFKEY_ORDINARY_PREFIX	"bpf:"

/* uapi/linux/keyctl.h of the first kernel with a native .bpf; not in 7.3. */
#define BPFKEY_SPEC_BPF_KEYRING	(-9)

/*
 * Permission masks (include/linux/key.h). Possessor SEARCH on keyring and
 * certificate is what lets any CAP_BPF process verify by serial; SEARCH for
 * others would let them invalidate. OPEN is what .dm-verity and .bpf start
 * with; LOCKED and ANCHORED are what sealing leaves.
 */
#define BPFKEY_PERM_OPEN	0x082f0000u
#define BPFKEY_PERM_LOCKED	0x08030000u
#define BPFKEY_PERM_ANCHORED	0x08070000u
#define BPFKEY_PERM_STAGING	0x083f0000u
#define BPFKEY_PERM_KEY		0x083f0000u

/* Files; bpfkey_ctx_set_root() goes in front of all but bpffs. */
#define BPFKEY_ETC_DIR		"/etc/keyctl-bpf"
#define BPFKEY_STATE_DIR	"/var/lib/keyctl-bpf"
#define BPFKEY_RUN_DIR		"/run/keyctl-bpf"
#define BPFKEY_KEYRING_ID_FILE	BPFKEY_RUN_DIR "/keyring-id"
#define BPFKEY_STATUS_FILE	BPFKEY_RUN_DIR "/status.json"
#define BPFKEY_GATE_POLICY_FILE	BPFKEY_ETC_DIR "/gate.json"
#define BPFKEY_AGENT_CONFIG_FILE	BPFKEY_ETC_DIR "/agent.json"
#define BPFKEY_AGENT_SOCKET	BPFKEY_RUN_DIR "/agent.sock"
#define BPFKEY_BPFFS_DIR	"/sys/fs/bpf/keyctl-bpf"

/*
 * Roles are extended key usages below one arc, the UUID
 * 36824589-939a-4da9-adcc-a659466cfc92 as ITU-T X.667 writes it.
 */
#define BPFKEY_OID_ARC		"2.25.72454720750196738920188923435014749330"
#define BPFKEY_OID_BUILD	BPFKEY_OID_ARC ".1"
#define BPFKEY_OID_DELEGATED	BPFKEY_OID_ARC ".2"
#define BPFKEY_OID_LOADER	BPFKEY_OID_ARC ".3"
#define BPFKEY_OID_POLICY	BPFKEY_OID_ARC ".4"
#define BPFKEY_OID_ANCHOR	BPFKEY_OID_ARC ".5"

/* Sections that a signed object adds to an ELF file (keyctl-bpf-object(5)). */
#define BPFKEY_SECTION_PREFIX	".keyctl_bpf."

/* NV indices of a TPM that are ours, in what the TCG's registry leaves to the TPM's owner. */
#define BPFKEY_NV_FIRST		0x01842000u
#define BPFKEY_NV_LAST		0x0184201fu

/* gate: the boot parameter that is the way back in. */
#define BPFKEY_CMDLINE_GATE	"keyctl_bpf.gate"

#include <bpfkey/agent.h>
#include <bpfkey/counter.h>
#include <bpfkey/ctx.h>
#include <bpfkey/err.h>
#include <bpfkey/gate.h>
#include <bpfkey/gate_image.h>
#include <bpfkey/key.h>
#include <bpfkey/keyring.h>
#include <bpfkey/load.h>
#include <bpfkey/delegation.h>
#include <bpfkey/loader.h>
#include <bpfkey/measure.h>
#include <bpfkey/policy.h>
#include <bpfkey/quote.h>
#include <bpfkey/sealed.h>
#include <bpfkey/secret.h>
#include <bpfkey/sign.h>
#include <bpfkey/skeleton.h>
#include <bpfkey/standing.h>
#include <bpfkey/status.h>
#include <bpfkey/tpm.h>

#endif
