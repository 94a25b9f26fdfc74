/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signer that callers hold; what signs is in signer.h. */
#ifndef BK_SIGNER_HANDLE_H
#define BK_SIGNER_HANDLE_H

#include <bpfkey/sign.h>

#include "signer.h"

struct bpfkey_signer {
	struct bpfkey_ctx *ctx;
	struct signer *signer;
};

#endif
