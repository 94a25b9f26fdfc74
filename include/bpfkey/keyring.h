/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BPFKEY_KEYRING_H
#define BPFKEY_KEYRING_H

#include <bpfkey/ctx.h>

#endif
