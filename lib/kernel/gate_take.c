/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handing a policy image to the kernel, which verifies it itself. */
#include "gate.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "bpfobj.h"

static int refused(struct bpfkey_ctx *ctx, const struct gate_apply *call, uint32_t threshold)
{
	switch (-call->result) {
	case EKEYREJECTED:
		bk_hint(ctx, "keyctl-bpf gate sign IMAGE --key KEY --cert CERT --out SIG");
		return bk_fail(ctx, -BPFKEY_E_THRESHOLD,
			       "%u of the gate's policy keys signed this "
			       "image, and it takes %u",
			       call->signers, threshold);
	case ESTALE:
		return bk_fail(ctx, -BPFKEY_E_ROLLBACK,
			       "the image is not newer than the policy "
			       "that the gate has");
	case EBUSY:
		bk_hint(ctx, "try again");
		return bk_fail(ctx, -BPFKEY_E_BUSY, "another process is changing the gate");
	case E2BIG:
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the gate takes images of at most %d rules",
			       GATE_IMAGE_RULES);
	case EINVAL:
		return bk_fail(ctx, -BPFKEY_E_FORMAT,
			       "the gate cannot read the image: it is damaged, "
			       "or made for another version of the gate");
	default:
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, -call->result,
				     "the gate did not take the image");
	}
}

int gate_apply(struct gate *g, struct view image, const struct view *sigs, size_t n,
	       unsigned int *ret_signers)
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(gate_ctx(g));
	_cleanup_(bk_freep) uint8_t *room = calloc(GATE_IMAGE_SIGS, GATE_IMAGE_SIG_MAX);
	struct gate_apply call = {.result = -ENOSYS};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &call, .ctx_size_in = sizeof(call));
	struct bpfkey_ctx *ctx = gate_ctx(g);
	_cleanup_(bk_closep) int fd = -1;
	struct gate_state state;
	int r = gate_read_state(g, &state);

	if (r < 0)
		return r;
	if (!room)
		return bk_out_of_memory(ctx);
	if (!state.threshold) {
		bk_hint(ctx, "keyctl-bpf gate install changes it, keyctl-bpf gate seal ends that");
		return bk_fail(ctx, -BPFKEY_E_GATE,
			       "the gate was never sealed and knows no policy "
			       "keys: it takes no images");
	}
	for (size_t i = 0; i < n && i < GATE_IMAGE_SIGS; i++) {
		if (sigs[i].n > GATE_IMAGE_SIG_MAX)
			return bk_fail(ctx, -BPFKEY_E_TOO_BIG,
				       "a signature has %zu bytes, the gate "
				       "takes at most %d",
				       sigs[i].n, GATE_IMAGE_SIG_MAX);
		memcpy(room + i * GATE_IMAGE_SIG_MAX, sigs[i].p, sigs[i].n);
		call.sig_len[i] = sigs[i].n;
	}
	call.image = (uintptr_t)image.p;
	call.image_len = image.n;
	call.sigs = (uintptr_t)room;
	fd = bpf_prog_get_fd_by_id(state.own[GATE_OWN_IMAGE].id);
	if (fd < 0 || bpf_prog_test_run_opts(fd, &opts))
		return bk_fail_errno(ctx, -BPFKEY_E_KERNEL, errno, "cannot talk to the gate");
	*ret_signers = call.signers;
	return call.result ? refused(ctx, &call, state.threshold) : 0;
}
