// SPDX-License-Identifier: GPL-2.0-or-later
/* status: keyring, gate and TPM as they are now; with --check as an exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "out.h"
#include "show_findings.h"
#include "show_ring.h"

/* absent - a part that is not there, or cannot be seen, is a sentence and no failure. */
static void absent(struct cli *cli, const char *key)
{
	out_open(cli->out, key);
	out_str(cli->out, "error", bpfkey_ctx_message(cli->ctx));
	out_close(cli->out);
}

static void put_keyring(struct cli *cli, const char *staging)
{
	struct bpfkey_ring *ring = NULL;

	if (bpfkey_ring_open(cli->ctx, BPFKEY_ROLE_BUILD, staging, &ring) < 0) {
		absent(cli, "keyring");
		return;
	}
	out_open(cli->out, "keyring");
	show_ring_head(cli, bpfkey_ring_info(ring));
	show_ring_keys(cli, ring);
	out_close(cli->out);
	bpfkey_ring_free(ring);
}

struct signer_count {
	const uint8_t *fingerprint; /* NULL: of unknown origin */
	unsigned int programs;
};

/* same_signer - known ones by fingerprint, all the others as one. */
static bool same_signer(const struct signer_count *s, const struct bpfkey_gate_program *p)
{
	if (!s->fingerprint || !p->known)
		return !s->fingerprint && !p->known;
	return !memcmp(s->fingerprint, p->fingerprint, sizeof(p->fingerprint));
}

static size_t count_signers(const struct bpfkey_gate_program *v, size_t n, struct signer_count *ret)
{
	size_t found = 0, j;

	for (size_t i = 0; i < n; i++) {
		if (v[i].own)
			continue;
		for (j = 0; j < found && !same_signer(&ret[j], &v[i]); j++)
			continue;
		if (j == found)
			ret[found++] =
				(struct signer_count){v[i].known ? v[i].fingerprint : NULL, 0};
		ret[j].programs++;
	}
	return found;
}

static void put_programs(struct cli *cli)
{
	struct bpfkey_gate_program *v = NULL;
	struct signer_count *by;
	size_t n = 0, found;

	if (bpfkey_gate_programs(cli->ctx, &v, &n) < 0) {
		out_str(cli->out, "programs_error", bpfkey_ctx_message(cli->ctx));
		return;
	}
	by = calloc(n + 1, sizeof(*by));
	found = by ? count_signers(v, n, by) : 0;
	out_list(cli->out, "programs");
	for (size_t i = 0; i < found; i++) {
		out_open(cli->out, NULL);
		if (by[i].fingerprint)
			out_hex(cli->out, "signer", by[i].fingerprint, 32);
		else
			out_str(cli->out, "signer", "unknown");
		out_u64(cli->out, "count", by[i].programs);
		out_close(cli->out);
	}
	out_close(cli->out);
	free(by);
	free(v);
}

static void put_gate(struct cli *cli)
{
	struct bpfkey_gate_info g = { .sz = sizeof(g) };

	if (bpfkey_gate_info(cli->ctx, &g) < 0) {
		absent(cli, "gate");
		return;
	}
	out_open(cli->out, "gate");
	out_str(cli->out, "mode", bpfkey_gate_mode_name(g.mode));
	out_bool(cli->out, "enforcing", g.enforcing);
	out_u64(cli->out, "rules", g.rules);
	out_u64(cli->out, "decisions", g.decisions);
	out_u64(cli->out, "denied", g.denied);
	out_u64(cli->out, "missing_hooks", g.missing);
	put_programs(cli);
	out_close(cli->out);
}

static void put_tpm(struct cli *cli)
{
	struct bpfkey_tpm_info t = {.sz = sizeof(t)};

	if (bpfkey_tpm_info(cli->ctx, &t) < 0) {
		absent(cli, "tpm");
		return;
	}
	out_open(cli->out, "tpm");
	out_str(cli->out, "kind", t.kind);
	out_bool(cli->out, "software", t.software);
	out_str(cli->out, "manufacturer", t.manufacturer);
	out_str(cli->out, "vendor", t.vendor);
	out_bool(cli->out, "locked_out", t.locked_out);
	out_close(cli->out);
}

static int status_run(struct cli *cli, int argc, const char **argv)
{
	struct bpfkey_findings *f = NULL;
	const char *staging = NULL;
	bool check = false;
	const struct opt opts[] = {
		OPT_FLAG(0, "check",
			 "exit 3 when something needs attention, 1 when it could not be checked",
			 &check),
		OPT_STR(0, "staging", "NAME", "look at the staging keyring NAME", &staging),
		OPT_END};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	put_keyring(cli, staging);
	put_gate(cli);
	put_tpm(cli);
	r = bpfkey_status(cli->ctx, staging, &f);
	if (r < 0)
		return r;
	show_findings(cli, f);
	out_answered(cli->out);
	r = check ? show_verdict(cli, f) : 0;
	bpfkey_findings_free(f);
	return r;
}

const struct cmd cmd_status = {
	.verb = "status",
	.args = "",
	.run = status_run,
	.flags = CMD_KERNEL | CMD_TPM,
	.summary = "show keyring, keys, gate and TPM as they are now",
};
