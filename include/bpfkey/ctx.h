/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The context: settings that every call shares, and the one sentence that the
 * last failing call left. A context belongs to one thread at a time.
 */
#ifndef BPFKEY_CTX_H
#define BPFKEY_CTX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct bpfkey_ctx;

/**
 * bpfkey_ctx_new - make a context
 * @ret: receives it; free with bpfkey_ctx_free()
 *
 * Returns 0 or -BPFKEY_E_NOMEM.
 */
int bpfkey_ctx_new(struct bpfkey_ctx **ret);

/** bpfkey_ctx_free - NULL is fine. Objects made with the context go first. */
void bpfkey_ctx_free(struct bpfkey_ctx *ctx);

/**
 * bpfkey_free - free what a call has handed over as bytes or as an array
 * @p: NULL is fine; handles have their own bpfkey_..._free()
 *
 * Since: 0.1
 */
void bpfkey_free(void *p);

/**
 * bpfkey_ctx_message - the sentence of the last failure, outermost first:
 * "cannot enrol 'a.pem': the certificate expired on 2026-01-01T00:00:00Z".
 * Empty when nothing failed; valid until the next call with @ctx.
 */
const char *bpfkey_ctx_message(const struct bpfkey_ctx *ctx);

/** bpfkey_ctx_hint - what to do about it, or "" ; same lifetime. */
const char *bpfkey_ctx_hint(const struct bpfkey_ctx *ctx);

/**
 * bpfkey_ctx_set_root - take /etc, /var, /run and the system directories below @dir
 * @dir: copied; NULL or "/" for the machine itself
 */
int bpfkey_ctx_set_root(struct bpfkey_ctx *ctx, const char *dir);

/** bpfkey_ctx_root - "" for the machine itself, else the prefix without a final '/'. */
const char *bpfkey_ctx_root(const struct bpfkey_ctx *ctx);

/**
 * bpfkey_ctx_set_tpm - which TPM to use
 * @spec: "device:PATH", "swtpm:CONF", "embedded:DIR" or another TCTI string of
 *        the list in keyctl-bpf(1); copied; NULL for the default, which is
 *        device:/dev/tpmrm0 when that exists
 */
int bpfkey_ctx_set_tpm(struct bpfkey_ctx *ctx, const char *spec);

/** bpfkey_ctx_tpm - the spec as set, or NULL. */
const char *bpfkey_ctx_tpm(const struct bpfkey_ctx *ctx);

enum bpfkey_log_level { BPFKEY_LOG_WARNING, BPFKEY_LOG_INFO, BPFKEY_LOG_DEBUG };

typedef void (*bpfkey_log_fn)(void *user, enum bpfkey_log_level level, const char *line);

/** bpfkey_ctx_set_log - receive warnings and traces, one line each without '\n'. */
void bpfkey_ctx_set_log(struct bpfkey_ctx *ctx, bpfkey_log_fn fn, void *user);

typedef void (*bpfkey_progress_fn)(void *user, const char *what, uint64_t done,
				   uint64_t total);

/** bpfkey_ctx_set_progress - hear how far a long call is. */
void bpfkey_ctx_set_progress(struct bpfkey_ctx *ctx, bpfkey_progress_fn fn, void *user);

/**
 * bpfkey_own_openssl - tell that nobody but this library uses OpenSSL in this process
 *
 * For programs, not for libraries: the first call of all, before there are threads. OpenSSL keeps
 * a list of the old names of all its algorithms, and copies it each time that somebody starts it
 * anew, as the TSS does for every digest. With this call the list has only what this library has
 * use for, and a process that makes one signature takes much less time.
 * EVP_get_digestbyname() and EVP_get_cipherbyname() do not find other algorithms afterwards;
 * nothing brings them back. Not with PKCS#11 modules, which may use OpenSSL in any way.
 *
 * Since: 0.1
 */
void bpfkey_own_openssl(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
