/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BPFKEY_SIGN_H
#define BPFKEY_SIGN_H

#include <bpfkey/ctx.h>

#endif
