// SPDX-License-Identifier: LGPL-2.1-or-later
/* The way back when a TPM is gone. It is chosen and tried before anything is sealed. */
#include <string.h>

#include "../base/file.h"
#include "../base/passphrase.h"
#include "../crypto/escrow.h"
#include "../crypto/sealed_box.h"
#include "sealed_key.h"

/* What guards a key for ever, against who has all the time in the world. */
#define PASSPHRASE_MIN 12

bool sealed_recovery_given(const struct bpfkey_key_opts *o)
{
	return o->recovery ||
	       (o->flags & (BPFKEY_MAKE_RECOVERY_PASSPHRASE | BPFKEY_MAKE_NO_RECOVERY));
}

static int read_recipient(struct bpfkey_ctx *ctx, const char *path, struct escrow_key **ret)
{
	_cleanup_(buf_done) struct buf pem = BUF(KEY_FILE_MAX);
	int r = bk_file_read(ctx, path, KEY_FILE_MAX, &pem);

	if (!r)
		r = escrow_key_read(ctx, buf_view(&pem), ret);
	return r < 0 ? bk_fail(ctx, r, "cannot take '%s' for recovery", path) : 0;
}

int sealed_recovery_check(struct bpfkey_ctx *ctx, const struct bpfkey_key_opts *o)
{
	_cleanup_(escrow_key_freep) struct escrow_key *k = NULL;
	int ways = !!o->recovery + !!(o->flags & BPFKEY_MAKE_RECOVERY_PASSPHRASE) +
		   !!(o->flags & BPFKEY_MAKE_NO_RECOVERY);

	if (ways != 1) {
		bk_hint(ctx, "'--recovery FILE' takes the public half of a key that is kept "
			"offline, '--recovery passphrase' asks for one; who can do without the key "
			"says '--recovery none-i-accept-the-loss'");
		return bk_fail(ctx, -BPFKEY_E_USAGE, ways ? "there is one way of recovery" :
			       "a sealed key is lost with its TPM: it has to be said how it is "
			       "brought back");
	}
	if (o->recovery_key && !o->recovery)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "a recovery key is tried without its public "
			       "half being named");
	return o->recovery ? read_recipient(ctx, o->recovery, &k) : 0;
}

static int passphrase(struct bpfkey_ctx *ctx, const struct bpfkey_key_opts *o, const char *path,
		      const char *when, struct bk_secret **ret)
{
	_cleanup_(bk_freep) char *name = NULL;
	int r;

	if (o->recovery_passphrase_file)
		return passphrase_from_file(ctx, o->recovery_passphrase_file, ret);
	if (asprintf(&name, "%s, recovery%s", path, when) < 0) {
		name = NULL;
		return bk_out_of_memory(ctx);
	}
	r = passphrase_ask(ctx, BPFKEY_SECRET_PASSPHRASE, name, ret);
	if (r == -BPFKEY_E_USAGE) {
		bk_forget(ctx);
		bk_hint(ctx, "give it with --recovery-passphrase-file FILE");
		return bk_fail(ctx, r, "recovery needs a passphrase, and there is no terminal to "
			       "ask for it");
	}
	return r;
}

static int read_private(struct bpfkey_ctx *ctx, const char *path, struct pkey **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *bytes = NULL;
	int r = bk_file_read_secret(ctx, path, KEY_FILE_MAX, &bytes);

	if (!r)
		r = pkey_read(ctx, bytes, path, NULL, ret);
	return r < 0 ? bk_fail(ctx, r, "cannot use the recovery key '%s'", path) : 0;
}

/* open_by_key - by the slot that names it */
static int open_by_key(struct bpfkey_ctx *ctx, const struct sealed *s, const char *path,
		       struct bk_secret **ret)
{
	_cleanup_(pkey_freep) struct pkey *key = NULL;
	uint8_t hash[32];
	size_t keys = 0;
	int r;

	r = read_private(ctx, path, &key);
	if (!r)
		r = pkey_spki_hash(ctx, key, hash);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n; i++) {
		const struct sealed_slot *t = &s->slots[i];

		if (t->type != SEALED_RECOVERY || t->by != SEALED_BY_KEY)
			continue;
		keys++;
		if (!memcmp(t->to, hash, sizeof(hash)))
			return escrow_open_key(ctx, buf_view(&t->cms), key, BOX_KEY_LEN, ret);
	}
	bk_hint(ctx, "'keyctl-bpf key show' lists the hash of each recovery key; compare with "
		"openssl pkey -in KEY -pubout -outform DER | sha256sum");
	if (!keys)
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "it has no recovery by key");
	return bk_fail(ctx, -BPFKEY_E_MISMATCH, "'%s' is not its recovery key", path);
}

static const struct sealed_slot *passphrase_slot(const struct sealed *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->slots[i].type == SEALED_RECOVERY && s->slots[i].by == SEALED_BY_PASSPHRASE)
			return &s->slots[i];
	return NULL;
}

static int open_by_passphrase(struct bpfkey_ctx *ctx, const struct sealed *s,
			      const struct bpfkey_key_opts *o, const char *path, const char *when,
			      struct bk_secret **ret)
{
	_cleanup_(bk_secret_freep) struct bk_secret *word = NULL;
	const struct sealed_slot *t = passphrase_slot(s);
	int r;

	if (!t) {
		bk_hint(ctx, "'keyctl-bpf key show' lists the ways of recovery; name a recovery "
			"key with --recovery-key");
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "it has no recovery by passphrase");
	}
	r = passphrase(ctx, o, path, when, &word);
	return r ? r : escrow_open_passphrase(ctx, buf_view(&t->cms), word, BOX_KEY_LEN, ret);
}

int sealed_recovery_open(struct bpfkey_ctx *ctx, const struct sealed *s,
		  const struct bpfkey_key_opts *o, const char *path, struct bk_secret **ret_kek)
{
	_cleanup_(bk_secret_freep) struct bk_secret *kek = NULL;
	int r;

	r = o->recovery_key ? open_by_key(ctx, s, o->recovery_key, &kek) :
			      open_by_passphrase(ctx, s, o, path, "", &kek);
	if (r < 0)
		return r;
	*ret_kek = steal(&kek);
	return 0;
}

static int put_key(struct bpfkey_ctx *ctx, struct sealed *s, struct bk_secret *kek,
		   const struct bpfkey_key_opts *o)
{
	_cleanup_(escrow_key_freep) struct escrow_key *k = NULL;
	_cleanup_(bk_secret_freep) struct bk_secret *again = NULL;
	struct sealed_slot *t;
	int r;

	r = read_recipient(ctx, o->recovery, &k);
	if (!r)
		r = sealed_add(ctx, s, SEALED_RECOVERY, &t);
	if (r < 0)
		return r;
	t->by = SEALED_BY_KEY;
	memcpy(t->to, escrow_key_hash(k), sizeof(t->to));
	r = escrow_to_key(ctx, k, kek, &t->cms);
	if (r < 0)
		return r;
	if (!o->recovery_key) {
		bk_log(ctx, BPFKEY_LOG_WARNING, "recovery was not tried, because its private key "
		       "is not here: where it is, run 'keyctl-bpf key recover --dry-run'");
		return 0;
	}
	r = open_by_key(ctx, s, o->recovery_key, &again);
	if (!r && !bk_secret_equal(kek, again))
		r = bk_fail(ctx, -BPFKEY_E_INTERNAL, "it gives back something else");
	return r < 0 ? bk_fail(ctx, r, "recovery does not work") : 0;
}

static int put_passphrase(struct bpfkey_ctx *ctx, struct sealed *s, struct bk_secret *kek,
			  const struct bpfkey_key_opts *o, const char *path)
{
	_cleanup_(bk_secret_freep) struct bk_secret *word = NULL, *again = NULL;
	struct sealed_slot *t;
	int r;

	r = passphrase(ctx, o, path, "", &word);
	if (r < 0)
		return r;
	if (bk_secret_len(word) < PASSPHRASE_MIN) {
		bk_hint(ctx, "take five or more words that nobody has put together before");
		return bk_fail(ctx, -BPFKEY_E_WEAK, "the recovery passphrase has %zu characters, "
			       "at least %d are needed: whoever copies the file can try as many "
			       "as they like", bk_secret_len(word), PASSPHRASE_MIN);
	}
	r = sealed_add(ctx, s, SEALED_RECOVERY, &t);
	if (r < 0)
		return r;
	t->by = SEALED_BY_PASSPHRASE;
	r = escrow_to_passphrase(ctx, word, kek, &t->cms);
	/* Asked for once more: what was typed wrong opens nothing, now or later. */
	if (!r)
		r = open_by_passphrase(ctx, s, o, path, ", again", &again);
	if (!r && !bk_secret_equal(kek, again))
		r = bk_fail(ctx, -BPFKEY_E_INTERNAL, "it gives back something else");
	return r < 0 ? bk_fail(ctx, r, "recovery does not work") : 0;
}

int sealed_recovery_put(struct bpfkey_ctx *ctx, struct sealed *s, struct bk_secret *kek,
		 const struct bpfkey_key_opts *o, const char *path)
{
	if (o->recovery)
		return put_key(ctx, s, kek, o);
	if (o->flags & BPFKEY_MAKE_RECOVERY_PASSPHRASE)
		return put_passphrase(ctx, s, kek, o, path);
	return 0;
}
