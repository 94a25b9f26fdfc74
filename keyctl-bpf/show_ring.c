// SPDX-License-Identifier: GPL-2.0-or-later
#include "show_ring.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "out.h"

void show_ring_head(struct cli *cli, const struct bpfkey_ring_info *i)
{
	char perm[16];

	snprintf(perm, sizeof(perm), "%08x", i->perm);
	out_str(cli->out, "name", i->name);
	out_str(cli->out, "role", bpfkey_role_name(i->role));
	out_str(cli->out, "kind", bpfkey_ring_kind_name(i->kind));
	out_i64(cli->out, "serial", i->serial);
	out_i64(cli->out, "keyring_id", i->id);
	out_str(cli->out, "profile", bpfkey_profile_name(i->profile));
	if (i->detail[0])
		out_str(cli->out, "detail", i->detail);
	out_str(cli->out, "permissions", perm);
	if (i->anchor)
		out_i64(cli->out, "anchor", i->anchor);
	if (i->nested)
		out_u64(cli->out, "nested_keyrings", i->nested);
	if (i->other)
		out_u64(cli->out, "other_keys", i->other);
}

/* role_names - "build" or "build,loader". */
static const char *role_names(unsigned int roles, char *buf, size_t n)
{
	size_t at = 0;

	buf[0] = 0;
	for (int k = 0; k < BPFKEY_ROLE__END; k++) {
		if (roles & 1u << k)
			at += (size_t)snprintf(buf + at, n - at, "%s%s", at ? "," : "",
					       bpfkey_role_name(k));
	}
	return at ? buf : "none";
}

static void put_cert(struct cli *cli, const struct bpfkey_cert_info *c)
{
	char roles[64];

	out_str(cli->out, "subject", c->subject);
	out_str(cli->out, "alg", c->alg);
	out_str(cli->out, "roles", role_names(c->roles, roles, sizeof(roles)));
	out_hex(cli->out, "fingerprint", c->fingerprint, sizeof(c->fingerprint));
}

static void put_unknown(struct cli *cli, const char *description)
{
	out_str(cli->out, "subject", description);
	out_str(cli->out, "alg", NULL);
	out_str(cli->out, "roles", NULL);
	out_str(cli->out, "fingerprint", NULL);
}

void show_ring_keys(struct cli *cli, const struct bpfkey_ring *ring)
{
	out_list(cli->out, "keys");
	for (size_t i = 0; i < bpfkey_ring_key_count(ring); i++) {
		const struct bpfkey_ring_key *k = bpfkey_ring_key(ring, i);

		out_open(cli->out, NULL);
		out_str(cli->out, "state", bpfkey_ring_key_state_name(k->state));
		out_bool(cli->out, "known", k->cert != NULL);
		out_i64(cli->out, "serial", k->serial);
		if (k->expires > 0)
			out_time(cli->out, "expires", k->expires);
		else if (k->state == BPFKEY_RING_KEY_ABSENT && k->cert)
			out_time(cli->out, "expires", bpfkey_cert_info(k->cert)->not_after);
		else
			out_str(cli->out, "expires", k->expires ? "unknown" : "never");
		if (k->cert)
			put_cert(cli, bpfkey_cert_info(k->cert));
		else
			put_unknown(cli, k->description);
		out_close(cli->out);
	}
	out_close(cli->out);
}
