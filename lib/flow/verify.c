/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answer offline what a kernel that trusts the given certificates will answer. */
#include <string.h>
#include <time.h>

#include "../base/text.h"
#include "../crypto/algo.h"
#include "../crypto/cert.h"
#include "../crypto/cms.h"
#include "skeleton.h"

/* Which signatures a kernel looks at; the one over the file counts always. */
static int parse_kernel(struct bpfkey_ctx *ctx, const char *kernel, unsigned int *ret,
			unsigned int *ret_version)
{
	unsigned int file = 1u << BPFKEY_SIGNATURE_FILE;
	_cleanup_(bk_freep) char *copy = NULL;
	uint64_t major = 0, minor = 0;
	char *dot, *end;

	if (!kernel || !strcmp(kernel, "all")) {
		*ret = file | 1u << BPFKEY_SIGNATURE_INSNS | 1u << BPFKEY_SIGNATURE_METADATA;
		*ret_version = 0;
		return 0;
	}
	copy = strdup(kernel);
	if (!copy)
		return bk_out_of_memory(ctx);
	dot = strchr(copy, '.');
	end = dot ? dot + 1 + strspn(dot + 1, "0123456789") : copy;
	if (!dot || (*end && *end != '.' && *end != '-' && *end != '+'))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no kernel version such as 7.3 (or "
			       "all)", kernel);
	*end = *dot = '\0';
	if (text_u64(copy, 999, &major) < 0 || text_u64(dot + 1, 999, &minor) < 0)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "'%s' is no kernel version such as 7.3 (or "
			       "all)", kernel);
	if (major < 6 || (major == 6 && minor < 18))
		return bk_fail(ctx, -BPFKEY_E_NO_KERNEL, "Linux %s checks no signatures of BPF "
			       "programs; 6.18 is the first that does", kernel);
	*ret = file | 1u << (major > 7 || (major == 7 && minor >= 3) ?
			     BPFKEY_SIGNATURE_METADATA : BPFKEY_SIGNATURE_INSNS);
	*ret_version = major << 8 | (minor > UINT8_MAX ? UINT8_MAX : minor);
	return 0;
}

/*
 * The first limit that kernel @version (0: any) puts on algorithm or hash of the
 * signatures it checks: one that is for ever, or one that depends on the machine.
 */
static const struct algo_limit *limit_of(struct bpfkey_object *o, unsigned int kinds,
					 unsigned int version, bool never)
{
	unsigned int series = 100 * (version >> 8) + (version & UINT8_MAX);
	const struct algo_limit *l;
	struct cms_info i;

	if (o->skeleton)
		kinds = 1u << skeleton_kind(o);
	for (int kind = 0; kind < BPFKEY_SIGNATURE_FILE; kind++) {
		struct view sig = object_signature(o, kind);

		if (!(kinds & 1u << kind) || !sig.n || cms_describe(NULL, sig, &i) < 0)
			continue;
		for (size_t k = 0; (l = algo_signs_limit(i.algorithm, i.hash, series, k)); k++)
			if (l->never == never)
				return l;
	}
	return NULL;
}

static int unknown_signer(struct bpfkey_object *o, enum bpfkey_signature_kind kind, int r)
{
	_cleanup_(buf_done) struct buf hex = BUF(256);
	struct cms_info i;

	if (cms_describe(o->ctx, object_signature(o, kind), &i) < 0)
		return r;
	text_hex(&hex, (struct view){ i.key_id, i.key_id_len });
	bk_hint(o->ctx, "find the certificate whose key id keyctl-bpf cert show prints as this "
		"one, and decide whether to trust it");
	return bk_fail(o->ctx, r, "unknown key (key id %s)", buf_cstr(&hex));
}

static int verify_one(struct bpfkey_object *o, enum bpfkey_signature_kind kind,
		      struct bpfkey_cert *const *certs, size_t n, size_t *ret_index)
{
	_cleanup_(buf_done) struct buf content = BUF(0);
	int r = object_signed_bytes(o, kind, &content);

	r = r < 0 ? r : cms_verify(o->ctx, object_signature(o, kind), buf_view(&content), certs, n,
				   ret_index);
	if (r == -BPFKEY_E_UNKNOWN_SIGNER)
		r = unknown_signer(o, kind, r);
	return r < 0 ? bk_fail(o->ctx, r, "signature over the %s", object_covers(kind)) : 0;
}

static int check_signer(struct bpfkey_ctx *ctx, const struct bpfkey_cert *cert)
{
	unsigned int signers = 1u << BPFKEY_ROLE_BUILD | 1u << BPFKEY_ROLE_DELEGATED;
	int r = cert_check_validity(ctx, cert, time(NULL));

	if (!r && !(cert_info(cert)->roles & signers))
		r = bk_fail(ctx, -BPFKEY_E_ROLE, "it is for neither of the roles build and "
			    "delegated");
	return r < 0 ? bk_fail(ctx, r, "the signer's certificate '%s'", cert_info(cert)->subject) :
		       0;
}

/* One signature, and nothing in a header tells what it covers: it is what it is good for. */
static int verify_skeleton(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n,
			   unsigned int version, size_t *ret_index)
{
	enum bpfkey_generation covers = o->skeleton->info.covers;
	int r;

	if (!o->skeleton->info.is_signed)
		return skeleton_check(o);
	r = verify_one(o, skeleton_kind(o), certs, n, ret_index);
	if (r == -BPFKEY_E_SIGNATURE) {
		skeleton_set_covers(o, covers == BPFKEY_GENERATION_INSNS ?
				       BPFKEY_GENERATION_METADATA : BPFKEY_GENERATION_INSNS);
		r = verify_one(o, skeleton_kind(o), certs, n, ret_index);
		if (r < 0)
			skeleton_set_covers(o, covers);
		else
			bk_forget(o->ctx);
	}
	r = r < 0 ? r : skeleton_check(o);
	return r < 0 ? r : skeleton_suits(o, version);
}

static int verify_file(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n,
		       unsigned int kinds, size_t *ret_index)
{
	size_t index = 0;
	int r = verify_one(o, BPFKEY_SIGNATURE_FILE, certs, n, &index);

	for (int k = 0; r >= 0 && k < BPFKEY_SIGNATURE_FILE; k++)
		if (kinds & 1u << k)
			r = verify_one(o, k, certs + index, 1, NULL);
	*ret_index = index;
	return r;
}

int object_signed_by(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n)
{
	unsigned int all = 1u << BPFKEY_SIGNATURE_INSNS | 1u << BPFKEY_SIGNATURE_METADATA;
	size_t index;

	return o->skeleton ? verify_skeleton(o, certs, n, 0, &index) :
			     verify_file(o, certs, n, all, &index);
}

static int verify(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n,
		  const char *kernel, size_t *ret_index)
{
	unsigned int kinds = 0, version = 0;
	const struct algo_limit *l;
	size_t index = 0;
	int r = parse_kernel(o->ctx, kernel, &kinds, &version);

	/* Known before any key is asked, and so also where this OpenSSL cannot use it. */
	l = r < 0 ? NULL : limit_of(o, kinds, version, true);
	if (l)
		return bk_fail(o->ctx, -BPFKEY_E_ALGORITHM, "%s", l->why);
	if (r >= 0)
		r = o->skeleton ? verify_skeleton(o, certs, n, version, &index) :
				  verify_file(o, certs, n, kinds, &index);
	r = r < 0 ? r : check_signer(o->ctx, certs[index]);
	if (r < 0)
		return r;
	if (ret_index)
		*ret_index = index;
	return 0;
}

int bpfkey_object_verify(struct bpfkey_object *o, struct bpfkey_cert *const *certs, size_t n,
			 const char *kernel, size_t *ret_index)
{
	int r;

	bk_enter(o->ctx);
	r = verify(o, certs, n, kernel, ret_index);
	return r < 0 ? bk_fail(o->ctx, r, "'%s' is refused", o->path) : 0;
}

const char *bpfkey_object_condition(struct bpfkey_object *o, const char *kernel)
{
	unsigned int kinds, version;
	const struct algo_limit *l;

	bk_enter(o->ctx);
	if (parse_kernel(o->ctx, kernel, &kinds, &version) < 0)
		return NULL;
	l = limit_of(o, kinds, version, false);
	return l ? l->why : NULL;
}
