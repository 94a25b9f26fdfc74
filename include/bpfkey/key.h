/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private keys in their forms, and certificates with their roles. */
#ifndef BPFKEY_KEY_H
#define BPFKEY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfkey/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a certificate is for; each is an extended key usage (BPFKEY_OID_...). */
enum bpfkey_role {
	BPFKEY_ROLE_BUILD,
	BPFKEY_ROLE_DELEGATED,
	BPFKEY_ROLE_LOADER,
	BPFKEY_ROLE_POLICY,
	BPFKEY_ROLE_ANCHOR,
	BPFKEY_ROLE__END
};

/** bpfkey_role_name - "build" and so on; NULL past the last. */
const char *bpfkey_role_name(enum bpfkey_role role);

/** bpfkey_role_parse - 0 and @ret, or -BPFKEY_E_USAGE. */
int bpfkey_role_parse(const char *name, enum bpfkey_role *ret);

struct bpfkey_cert;

/**
 * struct bpfkey_cert_info - what a certificate says
 * Strings belong to the certificate. Times are seconds since 1970 UTC.
 */
struct bpfkey_cert_info {
	const char *subject, *issuer, *serial;	/* RFC 2253 names; serial in hex */
	const char *alg;			/* "p256", "rsa2048", "ed25519", ... */
	const char *signature_hash;		/* "sha256"; "" when the algorithm has none */
	unsigned int roles;			/* 1u << enum bpfkey_role each */
	bool ca, self_signed;
	int64_t not_before, not_after;
	uint8_t fingerprint[32];		/* SHA-256 of the DER */
	uint8_t key_id[64];			/* subjectKeyIdentifier as it stands */
	size_t key_id_len;			/* 0: the certificate has none */
	const uint8_t *public_key;		/* contents of subjectPublicKey, as the */
	size_t public_key_len;			/* kernel holds it (RFC 5280 4.1.2.7) */
};

/**
 * bpfkey_cert_open - read one certificate, PEM or DER
 * @ret: free with bpfkey_cert_free()
 *
 * -BPFKEY_E_IO, _TOO_BIG (64 KiB), _FORMAT (also: more than one in the file).
 */
int bpfkey_cert_open(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_cert **ret);
void bpfkey_cert_free(struct bpfkey_cert *cert);
const struct bpfkey_cert_info *bpfkey_cert_info(const struct bpfkey_cert *cert);

#ifdef __cplusplus
}
#endif
#endif
