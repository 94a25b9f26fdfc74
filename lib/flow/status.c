/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is what was provisioned in force? Keyrings, gate and TPM; nothing is written. */
#include <string.h>

#include <bpfkey.h>

#include "findings.h"
#include "ring_snapshot.h"

static void check_hooks(const struct bpfkey_gate_info *g, struct bpfkey_findings *f)
{
	for (size_t i = 0; i < g->n_hooks; i++) {
		if (g->hooks[i].attached)
			continue;
		findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate install",
			     "the gate's hook '%s' is not attached: %s", g->hooks[i].name,
			     g->hooks[i].deny ? "it is open" : "signed loads are refused");
	}
}

static void check_counts(const struct bpfkey_gate_info *g, struct bpfkey_findings *f)
{
	if (g->attacks)
		findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate log",
			     "%llu attempts to change or remove the gate were refused",
			     (unsigned long long)g->attacks);
	if (g->lost)
		findings_add(f, BPFKEY_NOTE, "gate", "",
			     "%llu decisions are no longer in the record",
			     (unsigned long long)g->lost);
	if (g->untracked)
		findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate programs",
			     "%llu programs did not fit into the record: their signer is not known",
			     (unsigned long long)g->untracked);
}

static void check_programs(struct bpfkey_ctx *ctx, struct bpfkey_findings *f)
{
	_cleanup_(bk_freep) struct bpfkey_gate_program *v = NULL;
	size_t n = 0, unknown = 0;

	if (bpfkey_gate_programs(ctx, &v, &n) < 0) {
		findings_failed(f, ctx, "gate");
		return;
	}
	for (size_t i = 0; i < n; i++)
		unknown += !v[i].known && !v[i].own;
	if (unknown)
		findings_add(f, BPFKEY_NOTE, "gate", "keyctl-bpf gate programs",
			     "%zu programs are of unknown origin: loaded before the gate, or while "
			     "it did not enforce",
			     unknown);
}

/* rule_for - does the gate know this key? */
static bool rule_for(const struct bpfkey_gate_rule *v, size_t n, const struct bpfkey_cert *cert)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(v[i].fingerprint, cert_info(cert)->fingerprint, 32))
			return true;
	return false;
}

/* Whom one trusts with more than the binary itself. */
static void check_loaders(const struct bpfkey_gate_rule *v, size_t n, struct bpfkey_findings *f)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].flags & BPFKEY_GATE_RULE_LENDS)
			findings_add(f, BPFKEY_NOTE, "gate", "keyctl-bpf loader list",
				     "the trusted loader '%s' lends its trust to everybody who may "
				     "run it", v[i].name);
		if (v[i].flags & BPFKEY_GATE_RULE_FULL)
			findings_add(f, BPFKEY_NOTE, "gate", "keyctl-bpf loader list",
				     "'%s' has full power: it may load types that have the whole "
				     "kernel in hand", v[i].name);
	}
}

static void check_rules(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = NULL;
	_cleanup_(bk_freep) struct bpfkey_gate_rule *v = NULL;
	size_t n = 0;

	if (bpfkey_gate_rules(ctx, &v, &n) < 0) {
		findings_failed(f, ctx, "gate");
		return;
	}
	check_loaders(v, n, f);
	if (ring_snapshot(ctx, BPFKEY_ROLE_BUILD, staging, &s) < 0) {
		bk_forget(ctx); /* findings_rings() has said it */
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].cert && s->keys[i].state == BPFKEY_RING_KEY_VALID &&
		    !rule_for(v, n, s->keys[i].cert))
			findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate install",
				     "the gate has no rule for '%s', which is in '%s'",
				     cert_info(s->keys[i].cert)->subject, s->info.name);
}

static void check_gate(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f)
{
	struct bpfkey_gate_info g = { .sz = sizeof(g) };
	int r = bpfkey_gate_info(ctx, &g);

	if (r == -BPFKEY_E_NO_GATE) {
		bk_forget(ctx);
		findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate install",
			     "no gate is installed: unsigned programs load as before");
		return;
	}
	if (r < 0) {
		findings_failed(f, ctx, "gate");
		return;
	}
	if (!g.enforcing)
		findings_add(f, BPFKEY_ATTENTION, "gate", "keyctl-bpf gate mode enforce",
			     "the gate does not enforce: its mode is '%s'",
			     bpfkey_gate_mode_name(g.mode));
	check_hooks(&g, f);
	check_counts(&g, f);
	check_rules(ctx, staging, f);
	check_programs(ctx, f);
}

static void check_tpm(struct bpfkey_ctx *ctx, struct bpfkey_findings *f)
{
	struct bpfkey_tpm_info t = {.sz = sizeof(t)};
	int r = bpfkey_tpm_info(ctx, &t);

	if (r == -BPFKEY_E_NO_TPM && !bpfkey_ctx_tpm(ctx)) {
		bk_forget(ctx);
		findings_add(f, BPFKEY_NOTE, "tpm", "",
			     "there is no TPM here: keys cannot be sealed on this machine "
			     "(verifying needs none)");
		return;
	}
	if (r < 0) {
		findings_failed(f, ctx, "tpm");
		return;
	}
	if (t.locked_out)
		findings_add(
			f, BPFKEY_ATTENTION, "tpm", "keyctl-bpf explain 0x921",
			"the TPM is locked out after %u wrong PINs; keys without PIN still work",
			t.lockout_counter);
	if (t.software)
		findings_add(f, BPFKEY_NOTE, "tpm", "",
			     "the TPM is software (%s): it protects no key from root", t.kind);
}

void findings_status(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings *f)
{
	findings_rings(ctx, staging, f);
	check_gate(ctx, staging, f);
	check_tpm(ctx, f);
}

int bpfkey_status(struct bpfkey_ctx *ctx, const char *staging, struct bpfkey_findings **ret)
{
	_cleanup_(bpfkey_findings_freep) struct bpfkey_findings *f = findings_new();

	bk_enter(ctx);
	if (f)
		findings_status(ctx, staging, f);
	if (!f || !findings_ok(f))
		return bk_out_of_memory(ctx);
	*ret = steal(&f);
	return 0;
}
