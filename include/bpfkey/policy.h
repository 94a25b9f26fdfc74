/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signed policies: states of a machine that a policy key has allowed. A key
 * that was made under one works in each of them, so that an update means
 * signing one more state and never making a key anew.
 */
#ifndef BPFKEY_POLICY_H
#define BPFKEY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>
#include <bpfkey/key.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define BPFKEY_PCRS 24

struct bpfkey_policy;

/**
 * struct bpfkey_policy_opts - a policy to be made
 * @sz:    sizeof(struct bpfkey_policy_opts)
 * @key:   the policy key, of any form, RSA or EC; its public half goes into the file
 * @ref:   what the policy is called in each signature, so that a signature for one
 *         policy of the key is none for another: 1 to 63 letters, digits and ._-;
 *         NULL: a random one
 * @flags: enum bpfkey_make_flags
 */
struct bpfkey_policy_opts {
	size_t sz;
	const char *key;
	const char *ref;
	unsigned int flags;
};

/**
 * bpfkey_policy_new - make a policy without any state
 * @path: receives it, mode 0644: nothing in it is secret
 * @ret:  free with bpfkey_policy_free(); NULL if not wanted
 *
 * -BPFKEY_E_EXISTS without BPFKEY_MAKE_FORCE, _USAGE, _ALGORITHM and _NO_SUPPORT
 * (a key that TPMs cannot check signatures of), and what opening a key answers.
 *
 * Since: 0.1
 */
int bpfkey_policy_new(struct bpfkey_ctx *ctx, const char *path,
		      const struct bpfkey_policy_opts *opts, struct bpfkey_policy **ret);

/**
 * struct bpfkey_state_opts - a state to be signed; @pcrs, @values or @counter
 * @sz:      sizeof(struct bpfkey_state_opts)
 * @key:     the policy key
 * @pcrs:    "sha256:0,2,7": these PCRs as they are now in the context's TPM, or NULL
 * @event_log: a file; @pcrs not as they are now but as a boot that wrote this firmware's
 *           event log (binary_bios_measurements) leaves them; NULL: as they are now
 * @values:  a file with PCRs and values as 'tpm2_pcrread' prints them, or NULL
 * @counter: index of a counter in the context's TPM, 0x01000000 on, or 0: none
 * @limit:   the state counts while the counter is at most this
 * @replace: forget the states that were signed before
 * @flags:   BPFKEY_MAKE_DRY_RUN
 */
struct bpfkey_state_opts {
	size_t sz;
	const char *key;
	const char *pcrs;
	const char *values;
	uint32_t counter;
	uint64_t limit;
	bool replace;
	unsigned int flags;
	const char *event_log;
};

/**
 * bpfkey_policy_sign - allow one more state
 * @path: the policy; replaced as a whole or not at all
 * @ret:  the policy as it is then; NULL if not wanted
 *
 * The same state again changes nothing. -BPFKEY_E_MISMATCH: @opts->key is not
 * the policy's, or the event log says nothing about one of the PCRs; _USAGE; _FORMAT (the
 * policy, @opts->values or the event log); _NO_SUPPORT (this TPM or the event log does not
 * have the PCRs); _NOT_FOUND (no such file or counter); and what opening a
 * key and reaching a TPM answer.
 *
 * Since: 0.1
 */
int bpfkey_policy_sign(struct bpfkey_ctx *ctx, const char *path,
		       const struct bpfkey_state_opts *opts, struct bpfkey_policy **ret);

/**
 * bpfkey_policy_open - read a policy; needs no TPM
 * @ret: free with bpfkey_policy_free()
 *
 * -BPFKEY_E_IO, _NOT_FOUND, _FORMAT, _TOO_BIG, _NO_SUPPORT (a later format).
 *
 * Since: 0.1
 */
int bpfkey_policy_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_policy **ret);
void bpfkey_policy_free(struct bpfkey_policy *policy);

/**
 * struct bpfkey_policy_info - what a policy says
 * @sz:          sizeof(struct bpfkey_policy_info) as the caller knows it
 * @ref:         what it is called; belongs to the policy
 * @signer_hash: SHA-256 of the policy key's SubjectPublicKeyInfo
 * @states:      how many were signed
 * @changed:     the call that gave the policy has changed its file
 */
struct bpfkey_policy_info {
	size_t sz;
	const char *ref;
	uint8_t signer_hash[32];
	size_t states;
	bool changed;
};

/**
 * bpfkey_policy_info - ask a policy
 * @ret: set @ret->sz first
 *
 * Returns 0 or -BPFKEY_E_USAGE. Since: 0.1
 */
int bpfkey_policy_info(struct bpfkey_ctx *ctx, const struct bpfkey_policy *policy,
		       struct bpfkey_policy_info *ret);

/**
 * struct bpfkey_policy_state - one signed state
 * @sz:          sizeof(struct bpfkey_policy_state) as the caller knows it
 * @created:     when it was signed, seconds since 1970 UTC
 * @signed_good: the signature is that of the policy's key; else no TPM accepts it
 * @bank:        "sha256"; NULL: the state has no PCRs
 * @pcrs:        bit n: PCR n
 * @value_len:   bytes of each value
 * @values:      what is allowed; belongs to the policy
 * @counter:     index of the counter, 0: none
 * @limit:       the state counts while the counter is at most this
 * @compared:    bpfkey_policy_compare() has looked; the fields after it are 0 else
 * @met:         the machine is in this state
 * @differ:      bit n: PCR n is another
 * @there:       what the PCRs are now; belongs to the policy
 * @counter_there: the counter is there, and the one that was meant
 * @counter_now: its value
 */
struct bpfkey_policy_state {
	size_t sz;
	int64_t created;
	bool signed_good;
	const char *bank;
	uint32_t pcrs;
	size_t value_len;
	const uint8_t *values[BPFKEY_PCRS];
	uint32_t counter;
	uint64_t limit;
	bool compared, met;
	uint32_t differ;
	const uint8_t *there[BPFKEY_PCRS];
	bool counter_there;
	uint64_t counter_now;
};

/**
 * bpfkey_policy_state - the @i-th state, the oldest first
 * @ret: set @ret->sz first; valid until the policy is freed or compared
 *
 * Returns 0 or -BPFKEY_E_USAGE (no such state). Since: 0.1
 */
int bpfkey_policy_state(struct bpfkey_ctx *ctx, const struct bpfkey_policy *policy, size_t i,
			struct bpfkey_policy_state *ret);

/**
 * bpfkey_policy_compare - find out which states the context's TPM is in now
 *
 * What reaching a TPM answers, and -BPFKEY_E_NO_SUPPORT when it lacks PCRs of a state.
 *
 * Since: 0.1
 */
int bpfkey_policy_compare(struct bpfkey_ctx *ctx, struct bpfkey_policy *policy);

/**
 * struct bpfkey_boot_event - what the firmware's event log says of a PCR
 * @sz:    sizeof(struct bpfkey_boot_event) as the caller knows it
 * @nr:    number of the event in the log, its header being 0
 * @type:  its type, a number of the TCG; @name: "EV_SEPARATOR" or NULL; static
 * @words: what it was, for people
 */
struct bpfkey_boot_event {
	size_t sz;
	uint64_t nr;
	uint32_t type;
	const char *name;
	char words[160];
};

/**
 * bpfkey_boot_event_last - the last event that changed a PCR
 * @pcr: below BPFKEY_PCRS
 * @ret: set @ret->sz first
 *
 * The log explains; nobody has signed it. -BPFKEY_E_NOT_FOUND (no log on this
 * machine, or no such event), _PRIVILEGE (only root may read it), _FORMAT, _NO_SUPPORT
 * (a log in the older format), _TOO_BIG, _USAGE.
 *
 * Since: 0.1
 */
int bpfkey_boot_event_last(struct bpfkey_ctx *ctx, unsigned int pcr,
			   struct bpfkey_boot_event *ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
