/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine lacks or leaves open for whoever becomes root. Found by
 * trying; each finding names the next step. Nothing is written.
 */
#include <errno.h>
#include <string.h>

#include <bpfkey.h>

#include "../kernel/keyring.h"
#include "../kernel/probe.h"
#include "../kernel/reader.h"
#include "findings.h"

static void check_signatures(struct bpfkey_findings *f)
{
	switch (probe_generation()) {
	case PROBE_GEN_INSNS:
		findings_add(f, BPFKEY_NOTE, "kernel", "",
			     "this kernel verifies signatures over instructions only (as Linux "
			     "6.18 to 7.2): loaders check their metadata themselves");
		return;
	case PROBE_GEN_METADATA:
		findings_add(f, BPFKEY_NOTE, "kernel", "",
			     "this kernel verifies signatures over instructions and metadata (as "
			     "Linux 7.3)");
		return;
	case PROBE_GEN_NONE:
		findings_add(f, BPFKEY_ATTENTION, "kernel",
			     "boot Linux 6.18 or later with CONFIG_SYSTEM_DATA_VERIFICATION",
			     "this kernel verifies no signatures of BPF programs");
		return;
	case PROBE_GEN_UNKNOWN:
		findings_add(f, BPFKEY_UNCHECKED, "kernel",
			     geteuid() ? "run it as root" : "keyctl-bpf gate log",
			     "whether this kernel verifies signatures could not be tried");
	}
}

/* Tried because people ask; that hardly a kernel takes them yet is not a defect. */
static bool is_rare(const char *alg)
{
	return !strcmp(alg, "ed25519") || !strncmp(alg, "ml-dsa-", 7);
}

static void check_algorithms(struct bpfkey_findings *f)
{
	const char *alg;
	int err;

	for (size_t i = 0; probe_alg(i, &alg, &err); i++) {
		if (err == ENOPKG || err == ENOENT)
			findings_add(f, is_rare(alg) ? BPFKEY_NOTE : BPFKEY_ATTENTION, "kernel",
				     is_rare(alg)
					     ? ""
					     : "use another algorithm: keyctl-bpf key new --alg",
				     "this kernel takes no certificates with %s", alg);
		else if (err)
			findings_add(f, BPFKEY_UNCHECKED, "kernel", "",
				     "certificates with %s could not be tried: %s", alg,
				     strerror(err));
	}
}

static void check_reader(struct bpfkey_ctx *ctx, struct bpfkey_findings *f)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;

	if (reader_open(ctx, &reader) < 0)
		findings_failed(f, ctx, "kernel");
}

static void check_lsm(const struct probe_machine *m, struct bpfkey_findings *f)
{
	if (m->bpf_lsm == PROBE_NO)
		findings_add(
			f, BPFKEY_ATTENTION, "kernel",
			"add bpf to lsm= on the kernel's command line",
			"BPF security modules are off (active: %s): the gate cannot be installed",
			m->lsm);
	else if (m->bpf_lsm == PROBE_UNKNOWN)
		findings_add(f, BPFKEY_UNCHECKED, "kernel",
			     m->securityfs ? "run it as root"
					   : "mount -t securityfs securityfs /sys/kernel/security",
			     "whether BPF security modules are on could not be read");
	if (m->ftrace_enabled == 0)
		findings_add(f, BPFKEY_ATTENTION, "kernel",
			     "sysctl kernel.ftrace_enabled=1, and find out who changed it",
			     "kernel.ftrace_enabled is 0: up to Linux 7.2 that switches every BPF "
			     "security module off");
	if (m->btf == PROBE_NO)
		findings_add(f, BPFKEY_ATTENTION, "kernel",
			     "boot a kernel with CONFIG_DEBUG_INFO_BTF",
			     "the kernel gives no type information (/sys/kernel/btf/vmlinux): "
			     "neither gate nor reader can be loaded");
	if (!m->amd64)
		findings_add(f, BPFKEY_ATTENTION, "kernel", "", "the gate enforces on amd64 only");
}

static void check_mounts(const struct probe_machine *m, struct bpfkey_findings *f)
{
	if (!m->bpffs)
		findings_add(f, BPFKEY_ATTENTION, "machine", "mount -t bpf bpf /sys/fs/bpf",
			     "no BPF file system on /sys/fs/bpf: the gate cannot keep its maps");
	if (!m->cgroup2)
		findings_add(
			f, BPFKEY_ATTENTION, "machine", "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
			"no cgroup version 2 is mounted: the gate cannot attach to the root of it");
}

/* What design section 10 leaves outside: whoever can write kernel memory is not stopped. */
static void check_openings(const struct probe_machine *m, struct bpfkey_findings *f)
{
	bool locked = m->lockdown[0] && strcmp(m->lockdown, "none");

	if (!m->lockdown[0])
		findings_add(f, BPFKEY_UNCHECKED, "machine",
			     "mount -t securityfs securityfs /sys/kernel/security",
			     "whether the kernel is locked down could not be read");
	else if (!locked)
		findings_add(f, BPFKEY_ATTENTION, "machine",
			     "add lockdown=integrity to the kernel's command line",
			     "lockdown is off: root can write kernel memory");
	if (m->module_signatures == PROBE_NO && !locked && !m->modules_off)
		findings_add(f, BPFKEY_ATTENTION, "machine",
			     "add module.sig_enforce=1 to the kernel's command line, with "
			     "bpf_keyring.ko signed",
			     "kernel modules load unsigned: a module undoes every policy");
	if (m->kexec_disabled == 0 && !locked)
		findings_add(f, BPFKEY_ATTENTION, "machine", "sysctl kernel.kexec_load_disabled=1",
			     "kexec is open: root can start another kernel without this policy");
	if (m->secure_boot != PROBE_YES)
		findings_add(f, BPFKEY_NOTE, "machine", "",
			     "secure boot is off or not there: across a reboot nothing that is "
			     "said here holds");
	if (m->unprivileged_bpf == 0)
		findings_add(f, BPFKEY_ATTENTION, "machine",
			     "sysctl kernel.unprivileged_bpf_disabled=1",
			     "users without privilege may load BPF programs");
	if (m->swap)
		findings_add(f, BPFKEY_NOTE, "machine", "",
			     "swap is on: root can change swapped-out memory of trusted processes; "
			     "encrypt it or turn it off");
}

static void check_unsealed(const struct probe_machine *m, struct bpfkey_findings *f)
{
	if (m->native_unsealed == PROBE_NO)
		findings_add(f, BPFKEY_ATTENTION, "keyring",
			     "add bpf.keyring_unsealed=1 to the kernel's command line",
			     "the kernel was booted without bpf.keyring_unsealed=1: its .bpf is "
			     "sealed empty, and it verifies against keyrings that callers bring");
	if (m->module_unsealed != 0)
		return;
	findings_add(
		f, BPFKEY_ATTENTION, "keyring",
		"add bpf_keyring.keyring_unsealed=1 to the kernel's command line, or 'options "
		"bpf_keyring keyring_unsealed=1' to modprobe.d",
		"bpf_keyring was loaded without keyring_unsealed: its keyrings are sealed empty");
}

static void check_fsverity(const struct probe_machine *m, struct bpfkey_findings *f)
{
	if (m->fsverity != PROBE_YES)
		findings_add(f, BPFKEY_NOTE, "machine", "",
			     "fs-verity was not found on ext4: trusted loaders need a file system "
			     "with it");
}

int bpfkey_doctor(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings **ret)
{
	_cleanup_(bpfkey_findings_freep) struct bpfkey_findings *f = findings_new();
	struct probe_machine m;

	bk_enter(ctx);
	if (!f)
		return bk_out_of_memory(ctx);
	probe_machine(&m);
	check_signatures(f);
	check_algorithms(f);
	check_lsm(&m, f);
	if (!geteuid())
		check_reader(ctx, f);
	check_mounts(&m, f);
	check_unsealed(&m, f);
	findings_status(ctx, staging, f);
	check_openings(&m, f);
	check_fsverity(&m, f);
	if (!findings_ok(f))
		return bk_out_of_memory(ctx);
	*ret = steal(&f);
	return 0;
}
