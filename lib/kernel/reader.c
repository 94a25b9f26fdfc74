/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <bpfkey.h>

#include "bpfobj.h"

#define READER_PIN BPFKEY_BPFFS_DIR "/reader"

/* The functions behind KEYCTL_RESTRICT_KEYRING (crypto/asymmetric_keys/restrict.c). */
static const struct {
	const char *symbol;
	enum reader_seal seal;
} seals[] = {
	{"restrict_link_reject", READER_SEAL_REJECT},
	{"restrict_link_by_key_or_keyring", READER_SEAL_KEYRING},
	{"restrict_link_by_key_or_keyring_chain", READER_SEAL_CHAIN},
};

struct reader {
	int fd;
	bool symbols;                        /* addresses were looked for */
	uint64_t address[ARRAY_SIZE(seals)]; /* 0: not told */
};

void reader_free(struct reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

int reader_fd(const struct reader *r)
{
	return r->fd;
}

/* pinned_fd - the pinned program, if there is one and it is a reader. */
static int pinned_fd(void)
{
	_cleanup_(bk_closep) int fd = bpf_obj_get(READER_PIN);
	struct bpf_prog_info info = {0};
	__u32 n = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &n))
		return -1;
	if (info.type != BPF_PROG_TYPE_SYSCALL || strcmp(info.name, "read_key"))
		return -1;
	return bk_steal_fd(&fd);
}

static int fresh_fd(struct bpfkey_ctx *ctx)
{
	_cleanup_(bpfobj_closep) struct bpf_object *obj = NULL;
	const struct bpf_program *prog;
	int r, fd;

	r = bpfobj_open(ctx, "reader", &obj);
	if (r < 0)
		return r;
	r = bpfobj_load(ctx, obj, "reader");
	if (r < 0)
		return r;
	prog = bpf_object__find_program_by_name(obj, "read_key");
	fd = prog ? fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 3) : -1;
	if (fd < 0)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "no program 'read_key' in the BPF reader");
	return fd;
}

int reader_open(struct bpfkey_ctx *ctx, struct reader **ret)
{
	_cleanup_(reader_freep) struct reader *r = calloc(1, sizeof(*r));
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);

	if (!r)
		return bk_out_of_memory(ctx);
	r->fd = pinned_fd();
	if (r->fd < 0)
		r->fd = fresh_fd(ctx);
	if (r->fd < 0)
		return bk_fail(ctx, r->fd, "cannot read keyrings through BPF");
	*ret = steal(&r);
	return 0;
}

int reader_read(struct bpfkey_ctx *ctx, struct reader *r, int32_t serial, struct reader_io *ret)
{
	struct reader_io io = {.serial = serial};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &io, .ctx_size_in = sizeof(io));
	int err = -bpf_prog_test_run_opts(r->fd, &opts);

	if (err)
		return bk_fail_errno(ctx, err == EPERM ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_KERNEL,
				     err, "cannot run the BPF reader on key %d", serial);
	if (io.state == READER_NOT_RUN || io.key_len > READER_KEY_MAX)
		return bk_fail(ctx, -BPFKEY_E_UNCHECKED,
			       "the BPF reader gave no answer about key %d", serial);
	*ret = io;
	return 0;
}

int reader_pin(struct bpfkey_ctx *ctx, struct reader *r)
{
	_cleanup_(bk_closep) int fd = pinned_fd();

	if (fd >= 0)
		return 0;
	if (bpf_obj_pin(r->fd, READER_PIN))
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot pin the BPF reader as '%s'",
				     READER_PIN);
	return 0;
}

/* Addresses stay 0 where kernel.kptr_restrict hides them. */
static void look_up_symbols(struct reader *r)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	uint64_t at;

	r->symbols = true;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 " %*c %255s", &at, name) != 2)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(seals); i++)
			if (!strcmp(name, seals[i].symbol))
				r->address[i] = at;
	}
}

enum reader_seal reader_seal(struct reader *r, const struct reader_io *io)
{
	bool told = false;

	if (!io->restricted)
		return READER_SEAL_NONE;
	if (!r->symbols)
		look_up_symbols(r);
	for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
		told = told || r->address[i];
		if (r->address[i] && r->address[i] == io->check)
			return seals[i].seal;
	}
	if (told)
		return READER_SEAL_OTHER;
	/* Without a type and without an anchor there is only one that userspace can ask for. */
	return !io->typed && !io->anchor ? READER_SEAL_REJECT
	       : io->anchor              ? READER_SEAL_UNCLEAR
					 : READER_SEAL_OTHER;
}
