/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_cells DIR ALG...: with a new key of each algorithm, for each role and hash,
 * what algorithms.t shows to a kernel; only lib/base and lib/crypto are needed,
 * so that lib/cells13 can build it with Debian 13's OpenSSL, too. In DIR, N
 * being "ALG.ROLE.HASH":
 *
 *   N.der              the certificate, self-signed with that hash
 *   N.insns, N.meta    (roles that sign) over loader.bin, and with metadata.bin
 *   N.leaf.der         (anchor) a build certificate that it signed with the hash
 *   ALG.ROLE.key.der   the same key's certificate with the default hash
 *
 * Prints "N KIND" for each that was made and "N KIND absent: SENTENCE" for one
 * that this OpenSSL cannot make.
 */
#include <string.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/crypto/cert.h"
#include "lib/crypto/cms.h"

#define FILE_MAX (1u << 20)

static const char *const hashes[] = {
	"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512",
};

struct maker {
	struct bpfkey_ctx *ctx;
	const char *dir, *alg, *hash;
	enum bpfkey_role role;
	struct pkey *key;
	struct bpfkey_cert *cert;
	struct buf both;
	size_t insns_n;
};

static int put(struct maker *m, const char *what, struct view data)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s.%s.%s", m->dir, m->alg, bpfkey_role_name(m->role),
		 m->hash, what);
	return bk_file_replace(m->ctx, path, 0644, data, BK_FILE_FORCE);
}

/* One line; a failure that is no lack of this OpenSSL ends the program. */
static int tell(struct maker *m, const char *kind, int r)
{
	printf("%s.%s.%s %s", m->alg, bpfkey_role_name(m->role), m->hash, kind);
	if (r == -BPFKEY_E_NO_SUPPORT)
		printf(" absent: %s", bpfkey_ctx_message(m->ctx));
	putchar('\n');
	if (r == -BPFKEY_E_NO_SUPPORT)
		bk_forget(m->ctx);
	return r == -BPFKEY_E_NO_SUPPORT ? 0 : r;
}

static int make_cert(struct maker *m)
{
	int64_t now = time(NULL);
	struct cert_spec spec = {
		.name = m->alg, .role = m->role, .not_before = now - 86400,
		.not_after = now + 3650LL * 86400,
	};
	struct bpfkey_cert *made = NULL;
	int r = cert_make(m->ctx, &spec, m->key, &made);

	if (!r)
		r = put(m, "der", cert_der(made));
	/* The first one signs for the role. */
	if (!r && !m->cert)
		m->cert = steal(&made);
	cert_free(made);
	return r;
}

static int make_leaf(struct maker *m)
{
	_cleanup_(buf_done) struct buf pem = BUF(FILE_MAX);
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	_cleanup_(csr_freep) struct csr *csr = NULL;
	int64_t now = time(NULL);
	struct cert_spec spec = {
		.role = BPFKEY_ROLE_BUILD, .not_before = now - 3600, .not_after = now + 86400,
	};
	struct bpfkey_cert *made = NULL;
	int r = pkey_generate(m->ctx, "p256", &key);

	r = r < 0 ? r : csr_make(m->ctx, "leaf", key, &pem);
	r = r < 0 ? r : csr_from_bytes(m->ctx, buf_view(&pem), &csr);
	r = r < 0 ? r : cert_issue(m->ctx, csr, &spec, m->cert, m->key, &made);
	if (!r)
		r = put(m, "leaf.der", cert_der(made));
	cert_free(made);
	return r;
}

static int make_sig(struct maker *m, const char *what, struct view data)
{
	_cleanup_(buf_done) struct buf der = BUF(CMS_MAX);
	int r = cms_sign(m->ctx, m->key, m->cert, data, &der);

	return r < 0 ? r : put(m, what, buf_view(&der));
}

static int make_hash(struct maker *m)
{
	bool signs = m->role == BPFKEY_ROLE_BUILD || m->role == BPFKEY_ROLE_DELEGATED;
	int r = pkey_use_hash(m->ctx, m->key, m->hash);

	r = r < 0 ? r : tell(m, "cert", make_cert(m));
	if (!r && signs) {
		r = make_sig(m, "insns", (struct view){ m->both.p, m->insns_n });
		r = r < 0 ? r : make_sig(m, "meta", buf_view(&m->both));
		r = tell(m, "sign", r);
	}
	if (!r && m->role == BPFKEY_ROLE_ANCHOR)
		r = tell(m, "leaf", make_leaf(m));
	return r;
}

static int make_role(struct maker *m)
{
	int r = pkey_use_hash(m->ctx, m->key, NULL);

	m->hash = "key";
	r = r < 0 ? r : make_cert(m);
	for (size_t i = 0; !r && i < ARRAY_SIZE(hashes); i++) {
		/* The only one of an algorithm that hashes by itself. */
		if (!strncmp(m->alg, "ml-dsa", 6) && strcmp(hashes[i], "sha512"))
			continue;
		m->hash = hashes[i];
		r = make_hash(m);
	}
	return r;
}

static int make_alg(struct maker *m)
{
	int r = pkey_generate(m->ctx, m->alg, &m->key);

	m->hash = "all";
	for (m->role = 0; r == -BPFKEY_E_NO_SUPPORT && m->role < BPFKEY_ROLE__END; m->role++)
		printf("%s.%s.sha512 all absent: %s\n", m->alg, bpfkey_role_name(m->role),
		       bpfkey_ctx_message(m->ctx));
	if (r == -BPFKEY_E_NO_SUPPORT) {
		bk_forget(m->ctx);
		return 0;
	}
	for (m->role = 0; !r && m->role < BPFKEY_ROLE__END; m->role++) {
		r = make_role(m);
		cert_free(steal(&m->cert));
	}
	pkey_free(steal(&m->key));
	return r;
}

int main(int argc, char **argv)
{
	struct maker m = { .both = BUF(FILE_MAX) };
	struct buf data = BUF(FILE_MAX);
	char path[512];
	int r;

	if (argc < 3 || bpfkey_ctx_new(&m.ctx))
		return 2;
	m.dir = argv[1];
	snprintf(path, sizeof(path), "%s/loader.bin", m.dir);
	r = bk_file_read(m.ctx, path, FILE_MAX, &m.both);
	m.insns_n = m.both.n;
	snprintf(path, sizeof(path), "%s/metadata.bin", m.dir);
	r = r < 0 ? r : bk_file_read(m.ctx, path, FILE_MAX, &data);
	buf_put(&m.both, data.p, data.n);
	for (int i = 2; !r && i < argc; i++) {
		m.alg = argv[i];
		r = make_alg(&m);
	}
	if (r < 0)
		fprintf(stderr, "make_cells: %s\n", bpfkey_ctx_message(m.ctx));
	cert_free(m.cert);
	pkey_free(m.key);
	buf_done(&m.both);
	buf_done(&data);
	bpfkey_ctx_free(m.ctx);
	return r < 0;
}
