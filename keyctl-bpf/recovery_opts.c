// SPDX-License-Identifier: GPL-2.0-or-later
#include "recovery_opts.h"

#include <string.h>

int recovery_opts_apply(struct cli *cli, const struct recovery_opts *r,
			struct bpfkey_key_opts *o)
{
	bool sealed = o->form == BPFKEY_FORM_SEALED;

	if (!sealed && (r->recovery || r->key || r->file))
		return bad_usage(cli, "'--recovery%s' is for '--form sealed'",
				 r->recovery ? "" : r->key ? "-key" : "-passphrase-file");
	o->recovery_key = r->key;
	o->recovery_passphrase_file = r->file;
	if (!r->recovery)
		return 0;
	if (!strcmp(r->recovery, "passphrase"))
		o->flags |= BPFKEY_MAKE_RECOVERY_PASSPHRASE;
	else if (!strcmp(r->recovery, "none-i-accept-the-loss"))
		o->flags |= BPFKEY_MAKE_NO_RECOVERY;
	else
		o->recovery = r->recovery;
	if (r->file && !(o->flags & BPFKEY_MAKE_RECOVERY_PASSPHRASE))
		return bad_usage(cli, "'--recovery-passphrase-file' goes with '--recovery "
				 "passphrase'");
	return 0;
}
