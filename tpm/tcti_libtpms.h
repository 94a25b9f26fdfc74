/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TPM inside this process: libtpms as a TSS transport, its state in a
 * directory. libtpms is one per process and not thread-safe, so a second one
 * is refused; a forked child may hold the descriptors but never uses them.
 */
#ifndef BK_TCTI_LIBTPMS_H
#define BK_TCTI_LIBTPMS_H

#include <stdbool.h>

#include <tss2/tss2_tcti.h>

#include "../lib/base/ctx.h"

/*
 * tcti_libtpms_open - take the lock of @dir, load or make the TPM, start it
 * @ctx: must outlive @ret; hears of a state that could not be saved
 * @ret: close with tcti_libtpms_close(), not with Tss2_Tcti_Finalize()
 *
 * -BPFKEY_E_BUSY (another process, or a second one here), _INSECURE (directory
 * or state that others can read), _FORMAT (damaged state), _IO.
 */
int tcti_libtpms_open(struct bpfkey_ctx *ctx, const char *dir, TSS2_TCTI_CONTEXT **ret);

/* tcti_libtpms_made - there was no state, so this is a TPM that nobody has used yet */
bool tcti_libtpms_made(const TSS2_TCTI_CONTEXT *tcti);

/* tcti_libtpms_close - TPM2_Shutdown, then let go of the lock; NULL is fine. */
void tcti_libtpms_close(TSS2_TCTI_CONTEXT *tcti);

/*
 * tcti_libtpms_trouble - has the state become unreachable since the opening?
 *
 * Returns 0, or a negative code with the sentence in the context: libtpms then
 * answers everything with TPM_RC_FAILURE until it is opened again.
 */
int tcti_libtpms_trouble(TSS2_TCTI_CONTEXT *tcti);

#endif
