/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the table behind bpfkey_explain(), one for each source of codes. */
#ifndef BK_EXPLAIN_H
#define BK_EXPLAIN_H

#include <bpfkey/err.h>

#include "util.h"

extern const struct bpfkey_explanation bk_explain_tpm[];
extern const size_t bk_explain_tpm_n;
extern const struct bpfkey_explanation bk_explain_kernel[];
extern const size_t bk_explain_kernel_n;
extern const struct bpfkey_explanation bk_explain_error[];
extern const size_t bk_explain_error_n;

/*
 * bk_explain_tpm_code - a response code as the table holds it: without layer,
 * and without the numbers of handle, session and parameter
 */
unsigned int bk_explain_tpm_code(unsigned int rc);

#endif
