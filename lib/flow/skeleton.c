/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skeleton.h"

#include <string.h>

#include "../crypto/cms.h"
#include "../crypto/digest.h"

/*
 * Which kernels load a loader: by what its signature covers and what it checks.
 * The check of exclusivity reads a field of the kernel's map that only 7.1 and
 * 7.2 have where it looks.
 */
static const struct {
	const char *kernels;
	unsigned int from, to;	/* major << 8 | minor; to 0: no end in sight; from 0: none */
} suits[BPFKEY_GENERATION_METADATA + 1][BPFKEY_SKELETON_DIGEST_AND_EXCL + 1] = {
	[BPFKEY_GENERATION_INSNS] = {
		[BPFKEY_SKELETON_UNCHECKED] = { "6.18 to 7.2", 0x612, 0x702 },
		[BPFKEY_SKELETON_DIGEST] = { "6.18 to 7.2", 0x612, 0x702 },
		[BPFKEY_SKELETON_DIGEST_AND_EXCL] = { "7.1 and 7.2", 0x701, 0x702 },
	},
	[BPFKEY_GENERATION_METADATA] = {
		[BPFKEY_SKELETON_UNCHECKED] = { "7.3 and later", 0x703, 0 },
		[BPFKEY_SKELETON_DIGEST] = { "7.3 and later", 0x703, 0 },
		[BPFKEY_SKELETON_DIGEST_AND_EXCL] = { "none", 0, 0 },
	},
};

void skeleton_free(struct skeleton *s)
{
	if (!s)
		return;
	lskel_done(&s->text);
	free(s);
}

enum bpfkey_signature_kind skeleton_kind(const struct bpfkey_object *o)
{
	return o->skeleton->info.covers == BPFKEY_GENERATION_METADATA ?
	       BPFKEY_SIGNATURE_METADATA : BPFKEY_SIGNATURE_INSNS;
}

void skeleton_set_covers(struct bpfkey_object *o, enum bpfkey_generation covers)
{
	struct skeleton *s = o->skeleton;
	struct view sig = buf_view(&s->text.sig), none = { 0 };
	bool metadata = covers == BPFKEY_GENERATION_METADATA;

	s->info.covers = covers;
	s->info.kernels = suits[covers][s->info.check].kernels;
	o->part[PART_SIG_INSNS] = metadata ? none : sig;
	o->part[PART_SIG_METADATA] = metadata ? sig : none;
}

/* The header's names are whole; the kernel's end after 15 characters. */
static int take_names(struct bpfkey_object *o)
{
	struct manifest *m = &o->manifest;
	struct lskel *s = &o->skeleton->text;

	if (s->n_maps != m->n_maps)
		return bk_fail(o->ctx, -BPFKEY_E_FORMAT, "it names %zu maps, and its loader makes "
			       "%zu", s->n_maps, m->n_maps);
	for (size_t i = 0; i < m->n_maps; i++) {
		free(m->maps[i].name);
		m->maps[i].name = steal(&s->maps[i]);
	}
	if (s->n_programs < m->n_programs)
		return bk_fail(o->ctx, -BPFKEY_E_FORMAT, "it names %zu programs, and its loader "
			       "makes %zu", s->n_programs, m->n_programs);
	/* Programs that are not loaded by default have a name there all the same. */
	for (size_t i = 0; s->n_programs == m->n_programs && i < m->n_programs; i++) {
		struct manifest_program *p = &m->programs[i];

		free(p->name);
		p->name = steal(&s->programs[i].name);
		if (!*p->target && s->programs[i].target) {
			free(p->target);
			p->target = steal(&s->programs[i].target);
		}
	}
	return 0;
}

static int judge(struct bpfkey_object *o)
{
	struct skeleton *s = o->skeleton;
	uint8_t digest[SHA256_LEN];
	int r = bk_sha256(o->ctx, buf_view(&s->text.data), digest);

	if (r < 0)
		return r;
	s->info.check = (enum bpfkey_skeleton_check)s->loader.check;
	s->info.set_sizes = s->loader.sizes;
	s->info.set_contents = s->loader.contents;
	s->info.is_signed = s->text.sig.n;
	s->fits = s->info.check == BPFKEY_SKELETON_UNCHECKED ||
		  !memcmp(digest, s->loader.digest, sizeof(digest));
	s->owned = s->info.is_signed &&
		   !memcmp(s->text.excl_hash.p, o->info.loader_digest, SHA256_LEN);
	/* Generators that sign instructions alone let them check; the others need not. */
	skeleton_set_covers(o, s->info.check == BPFKEY_SKELETON_UNCHECKED ?
			       BPFKEY_GENERATION_METADATA : BPFKEY_GENERATION_INSNS);
	return 0;
}

static int parse(struct bpfkey_object *o)
{
	struct skeleton *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return bk_out_of_memory(o->ctx);
	o->skeleton = s;
	r = lskel_parse(o->ctx, buf_view(&o->file), &s->text);
	r = r < 0 ? r : loader_read(o->ctx, buf_view(&s->text.insns), buf_view(&s->text.data),
				    &o->manifest, &s->loader);
	r = r < 0 ? r : take_names(o);
	if (r < 0)
		return r;
	o->manifest.name = strdup(s->text.name);
	o->manifest.generator = strdup("bpftool gen skeleton");
	if (!o->manifest.name || !o->manifest.generator)
		return bk_out_of_memory(o->ctx);
	o->part[PART_LOADER] = buf_view(&s->text.insns);
	o->part[PART_METADATA] = buf_view(&s->text.data);
	r = object_take_manifest(o);
	return r < 0 ? r : judge(o);
}

int skeleton_from_bytes(struct bpfkey_ctx *ctx, const char *path, struct buf *file,
			struct bpfkey_object **ret)
{
	return object_new(ctx, path, file, parse, ret);
}

const struct bpfkey_skeleton_info *bpfkey_object_skeleton(const struct bpfkey_object *o)
{
	return o->skeleton ? &o->skeleton->info : NULL;
}

static bool is_weak(const struct skeleton *s)
{
	return s->info.is_signed && s->info.covers == BPFKEY_GENERATION_INSNS &&
	       s->info.check == BPFKEY_SKELETON_UNCHECKED;
}

const char *bpfkey_object_gap(const struct bpfkey_object *o, size_t i)
{
	const struct skeleton *s = o->skeleton;
	const char *gaps[6];
	size_t n = 0;

	if (!s)
		return NULL;
	if (!s->info.is_signed)
		gaps[n++] = "nothing is signed: whoever can write the header decides what it loads";
	if (!s->fits)
		gaps[n++] = "the metadata is not what the instructions expect: the loader will "
			    "stop";
	if (s->info.is_signed && !s->owned)
		gaps[n++] = "opts_excl_hash is not the digest of the instructions: the kernel "
			    "will not let them use the map";
	if (is_weak(s))
		gaps[n++] = "the metadata is neither signed nor checked: whoever can write it "
			    "decides what is loaded";
	if (s->info.covers == BPFKEY_GENERATION_INSNS && s->info.check == BPFKEY_SKELETON_DIGEST)
		gaps[n++] = "the loader does not see whether its map is exclusive: without the "
			    "gate, another BPF program can change the metadata after the check";
	if (s->info.set_sizes || s->info.set_contents)
		gaps[n++] = "the program that loads it may set sizes of maps and contents of data "
			    "maps, whatever was signed";
	return i < n ? gaps[i] : NULL;
}

int skeleton_check(struct bpfkey_object *o)
{
	const struct skeleton *s = o->skeleton;

	if (!s->info.is_signed) {
		bk_hint(o->ctx, "sign it with keyctl-bpf resign");
		return bk_fail(o->ctx, -BPFKEY_E_UNSIGNED, "it is a light skeleton without a "
			       "signature");
	}
	if (!s->fits)
		return bk_fail(o->ctx, -BPFKEY_E_TAMPERED, "its metadata is not what its "
			       "instructions expect");
	if (!s->owned)
		return bk_fail(o->ctx, -BPFKEY_E_TAMPERED, "its opts_excl_hash is not the digest "
			       "of its instructions");
	if (is_weak(s)) {
		bk_hint(o->ctx, "sign the object that it was made from with keyctl-bpf sign, or "
			"the header for newer kernels with keyctl-bpf resign --for metadata");
		return bk_fail(o->ctx, -BPFKEY_E_WEAK, "its signature covers the instructions "
			       "alone, and they do not check the metadata");
	}
	return 0;
}

int skeleton_suits(struct bpfkey_object *o, unsigned int version)
{
	const struct bpfkey_skeleton_info *i = &o->skeleton->info;
	unsigned int from = suits[i->covers][i->check].from, to = suits[i->covers][i->check].to;

	if (from && (!version || (version >= from && (!to || version <= to))))
		return 0;
	bk_hint(o->ctx, "sign the object that it was made from with keyctl-bpf sign: that loads "
		"on all kernels");
	return bk_fail(o->ctx, -BPFKEY_E_SIGNATURE, "its signature is over the %s: kernels that "
		       "load it: %s", object_covers(skeleton_kind(o)), i->kernels);
}

int skeleton_resign(struct bpfkey_object *o, struct signer *s, enum bpfkey_generation covers,
		    struct buf *ret)
{
	_cleanup_(buf_done) struct buf content = BUF(0), sig = BUF(CMS_MAX);
	struct skeleton *k = o->skeleton;
	struct view digest = { o->info.loader_digest, SHA256_LEN };
	int r;

	if (!k->fits)
		return bk_fail(o->ctx, -BPFKEY_E_TAMPERED, "its metadata is not what its "
			       "instructions expect");
	if (covers)
		skeleton_set_covers(o, covers);
	if (k->info.covers == BPFKEY_GENERATION_INSNS &&
	    k->info.check == BPFKEY_SKELETON_UNCHECKED) {
		bk_hint(o->ctx, "sign the object that it was made from with keyctl-bpf sign");
		return bk_fail(o->ctx, -BPFKEY_E_WEAK, "its instructions do not check its "
			       "metadata, so a signature over them alone protects nothing");
	}
	r = skeleton_suits(o, 0);
	r = r < 0 ? r : object_signed_bytes(o, skeleton_kind(o), &content);
	r = r < 0 ? r : signer_cms(s, buf_view(&content), &sig);
	return r < 0 ? r : lskel_rewrite(o->ctx, buf_view(&o->file), &k->text,
					 (struct view){ 0 }, buf_view(&sig), digest, ret);
}
