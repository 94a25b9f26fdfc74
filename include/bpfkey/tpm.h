/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BPFKEY_TPM_H
#define BPFKEY_TPM_H

#include <bpfkey/ctx.h>

#endif
