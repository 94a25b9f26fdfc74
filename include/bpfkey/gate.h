/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BPFKEY_GATE_H
#define BPFKEY_GATE_H

#include <bpfkey/ctx.h>

#endif
