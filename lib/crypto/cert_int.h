/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about certificates share. */
#ifndef BK_CERT_INT_H
#define BK_CERT_INT_H

#include "cert.h"
#include "ossl.h"

/* cert_role_oid - BPFKEY_OID_... of a role */
const char *cert_role_oid(enum bpfkey_role role);

/* cert_name_make - a subject of one common name */
X509_NAME *cert_name_make(const char *cn);
DEFINE_CLEANUP(X509_NAME *, X509_NAME_free)

/* cert_from_x509 - the handle of what was just signed */
int cert_from_x509(struct bpfkey_ctx *ctx, X509 *x, struct bpfkey_cert **ret);

/*
 * cert_sign - build what @spec says for the public key @subject_key and sign
 * it with @key
 * @ca: NULL when the certificate is its own issuer
 */
int cert_sign(struct bpfkey_ctx *ctx, const struct cert_spec *spec, EVP_PKEY *subject_key,
	      const struct bpfkey_cert *ca, struct pkey *key, struct bpfkey_cert **ret);

#endif
