// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes that a TPM gives back, sealed by it or wrapped for it from afar. */
#include "tests/tpm/help.h"

static struct bk_secret *bytes(size_t n, uint8_t first)
{
	struct bk_secret *s = bk_secret_new(n);

	for (size_t i = 0; i < n; i++)
		bk_secret_data(s)[i] = (uint8_t)(first + i);
	bk_secret_set_len(s, n);
	return s;
}

static void test_sizes(struct tpm *t)
{
	static const size_t good[] = { 1, 32, 127, 128 };
	_cleanup_(bk_secret_freep) struct bk_secret *big = bytes(129, 1), *none = bytes(0, 1);
	struct tpm_sealed s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_(bk_secret_freep) struct bk_secret *in = bytes(good[i], 9), *out = NULL;
		_cleanup_(tpm_sealed_done) struct tpm_sealed one = { 0 };
		bool here = false;

		ok(!tpm_seal(t, in, NULL, &one), "%zu bytes are sealed", good[i]);
		ok(!tpm_sealed_here(t, &one, &here) && here, "here");
		ok(!tpm_unseal(t, &one, NULL, &out) && bk_secret_equal(in, out), "and unsealed");
	}
	is_int(tpm_seal(t, big, NULL, &s), -BPFKEY_E_TOO_BIG, "129 are too many");
	is_int(tpm_seal(t, none, NULL, &s), -BPFKEY_E_TOO_BIG, "none are too few");
	ok(!s.public.n, "nothing is touched");
}

static void test_wrapped(struct tpm *t)
{
	_cleanup_(bk_secret_freep) struct bk_secret *in = bytes(32, 40), *out = NULL;
	_cleanup_(tpm_sealed_done) struct tpm_sealed s = { 0 };
	_cleanup_(buf_done) struct buf public = BUF(4096);
	struct tpm_storage here = { 0 }, same = { 0 };

	ok(!tpm_storage_here(t, &here, &public), "its storage root key");
	ok(!tpm_storage_parse(ctx, buf_view(&public), &same), "as others would be told of it");
	ok(!strcmp(here.name, same.name) && here.aes == same.aes &&
	   !memcmp(&here.key, &same.key, sizeof(here.key)), "is the same");
	ok(!tpm_seal_for(ctx, &same, in, NULL, &s), "wrapped without the TPM");
	ok(s.seed.n && !s.srk_name[0], "for TPM2_Import");
	ok(!tpm_unseal(t, &s, NULL, &out) && bk_secret_equal(in, out), "and unsealed");
	is_int(tpm_storage_parse(ctx, (struct view){ public.p, public.n - 1 }, &same),
	       -BPFKEY_E_FORMAT, "a part of a storage root key");
	is_int(tpm_storage_parse(ctx, (struct view){ s.public.p, s.public.n }, &same),
	       -BPFKEY_E_FORMAT, "another object");
}

/* No byte of it can be another one. */
static void test_flips(struct tpm *t)
{
	_cleanup_(bk_secret_freep) struct bk_secret *in = bytes(32, 3);
	_cleanup_(tpm_sealed_done) struct tpm_sealed s = { 0 };
	struct buf *const parts[] = { &s.public, &s.private };
	unsigned int taken = 0, odd = 0;

	ok(!tpm_seal(t, in, NULL, &s), "sealed");
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		for (size_t i = 0; i < parts[p]->n; i++) {
			struct bk_secret *out = NULL;
			int r;

			bk_enter(ctx);
			parts[p]->p[i] ^= 1;
			r = tpm_unseal(t, &s, NULL, &out);
			taken += !r && bk_secret_equal(in, out);
			odd += !r || r == -BPFKEY_E_INTERNAL;
			bk_secret_free(out);
			parts[p]->p[i] ^= 1;
		}
	}
	is_int(taken, 0, "what was changed is not unsealed");
	is_int(odd, 0, "and has its sentence");
}

static void test_elsewhere(void)
{
	_cleanup_(bk_secret_freep) struct bk_secret *in = bytes(32, 3), *out = NULL;
	_cleanup_(tpm_sealed_done) struct tpm_sealed s = { 0 }, w = { 0 };
	struct tpm_storage first = { 0 };
	struct tpm *t = opened();
	char other[160];
	bool here = true;

	ok(t && !tpm_seal(t, in, NULL, &s) && !tpm_storage_here(t, &first, NULL), "sealed in one");
	tpm_close(steal(&t));
	snprintf(other, sizeof(other), "embedded:%s/other", dir);
	ok(!tpm_open(ctx, other, &t), "another TPM");
	ok(!tpm_sealed_here(t, &s, &here) && !here, "is not the one");
	is_int(tpm_unseal(t, &s, NULL, &out), -BPFKEY_E_OTHER_TPM, "and does not unseal it");
	ok(said("the sealed key was made in another TPM, whose storage root key is"), "in words");
	bk_enter(ctx);
	ok(!tpm_seal_for(ctx, &first, in, NULL, &w), "wrapped for the first");
	is_int(tpm_unseal(t, &w, NULL, &out), -BPFKEY_E_OTHER_TPM, "not for the second");
	tpm_close(steal(&t));
	t = opened();
	ok(t && !tpm_unseal(t, &s, NULL, &out) && bk_secret_equal(in, out), "the first still does");
	bk_secret_free(steal(&out));
	ok(!tpm_unseal(t, &w, NULL, &out) && bk_secret_equal(in, out), "and takes the wrapped one");
	tpm_close(t);
}

int main(void)
{
	struct tpm *t;

	begin();
	t = opened();
	if (!ok(t != NULL, "a TPM"))
		return end();
	test_sizes(t);
	test_wrapped(t);
	test_flips(t);
	tpm_close(t);
	test_elsewhere();
	return end();
}
