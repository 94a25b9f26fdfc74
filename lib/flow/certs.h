/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BK_CERTS_H
#define BK_CERTS_H

#include <bpfkey/key.h>

/* cert_read - bpfkey_cert_open() for callers inside the library */
int cert_read(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_cert **ret);

#endif
