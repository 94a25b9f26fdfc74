/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cells DIR FORM FIRST RING < TABLE: shows the kernel what make_cells made, all in
 * one process because in a guest each costs; TAP points without a plan, from
 * number FIRST on. A line of the table is "N KIND ERRNO TEXT", see make_cells.c
 * for N; KIND:
 *
 *   cert   an ordinary keyring takes the certificate
 *   sign   a program with that signature loads; FORM is insns or meta; the key is
 *          in the keyring RING, or "own": in one made for it
 *   leaf   a keyring restricted to what the anchor signed takes the leaf
 *   told   nothing: ERRNO is 0 when the host saw what TEXT says
 *
 * ERRNO is "0" or a name, or several with | between them.
 */
#include <errno.h>
#include <keyutils.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "lib/crypto/digest.h"
#include "lib/kernel/bpf_attr.h"
#include "tests/kernel/loader_map.h"
#include "tests/tap.h"

#define FILE_MAX (1u << 20)
#define WORK KEY_SPEC_PROCESS_KEYRING

static struct {
	const char *dir;
	bool metadata;
	int ring;	/* 0: one of our own */
	struct buf insns, data;
	uint8_t digest[32];
} all = { .insns = BUF(FILE_MAX), .data = BUF(FILE_MAX) };

static bool read_in(const char *name, const char *suffix, struct buf *ret)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", all.dir, name, suffix);
	*ret = BUF(FILE_MAX);
	return !bk_file_read(NULL, path, FILE_MAX, ret);
}

/* 0 or an errno; @ret_key when it is wanted. */
static int add_cert(const char *name, const char *suffix, int ring, int *ret_key)
{
	_cleanup_(buf_done) struct buf der = BUF(0);
	long key;

	if (!read_in(name, suffix, &der))
		return ENOENT + 10000;
	key = add_key("asymmetric", "cell", der.p, der.n, ring);
	if (key < 0)
		return errno;
	if (ret_key)
		*ret_key = (int)key;
	return 0;
}

static int new_ring(void)
{
	return (int)add_key("keyring", "cells", NULL, 0, WORK);
}

static int do_cert(const char *name)
{
	int ring = new_ring(), r = add_cert(name, ".der", ring, NULL);

	keyctl_unlink(ring, WORK);
	return r;
}

static int load(const char *name, int ring)
{
	_cleanup_(buf_done) struct buf sig = BUF(0);
	int map = make_loader_map(buf_view(&all.data), all.digest), fd, err;
	struct attr_prog_load a = {
		.prog_type = BPF_PROG_TYPE_SYSCALL, .insn_cnt = all.insns.n / 8,
		.insns = bpf_ptr(all.insns.p), .license = bpf_ptr("Dual BSD/GPL"),
		.prog_flags = BPF_F_SLEEPABLE, .prog_name = "__loader.prog",
		.fd_array = bpf_ptr(&map), .fd_array_cnt = all.metadata, .keyring_id = ring,
	};

	if (map < 0 || !read_in(name, all.metadata ? ".meta" : ".insns", &sig))
		return 10000;
	a.signature = bpf_ptr(sig.p);
	a.signature_size = sig.n;
	fd = sys_bpf(BPF_PROG_LOAD, &a, sizeof(a));
	err = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	close(map);
	return err;
}

/* The certificate made with SHA-256 beside it, so that only the signature's hash counts. */
static void base_of(const char *name, char *out, size_t n)
{
	const char *dot = strrchr(name, '.');

	snprintf(out, n, "%.*s.key", (int)(dot - name), name);
}

static int do_sign(const char *name)
{
	char base[128];
	int ring, r;

	if (all.ring)
		return load(name, all.ring);
	ring = new_ring();
	base_of(name, base, sizeof(base));
	r = add_cert(base, ".der", ring, NULL);
	if (!r)
		r = load(name, ring);
	keyctl_unlink(ring, WORK);
	return r;
}

static int do_leaf(const char *name)
{
	int anchors = new_ring(), ring = (int)add_key("keyring", "leaves", NULL, 0, WORK), r;
	char base[128], restriction[64];

	base_of(name, base, sizeof(base));
	r = add_cert(base, ".der", anchors, NULL);
	snprintf(restriction, sizeof(restriction), "key_or_keyring:%d", anchors);
	if (!r && keyctl_restrict_keyring(ring, "asymmetric", restriction))
		r = errno;
	if (!r)
		r = add_cert(name, ".leaf.der", ring, NULL);
	keyctl_unlink(ring, WORK);
	keyctl_unlink(anchors, WORK);
	return r;
}

static bool among(const char *got, const char *want)
{
	size_t n = strlen(got);

	for (const char *w = want; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL)
		if (!strncmp(w, got, n) && (w[n] == '|' || !w[n]))
			return true;
	return false;
}

static void judge(const char *name, const char *kind, const char *want, const char *text)
{
	const char *got = want;
	int err = 0;

	if (!strcmp(kind, "cert"))
		err = do_cert(name);
	else if (!strcmp(kind, "sign"))
		err = do_sign(name);
	else if (!strcmp(kind, "leaf"))
		err = do_leaf(name);
	else if (strcmp(kind, "told"))
		err = 10000;
	if (strcmp(kind, "told"))
		got = !err ? "0" : strerrorname_np(err) ? strerrorname_np(err) : "no such cell";
	else
		got = "0";
	if (!ok(among(got, want), "%s %s: %s", name, kind, text))
		printf("# got %s, want %s\n", got, want);
}

int main(int argc, char **argv)
{
	char name[96], kind[16], want[64], text[400], line[600];

	if (argc != 5)
		return 2;
	all.dir = argv[1];
	all.metadata = !strcmp(argv[2], "meta");
	tap_count = (unsigned int)atoi(argv[3]) - 1;
	all.ring = strcmp(argv[4], "own") ? atoi(argv[4]) : 0;
	if (!read_in("loader", ".bin", &all.insns) || !read_in("metadata", ".bin", &all.data) ||
	    bk_sha256(NULL, buf_view(&all.insns), all.digest))
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		text[0] = '\0';
		if (sscanf(line, "%95s %15s %63s %399[^\n]", name, kind, want, text) >= 3)
			judge(name, kind, want, text);
	}
	buf_done(&all.insns);
	buf_done(&all.data);
	return tap_failed != 0;
}
