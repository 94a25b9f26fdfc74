/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sealing the gate, and what changes a sealed one: policy images, which the
 * kernel itself verifies. An image is signed by policy keys, the keys whose
 * certificates were in the keyring of that role when the gate was sealed, or
 * that the last image has named.
 */
#ifndef BPFKEY_GATE_IMAGE_H
#define BPFKEY_GATE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/gate.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Policy keys that one image can be signed by, and so the greatest threshold. */
#define BPFKEY_GATE_SIGNERS 8

/**
 * struct bpfkey_gate_seal_opts - how to seal the gate
 * @sz:        sizeof(struct bpfkey_gate_seal_opts) as the caller knows it
 * @threshold: policy keys that must sign an image, 1 to BPFKEY_GATE_SIGNERS
 * @dry_run:   check everything, change nothing
 */
struct bpfkey_gate_seal_opts {
	size_t sz;
	unsigned int threshold;
	bool dry_run;
};

/**
 * bpfkey_gate_seal - until the next boot only signed images change the gate
 * @ret_sealed: false when it was sealed already
 *
 * The gate must enforce for good, not as a trial, and the keyring of policy
 * keys must hold at least @threshold valid certificates. Afterwards nobody
 * switches the mode, replaces rules or removes the gate, this library included.
 *
 * -BPFKEY_E_NO_GATE, _WOULD_DENY (it does not enforce), _THRESHOLD (not enough
 * policy keys), _NO_KEYRING, _TOO_BIG (more rules than an image can hold),
 * _SELF_TEST (sealed, but it let itself be changed), _PRIVILEGE.
 */
int bpfkey_gate_seal(struct bpfkey_ctx *ctx, const struct bpfkey_gate_seal_opts *opts,
		     bool *ret_sealed);

/**
 * struct bpfkey_gate_image_opts - what goes into an image
 * @sz:        sizeof(struct bpfkey_gate_image_opts) as the caller knows it
 * @version:   above that of the policy it is to replace; 0: one more than the
 *             gate of this machine has
 * @threshold: policy keys that must sign the image after this one
 * @mode:      BPFKEY_GATE_AUDIT or BPFKEY_GATE_ENFORCE
 * @staging:   NULL, or the name of a staging keyring to take the build keys from
 * @types:     program types that build keys may sign directly, besides loaders
 * @force:     replace a file that exists
 */
struct bpfkey_gate_image_opts {
	size_t sz;
	uint64_t version;
	unsigned int threshold;
	enum bpfkey_gate_mode mode;
	const char *staging;
	uint64_t types;
	bool force;
};

/**
 * struct bpfkey_gate_image_info - what is in an image
 * @created: seconds since 1970
 */
struct bpfkey_gate_image_info {
	size_t sz;
	uint64_t version;
	int64_t created;
	unsigned int threshold, rules, policy_keys;
	enum bpfkey_gate_mode mode;
};

/**
 * bpfkey_gate_image_write - this machine's keyrings and gate policy as an image
 * @path: where to write it, mode 0644
 * @ret:  set ret->sz before; NULL: nobody wants to know
 *
 * Nothing is changed in the kernel. What it means is fixed when a gate takes
 * it: keyrings by their role, times by the calendar.
 *
 * -BPFKEY_E_NO_KEYRING, _NOT_ENROLLED (no build key), _THRESHOLD (fewer policy
 * keys than @threshold), _TOO_BIG, _EXISTS, _IO, _PRIVILEGE.
 */
int bpfkey_gate_image_write(struct bpfkey_ctx *ctx, const char *path,
			    const struct bpfkey_gate_image_opts *opts,
			    struct bpfkey_gate_image_info *ret);

/**
 * bpfkey_gate_image_sign - one policy key's signature over an image
 * @path: of the image, which is read first: only images are signed
 * @key:  the private key, in any form that bpfkey_signer_open() takes
 * @cert: its certificate, for the policy role
 * @out:  where to write the detached signature (CMS, DER), mode 0644
 * @force: replace a file that exists
 * @ret:  what was signed; set ret->sz before; NULL: nobody wants to know
 *
 * Needs neither a gate nor root: the owners of policy keys sign where their
 * keys are.
 *
 * -BPFKEY_E_FORMAT (no image of this version), _ROLE, _EXPIRED, _MISMATCH,
 * _EXISTS, _IO, and what the key's form adds.
 */
int bpfkey_gate_image_sign(struct bpfkey_ctx *ctx, const char *path, const char *key,
			   const char *cert, const char *out, bool force,
			   struct bpfkey_gate_image_info *ret);

/**
 * bpfkey_gate_apply - give an image to the gate, sealed or not
 * @path:        of the image
 * @sigs:        paths of @n detached signatures over it (CMS, DER), each by one
 *               policy key, as bpfkey_gate_image_sign() makes them
 * @ret_signers: how many different policy keys the kernel has counted
 *
 * All of it or nothing: until the kernel has verified enough signatures and
 * written every rule, the old policy is in force.
 *
 * -BPFKEY_E_NO_GATE, _THRESHOLD, _ROLLBACK (not newer), _FORMAT (damaged, or
 * of another version), _TOO_BIG, _BUSY, _PRIVILEGE.
 */
int bpfkey_gate_apply(struct bpfkey_ctx *ctx, const char *path, const char *const *sigs,
		      size_t n, unsigned int *ret_signers);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
