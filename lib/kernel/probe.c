/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <string.h>
#include <sys/utsname.h>

#include "../base/text.h"
#include "bpf_attr.h"
#include "probe_certs.h"
#include "ring_key.h"

enum probe_generation probe_generation(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const uint8_t garbage[16] = {0};
	const int no_map = -1;
	struct attr_prog_load attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = ARRAY_SIZE(insns),
		.insns = (uintptr_t)insns,
		.license = (uintptr_t) "GPL",
		.fd_array = (uintptr_t)&no_map,
		.fd_array_cnt = 1,
		.signature = (uintptr_t)garbage,
		.signature_size = sizeof(garbage),
	};
	/* Keyring 0, the builtin one, can always be named: a native .bpf may exclude our own. */
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd >= 0) {
		/* Nothing verified it: no signatures here, whatever else the kernel makes of it. */
		close((int)fd);
		return PROBE_GEN_NONE;
	}
	switch (errno) {
	case E2BIG:      /* bytes behind the end of its union bpf_attr are not zero */
	case EOPNOTSUPP: /* built without CONFIG_SYSTEM_DATA_VERIFICATION */
		return PROBE_GEN_NONE;
	case EBADMSG: /* the signature came first: not a PKCS#7 message */
		return PROBE_GEN_INSNS;
	case EBADF: /* the map came first, so it can be part of what is verified */
		return PROBE_GEN_METADATA;
	default:
		return PROBE_GEN_UNKNOWN;
	}
}

bool probe_alg(size_t i, const char **ret_name, int *ret_err)
{
	const struct probe_cert *c = i < probe_certs_n ? &probe_certs[i] : &probe_mldsa;

	if (i > probe_certs_n)
		return false;
	*ret_name = c->alg;
	*ret_err = ringkey_try(c->der);
	return true;
}

int probe_mldsa_err(void)
{
	return ringkey_try(probe_mldsa.der);
}

/* first_line - of a file of the kernel; false when it cannot be read. */
static bool first_line(const char *path, char *line, size_t n)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "re");

	line[0] = 0;
	if (!f || !fgets(line, (int)n, f))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static int number_in(const char *path)
{
	char line[32];
	uint64_t v;

	if (!first_line(path, line, sizeof(line)) || text_u64(line, INT32_MAX, &v) < 0)
		return -1;
	return (int)v;
}

static enum probe_answer yes_no_in(const char *path)
{
	char line[32];

	if (!first_line(path, line, sizeof(line)))
		return PROBE_UNKNOWN;
	return line[0] == 'Y' || line[0] == '1' ? PROBE_YES : PROBE_NO;
}

/* has_word - in a list with commas. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; s && *s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
		if (!strncmp(s, word, n) && (s[n] == ',' || !s[n]))
			return true;
	return false;
}

/* read_lockdown - the word in brackets of "none [integrity] confidentiality". */
static void read_lockdown(char *ret, size_t n)
{
	char line[64];
	const char *open;

	if (!first_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return;
	open = strchr(line, '[');
	if (open)
		snprintf(ret, n, "%.*s", (int)strcspn(open + 1, "]"), open + 1);
}

static void read_mounts(struct probe_machine *m)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	const struct mntent *e;

	while (f && (e = getmntent(f))) {
		m->securityfs |= !strcmp(e->mnt_type, "securityfs");
		m->cgroup2 |= !strcmp(e->mnt_type, "cgroup2");
		m->bpffs |= !strcmp(e->mnt_type, "bpf") && !strcmp(e->mnt_dir, "/sys/fs/bpf");
	}
	if (f)
		endmntent(f);
}

/* The variable's value follows four bytes of attributes. */
static enum probe_answer read_secure_boot(void)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	_cleanup_(bk_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t v[5];

	if (fd < 0)
		return access("/sys/firmware/efi", F_OK) ? PROBE_NO : PROBE_UNKNOWN;
	if (read(fd, v, sizeof(v)) != (ssize_t)sizeof(v))
		return PROBE_UNKNOWN;
	return v[4] ? PROBE_YES : PROBE_NO;
}

static bool swap_on(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/swaps", "re");
	char line[256];

	return f && fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f);
}

enum probe_answer probe_native_unsealed(void)
{
	return yes_no_in("/sys/module/bpf/parameters/keyring_unsealed");
}

void probe_machine(struct probe_machine *ret)
{
	struct probe_machine m = {.module_unsealed = -1};
	enum probe_answer unsealed;
	struct utsname u;

	read_mounts(&m);
	if (first_line("/sys/kernel/security/lsm", m.lsm, sizeof(m.lsm)))
		m.bpf_lsm = has_word(m.lsm, "bpf") ? PROBE_YES : PROBE_NO;
	read_lockdown(m.lockdown, sizeof(m.lockdown));
	m.btf = access("/sys/kernel/btf/vmlinux", R_OK) ? PROBE_NO : PROBE_YES;
	m.fsverity = access("/sys/fs/ext4/features/verity", F_OK) ? PROBE_UNKNOWN : PROBE_YES;
	m.secure_boot = read_secure_boot();
	m.module_signatures = yes_no_in("/sys/module/module/parameters/sig_enforce");
	m.modules_off = number_in("/proc/sys/kernel/modules_disabled") == 1;
	m.ftrace_enabled = number_in("/proc/sys/kernel/ftrace_enabled");
	m.unprivileged_bpf = number_in("/proc/sys/kernel/unprivileged_bpf_disabled");
	m.kexec_disabled = number_in("/proc/sys/kernel/kexec_load_disabled");
	unsealed = yes_no_in("/sys/module/bpf_keyring/parameters/keyring_unsealed");
	if (unsealed != PROBE_UNKNOWN)
		m.module_unsealed = unsealed == PROBE_YES;
	m.native_unsealed = probe_native_unsealed();
	m.swap = swap_on();
	m.amd64 = !uname(&u) && !strcmp(u.machine, "x86_64");
	*ret = m;
}
