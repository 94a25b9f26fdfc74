// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Key files. The PEM stays readable by other tools, so whatever else there is
 * to say about a key stands in the sidecar beside it (keyctl-bpf-key(1), FILES).
 */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "../../tpm/tpm.h"
#include "../base/file.h"
#include "../base/lock.h"
#include "../base/text.h"
#include "../crypto/digest.h"
#include "../model/json.h"
#include "../model/policy_json.h"
#include "../model/sealed.h"
#include "../token/token.h"

#define META_MAX (16 * 1024)
#define META_SCHEMA 1

struct view key_file_view(const struct key_file *f)
{
	return (struct view){ bk_secret_data(f->bytes), bk_secret_len(f->bytes) };
}

void key_file_done(struct key_file *f)
{
	bk_secret_free(f->bytes);
	f->bytes = NULL;
}

static int meta_path(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	if (asprintf(ret, "%s.meta", path) < 0) {
		*ret = NULL;
		return bk_out_of_memory(ctx);
	}
	return 0;
}

/* A string field into its fixed place. */
static int take_str(struct bpfkey_ctx *ctx, const struct js *j, const char *key, char *out,
		    size_t cap)
{
	const char *s;
	int r;

	r = js_str(ctx, j, key, &s);
	if (r < 0)
		return r;
	if (strlen(s) >= cap)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field '%s' is too long", key);
	strcpy(out, s);
	return 0;
}

/* take_id - older files have none, and some TPMs */
static int take_id(struct bpfkey_ctx *ctx, const struct js *j, struct sidecar *m)
{
	const char *s = NULL;
	int r = js_str_opt(ctx, j, "tpm_id", &s);

	return r < 0 || !s ? r : take_str(ctx, j, "tpm_id", m->tpm_id, sizeof(m->tpm_id));
}

static int take_hash(struct bpfkey_ctx *ctx, const struct js *j, uint8_t out[32])
{
	_cleanup_(buf_done) struct buf b = BUF(32);
	char hex[65] = "";
	int r;

	r = take_str(ctx, j, "public_hash", hex, sizeof(hex));
	if (r < 0)
		return r;
	if (text_unhex(hex, &b) < 0 || b.n != 32)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'public_hash' is not a SHA-256");
	memcpy(out, b.p, 32);
	return 0;
}

static int take_tpm(struct bpfkey_ctx *ctx, const struct js *j, struct sidecar *m)
{
	int r;

	r = take_str(ctx, j, "tpm_kind", m->tpm_kind, sizeof(m->tpm_kind));
	if (!r)
		r = take_str(ctx, j, "srk_name", m->srk_name, sizeof(m->srk_name));
	if (!r)
		r = take_str(ctx, j, "key_name", m->key_name, sizeof(m->key_name));
	if (!r)
		r = take_id(ctx, j, m);
	if (!r)
		r = js_bool(ctx, j, "tpm_software", &m->tpm_software);
	if (!r)
		r = policy_json_get(ctx, j, &m->policy);
	return r;
}

static int meta_decode(struct bpfkey_ctx *ctx, const struct js *j, struct sidecar *ret)
{
	struct sidecar m = { 0 };
	char form[16] = "", created[TEXT_TIME_MAX] = "";
	uint64_t schema = 0;
	int r;

	r = js_u64(ctx, j, "schema", &schema);
	if (!r && schema != META_SCHEMA)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "its schema is %lu, this version reads %d",
			       (unsigned long)schema, META_SCHEMA);
	if (!r)
		r = take_str(ctx, j, "form", form, sizeof(form));
	if (!r)
		r = take_str(ctx, j, "alg", m.alg, sizeof(m.alg));
	if (!r)
		r = take_hash(ctx, j, m.public_hash);
	if (!r)
		r = take_str(ctx, j, "created", created, sizeof(created));
	if (r < 0)
		return r;

	if (text_time(created, &m.created) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the field 'created' is not a time");
	if (bpfkey_form_parse(form, &m.form) < 0)
		return bk_fail(ctx, -BPFKEY_E_FORMAT, "the form '%s' is unknown", form);
	/* Only imported keys say so. */
	if (js_bool(ctx, j, "imported", &m.imported) < 0)
		bk_forget(ctx);
	if (sidecar_names_tpm(&m)) {
		r = take_tpm(ctx, j, &m);
		if (r < 0)
			return r;
	}
	*ret = m;
	return 0;
}

/* hash_hex - SHA-256 of a key file as it is, which names it in "replaces" */
static int hash_hex(struct bpfkey_ctx *ctx, struct view key, struct buf *ret)
{
	uint8_t hash[SHA256_LEN];
	int r = bk_sha256(ctx, key, hash);

	if (r < 0)
		return r;
	text_hex(ret, (struct view){ hash, sizeof(hash) });
	return buf_ok(ret) ? 0 : bk_out_of_memory(ctx);
}

/*
 * meta_replaced - while one key takes the place of another, its sidecar names the old file by its
 * SHA-256 and has that one's sidecar in it; both stay usable, whatever ends the replacing
 * @j: on return the sidecar of @key, if @there is one
 */
static int meta_replaced(struct bpfkey_ctx *ctx, struct view key, struct js **j, bool *there)
{
	_cleanup_(js_freep) struct js *old = NULL, *before = NULL;
	_cleanup_(buf_done) struct buf hex = BUF(2 * SHA256_LEN + 1);
	const char *want = "";
	int r = js_obj_opt(ctx, *j, "replaces", &old);

	if (r < 0 || !old)
		return r;
	r = js_str(ctx, old, "file_hash", &want);
	if (!r)
		r = js_obj_opt(ctx, old, "sidecar", &before);
	if (!r)
		r = hash_hex(ctx, key, &hex);
	if (r < 0 || strcmp(buf_cstr(&hex), want) != 0)
		return r;
	js_free(*j);
	*j = steal(&before);
	*there = *j != NULL;
	return 0;
}

static int meta_read(struct bpfkey_ctx *ctx, const char *path, struct view key, bool warn,
		     struct sidecar *ret, bool *there)
{
	_cleanup_(bk_freep) char *meta = NULL;
	_cleanup_(buf_done) struct buf text = BUF(META_MAX);
	_cleanup_(js_freep) struct js *j = NULL;
	int r;

	r = meta_path(ctx, path, &meta);
	if (r < 0)
		return r;
	r = bk_file_read(ctx, meta, META_MAX, &text);
	if (r == -BPFKEY_E_NOT_FOUND) {
		bk_forget(ctx);
		if (warn)
			bk_log(ctx, BPFKEY_LOG_WARNING, "key '%s' has no sidecar '%s': whether the "
			       "key is the one that was made cannot be checked", path, meta);
		*there = false;
		return 0;
	}
	if (r < 0)
		return r;

	*there = true;
	r = js_parse(ctx, buf_view(&text), META_MAX, &j);
	if (!r)
		r = meta_replaced(ctx, key, &j, there);
	if (!r && *there)
		r = meta_decode(ctx, j, ret);
	if (r < 0)
		return bk_fail(ctx, r, "cannot read sidecar '%s'", meta);
	return 0;
}

int key_file_read(struct bpfkey_ctx *ctx, const char *path, struct key_file *ret)
{
	struct key_file f = { 0 };
	int r;

	r = bk_file_read_secret(ctx, path, KEY_FILE_MAX, &f.bytes);
	if (r < 0)
		return r;
	f.form = tpm_key_is_pem(key_file_view(&f)) ? BPFKEY_FORM_TPM :
		 sealed_is(key_file_view(&f)) ? BPFKEY_FORM_SEALED : BPFKEY_FORM_FILE;

	/* PKCS#12 files are never ours, and none of them has a sidecar. */
	r = meta_read(ctx, path, key_file_view(&f),
		      bk_secret_len(f.bytes) && *bk_secret_data(f.bytes) != 0x30, &f.meta,
		      &f.has_meta);
	if (!r && f.has_meta && f.meta.form != f.form)
		r = bk_fail(ctx, -BPFKEY_E_MISMATCH, "the sidecar of '%s' is of a key of form "
			    "'%s', the key is of form '%s'", path,
			    bpfkey_form_name(f.meta.form), bpfkey_form_name(f.form));
	if (r < 0) {
		key_file_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}

void key_file_tpm_meta(const struct key_file *f, struct tpm_key_meta *ret)
{
	*ret = (struct tpm_key_meta){ 0 };
	snprintf(ret->srk_name, sizeof(ret->srk_name), "%s", f->meta.srk_name);
	snprintf(ret->key_name, sizeof(ret->key_name), "%s", f->meta.key_name);
	snprintf(ret->tpm_id, sizeof(ret->tpm_id), "%s", f->meta.tpm_id);
	snprintf(ret->alg, sizeof(ret->alg), "%s", f->meta.alg);
}

int key_file_check(struct bpfkey_ctx *ctx, const char *path, const struct key_file *f,
		   const uint8_t public_hash[32])
{
	if (!f->has_meta || memcmp(f->meta.public_hash, public_hash, 32) == 0)
		return 0;
	bk_hint(ctx, "find out which of the two was replaced; without '%s.meta' the key is used "
		"unchecked", path);
	return bk_fail(ctx, -BPFKEY_E_MISMATCH, "the sidecar '%s.meta' describes another key than "
		       "'%s'", path, path);
}

/* @replaces: of the key that is about to go, or NULL */
static int meta_text(struct bpfkey_ctx *ctx, const struct sidecar *m, const struct js *replaces,
		     struct buf *ret)
{
	_cleanup_(js_freep) struct js *j = js_new();
	_cleanup_(buf_done) struct buf hash = BUF(65);
	char created[TEXT_TIME_MAX];
	int r = 0;

	text_hex(&hash, (struct view){ m->public_hash, sizeof(m->public_hash) });
	if (!j || !buf_ok(&hash))
		return bk_out_of_memory(ctx);

	js_set_u64(j, "schema", META_SCHEMA);
	js_set_str(j, "form", bpfkey_form_name(m->form));
	js_set_str(j, "alg", m->alg);
	js_set_str(j, "public_hash", buf_cstr(&hash));
	js_set_str(j, "created", text_from_time(m->created, created));
	if (m->imported)
		js_set_bool(j, "imported", true);
	if (sidecar_names_tpm(m)) {
		js_set_str(j, "tpm_kind", m->tpm_kind);
		js_set_bool(j, "tpm_software", m->tpm_software);
		js_set_str(j, "srk_name", m->srk_name);
		js_set_str(j, "key_name", m->key_name);
		if (m->tpm_id[0])
			js_set_str(j, "tpm_id", m->tpm_id);
		r = policy_json_set(ctx, j, &m->policy);
	}
	if (r < 0)
		return r;
	if (replaces)
		js_set_obj(j, "replaces", replaces);
	return js_text(ctx, j, ret);
}

bool key_file_tpm_absent(struct bpfkey_ctx *ctx)
{
	static const char embedded[] = "embedded:";
	const char *spec = bpfkey_ctx_tpm(ctx);

	return spec && strncmp(spec, embedded, sizeof(embedded) - 1) == 0 &&
	       access(spec + sizeof(embedded) - 1, F_OK) < 0;
}

int key_file_shown(struct bpfkey_ctx *ctx, const char *key, char **ret)
{
	if (token_is_uri(key))
		return token_shown(ctx, key, ret);
	*ret = strdup(key);
	return *ret ? 0 : bk_out_of_memory(ctx);
}

int key_file_absent(struct bpfkey_ctx *ctx, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		bk_hint(ctx, "choose another name, or replace it with --force");
		return bk_fail(ctx, -BPFKEY_E_EXISTS, "'%s' exists already", path);
	}
	if (errno != ENOENT)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot look at '%s'", path);
	return 0;
}

int key_file_can_write(struct bpfkey_ctx *ctx, const char *path)
{
	_cleanup_(bk_freep) char *copy = strdup(path);

	if (!copy)
		return bk_out_of_memory(ctx);
	if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) < 0)
		return bk_fail_errno(ctx, errno == EACCES ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO,
				     errno, "cannot make files beside '%s'", path);
	return 0;
}

/* What the sidecar held before, so that a failure can put it back. */
static int meta_before(struct bpfkey_ctx *ctx, const char *meta, struct buf *ret, bool *there)
{
	int r = bk_file_read(ctx, meta, META_MAX, ret);

	*there = r == 0;
	if (r == -BPFKEY_E_NOT_FOUND) {
		bk_forget(ctx);
		return 0;
	}
	return r;
}

/*
 * may_be_written - in spite of a failure: what took the place of another file stays there, also
 * when its directory cannot be made to last
 */
static bool may_be_written(const char *path, struct view key)
{
	_cleanup_(bk_secret_freep) struct bk_secret *bytes = NULL;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	return bk_file_read_secret(NULL, path, KEY_FILE_MAX, &bytes) < 0 ||
	       (bk_secret_len(bytes) == key.n && !memcmp(bk_secret_data(bytes), key.p, key.n));
}

/* put_key - sidecar first; when the key cannot follow, the sidecar is what it was */
static int put_key(struct bpfkey_ctx *ctx, const char *path, struct view key, const char *meta,
		   struct view text, bool force)
{
	_cleanup_(buf_done) struct buf before = BUF(META_MAX);
	bool there = false;
	int r = meta_before(ctx, meta, &before, &there);

	if (r < 0)
		return r;
	/* A sidecar without a key is what an interrupted run left: nobody's loss. */
	r = bk_file_replace(ctx, meta, 0600, text, BK_FILE_FORCE);
	if (!r)
		r = bk_file_replace(ctx, path, 0600, key, force ? BK_FILE_FORCE : 0);
	if (r < 0 && force && may_be_written(path, key))
		return r;
	if (r < 0 && !there)
		unlink(meta);
	else if (r < 0 && bk_file_replace(NULL, meta, 0600, buf_view(&before), BK_FILE_FORCE) < 0)
		bk_log(ctx, BPFKEY_LOG_WARNING, "the sidecar '%s' could not be put back", meta);
	return r;
}

/*
 * describe_old - the key that is about to be replaced, for "replaces"
 * @ret: NULL when there is none that could be used
 */
static int describe_old(struct bpfkey_ctx *ctx, const char *path, const char *meta, struct js **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *bytes = NULL;
	_cleanup_(buf_done) struct buf text = BUF(META_MAX), hex = BUF(2 * SHA256_LEN + 1);
	_cleanup_(js_freep) struct js *old = js_new(), *j = NULL;
	struct view key;
	bool there = false;

	if (!old)
		return bk_out_of_memory(ctx);
	if (bk_file_read_secret(NULL, path, KEY_FILE_MAX, &bytes) < 0)
		return 0;
	key = (struct view){ bk_secret_data(bytes), bk_secret_len(bytes) };
	if (hash_hex(ctx, key, &hex) < 0)
		return -BPFKEY_E_INTERNAL;
	js_set_str(old, "file_hash", buf_cstr(&hex));
	if (!bk_file_read(NULL, meta, META_MAX, &text) &&
	    !js_parse(NULL, buf_view(&text), META_MAX, &j)) {
		there = true;
		/* Itself left by a replacing that was cut short. */
		if (meta_replaced(NULL, key, &j, &there) < 0)
			there = false;
	}
	if (there)
		js_set_obj(old, "sidecar", j);
	*ret = steal(&old);
	return 0;
}

/*
 * replace_key - the sidecar describes both keys until the new one is there. After a failure it
 * stays so: which of the two files survived is the disk's secret.
 */
static int replace_key(struct bpfkey_ctx *ctx, const char *path, struct view key,
		       const struct sidecar *m, const char *meta)
{
	_cleanup_(buf_done) struct buf both = BUF(META_MAX), text = BUF(META_MAX);
	_cleanup_(js_freep) struct js *old = NULL;
	int r = describe_old(ctx, path, meta, &old);

	r = r < 0 ? r : meta_text(ctx, m, NULL, &text);
	if (r < 0)
		return r;
	if (!old)
		return put_key(ctx, path, key, meta, buf_view(&text), true);
	r = meta_text(ctx, m, old, &both);
	r = r < 0 ? r : bk_file_replace(ctx, meta, 0600, buf_view(&both), BK_FILE_FORCE);
	r = r < 0 ? r : bk_file_replace(ctx, path, 0600, key, BK_FILE_FORCE);
	if (r < 0)
		return r;
	if (bk_file_replace(NULL, meta, 0600, buf_view(&text), BK_FILE_FORCE) < 0)
		bk_log(ctx, BPFKEY_LOG_WARNING, "the sidecar '%s' still names the key that was "
		       "replaced, which harms nothing", meta);
	return 0;
}

int key_file_write(struct bpfkey_ctx *ctx, const char *path, struct view key,
		   const struct sidecar *m, bool force)
{
	_cleanup_(buf_done) struct buf text = BUF(META_MAX);
	_cleanup_(bk_freep) char *meta = NULL;
	/* Two at once would leave the sidecar of one beside the key of the other. */
	_cleanup_(bk_closep) int lock = -1;
	int r;

	r = meta_path(ctx, path, &meta);
	if (!r)
		r = lock_folder_of(ctx, path, &lock);
	if (!r && force)
		return replace_key(ctx, path, key, m, meta);
	r = r < 0 ? r : meta_text(ctx, m, NULL, &text);
	r = r < 0 ? r : key_file_absent(ctx, path);
	return r < 0 ? r : put_key(ctx, path, key, meta, buf_view(&text), false);
}
