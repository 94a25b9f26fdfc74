// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looks codes up in the table behind `explain`. Its rows stand in three files,
 * one for each source of codes.
 */
#include "explain.h"

static const struct part {
	const struct bpfkey_explanation *rows;
	const size_t *n;
} parts[] = {
	{ bk_explain_error, &bk_explain_error_n },
	{ bk_explain_kernel, &bk_explain_kernel_n },
	{ bk_explain_tpm, &bk_explain_tpm_n },
};

const struct bpfkey_explanation *bpfkey_explain(enum bpfkey_explain_kind kind, unsigned int code)
{
	const struct bpfkey_explanation *e = NULL;

	if (kind == BPFKEY_EXPLAIN_TPM)
		code = bk_explain_tpm_code(code);
	while ((e = bpfkey_explain_next(e))) {
		if (e->kind == kind && e->code == code)
			return e;
	}
	return NULL;
}

const struct bpfkey_explanation *bpfkey_explain_next(const struct bpfkey_explanation *prev)
{
	size_t i;

	if (!prev)
		return parts[0].rows;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		const struct bpfkey_explanation *end = parts[i].rows + *parts[i].n;

		if (prev < parts[i].rows || prev >= end)
			continue;
		if (prev + 1 < end)
			return prev + 1;
		return i + 1 < ARRAY_SIZE(parts) ? parts[i + 1].rows : NULL;
	}
	return NULL;
}
