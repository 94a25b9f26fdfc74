/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who signs: a private key of any form with its certificate. The one place
 * where the forms differ; above it nobody knows where a key lives.
 */
#ifndef BK_SIGNER_H
#define BK_SIGNER_H

#include "../base/buf.h"
#include "../base/ctx.h"
#include "../crypto/pkey.h"

struct bpfkey_cert;
struct signer;

/*
 * signer_open - open key and certificate, once for many signatures
 * @cert_path: NULL when only the key is needed (certificate requests)
 *
 * Refuses a certificate of another key (-BPFKEY_E_MISMATCH), a private key
 * file that others can read (_INSECURE). A TPM session stays open until
 * signer_free().
 */
int signer_open(struct bpfkey_ctx *ctx, const char *key_path, const char *cert_path,
		struct signer **ret);
void signer_free(struct signer *s);
DEFINE_CLEANUP(struct signer *, signer_free)

/* signer_cms - a kernel-style detached CMS over @data. */
int signer_cms(struct signer *s, struct view data, struct buf *ret);

/* Borrowed. */
struct pkey *signer_pkey(struct signer *s);
const struct bpfkey_cert *signer_cert(const struct signer *s);

#endif
