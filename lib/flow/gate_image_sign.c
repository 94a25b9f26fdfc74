/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the owner of a policy key does, far from any gate. */
#include "gate_flow.h"

#include <string.h>
#include <time.h>

#include <bpfkey/gate_image.h>

#include "../base/file.h"
#include "../crypto/cert.h"
#include "opts.h"
#include "signer.h"

/* A key for policies signs what is one, and nothing that somebody calls so. */
static int read_image(struct bpfkey_ctx *ctx, const char *path, struct buf *image,
		      struct bpfkey_gate_image_info *ret)
{
	const struct gate_image *h;
	int r = bk_file_read(ctx, path, GATE_IMAGE_MAX, image);

	if (r < 0)
		return r;
	h = (const struct gate_image *)image->p;
	if (image->n < sizeof(*h) || h->magic != GATE_IMAGE_MAGIC ||
	    image->n != sizeof(*h) + h->rules * sizeof(struct gate_rule))
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "'%s' is no policy image, or a damaged one",
			       path);
	if (h->abi != GATE_ABI) {
		bk_hint(ctx, "sign it with the version of this program that made it");
		return bk_fail(ctx, -BPFKEY_E_FORMAT,
			       "'%s' is a policy image for gates of layout %u, "
			       "this program knows layout %u",
			       path, h->abi, GATE_ABI);
	}
	*ret = (struct bpfkey_gate_image_info){
		.version = h->version,
		.created = h->created,
		.threshold = h->threshold,
		.rules = h->rules,
		.mode = (enum bpfkey_gate_mode)h->mode,
	};
	for (__u32 i = 0; i < h->rules; i++) {
		const struct gate_rule *rule = (const struct gate_rule *)(h + 1) + i;

		ret->policy_keys += rule->kind == GATE_RULE_POLICY;
	}
	return 0;
}

static int open_policy_key(struct bpfkey_ctx *ctx, const char *key, const char *cert,
			   struct signer **ret)
{
	_cleanup_(signer_freep) struct signer *s = NULL;
	int r = signer_open(ctx, key, cert, &s);

	if (r < 0)
		return r;
	if (!(cert_info(signer_cert(s))->roles & 1u << BPFKEY_ROLE_POLICY)) {
		bk_hint(ctx, "make one with keyctl-bpf cert new --role policy");
		return bk_fail(ctx, -BPFKEY_E_ROLE,
			       "the certificate '%s' is not for the policy role", cert);
	}
	r = cert_check_validity(ctx, signer_cert(s), time(NULL));
	if (!r)
		*ret = steal(&s);
	return r;
}

int bpfkey_gate_image_sign(struct bpfkey_ctx *ctx, const char *path, const char *key,
			   const char *cert, const char *out, bool force,
			   struct bpfkey_gate_image_info *ret)
{
	_cleanup_(buf_done) struct buf image = BUF(GATE_IMAGE_MAX);
	_cleanup_(buf_done) struct buf cms = BUF(GATE_IMAGE_SIG_MAX);
	_cleanup_(signer_freep) struct signer *s = NULL;
	struct bpfkey_gate_image_info info = {0};
	int r;

	bk_enter(ctx);
	r = read_image(ctx, path, &image, &info);
	if (!r)
		r = open_policy_key(ctx, key, cert, &s);
	if (!r)
		r = signer_cms(s, buf_view(&image), &cms);
	if (!r)
		r = bk_file_replace(ctx, out, 0644, buf_view(&cms), force ? BK_FILE_FORCE : 0);
	if (r < 0)
		return bk_fail(ctx, r, "cannot sign the policy image '%s'", path);
	return ret ? opts_give(ctx, ret, &info, sizeof(info)) : 0;
}
