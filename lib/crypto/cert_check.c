// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the policy thinks of a certificate. The kernel checks none of this: it
 * enrols expired, weak and wrongly used certificates without a word.
 */
#include <openssl/err.h>

#include "../base/text.h"
#include "cert_int.h"

int cert_check_strength(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *i = cert_info(cert);
	struct algo a;
	int r;

	r = algo_check(ctx, i->alg);
	if (r < 0)
		return r;
	/* Kernels take points as two numbers only. */
	if (algo_find(i->alg, &a) && a.type == ALGO_EC &&
	    (i->public_key_len == 0 || i->public_key[0] != 4))
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its key is a compressed point, which "
			       "kernels do not take");
	return algo_check_hash(ctx, i->signature_hash);
}

int cert_check_validity(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, int64_t now)
{
	const struct bpfkey_cert_info *i = cert_info(cert);
	char t[TEXT_TIME_MAX];

	if (now > i->not_after)
		return bk_fail(ctx, -BPFKEY_E_EXPIRED, "the certificate expired on %s",
			       text_from_time(i->not_after, t));
	if (now < i->not_before) {
		bk_hint(ctx, "see whether this machine's clock is right: 'date -u'");
		return bk_fail(ctx, -BPFKEY_E_NOT_YET_VALID, "the certificate is not valid "
			       "before %s", text_from_time(i->not_before, t));
	}
	return 0;
}

static void role_list(unsigned int have, struct buf *b)
{
	unsigned int k;

	for (k = 0; k < BPFKEY_ROLE__END; k++)
		if (have & (1u << k))
			buf_printf(b, "%s%s", b->n ? ", " : "", bpfkey_role_name(k));
	if (!have)
		buf_str(b, "none");
}

int cert_check_role(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert,
		    enum bpfkey_role role)
{
	const struct bpfkey_cert_info *i = cert_info(cert);

	if (!(i->roles & (1u << role))) {
		struct buf b = BUF(128);

		role_list(i->roles, &b);
		bk_fail(ctx, -BPFKEY_E_ROLE, "the certificate's role is '%s', not '%s'",
			buf_cstr(&b), bpfkey_role_name(role));
		buf_done(&b);
		bk_hint(ctx, "'keyctl-bpf cert new --role %s' or 'cert issue --role %s' makes "
			"one", bpfkey_role_name(role), bpfkey_role_name(role));
		return -BPFKEY_E_ROLE;
	}
	if (role == BPFKEY_ROLE_ANCHOR && !i->ca)
		return bk_fail(ctx, -BPFKEY_E_ROLE, "the certificate says anchor but is no CA");
	if (role != BPFKEY_ROLE_ANCHOR && i->ca)
		return bk_fail(ctx, -BPFKEY_E_ROLE, "the certificate is a CA, which would vouch "
			       "for everything it ever signed");
	return 0;
}

int cert_check_issuer(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert,
		      const struct bpfkey_cert *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(issuer));
	int ok;

	if (X509_check_issued(cert_x509(issuer), cert_x509(cert)) != X509_V_OK) {
		ERR_clear_error();
		return bk_fail(ctx, -BPFKEY_E_UNKNOWN_SIGNER, "'%s' did not issue it, it names "
			       "'%s'", cert_info(issuer)->subject, cert_info(cert)->issuer);
	}
	ok = key ? X509_verify(cert_x509(cert), key) : -1;
	ERR_clear_error();
	if (ok != 1)
		return bk_fail(ctx, -BPFKEY_E_SIGNATURE, "its signature is not one of '%s'",
			       cert_info(issuer)->subject);
	return 0;
}

int cert_is_of(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, const struct pkey *key)
{
	uint8_t hash[32];
	size_t i;
	int r;

	r = pkey_spki_hash(ctx, key, hash);
	if (r < 0)
		return r;
	for (i = 0; i < sizeof(hash); i++)
		if (hash[i] != cert_info(cert)->public_hash[i])
			return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the certificate is of another "
				       "key");
	return 0;
}
