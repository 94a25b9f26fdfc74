/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NV indices of our own making, inside of this folder: what counts, and what is extended. */
#ifndef BK_TPM_INDEX_H
#define BK_TPM_INDEX_H

#include "tpm_priv.h"

/* One row for each kind of index that we make. */
struct tpm_index_kind {
	const char *word;	/* "counter" */
	TPM2_NT type;
	TPM2_CC write;		/* the only command that its policy lets write */
	uint16_t size;
};

extern const struct tpm_index_kind tpm_index_counter, tpm_index_measure;

/* An index that is open, and what its commands are authorised with. */
struct tpm_index {
	struct tpm *t;
	const struct tpm_index_kind *kind;
	uint32_t index;
	ESYS_TR handle;
	struct tpm_object srk;	/* on a bus: what sessions are salted with */
};

#define TPM_INDEX_NONE(tpm)                                                                    \
	((struct tpm_index){ .t = (tpm), .handle = ESYS_TR_NONE, .srk = TPM_OBJECT_NONE(tpm) })

void tpm_index_done(struct tpm_index *i);

/*
 * tpm_index_define - make one, or take over one of ours that was never written
 * @index: 0: the first free one of BPFKEY_NV_FIRST to BPFKEY_NV_LAST
 */
int tpm_index_define(struct tpm *t, const struct tpm_index_kind *kind, uint32_t index,
		     struct bk_secret *owner, struct tpm_index *ret);

/*
 * tpm_index_open - the very index of @id, in the very TPM
 * -BPFKEY_E_NOT_FOUND (gone, or never written), _MISMATCH, _OTHER_TPM
 */
int tpm_index_open(struct tpm *t, const struct tpm_index_kind *kind,
		   const struct tpm_index_id *id, struct tpm_index *ret);

/* tpm_index_write - what kind->write does, under its policy; @digest: NULL for a counter */
int tpm_index_write(struct tpm_index *i, struct bk_secret *owner, const uint8_t digest[32]);

/* tpm_index_read - kind->size bytes, authenticated on a bus */
int tpm_index_read(struct tpm_index *i, uint8_t *ret);

int tpm_index_name(const struct tpm_index *i, char ret[80]);
int tpm_index_srk(struct tpm_index *i, char ret[80]);
int tpm_index_undefine(struct tpm_index *i, struct bk_secret *owner);

#endif
