// SPDX-License-Identifier: GPL-2.0
/*
 * Reads what no system call tells: whether and how a keyring is restricted,
 * and the whole public key of an asymmetric key. Changes nothing, and keeps
 * nothing: the answer goes back through the context, so that one pinned copy
 * serves several processes at once.
 *
 * No bpf_probe_read_kernel(): lockdown=confidentiality refuses programs that
 * use it. Pointers into the kernel are read as BTF describes them, and bytes
 * through bpf_rdonly_cast().
 */
#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "reader_io.h"

extern struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags) __ksym;
extern void bpf_key_put(struct bpf_key *key) __ksym;
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym;

/* Spelled out, because the verifier takes only fixed offsets into a context. */
#define WORD(i)		if ((i) * 8 < n) io->key[i] = words[i];
#define WORDS_4(i)	WORD(i) WORD((i) + 1) WORD((i) + 2) WORD((i) + 3)
#define WORDS_16(i)	WORDS_4(i) WORDS_4((i) + 4) WORDS_4((i) + 8) WORDS_4((i) + 12)
#define WORDS_64(i)	WORDS_16(i) WORDS_16((i) + 16) WORDS_16((i) + 32) WORDS_16((i) + 48)
_Static_assert(READER_KEY_MAX == 384 * 8, "as many as read_public_key() spells out");

static __always_inline bool same(const char *name, const char *want, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (name[i] != want[i])
			return false;
	return true;
}

static __always_inline u32 type_of(struct key *key)
{
	const char *name = bpf_rdonly_cast(key->type->name, 0);

	if (same(name, "keyring", sizeof("keyring")))
		return READER_KEYRING;
	if (same(name, "asymmetric", sizeof("asymmetric")))
		return READER_ASYMMETRIC;
	return READER_OTHER;
}

static __always_inline void read_restriction(struct key *ring, struct reader_io *io)
{
	struct key_restriction *r = ring->restrict_link;

	if (!r)
		return;
	io->restricted = 1;
	io->check = (u64)r->check;
	if (r->key)
		io->anchor = r->key->serial;
	io->typed = r->keytype != NULL;
}

static __always_inline void read_public_key(struct key *key, struct reader_io *io)
{
	struct public_key *pk = bpf_rdonly_cast(key->payload.data[ASYM_CRYPTO],
						bpf_core_type_id_kernel(struct public_key));
	const u64 *words = bpf_rdonly_cast(pk->key, 0);
	u32 n = pk->keylen;

	io->key_len = n;
	WORDS_64(0)
	WORDS_64(64)
	WORDS_64(128)
	WORDS_64(192)
	WORDS_64(256)
	WORDS_64(320)
}

SEC("syscall")
int read_key(struct reader_io *io)
{
	struct bpf_key *ref;
	struct key *key;

	io->state = READER_NO_KEY;
	ref = bpf_lookup_user_key(io->serial, 0);
	if (!ref)
		return 0;

	key = ref->key;
	io->state = type_of(key);
	io->perm = key->perm;
	io->expiry = key->expiry;
	io->flags = key->flags;
	if (io->state == READER_KEYRING)
		read_restriction(key, io);
	else if (io->state == READER_ASYMMETRIC)
		read_public_key(key, io);
	bpf_key_put(ref);
	return 0;
}

char _license[] SEC("license") = "GPL";
