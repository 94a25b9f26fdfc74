/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BPFKEY_LOAD_H
#define BPFKEY_LOAD_H

#include <bpfkey/ctx.h>

#endif
