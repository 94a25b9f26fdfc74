// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who signed what with which key, one JSON object a line; keyctl-bpf-sign(1), SIGNING LOG. */
#include "sign_log.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include <bpfkey.h>

#include "../base/append.h"
#include "../base/file.h"
#include "../base/text.h"
#include "../crypto/cert.h"
#include "../crypto/digest.h"
#include "../crypto/pkey.h"
#include "../model/json.h"

#define LOG_SCHEMA 1
#define LOG_LINE_MAX (64 * 1024)
#define LOGIN_UID_NONE UINT32_MAX	/* /proc/self/loginuid of who never logged in */

struct sign_log {
	char *path;
	int fd;			/* -1 in a dry run on a log that is not there */
};

void sign_log_free(struct sign_log *l)
{
	if (!l)
		return;
	bk_closep(&l->fd);
	free(l->path);
	free(l);
}

int sign_log_open(struct bpfkey_ctx *ctx, const char *path, bool create, struct sign_log **ret)
{
	_cleanup_(sign_log_freep) struct sign_log *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return bk_out_of_memory(ctx);
	l->fd = -1;
	l->path = strdup(path);
	if (!l->path)
		return bk_out_of_memory(ctx);
	r = append_open(ctx, path, create, &l->fd);
	if (r == -BPFKEY_E_NOT_FOUND && !create) {
		bk_forget(ctx);
		r = 0;
	}
	if (r < 0) {
		bk_hint(ctx, "nothing was signed: what is not logged must not exist");
		return r;
	}
	*ret = steal(&l);
	return 0;
}

static int put_hex(struct bpfkey_ctx *ctx, struct js *j, const char *key, const void *p, size_t n)
{
	_cleanup_(buf_done) struct buf b = BUF(1024);

	text_hex(&b, (struct view){ p, n });
	js_set_str(j, key, buf_cstr(&b));
	return buf_ok(&b) ? 0 : bk_out_of_memory(ctx);
}

/* Names are bytes, JSON is not: what is not printable ASCII is \xNN, as in messages. */
static void put_name(struct js *j, const char *key, const char *name)
{
	_cleanup_(buf_done) struct buf b = BUF(LOG_LINE_MAX);

	if (name)
		text_escape(&b, name);
	js_set_str(j, key, name && buf_ok(&b) ? buf_cstr(&b) : NULL);
}

/* The user who logged in, also behind sudo; where the kernel keeps it. */
static void put_login(struct js *j)
{
	_cleanup_(buf_done) struct buf b = BUF(32);
	uint64_t uid;

	if (bk_file_read(NULL, "/proc/self/loginuid", 16, &b) < 0 ||
	    text_u64(buf_cstr(&b), UINT32_MAX, &uid) < 0 || uid == LOGIN_UID_NONE)
		return;
	js_set_u64(j, "login_uid", uid);
}

static void put_who(struct js *j)
{
	char host[256] = "", room[4096];
	struct passwd pw, *found = NULL;

	if (gethostname(host, sizeof(host) - 1))
		host[0] = 0;
	js_set_u64(j, "uid", geteuid());
	if (!getpwuid_r(geteuid(), &pw, room, sizeof(room), &found) && found)
		put_name(j, "user", found->pw_name);
	put_login(j);
	put_name(j, "host", host);
	put_name(j, "program", program_invocation_short_name);
	js_set_str(j, "version", BPFKEY_VERSION);
}

static int put_digest(struct bpfkey_ctx *ctx, struct js *j, const char *key, struct view data)
{
	uint8_t hash[SHA256_LEN];
	int r = bk_sha256(ctx, data, hash);

	return r ? r : put_hex(ctx, j, key, hash, sizeof(hash));
}

/* entry - @result 0: about to be written; negative: could not be */
static int entry(struct bpfkey_ctx *ctx, struct signer *s, const struct sign_output *o, int result,
		 struct buf *ret)
{
	const struct bpfkey_cert_info *c = cert_info(signer_cert(s));
	_cleanup_(js_freep) struct js *j = js_new();
	char t[TEXT_TIME_MAX];
	int r;

	if (!j)
		return bk_out_of_memory(ctx);
	js_set_u64(j, "schema", LOG_SCHEMA);
	js_set_str(j, "time", text_from_time(time(NULL), t));
	js_set_str(j, "result", result ? "failed" : "signed");
	if (result)
		js_set_str(j, "error", bpfkey_err_name(result));
	put_who(j);
	put_name(j, "key", signer_shown(s));
	r = put_hex(ctx, j, "public_hash", c->public_hash, sizeof(c->public_hash));
	if (!r)
		r = put_hex(ctx, j, "key_id", c->key_id, c->key_id_len);
	if (!r)
		r = put_hex(ctx, j, "certificate", c->fingerprint, sizeof(c->fingerprint));
	put_name(j, "subject", c->subject);
	js_set_str(j, "kind", o->kind);
	put_name(j, "input", o->in);
	put_name(j, "output", o->out);
	if (!r)
		r = put_digest(ctx, j, "input_sha256", o->before);
	if (!r)
		r = put_digest(ctx, j, "output_sha256", o->after);
	return r < 0 ? r : js_line(ctx, j, ret);
}

static int write_entry(struct bpfkey_ctx *ctx, struct signer *s, const struct sign_output *o,
		       int result)
{
	_cleanup_(buf_done) struct buf line = BUF(LOG_LINE_MAX);
	struct sign_log *l = signer_log(s);
	int r = entry(ctx, s, o, result, &line);

	return r < 0 ? r : append_line(ctx, l->path, l->fd, buf_view(&line));
}

int sign_log_publish(struct signer *s, const struct sign_output *o)
{
	struct bpfkey_ctx *ctx = signer_ctx(s);
	int r = 0, r2;

	if (signer_log(s))
		r = write_entry(ctx, s, o, 0);
	if (r < 0) {
		bk_hint(ctx, "nothing was written: what is not logged must not exist");
		return r;
	}
	if (o->out)
		r = bk_file_replace(ctx, o->out, o->mode, o->after, o->flags);
	if (r < 0 && signer_log(s)) {
		/* The sentence of the failure stays; this one would hide it. */
		r2 = write_entry(NULL, s, o, r);
		if (r2 < 0)
			bk_log(ctx, BPFKEY_LOG_WARNING,
			       "the log says 'signed' of '%s', which could "
			       "not be written, and cannot be corrected",
			       o->out);
	}
	return r;
}
