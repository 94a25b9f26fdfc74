/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <bpfkey.h>

#include "../base/file.h"

/* Far more than a keyring should hold; a full disk of files must not fill memory. */
#define STORE_MAX 4096

void ring_fingerprint(const struct bpfkey_cert *cert, char ret[65])
{
	const uint8_t *f = cert_info(cert)->fingerprint;

	for (size_t i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", f[i]);
}

void ring_description(const struct bpfkey_cert *cert, char ret[RING_DESC_MAX])
{
	char f[65];

	ring_fingerprint(cert, f);
	snprintf(ret, RING_DESC_MAX, RING_DESC_PREFIX "%s", f);
}

void ring_store_done(struct ring_store *s)
{
	for (size_t i = 0; i < s->n; i++)
		cert_free(s->certs[i]);
	free(s->certs);
	*s = (struct ring_store){0};
}

/* store_path - of the directory, or of a file in it. */
static int store_path(struct bpfkey_ctx *ctx, const char *staging, const char *file, char **ret)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);

	buf_str(&b, BPFKEY_STATE_DIR);
	if (staging)
		buf_printf(&b, "/staging/%s", staging);
	else
		buf_str(&b, "/enrolled");
	if (file)
		buf_printf(&b, "/%s", file);
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	return bk_path(ctx, buf_cstr(&b), ret);
}

static int cert_path(struct bpfkey_ctx *ctx, const char *staging, const struct bpfkey_cert *cert,
		     char **ret)
{
	char file[72], f[65];

	ring_fingerprint(cert, f);
	snprintf(file, sizeof(file), "%s.der", f);
	return store_path(ctx, staging, file, ret);
}

/* load_one - a file whose name is its content's fingerprint. */
static int load_one(struct bpfkey_ctx *ctx, const char *path, const char *name,
		    struct bpfkey_cert **ret)
{
	_cleanup_(cert_freep) struct bpfkey_cert *cert = NULL;
	_cleanup_(buf_done) struct buf der = BUF(CERT_MAX);
	char f[65];
	int r;

	r = bk_file_read(ctx, path, CERT_MAX, &der);
	if (!r)
		r = cert_from_der(ctx, buf_view(&der), &cert);
	if (r < 0)
		return r;
	ring_fingerprint(cert, f);
	if (strncmp(name, f, 64) || strcmp(name + 64, ".der"))
		return bk_fail(ctx, -BPFKEY_E_TAMPERED, "it holds another certificate, %s", f);
	*ret = steal(&cert);
	return 0;
}

static int push(struct bpfkey_ctx *ctx, struct ring_store *s, struct bpfkey_cert *cert)
{
	struct bpfkey_cert **more = reallocarray(s->certs, s->n + 1, sizeof(*more));

	if (!more) {
		cert_free(cert);
		return bk_out_of_memory(ctx);
	}
	s->certs = more;
	s->certs[s->n++] = cert;
	return 0;
}

static int load_entry(struct bpfkey_ctx *ctx, const char *dir, const char *name,
		      struct ring_store *s)
{
	_cleanup_(buf_done) struct buf b = BUF(4096);
	struct bpfkey_cert *cert = NULL;
	int r;

	if (name[0] == '.')
		return 0;
	buf_printf(&b, "%s/%s", dir, name);
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	if (s->n == STORE_MAX)
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "more than %d certificates in '%s'",
			       STORE_MAX, dir);
	r = load_one(ctx, buf_cstr(&b), name, &cert);
	if (r == -BPFKEY_E_NOMEM)
		return r;
	if (r < 0) {
		/* One bad file must not hide the others. */
		bk_log(ctx, BPFKEY_LOG_WARNING, "'%s' is ignored: %s", buf_cstr(&b),
		       bpfkey_ctx_message(ctx));
		bk_forget(ctx);
		return 0;
	}
	return push(ctx, s, cert);
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

int ring_store_load(struct bpfkey_ctx *ctx, const char *staging, struct ring_store *ret)
{
	_cleanup_(ring_store_done) struct ring_store s = {0};
	_cleanup_(bk_freep) char *dir = NULL;
	_cleanup_(closedirp) DIR *d = NULL;
	const struct dirent *e;
	int r = store_path(ctx, staging, NULL, &dir);

	if (r < 0)
		return r;
	d = opendir(dir);
	if (!d && errno != ENOENT)
		return bk_fail_errno(ctx, errno == EACCES ? -BPFKEY_E_PRIVILEGE : -BPFKEY_E_IO,
				     errno, "cannot read the enrolled certificates in '%s'", dir);
	for (errno = 0; d && (e = readdir(d)); errno = 0) {
		r = load_entry(ctx, dir, e->d_name, &s);
		if (r < 0)
			return r;
	}
	if (d && errno)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno,
				     "cannot read the enrolled certificates in '%s'", dir);
	*ret = s;
	s = (struct ring_store){0};
	return 0;
}

int ring_store_add(struct bpfkey_ctx *ctx, const char *staging, const struct bpfkey_cert *cert,
		   bool *ret_new)
{
	_cleanup_(bk_freep) char *dir = NULL, *path = NULL;
	int r = store_path(ctx, staging, NULL, &dir);

	if (!r)
		r = cert_path(ctx, staging, cert, &path);
	if (!r)
		r = bk_dir_make(ctx, dir, 0700, NULL);
	if (r < 0)
		return r;
	if (!access(path, F_OK)) {
		/* The name is the content's fingerprint; load_one() checks it at each reading. */
		*ret_new = false;
		return 0;
	}
	r = bk_file_replace(ctx, path, 0600, cert_der(cert), BK_FILE_FORCE);
	if (r < 0)
		return bk_fail(ctx, r, "cannot keep the certificate");
	*ret_new = true;
	return 0;
}

int ring_store_remove(struct bpfkey_ctx *ctx, const char *staging, const struct bpfkey_cert *cert)
{
	_cleanup_(bk_freep) char *path = NULL;
	int r = cert_path(ctx, staging, cert, &path);

	if (r < 0)
		return r;
	if (unlink(path) && errno != ENOENT)
		return bk_fail_errno(ctx, -BPFKEY_E_IO, errno, "cannot delete '%s'", path);
	return 0;
}
