/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What needs attention on this machine, as a list of findings. */
#ifndef BPFKEY_STATUS_H
#define BPFKEY_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum bpfkey_severity {
	BPFKEY_NOTE,		/* worth knowing, nothing to do */
	BPFKEY_ATTENTION,	/* open, missing, or soon so */
	BPFKEY_UNCHECKED,	/* could not be looked at */
};

/** bpfkey_severity_name - "note", "attention", "unchecked". */
const char *bpfkey_severity_name(enum bpfkey_severity severity);

/**
 * struct bpfkey_finding - one thing that was found
 * @topic: "kernel", "keyring", "gate", "tpm" or "machine"
 * @what:  a sentence without full stop; names from outside are escaped
 * @next:  what to do, naming a command where one helps; "" for nothing
 */
struct bpfkey_finding {
	enum bpfkey_severity severity;
	const char *topic, *what, *next;
};

struct bpfkey_findings;

size_t bpfkey_findings_count(const struct bpfkey_findings *f);
const struct bpfkey_finding *bpfkey_findings_get(const struct bpfkey_findings *f, size_t i);
void bpfkey_findings_free(struct bpfkey_findings *f);

/**
 * bpfkey_findings_verdict - one answer for all
 *
 * 0 when there are only notes, -BPFKEY_E_ATTENTION when something needs
 * attention, -BPFKEY_E_UNCHECKED when nothing does, as far as could be seen.
 */
int bpfkey_findings_verdict(const struct bpfkey_findings *f);

/**
 * bpfkey_status - keyrings, gate and TPM: is what was provisioned in force?
 * @staging: NULL, or the name of a staging keyring to look at
 * @ret: free with bpfkey_findings_free()
 *
 * Writes nothing. Whatever cannot be looked at is a finding, not a failure.
 */
int bpfkey_status(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings **ret);

/**
 * bpfkey_doctor - the same, and what the machine lacks or leaves open
 *
 * Found by trying, never by the kernel's version. Writes nothing.
 */
int bpfkey_doctor(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings **ret);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
