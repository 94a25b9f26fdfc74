/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCRs as people name them, "sha256:0,2,7", and as JSON carries them. */
#ifndef BK_PCRS_H
#define BK_PCRS_H

#include "buf.h"
#include "policy.h"

/* pcrs_len - bytes of a PCR in this bank; 0: there is no such bank */
size_t pcrs_len(const char *bank);

/*
 * pcrs_parse - BANK:LIST, numbers and ranges: "sha256:0-3,7"
 * @ret: bank and mask, values zero; 0 or -1
 */
int pcrs_parse(const char *text, struct pcr_set *ret);

/*
 * pcrs_values - PCRs and values as tpm2_pcrread prints them: a line "sha256:",
 * then lines "7 : 0x12ab..."; banks without values do not count
 * @ret: 0 or -1
 */
int pcrs_values(const char *text, struct pcr_set *ret);

/* pcrs_put - the same again, numbers only */
void pcrs_put(struct buf *b, const struct pcr_set *set);

/* pcrs_differ - of the PCRs in @want's mask those that @there has other values of */
uint32_t pcrs_differ(const struct pcr_set *want, const struct pcr_set *there);

/*
 * pcrs_blank - of the PCRs in the mask those that hold what a reset leaves, all
 * zeros or all ones: nobody has measured anything there
 */
uint32_t pcrs_blank(const struct pcr_set *set);

#endif
