// SPDX-License-Identifier: GPL-2.0-or-later
/* load: a signed object into the kernel of this machine. */
#include <string.h>

#include "cmd.h"
#include "msg.h"
#include "opt.h"
#include "out.h"
#include "trust.h"

struct load_args {
	struct opt_list certs, targets;
	const char *staging;
	struct bpfkey_load_opts opts;
};

static void put_item(struct out *out, const struct bpfkey_loaded_item *i, bool program)
{
	out_open(out, NULL);
	out_str(out, "name", i->name);
	out_u64(out, "id", i->id);
	out_str(out, "pin", i->pin);
	if (program)
		out_str(out, "attached", i->attached);
	out_close(out);
}

static bool put_loaded(struct cli *cli, const struct bpfkey_loaded *l)
{
	const struct bpfkey_loaded_info *info = bpfkey_loaded_info(l);
	const struct bpfkey_loaded_item *i;
	bool stays = false;

	out_str(cli->out, "object", cli->argv[0]);
	out_str(cli->out, "signature_over", info->generation == BPFKEY_GENERATION_METADATA ?
		"instructions and metadata" : "instructions");
	out_i64(cli->out, "keyring", info->keyring);
	out_list(cli->out, "programs");
	for (size_t k = 0; (i = bpfkey_loaded_program(l, k)); k++) {
		put_item(cli->out, i, true);
		stays = stays || i->pin || i->attached;
	}
	out_close(cli->out);
	out_list(cli->out, "maps");
	for (size_t k = 0; (i = bpfkey_loaded_map(l, k)); k++)
		put_item(cli->out, i, false);
	out_close(cli->out);
	return stays;
}

static int trust_args(struct cli *cli, struct load_args *a, struct trust *t)
{
	struct bpfkey_ring *ring = NULL;
	int r;

	if (a->staging && !a->opts.keyring) {
		r = bpfkey_ring_open(cli->ctx, BPFKEY_ROLE_BUILD, a->staging, &ring);
		if (r < 0)
			return r;
		a->opts.keyring = bpfkey_ring_info(ring)->id;
		bpfkey_ring_free(ring);
	}
	return a->certs.n ? trust_given(cli, &a->certs, t) : trust_machine(cli, a->staging, t);
}

static int load_object(struct cli *cli, const struct load_args *a, const struct trust *t)
{
	struct bpfkey_object *o = NULL;
	struct bpfkey_loaded *l = NULL;
	int r = bpfkey_object_open(cli->ctx, cli->argv[0], &o);

	r = r < 0 ? r : bpfkey_object_verify(o, t->certs, t->n, "all", NULL);
	if (r >= 0 && cli->dry_run) {
		out_str(cli->out, "object", cli->argv[0]);
		out_note(cli->out, "it would be given to the kernel: its signatures are good; "
			 "nothing was loaded: dry run");
	} else if (r >= 0) {
		r = bpfkey_object_load(o, &a->opts, &l);
		if (r >= 0) {
			out_changed(cli->out);
			if (!put_loaded(cli, l))
				out_note(cli->out, "the kernel took it; it is neither pinned nor "
					 "attached, so it is gone again");
		}
	}
	bpfkey_loaded_free(l);
	bpfkey_object_free(o);
	return r;
}

static int load_run(struct cli *cli, int argc, const char **argv)
{
	struct load_args a = { .opts = { .sz = sizeof(a.opts) } };
	struct trust t = { 0 };
	const struct opt opts[] = {
		OPT_LIST('c', "cert", "CERT", "trust this certificate instead of those enrolled "
			 "here; the kernel decides all the same", &a.certs),
		OPT_RING(0, "keyring", "ID", "verify against this keyring (default: the one of "
			 "this machine)", &a.opts.keyring),
		OPT_STR(0, "staging", "NAME", "verify against the staging keyring NAME",
			&a.staging),
		OPT_STR('p', "pin", "DIR", "pin programs, links and maps below DIR, on a bpffs",
			&a.opts.pin_dir),
		OPT_STR(0, "prog", "NAME", "attach only the program NAME", &a.opts.program),
		OPT_STR('d', "dev", "IF", "attach the XDP program to this network interface",
			&a.opts.dev),
		OPT_STR(0, "xdp-mode", "MODE", "native or skb (default: the driver's choice)",
			&a.opts.xdp_mode),
		OPT_STR(0, "cgroup", "PATH", "attach cgroup programs to this cgroup",
			&a.opts.cgroup),
		OPT_FLAG('a', "attach", "attach tracing, LSM and raw tracepoint programs to what "
			 "they were signed for; needs --pin", &a.opts.attach),
		OPT_LIST('t', "target", "PROG:FUNC", "attach a program to a function; needs --pin",
			 &a.targets),
		OPT_END
	};
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (a.opts.keyring && a.staging)
		return bad_usage(cli, "--keyring and --staging exclude one another");
	a.opts.target = a.targets.v;
	a.opts.target_n = a.targets.n;
	r = trust_args(cli, &a, &t);
	r = r < 0 ? r : load_object(cli, &a, &t);
	trust_done(&t);
	return r;
}

const struct cmd cmd_load = {
	.verb = "load", .args = "OBJ", .min = 1, .max = 1,
	.summary = "load a signed object, pin and attach what it makes",
	.flags = CMD_CHANGES | CMD_KERNEL, .run = load_run,
};
