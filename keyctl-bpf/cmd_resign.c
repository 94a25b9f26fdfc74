// SPDX-License-Identifier: GPL-2.0-or-later
/* resign: other signatures for what was made before, and nothing else made anew. */
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "sign_jobs.h"
#include "trust.h"

static int parse_for(struct cli *cli, const char *what, unsigned int *flags)
{
	if (!what)
		return 0;
	if (!strcmp(what, "insns"))
		*flags |= BPFKEY_SIGN_FOR_INSNS;
	else if (!strcmp(what, "metadata"))
		*flags |= BPFKEY_SIGN_FOR_METADATA;
	else
		return bad_usage(cli, "'%s' is neither insns nor metadata", what);
	return 0;
}

static int resign_run(struct cli *cli, int argc, const char **argv)
{
	struct sign_jobs a = { .again = true, .opts = { .sz = sizeof(a.opts) } };
	struct opt_list signed_by = { 0 };
	struct trust t = { 0 };
	const char *covers = NULL;
	const struct opt opts[] = {
		OPT_REQ('k', "key", "KEY", "sign with this private key, of any form", &a.key),
		OPT_STR('c', "cert", "CERT", "the key's certificate, role build or delegated "
			"(default: the one that came with a PKCS#12 or pkcs11: key)", &a.cert),
		OPT_STR('o', "out", "OUT", "write to this file, or into this directory", &a.out),
		OPT_FLAG('i', "in-place", "replace each file", &a.in_place),
		OPT_FLAG('f', "force", "replace an output that exists", &a.force),
		OPT_HASH(&a),
		OPT_LIST('s', "signed-by", "CERT", "only what is signed by this certificate now; "
			 "may be repeated", &signed_by),
		OPT_STR(0, "for", "WHAT", "light skeletons: sign insns (Linux 6.18 to 7.2) or "
			"metadata, too (7.3 and later); default: as they were made", &covers),
		OPT_STR(0, "log", "FILE", "append a line to the signing log before an output "
			"appears", &a.log),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	r = r ? r : sign_jobs_check(cli, &a);
	if (!r && !a.out && !a.in_place)
		r = bad_usage(cli, "say where to: --out OUT or --in-place");
	a.opts.flags |= BPFKEY_SIGN_AGAIN;
	r = r ? r : parse_for(cli, covers, &a.opts.flags);
	if (!r && signed_by.n)
		r = trust_given(cli, &signed_by, &t);
	a.opts.signed_by = t.certs;
	a.opts.signed_by_n = t.n;
	r = r ? r : sign_jobs_run(cli, &a);
	trust_done(&t);
	return r;
}

const struct cmd cmd_resign = {
	.verb = "resign", .args = "FILE...", .min = 1, .max = -1,
	.summary = "replace the signatures of signed objects and light skeletons",
	.flags = CMD_CHANGES | CMD_TPM | CMD_KEY, .run = resign_run,
};
