// SPDX-License-Identifier: GPL-2.0-or-later
/* verify: what will a kernel answer that trusts these keys? */
#include <string.h>

#include "cmd.h"
#include "msg.h"
#include "opt.h"
#include "out.h"
#include "trust.h"

/* Every row has every column, so that many rows are a table. */
static void put_signer(struct cli *cli, const struct bpfkey_cert *cert)
{
	const struct bpfkey_cert_info *c = cert ? bpfkey_cert_info(cert) : NULL;

	out_str(cli->out, "signer", c ? c->subject : NULL);
	if (c)
		out_time(cli->out, "expires", c->not_after);
	else
		out_str(cli->out, "expires", NULL);
	if (c)
		out_hex(cli->out, "key_id", c->key_id, c->key_id_len);
	else
		out_str(cli->out, "key_id", NULL);
}

static int verify_one(struct cli *cli, const char *path, const struct trust *t,
		      const char *kernel)
{
	const struct bpfkey_skeleton_info *s = NULL;
	struct bpfkey_object *o = NULL;
	const char *condition;
	size_t index = 0;
	int r = bpfkey_object_open(cli->ctx, path, &o);

	r = r < 0 ? r : bpfkey_object_verify(o, t->certs, t->n, kernel, &index);
	/* Asked only after a yes: it clears the sentence of a no. */
	condition = r < 0 ? NULL : bpfkey_object_condition(o, kernel);
	if (condition)
		msg_warning(cli, condition);
	out_open(cli->out, NULL);
	out_str(cli->out, "object", path);
	out_str(cli->out, "result", bpfkey_err_name(r));
	put_signer(cli, r < 0 ? NULL : t->certs[index]);
	if (r >= 0)
		s = bpfkey_object_skeleton(o);
	out_str(cli->out, "kernels", r < 0 ? NULL : s ? s->kernels : "6.18 and later");
	out_str(cli->out, "reason", r < 0 ? bpfkey_ctx_message(cli->ctx) : NULL);
	out_str(cli->out, "condition", condition);
	out_close(cli->out);
	bpfkey_object_free(o);
	return r;
}

static int verify_all(struct cli *cli, const struct trust *t, const char *kernel)
{
	int worst = 0, refused = 0;

	out_str(cli->out, "kernel", kernel ? kernel : "all");
	out_list(cli->out, "objects");
	for (int i = 0; i < cli->argc; i++) {
		int r = verify_one(cli, cli->argv[i], t, kernel);

		refused += r < 0;
		worst = cmd_worse(worst, r);
	}
	out_close(cli->out);
	if (!worst || cli->argc == 1)
		return worst;
	out_answered(cli->out);
	return cmd_fail(cli, worst, "%d of %d objects are refused", refused, cli->argc);
}

static int verify_run(struct cli *cli, int argc, const char **argv)
{
	const char *kernel = NULL, *staging = NULL;
	bool machine = false;
	struct opt_list certs = { 0 };
	struct trust t = { 0 };
	const struct opt opts[] = {
		OPT_LIST('c', "cert", "CERT", "trust this certificate; may be repeated", &certs),
		OPT_FLAG('m', "machine", "trust what is enrolled on this machine", &machine),
		OPT_STR(0, "staging", "NAME", "with --machine: the staging keyring NAME", &staging),
		OPT_STR(0, "kernel", "V", "answer for this kernel, such as 7.3 (default: all)",
			&kernel),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (!certs.n == !machine)
		return bad_usage(cli, "say whom to trust: --cert CERT or --machine");
	if (staging && !machine)
		return bad_usage(cli, "--staging goes with --machine");
	r = machine ? trust_machine(cli, staging, &t) : trust_given(cli, &certs, &t);
	r = r < 0 ? r : verify_all(cli, &t, kernel);
	trust_done(&t);
	return r;
}

const struct cmd cmd_verify = {
	.verb = "verify", .args = "OBJ...", .min = 1, .max = -1,
	.summary = "answer offline what a kernel will answer to signed objects",
	.run = verify_run,
};
