/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make signed objects: loader, three signatures, and the file around them. */
#include <sys/stat.h>
#include <string.h>

#include "../base/file.h"
#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "../crypto/digest.h"
#include "opts.h"
#include "making.h"
#include "sign_log.h"

#define KCONFIG_FILE_MAX (4u << 20)
#define RAW_MAX (64u << 20)

/* The name that libbpf would take: of "dir/prog.bpf.o" it is "prog". */
static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return strndup(base, strcspn(base, "."));
}

void making_done(struct making *m)
{
	elf_done(&m->elf);
	loader_done(&m->loader);
	buf_done(&m->original);
	buf_done(&m->kconfig);
	buf_done(&m->insns_sig);
	buf_done(&m->metadata_sig);
	buf_done(&m->manifest);
	buf_done(&m->file);
	bpfkey_object_free(m->old);
}

static int read_input(struct making *m, const char *in)
{
	struct bpfkey_ctx *ctx = m->s->ctx;
	_cleanup_(buf_done) struct buf file = BUF(ELF_OBJECT_MAX);
	_cleanup_(elf_done) struct elf e = { 0 };
	bool is_signed;
	int r = m->bytes.p ? object_copy(ctx, in, m->bytes, &file) :
			     bk_file_read(ctx, in, ELF_OBJECT_MAX, &file);

	if (r >= 0 && lskel_is(buf_view(&file)) && !elf_is(buf_view(&file))) {
		if (m->opts->flags & BPFKEY_SIGN_AGAIN)
			return skeleton_from_bytes(ctx, in, &file, &m->old);
		bk_hint(ctx, "sign a light skeleton with keyctl-bpf resign");
	}
	r = r < 0 ? r : elf_open(ctx, buf_view(&file), &e);
	if (r < 0)
		return r;
	is_signed = object_is_signed(&e);
	if (is_signed) {
		r = object_from_bytes(ctx, in, &file, &m->old);
		r = r < 0 ? r : elf_restore(ctx, buf_view(&m->old->file), &m->old->origin,
					    &m->original);
		if (r < 0) {
			bk_hint(ctx, "sign the object that the compiler wrote");
			return r;
		}
	} else {
		m->original = file;
		file = BUF(0);
	}
	r = elf_open(ctx, buf_view(&m->original), &m->elf);
	if (!r && is_signed && object_is_signed(&m->elf))
		r = bk_fail(ctx, -BPFKEY_E_MALFORMED, "it was signed more than once");
	return r;
}

/* Signing again must not drop silently what somebody decided the first time. */
static int check_settings(struct bpfkey_ctx *ctx, const struct manifest *old,
			  const struct manifest *m)
{
	for (size_t i = 0; i < old->n_settings; i++) {
		const struct manifest_setting *a = &old->settings[i];
		bool kept = false;

		for (size_t k = 0; k < m->n_settings; k++)
			kept = kept || (!strcmp(a->name, m->settings[k].name) &&
					!strcmp(a->value, m->settings[k].value));
		if (kept)
			continue;
		bk_hint(ctx, "give the same values again, or sign the object that the compiler "
			"wrote");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it was signed with '%s=%s', which would be "
			       "lost", a->name, a->value);
	}
	return 0;
}

static int make_loader(struct making *m, const char *in)
{
	struct bpfkey_ctx *ctx = m->s->ctx;
	_cleanup_(bk_freep) char *name = NULL;
	struct loader_opts o = { 0 };
	uint8_t digest[SHA256_LEN];
	int r;

	if (m->opts->name)
		name = strdup(m->opts->name);
	else
		name = m->old ? strdup(m->old->manifest.name) : name_of(in);
	if (!name)
		return bk_out_of_memory(ctx);
	if (!*name)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the file's name gives no name for the "
			       "object; give one with --name");
	o.name = name;
	o.kconfig = buf_view(&m->kconfig);
	o.kernel_version = m->opts->kernel_version;
	o.set = m->opts->set;
	o.set_n = m->opts->set_n;
	r = loader_generate(ctx, &m->elf, &o, &m->loader);
	if (!r && m->old)
		r = check_settings(ctx, &m->old->manifest, &m->loader.manifest);
	r = r < 0 ? r : bk_sha256(ctx, buf_view(&m->loader.data), digest);
	return r < 0 ? r : loader_guard(ctx, &m->loader, digest);
}

int making_sign(struct making *m)
{
	struct signer *s = m->s->signer;
	struct view insns = buf_view(&m->loader.insns), data = buf_view(&m->loader.data);
	int r;

	m->insns_sig = m->metadata_sig = BUF(CMS_MAX);
	r = signer_loader(s, insns, data, &m->insns_sig, &m->metadata_sig);
	return r < 0 ? r : manifest_encode(m->s->ctx, &m->loader.manifest, &m->manifest);
}

static int append(struct making *m, struct view digests)
{
	struct elf_add add[PART__END] = {
		[PART_LOADER] = { .data = buf_view(&m->loader.insns) },
		[PART_METADATA] = { .data = buf_view(&m->loader.data) },
		[PART_MANIFEST] = { .data = buf_view(&m->manifest) },
		[PART_SIG_INSNS] = { .data = buf_view(&m->insns_sig) },
		[PART_SIG_METADATA] = { .data = buf_view(&m->metadata_sig) },
		[PART_DIGESTS] = { .data = digests },
	};

	for (size_t i = 0; i < PART__END; i++)
		add[i].name = object_part_name(i);
	buf_done(&m->file);
	m->file = BUF(0);
	return elf_append(m->s->ctx, &m->elf, add, PART__END, &m->file);
}

static int list_digests(struct making *m, struct buf *ret)
{
	_cleanup_(elf_done) struct elf e = { 0 };
	struct elf_origin origin;
	int r = elf_open(m->s->ctx, buf_view(&m->file), &e);

	elf_origin(&m->elf, &origin);
	return r < 0 ? r : object_digests(m->s->ctx, &e, &origin, ret);
}

/*
 * The list covers where everything lies, itself included, so it is made three
 * times: to know its size, to fill it in, and signed.
 */
int making_assemble(struct making *m)
{
	_cleanup_(buf_done) struct buf sized = BUF(0), list = BUF(0), sig = BUF(CMS_MAX);
	int r = append(m, (struct view){ 0 });

	r = r < 0 ? r : list_digests(m, &sized);
	r = r < 0 ? r : append(m, buf_view(&sized));
	r = r < 0 ? r : list_digests(m, &list);
	r = r < 0 ? r : append(m, buf_view(&list));
	m->last_signature = true;
	r = r < 0 ? r : signer_list(m->s->signer, buf_view(&list), &sig);
	return r < 0 ? r : elf_append_last(m->s->ctx, &m->file, buf_view(&sig));
}

static bool is_raw(const struct making *m)
{
	return m->opts->flags & BPFKEY_SIGN_RAW;
}

static struct view input_bytes(const struct making *m)
{
	return m->bytes.p ? m->bytes : buf_view(&m->original);
}

static const char *kind_of(const struct making *m)
{
	if (is_raw(m))
		return "raw";
	return m->old && m->old->skeleton ? "skeleton" : "object";
}

int making_write(struct making *m, const char *in, const char *out, struct bk_pending **ret)
{
	struct sign_output o = {
		.kind = kind_of(m), .in = in, .out = out, .mode = 0644,
		.before = m->old ? buf_view(&m->old->file) : input_bytes(m),
		.after = buf_view(&m->file),
		.flags = m->opts->flags & BPFKEY_SIGN_FORCE ? BK_FILE_FORCE : 0,
	};
	struct stat st;

	if (out && (m->opts->flags & BPFKEY_SIGN_DRY_RUN))
		return 0;
	if (out && !is_raw(m) && !strcmp(in, out) && !stat(in, &st))
		o.mode = st.st_mode & 0777;
	if (out && ret && !signer_log(m->s->signer))
		return bk_pending_new(m->s->ctx, out, o.mode, o.after, o.flags, ret);
	return sign_log_publish(m->s->signer, &o);
}

static int read_kconfig(struct making *m)
{
	const struct bpfkey_sign_opts *o = m->opts;

	if (o->kconfig && o->kconfig_text)
		return bk_fail(m->s->ctx, -BPFKEY_E_USAGE, "kconfig values as a file and as a "
			       "text");
	m->kconfig = BUF(KCONFIG_FILE_MAX);
	if (o->kconfig)
		return bk_file_read(m->s->ctx, o->kconfig, KCONFIG_FILE_MAX, &m->kconfig);
	if (o->kconfig_text)
		buf_str(&m->kconfig, o->kconfig_text);
	if (!buf_ok(&m->kconfig))
		return bk_fail(m->s->ctx, -BPFKEY_E_TOO_BIG, "kconfig values of more than %u bytes",
			       KCONFIG_FILE_MAX);
	return 0;
}

/* making_again() has all that it needs in what was read. */
static bool is_again(const struct making *m)
{
	return m->opts->flags & BPFKEY_SIGN_AGAIN;
}

static int read_raw(struct making *m, const char *in)
{
	struct bpfkey_ctx *ctx = m->s->ctx;
	int r = 0;

	m->original = BUF(RAW_MAX);
	if (!m->bytes.p)
		r = bk_file_read(ctx, in, RAW_MAX, &m->original);
	if (!r && !input_bytes(m).n)
		r = bk_fail(ctx, -BPFKEY_E_FORMAT, "it is empty");
	if (!r && input_bytes(m).n > RAW_MAX)
		r = bk_fail(ctx, -BPFKEY_E_TOO_BIG, "more than %u bytes", RAW_MAX);
	return r;
}

int making_prepare(struct making *m, const char *in)
{
	int r;

	if (is_raw(m))
		return read_raw(m, in);
	r = read_kconfig(m);
	r = r < 0 ? r : read_input(m, in);
	return r < 0 || is_again(m) ? r : make_loader(m, in);
}

struct view making_first(const struct making *m)
{
	if (is_raw(m))
		return input_bytes(m);
	return is_again(m) ? (struct view){ 0 } : buf_view(&m->loader.insns);
}

int making_use_key(struct making *m)
{
	int r;

	if (is_raw(m)) {
		m->last_signature = true;
		m->file = BUF(CMS_MAX);
		return signer_cms_unproven(m->s->signer, input_bytes(m), &m->file);
	}
	if (is_again(m))
		return making_again(m);
	r = making_sign(m);
	return r < 0 ? r : making_assemble(m);
}

/* What a verifier would refuse is never written. */
static int prove_object(struct making *m)
{
	struct bpfkey_cert *const by = (struct bpfkey_cert *)signer_cert(m->s->signer);
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = NULL;
	_cleanup_(buf_done) struct buf copy = BUF(ELF_OBJECT_MAX);
	int r;

	buf_put(&copy, m->file.p, m->file.n);
	if (!buf_ok(&copy))
		return bk_out_of_memory(m->s->ctx);
	r = object_from_bytes(m->s->ctx, "", &copy, &o);
	if (r < 0)
		return bk_fail(m->s->ctx, -BPFKEY_E_INTERNAL, "the signed object is not good");
	return object_signed_by(o, &by, 1);
}

int making_prove(struct making *m)
{
	int r = 0;

	if (is_raw(m))
		return signer_prove(m->s->signer, buf_view(&m->file), input_bytes(m));
	if (!m->old || !m->old->skeleton)
		r = prove_object(m);
	return r >= 0 && m->opts->flags & BPFKEY_SIGN_HEADER ? making_header(m) : r;
}

/* make - all but writing it: it is m->file then */
static int make(struct making *m, const char *in)
{
	int r = making_prepare(m, in);

	r = r < 0 ? r : making_use_key(m);
	return r < 0 ? r : making_prove(m);
}

static int sign_object(struct bpfkey_signer *s, const char *in, const char *out,
		       const struct bpfkey_sign_opts *opts)
{
	_cleanup_(making_done) struct making m = { .s = s, .opts = opts };
	int r = make(&m, in);

	r = r < 0 ? r : making_write(&m, in, out, NULL);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign '%s'", in) : 0;
}

int making_opts(struct bpfkey_signer *s, const struct bpfkey_sign_opts *opts,
		struct bpfkey_sign_opts *ret)
{
	bk_enter(s->ctx);
	return opts ? opts_take(s->ctx, ret, sizeof(*ret), opts) : 0;
}

int bpfkey_sign_object(struct bpfkey_signer *s, const char *in, const char *out,
		       const struct bpfkey_sign_opts *opts)
{
	struct bpfkey_sign_opts o = { 0 };
	int r = making_opts(s, opts, &o);

	return r < 0 ? r : sign_object(s, in, out, &o);
}

static int hand_over(struct bpfkey_ctx *ctx, struct buf *b, void **ret, size_t *ret_n)
{
	if (!buf_ok(b))
		return bk_out_of_memory(ctx);
	*ret_n = b->n;
	*ret = steal(&b->p);
	return 0;
}

int bpfkey_sign_object_mem(struct bpfkey_signer *s, const char *name, const void *data, size_t n,
			   const struct bpfkey_sign_opts *opts, void **ret, size_t *ret_n)
{
	struct bpfkey_sign_opts o = { 0 };
	_cleanup_(making_done) struct making m = { .s = s, .opts = &o, .bytes = { data, n } };
	int r = making_opts(s, opts, &o);

	if (!r && o.flags & BPFKEY_SIGN_RAW)
		r = bk_fail(s->ctx, -BPFKEY_E_USAGE, "bytes as they are: that is "
			    "bpfkey_sign_raw_mem()");
	if (!r && (!data || !n))
		r = bk_fail(s->ctx, -BPFKEY_E_FORMAT, "it is empty");
	r = r < 0 ? r : make(&m, name);
	r = r < 0 ? r : making_write(&m, name, NULL, NULL);
	r = r < 0 ? r : hand_over(s->ctx, &m.file, ret, ret_n);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign '%s'", name) : 0;
}

int bpfkey_sign_raw(struct bpfkey_signer *s, const char *in, const char *out,
		    unsigned int flags)
{
	const struct bpfkey_sign_opts o = { .flags = flags | BPFKEY_SIGN_RAW };

	bk_enter(s->ctx);
	return sign_object(s, in, out, &o);
}

int bpfkey_sign_raw_mem(struct bpfkey_signer *s, const void *data, size_t n, void **ret,
			size_t *ret_n)
{
	const struct bpfkey_sign_opts o = { .flags = BPFKEY_SIGN_RAW };
	_cleanup_(making_done) struct making m = {
		.s = s, .opts = &o, .bytes = { data ? data : "", data ? n : 0 },
	};
	int r;

	bk_enter(s->ctx);
	r = make(&m, NULL);
	r = r < 0 ? r : making_write(&m, NULL, NULL, NULL);
	r = r < 0 ? r : hand_over(s->ctx, &m.file, ret, ret_n);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign") : 0;
}
