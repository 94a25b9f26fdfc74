// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands that change the gate's policy take and answer alike. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "cmd_loader.h"
#include "out.h"

/* follow - an installed gate follows the policy at once, unless it is sealed. */
static int follow(struct cli *cli, bool rooted)
{
	struct bpfkey_gate_info info = { .sz = sizeof(info) };
	int r = rooted ? -BPFKEY_E_NO_GATE : bpfkey_gate_info(cli->ctx, &info);

	if (r == -BPFKEY_E_NO_GATE || r == -BPFKEY_E_PRIVILEGE) {
		out_str(cli->out, "in_force", "with the next gate install");
		return 0;
	}
	if (!r && info.sealed) {
		out_str(cli->out, "in_force", "with the next policy image");
		out_note(cli->out, "the gate is sealed: 'keyctl-bpf gate image', 'gate sign' and "
			 "'gate apply' bring it there");
		return 0;
	}
	r = r ? r : bpfkey_gate_sync(cli->ctx, NULL);
	if (r < 0)
		return r;
	out_str(cli->out, "in_force", "now");
	return 0;
}

int policy_changed(struct cli *cli, bool was)
{
	const char *root = bpfkey_ctx_root(cli->ctx);

	if (!was) {
		out_note(cli->out, "nothing to change");
		return 0;
	}
	if (cli->dry_run) {
		out_note(cli->out, "nothing was changed: dry run");
		return 0;
	}
	out_changed(cli->out);
	return follow(cli, root && *root);
}

int policy_types(struct cli *cli, const char *text, const char *what,
		 int (*parse)(const char *name, unsigned int *ret), uint64_t *ret)
{
	char *copy = strdup(text), *rest = NULL;
	int r = copy ? 0 : -BPFKEY_E_NOMEM;

	for (char *w = copy ? strtok_r(copy, ",", &rest) : NULL; !r && w;
	     w = strtok_r(NULL, ",", &rest)) {
		unsigned int type = 64;

		if (parse(w, &type) < 0 || type > 63)
			r = bad_usage(cli, "'%s' is no %s type", w, what);
		else
			*ret |= 1ull << type;
	}
	free(copy);
	return r;
}

int policy_time(const char *text, int64_t *ret)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (!end || *end) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, "%Y-%m-%d", &tm);
	}
	if (!end || *end)
		return -1;
	*ret = timegm(&tm);
	return 0;
}

int policy_until(struct cli *cli, const char *text, int64_t *ret)
{
	if (policy_time(text, ret))
		return bad_usage(cli, "--until takes a time as in 2027-01-31T00:00:00Z, not '%s'",
				 text);
	return 0;
}

/* A span counts back from now, as in 1h; else it is a time. */
int policy_since(struct cli *cli, const char *text, int64_t *ret)
{
	uint64_t span;

	if (bpfkey_duration_parse(text, &span) < 0)
		return policy_time(text, ret) ?
		       bad_usage(cli, "--since takes a time span as in 1h, or a time as in "
				 "2027-01-31T00:00:00Z, not '%s'", text) : 0;
	*ret = time(NULL) - (int64_t)span;
	return 0;
}

void policy_put_time(struct cli *cli, const char *key, int64_t t)
{
	if (t)
		out_time(cli->out, key, t);
	else
		out_str(cli->out, key, NULL);
}

void policy_put_hash(struct cli *cli, const char *key, const uint8_t hash[32])
{
	static const uint8_t none[32];

	if (memcmp(hash, none, sizeof(none)))
		out_hex(cli->out, key, hash, sizeof(none));
	else
		out_str(cli->out, key, NULL);
}
