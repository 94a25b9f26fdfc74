/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TPM was told of the machine: its PCRs, which begin anew with each
 * boot, and measurements in its memory, which stay. Both can only be extended:
 * the new value is the hash of the old one and what is added.
 */
#ifndef BPFKEY_MEASURE_H
#define BPFKEY_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/policy.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define BPFKEY_PCR_MAX 64

/**
 * struct bpfkey_pcrs - values of PCRs of one bank; it stands in other structs and does not grow
 * @bank: "sha1", "sha256", "sha384" or "sha512"
 * @mask: bit n: PCR n
 * @value: as long as the bank's hash, 20 to 64 bytes; the rest is 0
 */
struct bpfkey_pcrs {
	char bank[8];
	uint32_t mask;
	uint8_t value[BPFKEY_PCRS][BPFKEY_PCR_MAX];
};

/**
 * bpfkey_pcr_read - PCRs of the context's TPM as they are now, all of one moment
 * @pcrs: "sha256:0-3,7"
 *
 * -BPFKEY_E_USAGE (that names no PCRs), _NO_SUPPORT (this TPM does not have
 * them), _TPM, and what bpfkey_tpm_info() does. Since: 0.1
 */
int bpfkey_pcr_read(struct bpfkey_ctx *ctx, const char *pcrs, struct bpfkey_pcrs *ret);

/**
 * bpfkey_pcr_extend - measure into a PCR
 * @pcr: 0 to 23; which ones a process may extend the platform decides
 * @bank: its hash makes the new value; other banks stay as they are
 * @digest: @n bytes, as long as the bank's hash
 *
 * Nobody can take it back but a reboot. -BPFKEY_E_USAGE, _NO_SUPPORT, _TPM,
 * and what bpfkey_tpm_info() does. Since: 0.1
 */
int bpfkey_pcr_extend(struct bpfkey_ctx *ctx, unsigned int pcr, const char *bank,
		      const uint8_t *digest, size_t n);

/**
 * bpfkey_pcrs_differ - which PCRs of @want are others in @there
 *
 * Bit n: PCR n has another value there or none, also when the banks differ.
 * Since: 0.1
 */
uint32_t bpfkey_pcrs_differ(const struct bpfkey_pcrs *want, const struct bpfkey_pcrs *there);

/**
 * struct bpfkey_measure - which measurement in which TPM's memory; to be kept
 * @sz: sizeof(struct bpfkey_measure) as the caller knows it; set before a call
 * @index: NV index, in BPFKEY_NV_FIRST to BPFKEY_NV_LAST unless the caller chose
 * @name: its TPM name in hex: another index in its place is not taken for it
 * @srk_name: TPM name of the storage root key beside it: which TPM
 * @tpm_id: tells this TPM after it was cleared from another one; "" when the
 *          TPM does not let us see it
 */
struct bpfkey_measure {
	size_t sz;
	uint32_t index;
	char name[80], srk_name[80], tpm_id[80];
};

/**
 * bpfkey_measure_new - begin a measurement in the memory of the context's TPM
 * @index: 0: the first free one of our range
 * @digest: SHA-256 of what is measured first
 * @ret: set @ret->sz first; the rest is untouched on failure
 *
 * Its value is the SHA-256 of 32 zero bytes and @digest. The password of the
 * TPM's owner, when one is set, is asked for as a PIN (bpfkey_ctx_set_ask() and
 * its like), here and wherever something is written.
 *
 * Returns 0, or -BPFKEY_E_EXISTS (it is there, or our range is full), _FOREIGN
 * (something else stands there), _PIN (the owner's password is another), _TPM,
 * and what bpfkey_tpm_info() does. Since: 0.1
 */
int bpfkey_measure_new(struct bpfkey_ctx *ctx, uint32_t index, const uint8_t digest[32],
		       struct bpfkey_measure *ret);

/**
 * bpfkey_measure_extend - add to it, once
 * @m: as bpfkey_measure_new() filled it in
 * @digest: SHA-256 of what is measured
 *
 * After a failure it may have been added: read it. -BPFKEY_E_NOT_FOUND (it is
 * gone), _MISMATCH (another index stands in its place), _OTHER_TPM, _PIN, _BUSY
 * (the TPM slows writing down), _TPM. Since: 0.1
 */
int bpfkey_measure_extend(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m,
			  const uint8_t digest[32]);

/**
 * bpfkey_measure_read - what it is now
 * @ret_value: 32 bytes
 *
 * Results as bpfkey_measure_extend(). Since: 0.1
 */
int bpfkey_measure_read(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m,
			uint8_t ret_value[32]);

/** bpfkey_measure_remove - take it out of the TPM; results as bpfkey_measure_extend(). */
int bpfkey_measure_remove(struct bpfkey_ctx *ctx, const struct bpfkey_measure *m);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
