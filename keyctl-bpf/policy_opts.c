// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_opts.h"

#include <stdint.h>
#include <stdlib.h>

int rollback_parse(struct cli *cli, const char *text, bool may_lack, uint32_t *ret_index,
		   uint64_t *ret_limit)
{
	unsigned long long index, limit = 0;
	char *end;

	index = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || !index || index > UINT32_MAX ||
	    (*end ? *end != ':' || end[1] < '0' || end[1] > '9' : !may_lack))
		return bad_usage(cli, "--rollback takes INDEX%s, as in 0x01800100:5",
				 may_lack ? "[:LIMIT]" : ":LIMIT");
	if (*end)
		limit = strtoull(end + 1, &end, 10);
	if (*end || limit > INT64_MAX)
		return bad_usage(cli, "--rollback takes INDEX%s up to %lld",
				 may_lack ? "[:LIMIT]" : ":LIMIT", (long long)INT64_MAX);
	*ret_index = (uint32_t)index;
	*ret_limit = limit;
	return 0;
}

int policy_opts_apply(struct cli *cli, const struct policy_opts *p, struct bpfkey_key_opts *o)
{
	o->flags |= (p->pin ? BPFKEY_MAKE_PIN : 0) | (p->none ? BPFKEY_MAKE_NO_POLICY : 0);
	o->policy = p->policy;
	o->pcrs = p->pcrs;
	return p->rollback ? rollback_parse(cli, p->rollback, true, &o->counter, &o->limit) : 0;
}
