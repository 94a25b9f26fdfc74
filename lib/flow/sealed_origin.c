// SPDX-License-Identifier: LGPL-2.1-or-later
/* Why no slot of a sealed key is for the TPM at hand. */
#include "sealed_key.h"

/* Of the slots for TPMs: how many, of this TPM as it was, of others for certain. */
struct origins {
	size_t n, here, others;
};

static struct origins count(const struct sealed *s, struct tpm *t)
{
	struct origins o = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		enum tpm_origin from = TPM_ORIGIN_UNKNOWN;

		if (s->slots[i].type == SEALED_RECOVERY)
			continue;
		if (s->slots[i].type == SEALED_TPM)
			from = tpm_origin(t, s->slots[i].tpm_id);
		o.n++;
		o.here += from == TPM_ORIGIN_THIS;
		o.others += from == TPM_ORIGIN_OTHER;
	}
	return o;
}

int sealed_elsewhere(struct bpfkey_ctx *ctx, const struct sealed *s, struct tpm *t)
{
	const struct origins o = count(s, t);
	struct tpm_storage here = { 0 };

	if (o.here) {
		bk_hint(ctx, "'keyctl-bpf key recover' brings it back with the recovery key or "
			"passphrase, 'keyctl-bpf key wrap' on another machine that opens it");
		return bk_fail(ctx, -BPFKEY_E_OTHER_TPM, "it was sealed to this TPM, which was "
			       "cleared since: none of its %zu slots for TPMs opens here any more",
			       o.n);
	}
	if (tpm_storage_here(t, &here, NULL) < 0)
		bk_forget(ctx);
	bk_hint(ctx, "use a machine that it was sealed or wrapped for; 'keyctl-bpf key recover' "
		"brings it to this one with the recovery key or passphrase");
	return bk_fail(ctx, -BPFKEY_E_OTHER_TPM, "none of its %zu slots for TPMs is for this one, "
		       "whose storage root key is %s: it was made on another machine%s", o.n,
		       here.name, o.others == o.n ? "" : ", or this TPM was cleared since");
}
