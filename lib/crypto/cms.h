/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one CMS form that every kernel takes (facts: detached, no certificates,
 * no S/MIME capabilities, no signed attributes, signer named by key id), made
 * and verified. The hash is the key's: pkey_use_hash().
 */
#ifndef BK_CMS_H
#define BK_CMS_H

#include "../base/ctx.h"

#include "../base/buf.h"

struct bpfkey_cert;
struct pkey;

#define CMS_MAX 8192	/* KMALLOC_MAX_CACHE_SIZE: larger ones the kernel refuses with EINVAL */

/*
 * cms_sign - detached CMS SignedData over @data, DER into @ret: cms_make(), and
 * then cms_prove()
 */
int cms_sign(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret);
int cms_make(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret);

/*
 * cms_prove - is what cms_make() made good? A signature from elsewhere is
 * always verified; of a key that is here the first one with each hash, which
 * shows that key, certificate and form fit: OpenSSL checks its own arithmetic.
 */
int cms_prove(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	      struct view der, struct view data);

/*
 * cms_verify - is @der a signature over @data by one of @certs?
 * @ret_index: which certificate; may be NULL
 *
 * -BPFKEY_E_MALFORMED (not such a CMS, trailing bytes, more than one signer),
 * _WEAK or _ALGORITHM (its hash), _UNKNOWN_SIGNER, _SIGNATURE (known signer,
 * wrong value or data), _NO_SUPPORT (this OpenSSL cannot tell). Validity times,
 * roles and the limits of one kernel are the caller's business.
 */
int cms_verify(struct bpfkey_ctx *ctx, struct view der, struct view data,
	       struct bpfkey_cert *const *certs, size_t n, size_t *ret_index);

struct cms_info {
	uint8_t key_id[64];	/* subjectKeyIdentifier of the signer; 0 long when */
	size_t key_id_len;	/* it is named by issuer and serial number */
	char hash[24], algorithm[32];
	bool attributes, certificates, content;
	unsigned int signers;
};

/* cms_describe - what a CMS says about itself, without verifying anything. */
int cms_describe(struct bpfkey_ctx *ctx, struct view der, struct cms_info *ret);

#endif
