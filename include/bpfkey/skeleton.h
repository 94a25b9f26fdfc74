/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Light skeletons: the C headers that `bpftool gen skeleton -L` writes, signed
 * (-S) or not. bpfkey_object_open() takes them as it takes signed objects, and
 * so do verify and load; what is peculiar to them stands here.
 * keyctl-bpf-skeleton(5) has their form and what each protects.
 */
#ifndef BPFKEY_SKELETON_H
#define BPFKEY_SKELETON_H

#include <stdbool.h>
#include <stddef.h>

#include <bpfkey/load.h>
#include <bpfkey/sign.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What the instructions of a skeleton see to before they use their metadata. */
enum bpfkey_skeleton_check {
	BPFKEY_SKELETON_UNCHECKED,	/* nothing */
	BPFKEY_SKELETON_DIGEST,		/* that its digest is the one they expect */
	BPFKEY_SKELETON_DIGEST_AND_EXCL,/* and that its map is exclusive (Linux 7.1 and 7.2) */
};

/**
 * struct bpfkey_skeleton_info - what a light skeleton is
 * @is_signed: it carries a signature
 * @covers:    what that signature covers, or what one would by default; judged
 *             by the instructions until bpfkey_object_verify() has found out
 * @check:     what protects the metadata from within
 * @kernels:   which kernels load it, "7.1 and 7.2"; static
 * @set_sizes: maps whose size the loading program may set, whatever was signed
 * @set_contents: maps whose first contents it may set
 *
 * Since: 0.1
 */
struct bpfkey_skeleton_info {
	bool is_signed;
	enum bpfkey_generation covers;
	enum bpfkey_skeleton_check check;
	const char *kernels;
	size_t set_sizes, set_contents;
};

/**
 * bpfkey_object_skeleton - what is peculiar to a light skeleton
 * @o: an open object
 *
 * Returns NULL for a signed object; else valid as long as @o.
 *
 * Since: 0.1
 */
const struct bpfkey_skeleton_info *bpfkey_object_skeleton(const struct bpfkey_object *o);

/**
 * bpfkey_object_gap - what is left unprotected in a light skeleton
 * @o: an open object
 * @i: which, from 0
 *
 * Returns a sentence, or NULL past the last. Static storage.
 *
 * Since: 0.1
 */
const char *bpfkey_object_gap(const struct bpfkey_object *o, size_t i);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
