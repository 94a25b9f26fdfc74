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
struct sign_log;
struct signer;

/*
 * signer_open - open key and certificate, once for many signatures
 * @key_path:  a key file of any form, or a pkcs11: URI
 * @cert_path: NULL when only the key is needed (certificate requests), or
 *             signer_own_cert() is to find it
 *
 * Refuses a certificate of another key (-BPFKEY_E_MISMATCH), a private key
 * file that others can read (_INSECURE). A TPM session stays open until
 * signer_free().
 */
int signer_open(struct bpfkey_ctx *ctx, const char *key_path, const char *cert_path,
		struct signer **ret);
void signer_free(struct signer *s);
DEFINE_CLEANUP(struct signer *, signer_free)

/*
 * A key that somebody else uses for us, and only for loaders: two signatures, over instructions
 * and over both, and one over the list of an object's digests.
 */
struct signer_remote {
	int (*loader)(void *user, struct view insns, struct view metadata, struct buf *ret_insns,
		      struct buf *ret_both);
	int (*list)(void *user, struct view list, struct buf *ret);
};

/*
 * signer_remote_new - a signer of that kind
 * @cert: the key's certificate, DER
 * @shown: what sentences call the key
 */
int signer_remote_new(struct bpfkey_ctx *ctx, struct view cert, const char *shown,
		      const struct signer_remote *remote, void *user, struct signer **ret);

/*
 * signer_own_cert - take the certificate that came with the key, in a PKCS#12
 * file or on a token; -BPFKEY_E_USAGE when none did
 */
int signer_own_cert(struct signer *s);

/* signer_cms - a kernel-style detached CMS over @data. */
int signer_cms(struct signer *s, struct view data, struct buf *ret);

/*
 * The same in two steps: what signer_cms_unproven() made must not leave before
 * signer_prove(), or who verifies the whole, has found it good.
 */
int signer_cms_unproven(struct signer *s, struct view data, struct buf *ret);
int signer_prove(struct signer *s, struct view cms, struct view data);

/* signer_loader, signer_list - what an object needs, unproven, by whatever signer it is */
int signer_loader(struct signer *s, struct view insns, struct view metadata,
		  struct buf *ret_insns, struct buf *ret_both);
int signer_list(struct signer *s, struct view list, struct buf *ret);

/*
 * signer_meanwhile - what to do while somebody else computes a signature
 * @fn: called once in each signature that takes such time, and must not use
 *      the signer's key; NULL: no longer
 */
void signer_meanwhile(struct signer *s, void (*fn)(void *user), void *user);

/*
 * signer_ahead - what will be signed after the present signature, or after the one that comes now;
 * for who computes it elsewhere. Nothing has to come of it.
 */
void signer_ahead(struct signer *s, struct view data);

/* signer_set_log - the log becomes the signer's; see sign_log.h. */
void signer_set_log(struct signer *s, struct sign_log *log);

/* Borrowed; without a log NULL. */
struct sign_log *signer_log(const struct signer *s);
struct bpfkey_ctx *signer_ctx(const struct signer *s);
struct pkey *signer_pkey(struct signer *s);
const struct bpfkey_cert *signer_cert(const struct signer *s);

/* The key as it may be shown (no secret of a URI), and where the certificate is from. */
const char *signer_shown(const struct signer *s);
const char *signer_cert_from(const struct signer *s);

#endif
