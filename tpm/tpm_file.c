/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TSS2 PRIVATE KEY files (draft-bottomley-tpm2-keys): written with exactly the
 * fields that tpm2-openssl 1.1 and 1.3 both read, so policy and the like go
 * into a sidecar; read more widely, because others write more.
 *
 *	TPMKey ::= SEQUENCE {
 *		type		OBJECT IDENTIFIER,
 *		emptyAuth	[0] EXPLICIT BOOLEAN OPTIONAL,
 *		policy		[1] EXPLICIT SEQUENCE OF TPMPolicy OPTIONAL,
 *		secret		[2] EXPLICIT OCTET STRING OPTIONAL,
 *		authPolicy	[3] EXPLICIT SEQUENCE OF TPMAuthPolicy OPTIONAL,
 *		description	[4] EXPLICIT UTF8String OPTIONAL,
 *		rsaParent	[5] EXPLICIT BOOLEAN OPTIONAL,
 *		parent		INTEGER,
 *		pubkey		OCTET STRING,	-- TPM2B_PUBLIC
 *		privkey		OCTET STRING }	-- TPM2B_PRIVATE
 */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "../lib/crypto/der.h"
#include "../lib/crypto/digest.h"
#include "tpm_priv.h"

#define LABEL "TSS2 PRIVATE KEY"

/* 2.23.133.10.1.3, .4 and .5: what can be loaded, imported, unsealed. */
static const uint8_t oid_loadable[] = { 0x67, 0x81, 0x05, 0x0a, 0x01, 0x03 };
#define OID_IMPORTABLE 0x04
#define OID_SEALED 0x05

bool tpm_key_is_pem(struct view pem)
{
	return der_pem_is(pem, LABEL);
}

static int check_type(struct bpfkey_ctx *ctx, struct view oid)
{
	bool ours = oid.n == sizeof(oid_loadable) &&
		    !memcmp(oid.p, oid_loadable, sizeof(oid_loadable) - 1);
	uint8_t last = ours ? oid.p[oid.n - 1] : 0;

	if (last == oid_loadable[sizeof(oid_loadable) - 1])
		return 0;
	if (last == OID_SEALED)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT,
			       "the TPM key file holds sealed data, not a signing key");
	if (last == OID_IMPORTABLE) {
		bk_hint(ctx, "tpm2_import on the machine whose TPM it was wrapped for");
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT,
			       "the TPM key file holds a key that must be imported first");
	}
	return bk_fail(ctx, -BPFKEY_E_FORMAT, "the TPM key file is of an unknown type");
}

/* tpm2-openssl and tpm2_encodeobject write 0x01 for TRUE, so BER's rule it is. */
static bool read_bool(struct rd *outer, struct view explicit_value)
{
	struct rd r = rd_init(explicit_value);
	struct view v = der_get(&r, DER_BOOLEAN);

	if (v.n != 1)
		rd_fail(&r);
	der_end(outer, &r);
	return v.n == 1 && v.p[0];
}

/* Handles have bit 31 set, and some write them as the negative number that this makes. */
static TPM2_HANDLE read_handle(struct rd *r)
{
	struct view v = der_get(r, DER_INTEGER);
	TPM2_HANDLE h = 0;

	if (v.n == 5 && !v.p[0]) {
		v.p++;
		v.n--;
	}
	if (!v.n || v.n > 4)
		rd_fail(r);
	else if (v.p[0] & 0x80)
		h = UINT32_MAX;
	for (size_t i = 0; i < v.n && v.n <= 4; i++)
		h = h << 8 | v.p[i];
	return h;
}

/*
 * Fields before the parent. Policies matter only to keys that cannot do
 * without (tpm_public_key() refuses those), a description not at all, and
 * what a later draft adds cannot change what the TPM itself enforces.
 */
static void read_optional(struct rd *r, struct tpm_file *f)
{
	unsigned int seen = 0;

	while (der_peek(r) >= 0 && (der_peek(r) & 0xe0) == DER_CONTEXT(0)) {
		uint8_t tag;
		struct view v = der_any(r, &tag);
		unsigned int n = tag & 0x1f;

		if (seen & 1u << n)
			rd_fail(r);
		seen |= 1u << n;
		if (n == 0)
			f->needs_auth = !read_bool(r, v);
		else if (n == 5)
			f->rsa_parent = read_bool(r, v);
	}
}

static int read_blobs(struct view public, struct view private, struct tpm_file *f)
{
	size_t offset = 0;

	if (!public.n || !private.n ||
	    Tss2_MU_TPM2B_PUBLIC_Unmarshal(public.p, public.n, &offset, &f->public) ||
	    offset != public.n)
		return -1;
	offset = 0;
	if (Tss2_MU_TPM2B_PRIVATE_Unmarshal(private.p, private.n, &offset, &f->private) ||
	    offset != private.n)
		return -1;
	return 0;
}

int tpm_file_parse(struct bpfkey_ctx *ctx, struct view pem, struct tpm_file *ret)
{
	_cleanup_(buf_done) struct buf der = BUF(TPM_FILE_MAX);
	/* Absent, emptyAuth means FALSE. */
	struct tpm_file f = { .needs_auth = true };
	struct view oid, public, private;
	struct rd outer, r;
	int err;

	if (der_pem_get(pem, LABEL, &der) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the TPM key file is no valid PEM");
	outer = rd_init(buf_view(&der));
	r = rd_init(der_get(&outer, DER_SEQUENCE));
	oid = der_get(&r, DER_OID);
	read_optional(&r, &f);
	f.parent = read_handle(&r);
	public = der_get(&r, DER_OCTETS);
	private = der_get(&r, DER_OCTETS);
	der_end(&outer, &r);
	if (rd_end(&outer) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the TPM key file is malformed");
	err = check_type(ctx, oid);
	if (err < 0)
		return err;
	if (read_blobs(public, private, &f) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT,
			       "the TPM key file holds no valid TPM2B_PUBLIC and TPM2B_PRIVATE");
	*ret = f;
	return 0;
}

/* put_bool - explicit even when FALSE: tpm2-openssl 1.1 never asks without it. */
static void put_bool(struct buf *b, unsigned int n, bool value)
{
	const uint8_t v = value ? 0xff : 0;
	_cleanup_(buf_done) struct buf inner = BUF(16);

	der_put(&inner, DER_BOOLEAN, (struct view){ &v, 1 });
	der_put(b, (uint8_t)DER_CONTEXT(n), buf_view(&inner));
	if (!buf_ok(&inner))
		b->failed = true;
}

int tpm_file_put(struct bpfkey_ctx *ctx, const struct tpm_file *f, struct buf *ret_pem)
{
	_cleanup_(buf_done) struct buf body = BUF(TPM_FILE_MAX), der = BUF(TPM_FILE_MAX);
	uint8_t public[sizeof(f->public) + 2], private[sizeof(f->private) + 2];
	size_t public_n = 0, private_n = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Marshal(&f->public, public, sizeof(public), &public_n) ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(&f->private, private, sizeof(private), &private_n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the TPM's key cannot be written down");
	der_put(&body, DER_OID, (struct view){ oid_loadable, sizeof(oid_loadable) });
	put_bool(&body, 0, !f->needs_auth);
	der_put_u32(&body, f->parent);
	der_put(&body, DER_OCTETS, (struct view){ public, public_n });
	der_put(&body, DER_OCTETS, (struct view){ private, private_n });
	der_put(&der, DER_SEQUENCE, buf_view(&body));
	der_pem_put(ret_pem, LABEL, buf_view(&der));
	if (!buf_ok(&body) || !buf_ok(&der) || !buf_ok(ret_pem))
		return bk_out_of_memory(ctx);
	return 0;
}

int tpm_public_name(struct bpfkey_ctx *ctx, const TPM2B_PUBLIC *public, char *out, size_t cap)
{
	uint8_t area[sizeof(TPMT_PUBLIC)], hash[SHA256_LEN];
	size_t n = 0;
	int r;

	if (public->publicArea.nameAlg != TPM2_ALG_SHA256)
		return bk_fail(ctx, -BPFKEY_E_NO_SUPPORT,
			       "the TPM key is named with hash 0x%04x, not SHA-256",
			       public->publicArea.nameAlg);
	if (cap < 2 * (2 + SHA256_LEN) + 1 ||
	    Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, area, sizeof(area), &n))
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "the TPM key's name cannot be computed");
	r = bk_sha256(ctx, (struct view){ area, n }, hash);
	if (r < 0)
		return r;
	out += snprintf(out, cap, "%04x", TPM2_ALG_SHA256);
	for (size_t i = 0; i < sizeof(hash); i++)
		out += snprintf(out, 3, "%02x", hash[i]);
	return 0;
}
