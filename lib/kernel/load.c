/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <bpfkey.h>

#include "bpf_attr.h"
#include "probe.h"

#define LOG_SIZE (1u << 20)
#define LOG_TAIL_LINES 4
#define KEYRING_PLATFORM 2	/* the last of the system's keyrings, which have ids from 0 on */
#define CAP_SYS_ADMIN_BIT 21
#define CAP_BPF_BIT 39

bool load_may_bpf(void)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/self/status", "re");
	unsigned long long caps = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			return caps & (1ull << CAP_BPF_BIT | 1ull << CAP_SYS_ADMIN_BIT);
	return false;
}

bool load_is_gate(void)
{
	struct stat st;

	return !stat(BPFKEY_BPFFS_DIR, &st);
}

/* The last lines of a verifier log: what was wrong stands at its end. */
static const char *log_tail(char *log)
{
	size_t n = strlen(log), lines = 0;

	while (n && log[n - 1] == '\n')
		log[--n] = '\0';
	while (n && lines < LOG_TAIL_LINES)
		if (log[--n] == '\n' && ++lines == LOG_TAIL_LINES)
			return log + n + 1;
	return log;
}

static int denied(struct bpfkey_ctx *ctx)
{
	if (!load_may_bpf()) {
		bk_hint(ctx, "run it as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "this process may not load BPF programs");
	}
	if (load_is_gate()) {
		bk_hint(ctx, "see why with keyctl-bpf gate log");
		return bk_fail(ctx, -BPFKEY_E_GATE, "the gate refused it");
	}
	bk_hint(ctx, "see which policy it is: cat /sys/kernel/security/lsm, journalctl -k");
	return bk_fail(ctx, -BPFKEY_E_KERNEL, "a security policy of this machine refused it "
		       "(EPERM), and it is not the gate");
}

int load_refused(struct bpfkey_ctx *ctx, int err, const char *log)
{
	const struct bpfkey_explanation *e = bpfkey_explain(BPFKEY_EXPLAIN_PROG_LOAD, err);
	const char *sep = *log ? "; verifier: " : "";

	if (err == EPERM)
		return denied(ctx);
	if (!e)
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, err, "the kernel refused it%s%s", sep,
				     log);
	bk_hint(ctx, "%s", e->next);
	return bk_fail(ctx, -BPFKEY_E_KERNEL, "the kernel refused it (%s): %s%s%s", e->name,
		       e->cause, sep, log);
}

static int map_failed(struct bpfkey_ctx *ctx, const char *what, int err)
{
	if (err == EPERM)
		return denied(ctx);
	return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, err, "cannot %s the loader's map", what);
}

/* An unknown attribute must be zero, so an older kernel says E2BIG; one that knows it, EINVAL. */
static int create_map(struct bpfkey_ctx *ctx, const struct load_request *req, int *ret)
{
	struct attr_map_create a = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = req->metadata.n,
		.max_entries = 1,
		.map_name = "__loader.map",
		.excl_prog_hash = bpf_ptr(req->digest),
		.excl_prog_hash_size = 32,
	};
	long fd = sys_bpf(BPF_MAP_CREATE, &a, offsetof(struct attr_map_create, pad));

	if (fd < 0 && errno == E2BIG) {
		bk_hint(ctx, "signed BPF programs need Linux 6.18 or later");
		return bk_fail(ctx, -BPFKEY_E_NO_KERNEL, "this kernel knows no exclusive maps, "
			       "and so no signatures of BPF programs");
	}
	if (fd < 0)
		return map_failed(ctx, "make", errno);
	*ret = fd;
	return 0;
}

/* Asking for the digest also computes it, and the loader's own check reads the result. */
static int ask_digest(struct bpfkey_ctx *ctx, int fd)
{
	uint8_t digest[32];
	struct map_info info = { .hash = bpf_ptr(digest), .hash_size = sizeof(digest) };
	struct attr_get_info a = { .bpf_fd = fd, .info_len = sizeof(info),
				   .info = bpf_ptr(&info) };

	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)))
		return map_failed(ctx, "ask for the digest of", errno);
	return 0;
}

static int make_map(struct bpfkey_ctx *ctx, const struct load_request *req, int *ret)
{
	_cleanup_(bk_closep) int fd = -1;
	uint32_t key = 0;
	struct attr_map_elem update = { .key = bpf_ptr(&key), .value = bpf_ptr(req->metadata.p) };
	struct attr_map_elem freeze = { 0 };
	int r = create_map(ctx, req, &fd);

	if (r < 0)
		return r;
	update.map_fd = freeze.map_fd = fd;
	if (sys_bpf(BPF_MAP_UPDATE_ELEM, &update, sizeof(update)))
		return map_failed(ctx, "fill", errno);
	if (sys_bpf(BPF_MAP_FREEZE, &freeze, sizeof(freeze.map_fd)))
		return map_failed(ctx, "freeze", errno);
	r = ask_digest(ctx, fd);
	if (r < 0)
		return r;
	*ret = bk_steal_fd(&fd);
	return 0;
}

/* One try; returns a descriptor or -errno. */
static int try_load(const struct load_request *req, int map, enum bpfkey_generation generation,
		    char *log)
{
	bool metadata = generation == BPFKEY_GENERATION_METADATA;
	struct view sig = metadata ? req->sig_metadata : req->sig_insns;
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.insn_cnt = req->insns.n / sizeof(struct bpf_insn),
		.insns = bpf_ptr(req->insns.p),
		.license = bpf_ptr("Dual BSD/GPL"),
		.prog_flags = BPF_F_SLEEPABLE,
		.prog_name = "__loader.prog",
		.fd_array = bpf_ptr(&map),
		.fd_array_cnt = metadata,
		.signature = bpf_ptr(sig.p),
		.signature_size = sig.n,
		.keyring_id = req->keyring,
		.log_level = log ? 1 : 0,
		.log_size = log ? LOG_SIZE : 0,
		.log_buf = bpf_ptr(log),
	};
	long fd = -1;

	/* A pending signal makes the verifier give up with EAGAIN. */
	for (int tries = 0; tries < 5; tries++) {
		fd = sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : fd;
}

/* A kernel that was booted to rely on its own .bpf takes no keyring of a caller, whoever asks. */
static bool is_excluded(int32_t keyring)
{
	return keyring != BPFKEY_SPEC_BPF_KEYRING && (keyring < 0 || keyring > KEYRING_PLATFORM) &&
	       probe_native_unsealed() == PROBE_YES;
}

static int excluded(struct bpfkey_ctx *ctx, int32_t keyring)
{
	bk_hint(ctx, "enrol the key in .bpf (keyctl-bpf keyring enroll CERT) and leave --keyring "
		"out; or, to stage keys, boot without bpf.keyring_unsealed=1");
	return bk_fail(ctx, -BPFKEY_E_KERNEL, "the kernel refused it (EPERM): booted with "
		       "bpf.keyring_unsealed=1 it verifies against its own .bpf keyring, not "
		       "against keyring %d", keyring);
}

/*
 * Instructions and metadata first. A kernel that signs instructions only sees
 * a signature over something else and says EKEYREJECTED; nothing but that
 * answer leads to the older form. On a newer kernel the older form cannot
 * succeed: there, a signature over the instructions alone leaves the map
 * unbound, which it refuses (EACCES). So nobody can choose the weaker form.
 */
static int load_loader(struct bpfkey_ctx *ctx, const struct load_request *req, int map,
		       enum bpfkey_generation *ret_generation, int *ret)
{
	_cleanup_(bk_freep) char *log = calloc(1, LOG_SIZE);
	bool both = req->sig_metadata.n && req->sig_insns.n;
	int fd, first;

	if (!log)
		return bk_out_of_memory(ctx);
	*ret_generation = req->sig_metadata.n ? BPFKEY_GENERATION_METADATA :
						BPFKEY_GENERATION_INSNS;
	first = fd = try_load(req, map, *ret_generation, NULL);
	if (fd == -EKEYREJECTED && both) {
		*ret_generation = BPFKEY_GENERATION_INSNS;
		fd = try_load(req, map, BPFKEY_GENERATION_INSNS, NULL);
		/* 7.3's refusal of the older form: the first answer was about this object. */
		if (fd == -EACCES) {
			*ret_generation = BPFKEY_GENERATION_METADATA;
			fd = first;
		}
	}
	if (fd == -EACCES || fd == -EINVAL || fd == -E2BIG) {
		int again = try_load(req, map, *ret_generation, log);

		if (again >= 0)
			close(again);
	}
	if (fd == -EPERM && is_excluded(req->keyring))
		return excluded(ctx, req->keyring);
	if (fd < 0)
		return load_refused(ctx, -fd, log_tail(log));
	*ret = fd;
	return 0;
}

/* What the loader is run with (libbpf's struct bpf_loader_ctx) and leaves its results in. */
struct run_ctx {
	uint32_t sz, flags, log_level, log_size;
	uint64_t log_buf;
	uint8_t rest[MANIFEST_MAPS_MAX * 16 + MANIFEST_PROGRAMS_MAX * 4];
};

static void take_results(const struct run_ctx *c, const struct manifest *m,
			 struct load_result *r)
{
	for (size_t i = 0; i < m->n_maps; i++)
		memcpy(&r->maps[i], c->rest + 16 * i, sizeof(int));
	for (size_t i = 0; i < m->n_programs; i++)
		memcpy(&r->programs[i], c->rest + 16 * m->n_maps + 4 * i, sizeof(int));
}

static int run_failed(struct bpfkey_ctx *ctx, int err, char *log)
{
	const char *tail = log_tail(log);

	if (err == EPERM)
		return denied(ctx);
	if (err == EINVAL && !*tail)
		return bk_fail(ctx, -BPFKEY_E_KERNEL, "the loader stopped (EINVAL): its metadata "
			       "is not what its instructions expect, or the kernel refused "
			       "one of its maps");
	if (err == ENOENT || err == ESRCH)
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, err, "the loader stopped: a type, "
				     "function or symbol that it needs is not in this kernel");
	return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, err, "the loader stopped%s%s",
			     *tail ? "; verifier: " : "", tail);
}

/* The second run only fetches the log of a verifier that has refused already. */
static int run_once(const struct load_request *req, int prog, char *log, struct run_ctx *c)
{
	struct attr_prog_run a = {
		.prog_fd = prog,
		.ctx_in = bpf_ptr(c),
		.ctx_size_in = manifest_ctx_size(req->manifest),
	};

	*c = (struct run_ctx){ .sz = a.ctx_size_in };
	if (log) {
		c->log_level = 1;
		c->log_size = LOG_SIZE;
		c->log_buf = bpf_ptr(log);
	}
	if (sys_bpf(BPF_PROG_RUN, &a, sizeof(a)))
		return -errno;
	return (int)a.retval;
}

static int run_loader(struct bpfkey_ctx *ctx, const struct load_request *req, int prog,
		      struct load_result *result)
{
	_cleanup_(bk_freep) char *log = calloc(1, LOG_SIZE);
	struct run_ctx c;
	int r;

	if (!log)
		return bk_out_of_memory(ctx);
	r = run_once(req, prog, NULL, &c);
	if (r < 0) {
		struct run_ctx again;
		struct load_result unwanted = LOAD_RESULT_INIT;

		if (r != -EPERM && run_once(req, prog, log, &again) >= 0) {
			take_results(&again, req->manifest, &unwanted);
			load_result_done(&unwanted);
		}
		return run_failed(ctx, -r, log);
	}
	take_results(&c, req->manifest, result);
	for (size_t i = 0; i < req->manifest->n_programs; i++)
		if (result->programs[i] <= 0)
			return bk_fail(ctx, -BPFKEY_E_KERNEL, "the loader made no program '%s'",
				       req->manifest->programs[i].name);
	return 0;
}

int load_signed(struct bpfkey_ctx *ctx, const struct load_request *req,
		struct load_result *ret)
{
	_cleanup_(load_result_done) struct load_result result = LOAD_RESULT_INIT;
	_cleanup_(bk_closep) int map = -1, prog = -1;
	int r = make_map(ctx, req, &map);

	r = r < 0 ? r : load_loader(ctx, req, map, &result.generation, &prog);
	r = r < 0 ? r : run_loader(ctx, req, prog, &result);
	if (r < 0)
		return r;
	*ret = result;
	result = LOAD_RESULT_INIT;
	return 0;
}

void load_result_done(struct load_result *r)
{
	for (size_t i = 0; i < MANIFEST_MAPS_MAX; i++)
		if (r->maps[i] > 0)
			close(r->maps[i]);
	for (size_t i = 0; i < MANIFEST_PROGRAMS_MAX; i++)
		if (r->programs[i] > 0)
			close(r->programs[i]);
	*r = LOAD_RESULT_INIT;
}

/* The second field of bpf_prog_info and of bpf_map_info. */
static uint32_t object_id(int fd)
{
	uint32_t info[64] = { 0 };
	struct attr_get_info a = { .bpf_fd = fd, .info_len = sizeof(info),
				   .info = bpf_ptr(info) };

	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) ? 0 : info[1];
}

uint32_t load_prog_id(int fd)
{
	return object_id(fd);
}

uint32_t load_map_id(int fd)
{
	return object_id(fd);
}
