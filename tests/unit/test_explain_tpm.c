// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of TPM response codes: found under each form that a code comes in. */
#include "lib/base/explain.h"
#include "tests/tap.h"

static void test_forms(void)
{
	static const struct { unsigned int rc, row; const char *what; } cases[] = {
		{ 0x98e, 0x08e, "session 1" },
		{ 0xa8e, 0x08e, "session 2" },
		{ 0x1df, 0x09f, "parameter 1" },
		{ 0x2df, 0x09f, "parameter 2" },
		{ 0x18b, 0x08b, "handle 1" },
		{ 0x5008b, 0x08b, "a layer" },
		{ 0x921, 0x921, "a warning" },
		{ 0xb0921, 0x921, "a warning from a resource manager" },
		{ 0x101, 0x101, "an error of format 0" },
		{ 0x912, 0x910, "the third handle" },
		{ 0x91a, 0x918, "the third session" },
		{ 0x920, 0x920, "what follows them" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct bpfkey_explanation *e = bpfkey_explain(BPFKEY_EXPLAIN_TPM,
								    cases[i].rc);

		ok(bk_explain_tpm_code(cases[i].rc) == cases[i].row && e && e->code == cases[i].row,
		   "0x%x: %s", cases[i].rc, cases[i].what);
	}
	ok(!bpfkey_explain(BPFKEY_EXPLAIN_TPM, 0x17f), "no row for a code that nobody knows");
}

/* Every code of facts that an engineer meets, by the number that tools print. */
static void test_known(void)
{
	static const unsigned int known[] = {
		0x98e, 0x9a2, 0x921, 0x99d, 0x1c4, 0x126, 0x12f, 0x1df, 0x18b, 0x14a, 0x902, 0x903,
		0x100, 0x101, 0x2c4, 0x2e6, 0x1d5, 0x128, 0x922, 0x920,
		0x2e1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		ok(bpfkey_explain(BPFKEY_EXPLAIN_TPM, known[i]), "0x%x has a row", known[i]);
}

static void test_rows(void)
{
	unsigned int wrong = 0, twice = 0;

	for (size_t i = 0; i < bk_explain_tpm_n; i++) {
		const struct bpfkey_explanation *e = &bk_explain_tpm[i];

		wrong += e->kind != BPFKEY_EXPLAIN_TPM || strncmp(e->name, "0x", 2) ||
			 bk_explain_tpm_code((unsigned int)strtoul(e->name, NULL, 16)) != e->code;
		for (size_t j = 0; j < i; j++)
			twice += bk_explain_tpm[j].code == e->code;
	}
	is_int(wrong, 0, "each row's name leads to it");
	is_int(twice, 0, "none stands twice");
}

int main(void)
{
	test_forms();
	test_known();
	test_rows();
	return done_testing();
}
