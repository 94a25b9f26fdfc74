/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one CMS form that every kernel takes (facts: detached, no certificates,
 * no S/MIME capabilities, signer named by key id, SHA-256, no signed
 * attributes unless the algorithm demands them), made and verified.
 */
#ifndef BK_CMS_H
#define BK_CMS_H

#include "../base/ctx.h"

#include "../base/buf.h"

struct bpfkey_cert;
struct pkey;

#define CMS_MAX 8192	/* KMALLOC_MAX_CACHE_SIZE: larger ones the kernel refuses with EINVAL */

/*
 * cms_sign - detached CMS SignedData over @data, DER into @ret
 */
int cms_sign(struct bpfkey_ctx *ctx, struct pkey *key, const struct bpfkey_cert *cert,
	     struct view data, struct buf *ret);

/*
 * cms_verify - is @der a signature over @data by one of @certs?
 * @ret_index: which certificate; may be NULL
 *
 * -BPFKEY_E_MALFORMED (not such a CMS, trailing bytes, more than one signer),
 * _UNKNOWN_SIGNER, _SIGNATURE (known signer, wrong value or data). Validity
 * times and roles are the caller's business.
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
