/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the machine's TPM is and can do. */
#ifndef BPFKEY_TPM_H
#define BPFKEY_TPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define BPFKEY_TPM_ALGS_MAX 8

/**
 * struct bpfkey_tpm_info - a TPM as it describes itself
 * @sz: sizeof(struct bpfkey_tpm_info) as the caller knows it; set before the
 *      call; no more than that is written
 * @spec: how it was reached, "device:/dev/tpmrm0"
 * @kind: "device", "swtpm", "embedded" or "other"
 * @manufacturer: TPM_PT_MANUFACTURER as text, "IFX"; @vendor: its own name
 * @firmware: "7.85.4555.0"; @revision: of the specification, "1.59"
 * @software: libtpms or another emulator: protects nothing from root
 * @algs: names that `key new --alg` takes; static strings; @algs_n of them
 * @srk_persistent: a storage root key stands at 0x81000001
 * @srk_name: its TPM name in hex, "" when there is none
 * @owner_auth: the owner hierarchy has a password: without a persistent storage
 *      root key no key can be made or used
 * @lockout_auth: whoever knows it can reset the lockout; not set: anyone can
 * @locked_out: too many wrong PINs; keys without PIN still work
 * @lockout_counter, @lockout_max: failed tries so far, and how many are allowed
 * @lockout_interval: seconds after which one failed try is forgotten
 * @lockout_recovery: seconds after which lockout authorisation works again
 */
struct bpfkey_tpm_info {
	size_t sz;
	char spec[160], kind[16], manufacturer[8], vendor[20], firmware[32], revision[8];
	bool software;
	const char *algs[BPFKEY_TPM_ALGS_MAX];
	size_t algs_n;
	bool srk_persistent;
	char srk_name[80];
	bool owner_auth, lockout_auth, locked_out;
	uint32_t lockout_counter, lockout_max, lockout_interval, lockout_recovery;
};

/**
 * bpfkey_tpm_info - reach the context's TPM and ask it
 * @ret: set @ret->sz first; the rest is untouched on failure
 *
 * An "embedded:DIR" that is not there yet is made.
 *
 * -BPFKEY_E_NO_TPM, _PRIVILEGE (the device is not for this user), _BUSY,
 * _INSECURE, _FORMAT or _IO (embedded state), _TPM. Since 0.1.0.
 */
int bpfkey_tpm_info(struct bpfkey_ctx *ctx, struct bpfkey_tpm_info *ret);

/**
 * bpfkey_tpm_reset_lockout - have the context's TPM forget all wrong PINs
 * @ctx: when a lockout password is set, it is asked for as a PIN
 *       (bpfkey_ctx_set_ask() and its like), once
 *
 * Ends a lockout. A wrong lockout password locks that password itself, for
 * the lockout_recovery seconds of struct bpfkey_tpm_info; so there is one
 * attempt.
 *
 * Returns 0, or -BPFKEY_E_PIN (wrong password), _LOCKOUT (the password is
 * locked), what asking for it answers, and what bpfkey_tpm_info() does.
 * Since: 0.1
 */
int bpfkey_tpm_reset_lockout(struct bpfkey_ctx *ctx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
