/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of tests/kernel/truth.t against the decision alone. Which modes carry
 * it out is in test_decide.
 */
#include "lib/bpf/decide.h"

#include <string.h>

#include "lib/base/util.h"
#include "lib/flow/gate_flow.h"
#include "tests/tap.h"

#define TABLE "tests/kernel/truth.table"
#define NOW 1000
#define RING 11
#define RING_DELEGATED 12
#define LOADERS 7

enum { SOCKET_FILTER = 1, SCHED_CLS = 3, XDP = 6 };

/* Rules as truth.t has them made; a subject is the loader's place in the table. */
static const struct {
	const char *name;
	struct gate_grant key;
} signers[] = {
	{ "none", { 0 } },
	{ "build", { .kind = GATE_RULE_BUILD, .ring = RING, .types = GATE_BUILD_TYPES } },
	{ "delegated", { .kind = GATE_RULE_DELEGATE, .ring = RING_DELEGATED, .subject = 5,
			 .types = GATE_BUILD_TYPES | 1ULL << SOCKET_FILTER } },
	{ "expired", { .kind = GATE_RULE_BUILD, .ring = RING, .types = GATE_BUILD_TYPES,
		       .until = NOW } },
	{ "revoked", { .kind = GATE_RULE_REVOKED, .ring = RING } },
	{ "stranger", { .kind = GATE_RULE_NONE } },
};

static const struct {
	const char *name;
	struct gate_grant task;
} loaders[LOADERS] = {
	{ "ordinary", { 0 } },
	{ "trusted", { .kind = GATE_RULE_LOADER, .types = 1ULL << SOCKET_FILTER, .subject = 2 } },
	{ "signed", { .kind = GATE_RULE_LOADER_KEY, .types = 1ULL << SOCKET_FILTER,
		      .subject = 3 } },
	{ "other-type", { .kind = GATE_RULE_LOADER, .types = 1ULL << XDP, .subject = 4 } },
	{ "delegated", { .kind = GATE_RULE_LOADER, .types = 1ULL << SCHED_CLS, .subject = 5 } },
	/* To the decision these are as good as ordinary: exec.bpf.c gives them no rule. */
	{ "wrong-digest", { 0 } },
	{ "tampered", { 0 } },
};

static const struct {
	const char *name;
	unsigned int type;
} types[] = {
	{ "socket_filter", SOCKET_FILTER }, { "xdp", XDP }, { "syscall", GATE_TYPE_SYSCALL },
};

static bool make_request(const char *signer, const char *type, struct gate_request *q)
{
	bool has_signer = false, has_type = false;

	*q = (struct gate_request){ .now = NOW, .resolved = 1, .keyring_id = RING, .ring = RING,
				    .ring_type = GATE_RING_USER };
	for (size_t i = 0; i < ARRAY_SIZE(signers); i++)
		if (!strcmp(signers[i].name, signer)) {
			has_signer = true;
			q->is_signed = i > 0;
			q->nkeys = i > 0;
			q->key[0] = signers[i].key;
			if (signers[i].key.ring)
				q->ring = q->keyring_id = signers[i].key.ring;
		}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, type)) {
			has_type = true;
			q->type = types[i].type;
		}
	return has_signer && has_type;
}

static void check_row(const char *signer, const char *type, char *const want[LOADERS])
{
	struct gate_request q;
	char row[96];

	if (!make_request(signer, type, &q)) {
		ok(false, "nobody knows '%s' or '%s'", signer, type);
		return;
	}
	for (size_t i = 0; i < LOADERS; i++) {
		q.task = loaders[i].task;
		snprintf(row, sizeof(row), "%s, %s, by the loader '%s'", signer, type,
			 loaders[i].name);
		is_str(gate_reason_word(gate_decide(&q)), want[i], row);
	}
}

int main(void)
{
	FILE *f = fopen(TABLE, "r");
	char line[512];
	int rows = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *word[2 + LOADERS] = { 0 }, *save = NULL;
		size_t n = 0;

		for (char *w = strtok_r(line, " \n", &save); w && n < ARRAY_SIZE(word);
		     w = strtok_r(NULL, " \n", &save))
			word[n++] = w;
		if (!n || word[0][0] == '#')
			continue;
		if (n != ARRAY_SIZE(word)) {
			ok(false, "a row has %zu words", n);
		} else if (!rows++) {
			for (size_t i = 0; i < LOADERS; i++)
				is_str(word[2 + i], loaders[i].name, "the columns are these");
		} else {
			check_row(word[0], word[1], word + 2);
		}
	}
	if (f)
		fclose(f);
	is_int(rows - 1, (int)(ARRAY_SIZE(signers) * ARRAY_SIZE(types)), "every row is there");
	return done_testing();
}
