/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of the built-in provider share. */
#ifndef BK_PKEY_PROVIDER_H
#define BK_PKEY_PROVIDER_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "ossl.h"

/* OSSL_DISPATCH holds functions of every type as this one. */
#define BK_FN(f) ((void (*)(void))(f))

struct remote_key *pkey_remote_of(void *keydata);

/* pkey_remote_sig_max - the longest signature, DER for EC */
size_t pkey_remote_sig_max(const struct remote_key *key);

extern const OSSL_DISPATCH pkey_remote_signature[];

#endif
