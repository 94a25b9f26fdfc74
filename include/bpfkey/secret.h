/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys that need a secret, or a library, before they can be used: where
 * passphrases and PINs come from, and which PKCS#11 module reaches a token.
 * Settings of a context; every call that takes a private key goes by them.
 */
#ifndef BPFKEY_SECRET_H
#define BPFKEY_SECRET_H

#include <stddef.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What is asked for. */
enum bpfkey_secret {
	BPFKEY_SECRET_PASSPHRASE,	/* of a key file */
	BPFKEY_SECRET_PIN,		/* of a PKCS#11 token */
};

/* The longest passphrase or PIN, in bytes. */
#define BPFKEY_SECRET_MAX 1000

/**
 * bpfkey_ask_fn - ask a person
 * @user: as it was given to bpfkey_ctx_set_ask()
 * @what: what kind of secret
 * @name: the file, or the label of the token; may hold any bytes
 * @buf:  memory that is locked, and wiped when it is no longer needed: the
 *        secret must go nowhere else
 * @cap:  its size in bytes
 * @ret_len: receives the secret's length, without newline or NUL
 *
 * Returns 0, or -BPFKEY_E_NOT_FOUND when there is nobody to ask, _TOO_BIG,
 * _INTERRUPTED, _IO.
 */
typedef int (*bpfkey_ask_fn)(void *user, enum bpfkey_secret what, const char *name, char *buf,
			     size_t cap, size_t *ret_len);

/**
 * bpfkey_ctx_set_ask - who is asked when no file and no descriptor has the secret
 * @fn:   NULL (the default): nobody
 * @user: handed to @fn
 *
 * A secret is asked for once: a wrong one is a failure, never another question.
 *
 * Since: 0.1
 */
void bpfkey_ctx_set_ask(struct bpfkey_ctx *ctx, bpfkey_ask_fn fn, void *user);

/**
 * bpfkey_ctx_set_passphrase_file - take passphrases and PINs from this file
 * @path: read when a key needs it: one line, its newline does not count; group
 *        and others must not reach it; copied; NULL: no file
 *
 * Returns 0 or -BPFKEY_E_NOMEM. Since: 0.1
 */
int bpfkey_ctx_set_passphrase_file(struct bpfkey_ctx *ctx, const char *path);

/**
 * bpfkey_ctx_set_passphrase_fd - take them from this descriptor
 * @fd: read once, when a key needs it, up to a newline or the end, and left
 *      open; -1: none. It goes before a file.
 *
 * Since: 0.1
 */
void bpfkey_ctx_set_passphrase_fd(struct bpfkey_ctx *ctx, int fd);

/**
 * bpfkey_ctx_set_pkcs11_module - reach the tokens of pkcs11: keys by this module
 * @path: absolute; copied; NULL: all modules that are registered with p11-kit
 *
 * Returns 0, -BPFKEY_E_USAGE (not absolute) or _NOMEM. Since: 0.1
 */
int bpfkey_ctx_set_pkcs11_module(struct bpfkey_ctx *ctx, const char *path);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
