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
#define BATCH_MAX 64	/* files that are open at a time; two descriptors each */

/* The name that libbpf would take: of "dir/prog.bpf.o" it is "prog". */
static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return strndup(base, strcspn(base, "."));
}

static void making_done(struct making *m)
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
	_cleanup_(buf_done) struct buf both = BUF(RAW_MAX);
	int r;

	m->insns_sig = m->metadata_sig = BUF(CMS_MAX);
	r = signer_cms(s, insns, &m->insns_sig);
	buf_put(&both, insns.p, insns.n);
	buf_put(&both, data.p, data.n);
	if (!r && !buf_ok(&both))
		r = bk_out_of_memory(m->s->ctx);
	r = r < 0 ? r : signer_cms(s, buf_view(&both), &m->metadata_sig);
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
	_cleanup_(buf_done) struct buf sized = BUF(0), list = BUF(0), copy = BUF(0);
	_cleanup_(buf_done) struct buf sig = BUF(CMS_MAX);
	struct bpfkey_object *o = NULL;
	int r = append(m, (struct view){ 0 });

	r = r < 0 ? r : list_digests(m, &sized);
	r = r < 0 ? r : append(m, buf_view(&sized));
	r = r < 0 ? r : list_digests(m, &list);
	r = r < 0 ? r : append(m, buf_view(&list));
	r = r < 0 ? r : signer_cms(m->s->signer, buf_view(&list), &sig);
	r = r < 0 ? r : elf_append_last(m->s->ctx, &m->file, buf_view(&sig));
	if (r < 0)
		return r;

	/* What a verifier would refuse is never written. */
	copy = BUF(ELF_OBJECT_MAX);
	buf_put(&copy, m->file.p, m->file.n);
	if (!buf_ok(&copy))
		return bk_out_of_memory(m->s->ctx);
	r = object_from_bytes(m->s->ctx, "", &copy, &o);
	bpfkey_object_free(o);
	return r < 0 ? bk_fail(m->s->ctx, -BPFKEY_E_INTERNAL, "the signed object is not good") : 0;
}

/*
 * @out NULL: the caller keeps it in memory; @ret: if not NULL, it gets what waits for its name
 * instead, where nobody logs
 */
static int write_output(struct making *m, const char *in, const char *out,
			struct bk_pending **ret)
{
	struct sign_output o = {
		.kind = m->old && m->old->skeleton ? "skeleton" : "object",
		.in = in, .out = out, .mode = 0644,
		.before = m->old ? buf_view(&m->old->file) : buf_view(&m->original),
		.after = buf_view(&m->file),
		.flags = m->opts->flags & BPFKEY_SIGN_FORCE ? BK_FILE_FORCE : 0,
	};
	struct stat st;

	if (out && (m->opts->flags & BPFKEY_SIGN_DRY_RUN))
		return 0;
	if (out && !strcmp(in, out) && !stat(in, &st))
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

/* All but writing it: the signed object is m->file then. */
static int make_object(struct making *m, const char *in)
{
	int r = read_kconfig(m);

	r = r < 0 ? r : read_input(m, in);
	if (r >= 0 && m->opts->flags & BPFKEY_SIGN_AGAIN)
		return making_again(m);
	r = r < 0 ? r : make_loader(m, in);
	r = r < 0 ? r : making_sign(m);
	r = r < 0 ? r : making_assemble(m);
	return r >= 0 && m->opts->flags & BPFKEY_SIGN_HEADER ? making_header(m) : r;
}

static int sign_bytes(struct bpfkey_signer *s, struct view data, struct buf *ret)
{
	if (!data.n)
		return bk_fail(s->ctx, -BPFKEY_E_FORMAT, "it is empty");
	return signer_cms(s->signer, data, ret);
}

static int write_raw(struct bpfkey_signer *s, const char *in, const char *out, struct view data,
		     const struct buf *sig, unsigned int flags, struct bk_pending **ret)
{
	const struct sign_output o = {
		.kind = "raw", .in = in, .out = out, .mode = 0644,
		.before = data, .after = buf_view(sig),
		.flags = flags & BPFKEY_SIGN_FORCE ? BK_FILE_FORCE : 0,
	};

	if (flags & BPFKEY_SIGN_DRY_RUN)
		return 0;
	if (out && ret && !signer_log(s->signer))
		return bk_pending_new(s->ctx, out, o.mode, o.after, o.flags, ret);
	return sign_log_publish(s->signer, &o);
}

/* sign_raw - @ret as write_output() has it */
static int sign_raw(struct bpfkey_signer *s, const char *in, const char *out, unsigned int flags,
		    struct bk_pending **ret)
{
	_cleanup_(buf_done) struct buf data = BUF(RAW_MAX), sig = BUF(CMS_MAX);
	int r = bk_file_read(s->ctx, in, RAW_MAX, &data);

	r = r < 0 ? r : sign_bytes(s, buf_view(&data), &sig);
	return r < 0 ? r : write_raw(s, in, out, buf_view(&data), &sig, flags, ret);
}

static int sign_object(struct bpfkey_signer *s, const char *in, const char *out,
		       const struct bpfkey_sign_opts *opts, struct bk_pending **ret)
{
	_cleanup_(making_done) struct making m = { .s = s, .opts = opts };
	int r;

	if (opts->flags & BPFKEY_SIGN_RAW) {
		r = sign_raw(s, in, out, opts->flags, ret);
	} else {
		r = make_object(&m, in);
		r = r < 0 ? r : write_output(&m, in, out, ret);
	}
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign '%s'", in) : 0;
}

/* take_opts - as one call has them; clears what the last one said */
static int take_opts(struct bpfkey_signer *s, const struct bpfkey_sign_opts *opts,
		     struct bpfkey_sign_opts *ret)
{
	bk_enter(s->ctx);
	return opts ? opts_take(s->ctx, ret, sizeof(*ret), opts) : 0;
}

int bpfkey_sign_object(struct bpfkey_signer *s, const char *in, const char *out,
		       const struct bpfkey_sign_opts *opts)
{
	struct bpfkey_sign_opts o = { 0 };
	int r = take_opts(s, opts, &o);

	return r < 0 ? r : sign_object(s, in, out, &o, NULL);
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
	int r = 0;

	bk_enter(s->ctx);
	if (opts)
		r = opts_take(s->ctx, &o, sizeof(o), opts);
	if (!r && o.flags & BPFKEY_SIGN_RAW)
		r = bk_fail(s->ctx, -BPFKEY_E_USAGE, "bytes as they are: that is "
			    "bpfkey_sign_raw_mem()");
	if (!r && (!data || !n))
		r = bk_fail(s->ctx, -BPFKEY_E_FORMAT, "it is empty");
	r = r < 0 ? r : make_object(&m, name);
	r = r < 0 ? r : write_output(&m, name, NULL, NULL);
	r = r < 0 ? r : hand_over(s->ctx, &m.file, ret, ret_n);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign '%s'", name) : 0;
}

/* Exit class 3 matters most, then 4, then the rest. */
static int weight(int r)
{
	static const int weights[] = { 0, 1, 1, 3, 2 };

	return weights[bpfkey_err_exit(r)];
}

/* Signed objects that wait for the disk together. */
struct batch {
	struct bpfkey_signer *s;
	int worst;
	size_t n;
	struct bpfkey_sign_job *jobs[BATCH_MAX];
	struct bk_pending *files[BATCH_MAX];
};

static void job_failed(struct batch *b, struct bpfkey_sign_job *j, int r)
{
	j->result = r;
	j->message = strdup(bpfkey_ctx_message(b->s->ctx));
	j->hint = strdup(bpfkey_ctx_hint(b->s->ctx));
	if (weight(r) > weight(b->worst))
		b->worst = r;
}

static void batch_step(struct batch *b, int (*step)(struct bpfkey_ctx *, struct bk_pending *))
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		struct bk_pending *p = b->files[i];
		int r;

		bk_enter(b->s->ctx);
		r = step(b->s->ctx, p);
		if (r < 0) {
			r = bk_fail(b->s->ctx, r, "cannot sign '%s'", b->jobs[i]->in);
			job_failed(b, b->jobs[i], r);
			bk_pending_free(p);
			continue;
		}
		b->jobs[n] = b->jobs[i];
		b->files[n++] = p;
	}
	b->n = n;
}

static void batch_finish(struct batch *b)
{
	batch_step(b, bk_pending_sync);
	batch_step(b, bk_pending_name);
	batch_step(b, bk_pending_settle);
	while (b->n)
		bk_pending_free(b->files[--b->n]);
}

static void batch_sign(struct batch *b, struct bpfkey_sign_job *j,
		       const struct bpfkey_sign_opts *opts)
{
	struct bpfkey_sign_opts o = { 0 };
	struct bk_pending *p = NULL;
	int r = take_opts(b->s, opts, &o);

	j->result = 0;
	j->message = j->hint = NULL;
	r = r < 0 ? r : sign_object(b->s, j->in, j->out, &o, &p);
	if (r < 0) {
		job_failed(b, j, r);
		return;
	}
	if (!p)
		return;
	bk_pending_start(p);
	b->jobs[b->n] = j;
	b->files[b->n++] = p;
	if (b->n == BATCH_MAX)
		batch_finish(b);
}

int bpfkey_sign_objects(struct bpfkey_signer *s, struct bpfkey_sign_job *jobs, size_t n,
			const struct bpfkey_sign_opts *opts)
{
	struct batch b = { .s = s };

	for (size_t i = 0; i < n; i++) {
		bk_progress(s->ctx, "signing", i, n);
		batch_sign(&b, &jobs[i], opts);
	}
	batch_finish(&b);
	bk_progress(s->ctx, "signing", n, n);
	return b.worst;
}

void bpfkey_sign_jobs_done(struct bpfkey_sign_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(steal(&jobs[i].message));
		free(steal(&jobs[i].hint));
	}
}

int bpfkey_sign_raw(struct bpfkey_signer *s, const char *in, const char *out,
		    unsigned int flags)
{
	int r;

	bk_enter(s->ctx);
	r = sign_raw(s, in, out, flags, NULL);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign '%s'", in) : 0;
}

int bpfkey_sign_raw_mem(struct bpfkey_signer *s, const void *data, size_t n, void **ret,
			size_t *ret_n)
{
	_cleanup_(buf_done) struct buf sig = BUF(CMS_MAX);
	int r = 0;

	bk_enter(s->ctx);
	if (n > RAW_MAX)
		r = bk_fail(s->ctx, -BPFKEY_E_TOO_BIG, "more than %u bytes", RAW_MAX);
	r = r < 0 ? r : sign_bytes(s, (struct view){ data, n }, &sig);
	r = r < 0 ? r : write_raw(s, NULL, NULL, (struct view){ data, n }, &sig, 0, NULL);
	r = r < 0 ? r : hand_over(s->ctx, &sig, ret, ret_n);
	return r < 0 ? bk_fail(s->ctx, r, "cannot sign") : 0;
}
