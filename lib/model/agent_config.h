/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom the signing agent signs for and with which key, keyctl-bpf-agent(5), strictly read. */
#ifndef BK_AGENT_CONFIG_H
#define BK_AGENT_CONFIG_H

#include "gate_policy_json.h"

#define AGENT_CONFIG_SCHEMA	1
#define AGENT_CONFIG_MAX	(1024 * 1024)
#define AGENT_CONFIG_ENTRIES	64

struct agent_config_entry {
	char loader[POLICY_NAME];	/* name of the trusted loader's rule */
	char *key, *cert;		/* cert NULL: the one that comes with the key */
	uint64_t types;			/* program types, one bit each */
};

struct agent_config {
	struct agent_config_entry *v;
	size_t n;
};

/* agent_config_parse - -BPFKEY_E_FORMAT, _TOO_BIG, _NO_SUPPORT (a later schema) */
int agent_config_parse(struct bpfkey_ctx *ctx, struct view text, const struct gate_words *words,
		       struct agent_config *ret);
void agent_config_done(struct agent_config *c);

#endif
