/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What making and importing a key have in common. */
#ifndef BK_KEYS_H
#define BK_KEYS_H

#include "../../tpm/tpm.h"
#include "key_file.h"

/* key_handle - a public handle with the facts of a key */
int key_handle(struct bpfkey_ctx *ctx, const char *path, const char *alg,
	       const struct sidecar *meta, bool has_meta, struct bpfkey_key **ret);

/* key_set_passphrase - its file is encrypted */
void key_set_passphrase(struct bpfkey_key *key);

/* key_public_hash - SHA-256 of the SubjectPublicKeyInfo of plain numbers */
int key_public_hash(struct bpfkey_ctx *ctx, const struct pubkey *pub, uint8_t ret[32]);

/* key_tpm_check - has this TPM the algorithm? else -BPFKEY_E_NO_SUPPORT */
int key_tpm_check(struct bpfkey_ctx *ctx, struct tpm *t, const char *alg, const char *spec);

/* key_tpm_facts - what the sidecar of a key in a TPM says of both */
void key_tpm_facts(struct sidecar *m, const struct tpm_identity *id,
		   const struct tpm_key_meta *facts);

#endif
