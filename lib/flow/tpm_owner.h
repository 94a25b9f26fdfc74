/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BK_TPM_OWNER_H
#define BK_TPM_OWNER_H

#include "../../tpm/tpm.h"

/* tpm_owner_ask - the password of the TPM's owner; *ret stays when none is set */
int tpm_owner_ask(struct bpfkey_ctx *ctx, struct tpm *t, struct bk_secret **ret);

#endif
