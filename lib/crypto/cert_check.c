// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the policy thinks of a certificate. The kernel checks none of this: it
 * enrols expired, weak and wrongly used certificates without a word.
 */
#include <string.h>

#include <openssl/err.h>

#include "../base/text.h"
#include "cert_int.h"

static bool signed_with_mldsa(const struct bpfkey_cert *cert)
{
	const ASN1_OBJECT *oid;
	const X509_ALGOR *alg;
	struct algo a;

	X509_get0_signature(NULL, &alg, cert_x509(cert));
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return algo_of_oid(oid, &a) && a.type == ALGO_MLDSA;
}

int cert_check_strength(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *i = cert_info(cert);
	struct algo a;
	int r;

	r = algo_check(ctx, i->alg);
	if (!r)
		r = algo_check_openssl(ctx, i->alg);
	if (r < 0)
		return r;
	/* Kernels take points as two numbers only. */
	if (algo_find(i->alg, &a) && a.type == ALGO_EC &&
	    (i->public_key_len == 0 || i->public_key[0] != 4))
		return bk_fail(ctx, -BPFKEY_E_ALGORITHM, "its key is a compressed point, which "
			       "kernels do not take");
	if (signed_with_mldsa(cert))
		return 0;
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

/* By name and, where the certificate says it, by key id. */
static bool names_issuer(const struct bpfkey_cert *cert, const struct bpfkey_cert *issuer)
{
	const struct bpfkey_cert_info *c = cert_info(cert), *i = cert_info(issuer);

	if (X509_NAME_cmp(X509_get_issuer_name(cert_x509(cert)),
			  X509_get_subject_name(cert_x509(issuer))) != 0)
		return false;
	return !c->authority_id_len || (c->authority_id_len == i->key_id_len &&
					memcmp(c->authority_id, i->key_id, i->key_id_len) == 0);
}

int cert_check_issuer(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert,
		      const struct bpfkey_cert *issuer)
{
	const struct bpfkey_cert_info *c = cert_info(cert), *i = cert_info(issuer);
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(issuer));
	int ok;

	if (!names_issuer(cert, issuer))
		return bk_fail(ctx, -BPFKEY_E_UNKNOWN_SIGNER, "'%s' did not issue it, it names "
			       "'%s'", i->subject, c->issuer);
	/* X509_check_issued() would want keyCertSign of a leaf that signs only itself. */
	if (!i->ca && memcmp(i->public_hash, c->public_hash, sizeof(i->public_hash)) != 0)
		return bk_fail(ctx, -BPFKEY_E_ROLE, "its issuer '%s' is no CA", i->subject);
	if (!key && algo_check_openssl(ctx, i->alg) < 0)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT, "cannot check its signature");
	ok = key ? X509_verify(cert_x509(cert), key) : -1;
	ERR_clear_error();
	if (ok != 1)
		return bk_fail(ctx, -BPFKEY_E_SIGNATURE, "its signature is not one of '%s'",
			       i->subject);
	return 0;
}

int cert_is_of(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert, struct pkey *key)
{
	uint8_t hash[32];
	int r;

	r = pkey_spki_hash(ctx, key, hash);
	if (r < 0)
		return r;
	if (memcmp(hash, cert_info(cert)->public_hash, sizeof(hash)) != 0)
		return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the certificate is of another key");
	return 0;
}
