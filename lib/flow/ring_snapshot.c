/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Brings together what the kernel says of a keyring (system calls and the BPF
 * reader) and which certificates were enrolled here.
 */
#include "ring_snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <bpfkey.h>

/* include/linux/key.h */
#define KEY_FLAG_REVOKED (1u << 1)
#define KEY_NEVER INT64_MAX
/*
 * What changes nothing: a possessor's SEARCH, anybody's VIEW and READ. SEARCH
 * of others would let them invalidate, LINK would let them become possessors.
 */
#define PERM_HARMLESS 0x0b030303u

void bpfkey_ring_free(struct bpfkey_ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < ring->n; i++) {
		free((char *)ring->keys[i].description);
		free((uint8_t *)ring->keys[i].public_key);
	}
	free(ring->keys);
	ring_store_done(&ring->store);
	free(ring);
}

const struct bpfkey_ring_info *bpfkey_ring_info(const struct bpfkey_ring *ring)
{
	return &ring->info;
}

size_t bpfkey_ring_key_count(const struct bpfkey_ring *ring)
{
	return ring->n;
}

const struct bpfkey_ring_key *bpfkey_ring_key(const struct bpfkey_ring *ring, size_t i)
{
	return i < ring->n ? &ring->keys[i] : NULL;
}

enum bpfkey_profile ring_profile(enum reader_seal seal, uint32_t perm, int32_t by, int32_t anchor,
				 bool anchor_locked, char *detail, size_t n)
{
	detail[0] = 0;
	if (seal == READER_SEAL_NONE)
		return BPFKEY_PROFILE_OPEN;
	/* Whoever may neither write nor widen the permissions cannot use a laxer restriction. */
	if (!(perm & ~PERM_HARMLESS))
		return BPFKEY_PROFILE_LOCKED;
	if (seal == READER_SEAL_REJECT) {
		snprintf(detail, n,
			 "nothing can be added, but the permissions %08x still let keys be "
			 "removed; seal it again to finish",
			 perm);
		return BPFKEY_PROFILE_PARTIAL;
	}
	if (seal == READER_SEAL_CHAIN) {
		snprintf(detail, n,
			 "restricted with ':chain', as systemd-keyring-setup does: each key in it "
			 "can enrol others");
		return BPFKEY_PROFILE_FOREIGN;
	}
	if (seal != READER_SEAL_KEYRING || !anchor || by != anchor) {
		snprintf(detail, n, "restricted by a rule that is none of ours (key %d vouches)",
			 by);
		return BPFKEY_PROFILE_FOREIGN;
	}
	if (!anchor_locked) {
		snprintf(detail, n, "its anchors are not locked: who adds an anchor enrols keys");
		return BPFKEY_PROFILE_PARTIAL;
	}
	if (perm & ~(PERM_HARMLESS | BPFKEY_PERM_ANCHORED)) {
		snprintf(detail, n,
			 "the permissions %08x are laxer than those of an anchored keyring; seal "
			 "it again to finish",
			 perm);
		return BPFKEY_PROFILE_PARTIAL;
	}
	return BPFKEY_PROFILE_ANCHORED;
}

/* anchors_locked - is the keyring of anchors there, and can nobody add to it? */
static bool anchors_locked(struct bpfkey_ctx *ctx, struct reader *reader, const char *staging,
			   struct ring *ret)
{
	struct reader_io io;
	char ignored[512];

	if (ring_find(ctx, BPFKEY_ROLE_ANCHOR, staging, ret) < 0 ||
	    reader_read(ctx, reader, ret->serial, &io) < 0) {
		bk_forget(ctx);
		return false;
	}
	return ring_profile(reader_seal(reader, &io), io.perm, io.anchor, 0, false, ignored,
			    sizeof(ignored)) == BPFKEY_PROFILE_LOCKED;
}

static int read_seal(struct bpfkey_ctx *ctx, struct reader *reader, const char *staging,
		     struct bpfkey_ring *s)
{
	struct ring anchor = {0};
	struct reader_io io;
	bool locked;
	int r = reader_read(ctx, reader, s->ring.serial, &io);

	if (r < 0)
		return r;
	locked = io.anchor && anchors_locked(ctx, reader, staging, &anchor);
	s->info.perm = io.perm;
	s->info.anchor = io.anchor;
	s->info.profile = ring_profile(reader_seal(reader, &io), io.perm, io.anchor, anchor.serial,
				       locked, s->detail, sizeof(s->detail));
	return 0;
}

/* recognise - which enrolled certificate is this key of? */
static void recognise(struct bpfkey_ring *s, struct bpfkey_ring_key *k, const struct reader_io *io)
{
	const uint8_t *bytes = (const uint8_t *)io->key;
	const struct bpfkey_cert *same_key = NULL;
	char desc[RING_DESC_MAX];

	for (size_t i = 0; i < s->store.n; i++) {
		const struct bpfkey_cert *cert = s->store.certs[i];
		const struct bpfkey_cert_info *c = cert_info(cert);
		bool same = io->key_len && io->key_len == c->public_key_len &&
			    !memcmp(bytes, c->public_key, io->key_len);

		ring_description(cert, desc);
		if (same && !same_key)
			same_key = cert;
		if (strcmp(desc, k->description))
			continue;
		/* A name alone proves nothing where the key can be read. */
		if (same || !s->readable) {
			k->cert = cert;
			k->compared = same;
			return;
		}
	}
	/* Somebody else enrolled it, but the certificate is one of ours. */
	k->cert = same_key;
	k->compared = same_key != NULL;
}

static int add_public_key(struct bpfkey_ctx *ctx, struct bpfkey_ring_key *k,
			  const struct reader_io *io)
{
	const struct bpfkey_cert_info *c = k->cert ? cert_info(k->cert) : NULL;
	const void *from = io->key_len ? (const void *)io->key : c ? c->public_key : NULL;
	size_t n = io->key_len ? io->key_len : c ? c->public_key_len : 0;
	uint8_t *copy;

	if (!n)
		return 0;
	copy = malloc(n);
	if (!copy)
		return bk_out_of_memory(ctx);
	memcpy(copy, from, n);
	k->public_key = copy;
	k->public_key_len = n;
	return 0;
}

static void set_times(struct bpfkey_ring_key *k, const struct reader_io *io, bool readable)
{
	k->expires = !readable ? -1 : io->expiry == KEY_NEVER ? 0 : io->expiry;
	if (readable && (io->flags & KEY_FLAG_REVOKED))
		k->state = BPFKEY_RING_KEY_REVOKED;
	else if (k->expires > 0 && k->expires <= time(NULL))
		k->state = BPFKEY_RING_KEY_EXPIRED;
}

static int push_key(struct bpfkey_ctx *ctx, struct bpfkey_ring *s, const char *description,
		    struct bpfkey_ring_key **ret)
{
	struct bpfkey_ring_key *more = reallocarray(s->keys, s->n + 1, sizeof(*more));
	char *copy = strdup(description);

	if (more)
		s->keys = more;
	if (!more || !copy) {
		free(copy);
		return bk_out_of_memory(ctx);
	}
	more[s->n] = (struct bpfkey_ring_key){.description = copy};
	*ret = &more[s->n++];
	return 0;
}

static int add_key(struct bpfkey_ctx *ctx, struct bpfkey_ring *s, struct reader *reader,
		   int32_t serial)
{
	struct reader_io io = {0};
	struct bpfkey_ring_key *k;
	struct ring_desc d = {0};
	int err, r = 0;

	err = -ring_describe(serial, &d);
	if (reader)
		r = reader_read(ctx, reader, serial, &io);
	if (r < 0)
		return r;
	if (err == ENOKEY || io.state == READER_NO_KEY)
		return 0; /* collected between list and look */
	if (!err && !strcmp(d.type, "keyring"))
		io.state = READER_KEYRING;
	else if (!err)
		io.state = strcmp(d.type, "asymmetric") ? READER_OTHER : READER_ASYMMETRIC;
	s->info.nested += io.state == READER_KEYRING;
	s->info.other += io.state != READER_KEYRING && io.state != READER_ASYMMETRIC;
	if (io.state != READER_ASYMMETRIC)
		return 0;

	r = push_key(ctx, s, err ? "(not to be seen)" : d.name, &k);
	if (r < 0)
		return r;
	k->serial = serial;
	k->perm = reader ? io.perm : d.perm;
	set_times(k, &io, reader != NULL);
	recognise(s, k, &io);
	return add_public_key(ctx, k, &io);
}

/* add_absent - enrolled here for this role, but not in the keyring any more. */
static int add_absent(struct bpfkey_ctx *ctx, struct bpfkey_ring *s)
{
	static const struct reader_io none;
	size_t present = s->n;
	int r;

	for (size_t i = 0; i < s->store.n; i++) {
		const struct bpfkey_cert *cert = s->store.certs[i];
		struct bpfkey_ring_key *k;
		char desc[RING_DESC_MAX];
		bool there = !(cert_info(cert)->roles & 1u << s->info.role);

		for (size_t j = 0; j < present && !there; j++)
			there = s->keys[j].cert == cert;
		if (there)
			continue;
		ring_description(cert, desc);
		r = push_key(ctx, s, desc, &k);
		if (r < 0)
			return r;
		k->state = BPFKEY_RING_KEY_ABSENT;
		k->cert = cert;
		r = add_public_key(ctx, k, &none);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_all(struct bpfkey_ctx *ctx, struct bpfkey_ring *s, struct reader *reader)
{
	_cleanup_(bk_freep) int32_t *serials = NULL;
	size_t n;
	int r = ring_list(ctx, &s->ring, &serials, &n);

	for (size_t i = 0; !r && i < n; i++)
		r = add_key(ctx, s, reader, serials[i]);
	return r ? r : add_absent(ctx, s);
}

int ring_snapshot(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		  struct bpfkey_ring **ret)
{
	_cleanup_(bpfkey_ring_freep) struct bpfkey_ring *s = calloc(1, sizeof(*s));
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int r;

	if (!s)
		return bk_out_of_memory(ctx);
	r = ring_find(ctx, role, staging, &s->ring);
	if (!r)
		r = ring_store_load(ctx, staging, &s->store);
	if (r < 0)
		return r;
	s->info = (struct bpfkey_ring_info){
		.role = role,
		.kind = s->ring.kind,
		.name = s->ring.name,
		.serial = s->ring.serial,
		.id = s->ring.id,
		.perm = s->ring.perm,
		.detail = s->detail,
		.profile = BPFKEY_PROFILE_UNKNOWN,
	};
	r = reader_open(ctx, &reader);
	s->readable = r == 0;
	if (!r)
		r = read_seal(ctx, reader, staging, s);
	if (r < 0) {
		/* Without the reader there is still something to show; the seal is not known. */
		snprintf(s->detail, sizeof(s->detail), "%s", bpfkey_ctx_message(ctx));
		bk_forget(ctx);
	}
	r = read_all(ctx, s, reader);
	if (r < 0)
		return r;
	*ret = steal(&s);
	return 0;
}

int bpfkey_ring_open(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		     struct bpfkey_ring **ret)
{
	bk_enter(ctx);
	return ring_snapshot(ctx, role, staging, ret);
}
