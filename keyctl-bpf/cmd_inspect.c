// SPDX-License-Identifier: GPL-2.0-or-later
/* inspect: what a signed object or light skeleton makes, what is frozen in it, who signed it. */
#include "cmd.h"
#include "opt.h"
#include "out.h"

static void put_programs(struct out *out, const struct bpfkey_object *o)
{
	const struct bpfkey_object_program *p;

	out_list(out, "programs");
	for (size_t i = 0; (p = bpfkey_object_program(o, i)); i++) {
		out_open(out, NULL);
		out_str(out, "name", p->name);
		out_str(out, "type", p->type_name);
		out_str(out, "section", p->section);
		out_str(out, "target", p->target);
		out_close(out);
	}
	out_close(out);
}

static void put_maps(struct out *out, const struct bpfkey_object *o)
{
	const struct bpfkey_object_map *m;

	out_list(out, "maps");
	for (size_t i = 0; (m = bpfkey_object_map(o, i)); i++) {
		out_open(out, NULL);
		out_str(out, "name", m->name);
		out_str(out, "type", m->type_name);
		out_u64(out, "key_size", m->key_size);
		out_u64(out, "value_size", m->value_size);
		out_u64(out, "max_entries", m->max_entries);
		out_str(out, "pin", m->pin);
		out_bool(out, "frozen", m->frozen);
		out_close(out);
	}
	out_close(out);
}

static void put_settings(struct out *out, const struct bpfkey_object *o)
{
	const struct bpfkey_object_setting *s;

	out_list(out, "settings");
	for (size_t i = 0; (s = bpfkey_object_setting(o, i)); i++) {
		out_open(out, NULL);
		out_str(out, "name", s->name);
		out_str(out, "value", s->value);
		out_close(out);
	}
	out_close(out);
}

static int put_signatures(struct out *out, struct bpfkey_object *o)
{
	struct bpfkey_signature_info s = { .sz = sizeof(s) };
	int r = 0;

	out_list(out, "signatures");
	for (int k = 0; r >= 0 && k < BPFKEY_SIGNATURE__END; k++) {
		r = bpfkey_object_signature(o, k, &s);
		if (r == -BPFKEY_E_UNSIGNED) {	/* a light skeleton has one, or none */
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		out_open(out, NULL);
		out_str(out, "covers", s.covers);
		out_str(out, "kernels", s.kernels);
		out_hex(out, "key_id", s.key_id, s.key_id_len);
		out_str(out, "algorithm", s.algorithm);
		out_str(out, "hash", s.hash);
		out_u64(out, "size", s.len);
		out_close(out);
	}
	out_close(out);
	return r;
}

static void put_skeleton(struct cli *cli, const struct bpfkey_object *o)
{
	static const char *const checks[] = {
		[BPFKEY_SKELETON_UNCHECKED] = "none",
		[BPFKEY_SKELETON_DIGEST] = "digest",
		[BPFKEY_SKELETON_DIGEST_AND_EXCL] = "digest and exclusivity",
	};
	const struct bpfkey_skeleton_info *s = bpfkey_object_skeleton(o);
	const char *gap;

	out_open(cli->out, "skeleton");
	out_bool(cli->out, "signed", s->is_signed);
	out_str(cli->out, "loads_on", s->is_signed ? s->kernels : NULL);
	out_str(cli->out, "metadata_check", checks[s->check]);
	out_u64(cli->out, "settable_sizes", s->set_sizes);
	out_u64(cli->out, "settable_contents", s->set_contents);
	out_close(cli->out);
	out_list(cli->out, "unprotected");
	for (size_t i = 0; (gap = bpfkey_object_gap(o, i)); i++)
		out_str(cli->out, NULL, gap);
	out_close(cli->out);
}

static int put_object(struct cli *cli, struct bpfkey_object *o)
{
	const struct bpfkey_object_info *i = bpfkey_object_info(o);

	out_str(cli->out, "object", cli->argv[0]);
	out_str(cli->out, "name", i->name);
	out_str(cli->out, "generator", i->generator);
	out_u64(cli->out, "loader_size", i->insns_len);
	out_u64(cli->out, "metadata_size", i->metadata_len);
	out_hex(cli->out, "loader_digest", i->loader_digest, sizeof(i->loader_digest));
	put_programs(cli->out, o);
	put_maps(cli->out, o);
	put_settings(cli->out, o);
	if (bpfkey_object_skeleton(o))
		put_skeleton(cli, o);
	return put_signatures(cli->out, o);
}

static int inspect_run(struct cli *cli, int argc, const char **argv)
{
	const char *dir = NULL;
	bool force = false;
	const struct opt opts[] = {
		OPT_STR('x', "extract", "DIR", "write its parts and signatures into DIR, for "
			"other tools to judge", &dir),
		OPT_FLAG('f', "force", "with --extract: replace files that exist", &force),
		OPT_END
	};
	struct bpfkey_object *o = NULL;
	int r = opt_parse(cli, opts, argc, argv);

	if (r)
		return r;
	if (force && !dir)
		return bad_usage(cli, "--force goes with --extract");
	r = bpfkey_object_open(cli->ctx, cli->argv[0], &o);
	r = r < 0 ? r : put_object(cli, o);
	if (r >= 0 && dir) {
		r = bpfkey_object_extract(o, dir, force ? BPFKEY_SIGN_FORCE : 0);
		out_str(cli->out, "extracted_to", dir);
		out_changed(cli->out);
	}
	if (o && bpfkey_object_skeleton(o))
		out_note(cli->out, "as the header says; whether the signature is good, and whose, "
			 "is for keyctl-bpf verify");
	else
		out_note(cli->out, "whole, by its own digests; whether to trust the signer is for "
			 "keyctl-bpf verify");
	bpfkey_object_free(o);
	return r;
}

const struct cmd cmd_inspect = {
	.verb = "inspect", .args = "OBJ", .min = 1, .max = 1,
	.summary = "show what a signed object or light skeleton holds and who signed it",
	.run = inspect_run,
};
