/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* X.509 certificates: in, out, and what the policy thinks of them. */
#ifndef BK_CERT_H
#define BK_CERT_H

#include <bpfkey/key.h>

#include "../base/buf.h"
#include "../base/ctx.h"
#include "pkey.h"

#define CERT_MAX (64 * 1024)

/*
 * cert_from_der - exactly one certificate and nothing after it
 * -BPFKEY_E_FORMAT, also for BER that is not DER and for broken extensions.
 */
int cert_from_der(struct bpfkey_ctx *ctx, struct view der, struct bpfkey_cert **ret);

/* cert_from_bytes - the same, or one PEM block with nothing but blanks after it. */
int cert_from_bytes(struct bpfkey_ctx *ctx, struct view in, struct bpfkey_cert **ret);

void cert_free(struct bpfkey_cert *cert);
DEFINE_CLEANUP(struct bpfkey_cert *, cert_free)

/* Borrowed; the very bytes that were read. */
struct view cert_der(const struct bpfkey_cert *cert);
const struct bpfkey_cert_info *cert_info(const struct bpfkey_cert *cert);

int cert_to_pem(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, struct buf *ret);

/* cert_is_of - does the certificate hold the public half of @key? else -BPFKEY_E_MISMATCH */
int cert_is_of(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, struct pkey *key);

/*
 * What enrolment and signing ask; each failure is one sentence without the
 * certificate's name in it (the caller knows its file).
 */

/*
 * cert_check_strength - _WEAK or _ALGORITHM, of its key and of its signature;
 * _NO_SUPPORT when this OpenSSL could check neither
 */
int cert_check_strength(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert);

/* cert_check_validity - _EXPIRED or _NOT_YET_VALID at @now. */
int cert_check_validity(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, int64_t now);

/*
 * cert_check_role - -BPFKEY_E_ROLE unless it has the role, and is a CA exactly
 * when the role is anchor
 */
int cert_check_role(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert,
		    enum bpfkey_role role);

/* cert_check_issuer - did @issuer sign @cert? names, key ids and the signature */
int cert_check_issuer(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert,
		      const struct bpfkey_cert *issuer);

/*
 * cert_check_san - -BPFKEY_E_MISMATCH unless it is issued for @san, which is one alternative name
 * with its kind: "DNS:host", "URI:spiffe://...", "email:a@b" or "IP:192.0.2.1"; nothing in it is a
 * pattern, and neither is anything in the certificate. cert_san_check - is @san such a name?
 */
int cert_check_san(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, const char *san);
int cert_san_check(struct bpfkey_ctx *ctx, const char *san);

/*
 * struct cert_spec - a certificate to be made
 * @name: the common name, see cert_name_check(); @not_before, @not_after: as
 * they will stand in it
 */
struct cert_spec {
	const char *name;
	enum bpfkey_role role;
	int64_t not_before, not_after;
};

/* cert_name_check - 1 to 64 printable ASCII characters, no blank at either end. */
int cert_name_check(struct bpfkey_ctx *ctx, const char *name);

/* cert_make - self-signed by @key, wherever it lives */
int cert_make(struct bpfkey_ctx *ctx, const struct cert_spec *spec, struct pkey *key,
	      struct bpfkey_cert **ret);

/* csr_make - a certificate request, PEM */
int csr_make(struct bpfkey_ctx *ctx, const char *name, struct pkey *key, struct buf *ret);

struct csr;

/*
 * csr_from_bytes - one request, PEM or DER, whose own signature is good
 * (-BPFKEY_E_SIGNATURE) and whose subject is a single common name
 */
int csr_from_bytes(struct bpfkey_ctx *ctx, struct view in, struct csr **ret);
void csr_free(struct csr *csr);
DEFINE_CLEANUP(struct csr *, csr_free)
const char *csr_name(const struct csr *csr);
const char *csr_alg(const struct csr *csr);

/*
 * cert_issue - certify the request's key; of the request nothing but key and
 * name is taken (@spec's name is not used)
 */
int cert_issue(struct bpfkey_ctx *ctx, const struct csr *csr, const struct cert_spec *spec,
	       const struct bpfkey_cert *ca, struct pkey *ca_key, struct bpfkey_cert **ret);

#endif
