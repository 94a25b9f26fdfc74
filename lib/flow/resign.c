/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other signatures, or another form, for what is made already. */
#include "making.h"

/* The loader that was signed, with all that was frozen in it. */
static int keep_loader(struct making *m)
{
	struct view insns = m->old->part[PART_LOADER], data = m->old->part[PART_METADATA];

	m->loader.insns = BUF(LOADER_INSNS_MAX);
	m->loader.data = BUF(LOADER_DATA_MAX);
	buf_put(&m->loader.insns, insns.p, insns.n);
	buf_put(&m->loader.data, data.p, data.n);
	if (!buf_ok(&m->loader.insns) || !buf_ok(&m->loader.data))
		return bk_fail(m->s->ctx, -BPFKEY_E_TOO_BIG, "its loader is too large");
	return manifest_decode(m->s->ctx, m->old->part[PART_MANIFEST], &m->loader.manifest);
}

int making_again(struct making *m)
{
	unsigned int flags = m->opts->flags;
	enum bpfkey_generation covers = flags & BPFKEY_SIGN_FOR_INSNS ? BPFKEY_GENERATION_INSNS :
			flags & BPFKEY_SIGN_FOR_METADATA ? BPFKEY_GENERATION_METADATA : 0;
	int r = 0;

	if (!m->old) {
		bk_hint(m->s->ctx, "sign it with keyctl-bpf sign");
		return bk_fail(m->s->ctx, -BPFKEY_E_UNSIGNED, "it is a BPF object that was not "
			       "signed before");
	}
	if (m->opts->signed_by_n)
		r = object_signed_by(m->old, m->opts->signed_by, m->opts->signed_by_n);
	if (r < 0)
		return bk_fail(m->s->ctx, r, "its present signature");
	if (m->old->skeleton)
		return skeleton_resign(m->old, m->s->signer, covers, &m->file);
	if (covers)
		return bk_fail(m->s->ctx, -BPFKEY_E_USAGE, "a signed object has a signature for "
			       "each sort of kernel");
	r = keep_loader(m);
	r = r < 0 ? r : making_sign(m);
	return r < 0 ? r : making_assemble(m);
}

int making_header(struct making *m)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = NULL;
	struct buf header;
	int r = object_from_bytes(m->s->ctx, "", &m->file, &o);

	r = r < 0 ? r : skeleton_write(o, &header);
	if (r < 0)
		return r;
	m->file = header;
	return 0;
}
