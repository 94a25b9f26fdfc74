/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trusted loaders: userspace binaries that may load unsigned BPF programs of
 * certain types while the gate enforces. A file is known by its fs-verity
 * digest: listed in the gate's policy, or signed by a loader key that is.
 */
#ifndef BPFKEY_LOADER_H
#define BPFKEY_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum bpfkey_loader_flags {
	BPFKEY_LOADER_DRY_RUN = 1 << 0,		/* check everything, change nothing */
	BPFKEY_LOADER_WITH_LIBRARIES = 1 << 1,	/* and its dynamic linker and libraries */
	BPFKEY_LOADER_LENDS_TRUST = 1 << 2,	/* it loads whatever its caller names */
	BPFKEY_LOADER_LIBRARY = 1 << 3,		/* no loader, but a file that loaders may map */
};

#define BPFKEY_LOADER_PATH 1024
#define BPFKEY_LOADER_DIGEST 140

/**
 * struct bpfkey_loader_file - a file as it is, and what the policy says of it
 * @path:     without symbolic links
 * @digest:   "sha256:HEX"; "" when it is not under fs-verity
 * @library:  looked at as a library of another file
 * @changed:  by this call
 * @is_signed: it carries a signature; @signer: SHA-256 of the certificate of the listed
 *            key that verifies it, zero when none does
 * @rule:     the entry that makes it a trusted loader or a library, "" when there is none
 * @types, @attach, @until, @lends_trust: of that entry
 * @verdict:  0: an exec makes it a trusted loader (or a loader may map the library); else why
 *            not, -BPFKEY_E_INSECURE (no fs-verity), _UNSIGNED, _UNKNOWN_SIGNER, _SIGNATURE,
 *            _REVOKED, _EXPIRED
 */
struct bpfkey_loader_file {
	char path[BPFKEY_LOADER_PATH], digest[BPFKEY_LOADER_DIGEST];
	bool library, changed, is_signed, lends_trust;
	uint8_t signer[32];
	char rule[32];
	uint64_t types, attach;
	int64_t until;
	int verdict;
};

/**
 * struct bpfkey_loader_sign_opts - how to sign
 * @sz:    sizeof(struct bpfkey_loader_sign_opts)
 * @key:   private key of any form; @cert: its certificate, of the role loader; NULL: the
 *         one that came with the key
 * @flags: enum bpfkey_loader_flags
 */
struct bpfkey_loader_sign_opts {
	size_t sz;
	const char *key, *cert;
	unsigned int flags;
};

/**
 * bpfkey_loader_sign - put files under fs-verity and sign their digests
 * @paths: @n of them; from then on they are read-only for ever
 * @ret:   @ret_n files, libraries too; free with free()
 *
 * What is under fs-verity already, or carries this key's signature, stays as it is.
 *
 * -BPFKEY_E_ROLE, _EXPIRED (the certificate), _FORMAT (a script or no ELF file), _INSECURE (a
 * set-uid file), _NO_SUPPORT (no fs-verity there), _BUSY (open for writing), _PRIVILEGE, _IO.
 *
 * Since: 0.1
 */
int bpfkey_loader_sign(struct bpfkey_ctx *ctx, const char *const *paths, size_t n,
		       const struct bpfkey_loader_sign_opts *opts,
		       struct bpfkey_loader_file **ret, size_t *ret_n);

/**
 * struct bpfkey_loader_allow_opts - an entry of the gate's policy
 * @sz:    sizeof(struct bpfkey_loader_allow_opts)
 * @name:  letters, digits and ._-, at most 31; an entry of that name is replaced
 * @path:  a file, which is put under fs-verity; or @digest, "sha256:HEX"; or @cert, the
 *         certificate of a loader key
 * @types: program types that it may load, 1 << type each; not syscall and ext; 0 of a
 *         library (BPFKEY_LOADER_LIBRARY), which is a file or digest
 * @attach: expected attach types; 0: any
 * @until: seconds since 1970; 0: for ever
 * @flags: enum bpfkey_loader_flags
 */
struct bpfkey_loader_allow_opts {
	size_t sz;
	const char *name, *path, *digest, *cert;
	uint64_t types, attach;
	int64_t until;
	unsigned int flags;
};

/**
 * bpfkey_loader_allow - make a file, or what a key signs, a trusted loader
 * @ret_changed: false when the policy said so before
 *
 * An installed gate follows with bpfkey_gate_sync().
 *
 * -BPFKEY_E_USAGE, _POLICY (a loader for everybody without BPFKEY_LOADER_LENDS_TRUST),
 * _REVOKED, _EXISTS (the same file by another name), and what bpfkey_loader_sign() answers.
 *
 * Since: 0.1
 */
int bpfkey_loader_allow(struct bpfkey_ctx *ctx, const struct bpfkey_loader_allow_opts *opts,
			bool *ret_changed);

/**
 * struct bpfkey_loader - one entry of the gate's policy
 * @kind: "file", "key", "library", "revoked-file", "revoked-key"
 * @name: of a revoked one ""; @reason: of a revoked one, else ""
 * @digest: of a file; @fingerprint: of a key's certificate, else zero
 */
struct bpfkey_loader {
	const char *kind;
	char name[32], digest[BPFKEY_LOADER_DIGEST], reason[128];
	uint8_t fingerprint[32];
	uint64_t types, attach;
	int64_t until;
	bool lends_trust, full_power;
};

/**
 * bpfkey_loader_list - the trusted loaders, libraries and revocations; free with free()
 *
 * Since: 0.1
 */
int bpfkey_loader_list(struct bpfkey_ctx *ctx, struct bpfkey_loader **ret, size_t *ret_n);

/**
 * bpfkey_loader_verify - would an exec of this file make a trusted loader?
 * @ret: the file and then its libraries; free with free(). Their verdicts are the answer:
 *       the call fails only when it cannot be given
 *
 * Since: 0.1
 */
int bpfkey_loader_verify(struct bpfkey_ctx *ctx, const char *path,
			 struct bpfkey_loader_file **ret, size_t *ret_n);

/**
 * bpfkey_loader_revoke - take a loader out, for good
 * @what:   name of an entry, "sha256:HEX", or a path: a file under fs-verity
 * @reason: NULL or at most 127 bytes
 * @flags:  BPFKEY_LOADER_DRY_RUN
 * @ret_changed: false when it was revoked before
 *
 * A file or key that is revoked is refused whatever else names it, also in tasks that run.
 *
 * -BPFKEY_E_NOT_FOUND, _POLICY (a delegation needs the loader), _USAGE.
 *
 * Since: 0.1
 */
int bpfkey_loader_revoke(struct bpfkey_ctx *ctx, const char *what, const char *reason,
			 unsigned int flags, bool *ret_changed);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
