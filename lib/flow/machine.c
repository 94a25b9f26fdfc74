// SPDX-License-Identifier: LGPL-2.1-or-later
#include "machine.h"

#include <string.h>

#include "../base/pcrs.h"

int machine_pcrs(struct bpfkey_ctx *ctx, const char *text, struct pcr_set *ret)
{
	if (pcrs_parse(text, ret) < 0)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' names no PCRs: BANK:LIST, as in "
			       "'sha256:0,2,7'", text);
	return 0;
}

int machine_counter(struct bpfkey_ctx *ctx, uint32_t index)
{
	if (index && index >> 24 != 1)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "0x%x is not the index of a counter, they are "
			       "0x01000000 to 0x01ffffff", index);
	return 0;
}

void machine_warn_blank(struct bpfkey_ctx *ctx, const struct pcr_set *set)
{
	struct pcr_set blank = { .mask = pcrs_blank(set) };
	_cleanup_(buf_done) struct buf list = BUF(256);

	if (!blank.mask)
		return;
	memcpy(blank.bank, set->bank, sizeof(blank.bank));
	pcrs_put(&list, &blank);
	bk_log(ctx, BPFKEY_LOG_WARNING, "nothing was measured into %s since the machine started: "
	       "what is bound to that is bound to nothing", buf_cstr(&list));
}
