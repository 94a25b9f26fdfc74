/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A private key file and its sidecar FILE.meta, which only says things about it. */
#ifndef BK_KEY_FILE_H
#define BK_KEY_FILE_H

#include <bpfkey/key.h>

#include "../base/ctx.h"
#include "../base/policy.h"
#include "../base/pubkey.h"
#include "../base/secret.h"

/*
 * What a sidecar says. The TPM's fields are "" for keys that are not in one.
 */
struct sidecar {
	enum bpfkey_form form;
	char alg[16];
	uint8_t public_hash[32];
	int64_t created;
	bool tpm_software, imported;
	char tpm_kind[16], srk_name[80], key_name[80];
	char tpm_id[80];		/* struct tpm_key_meta's */
	struct key_policy policy;	/* of a key in a TPM */
};

/* sidecar_names_tpm - is it of a key that a TPM has, or has sealed? */
static inline bool sidecar_names_tpm(const struct sidecar *m)
{
	return m->form == BPFKEY_FORM_TPM || m->form == BPFKEY_FORM_SEALED;
}

struct tpm_key_meta;

#define KEY_FILE_MAX (64 * 1024)

struct key_file {
	enum bpfkey_form form;
	struct bk_secret *bytes;
	struct sidecar meta;
	bool has_meta;
};

/*
 * key_file_read - the file, its form, and its sidecar when there is one; a
 * missing one is a warning in the log
 */
int key_file_read(struct bpfkey_ctx *ctx, const char *path, struct key_file *ret);
void key_file_done(struct key_file *f);
struct view key_file_view(const struct key_file *f);

/* key_file_tpm_meta - what the sidecar says of a key in a TPM, for tpm_key_load() */
void key_file_tpm_meta(const struct key_file *f, struct tpm_key_meta *ret);

/* key_file_check - is the sidecar this key's? else -BPFKEY_E_MISMATCH */
int key_file_check(struct bpfkey_ctx *ctx, const char *path, const struct key_file *f,
		   const uint8_t public_hash[32]);

/*
 * key_file_write - sidecar first, then the key, both 0600; when the second
 * fails, the first is as it was. A key that is replaced can be used until the
 * new one can, whenever the power goes.
 */
int key_file_write(struct bpfkey_ctx *ctx, const char *path, struct view key,
		   const struct sidecar *meta, bool force);

/*
 * key_file_tpm_absent - is the context's TPM an embedded one that is not there yet?
 * Opening it would make it, which no failing command and no dry run may.
 */
bool key_file_tpm_absent(struct bpfkey_ctx *ctx);

/*
 * key_file_shown - a key's path, or its URI without what may be secret in it
 * @ret: malloc'ed
 */
int key_file_shown(struct bpfkey_ctx *ctx, const char *key, char **ret);

/* key_file_absent - -BPFKEY_E_EXISTS when there is a file @path */
int key_file_absent(struct bpfkey_ctx *ctx, const char *path);

/* key_file_can_write - may files be made beside @path? without trying */
int key_file_can_write(struct bpfkey_ctx *ctx, const char *path);

#endif
