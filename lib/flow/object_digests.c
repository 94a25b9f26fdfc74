/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The digest list of a signed object. Every byte of the file is in exactly one
 * of these: the contents of a section that is listed, the list itself, the
 * signature over the list (which verifies strictly), or the frame, which is
 * all the rest with these contents zeroed.
 */
#include <string.h>

#include "../base/rd.h"
#include "../crypto/digest.h"
#include "object.h"

/*
 * 0xff is no BPF opcode: a signature over a list can never pass for one over
 * instructions, whoever asks the same key for both.
 */
static const uint8_t magic[8] = { 0xff, 'K', 'B', 'P', 'F', 'D', 0, 1 };

static bool is_listed(const struct elf *e, size_t i)
{
	return strcmp(e->sections[i].name, object_part_name(PART_DIGESTS)) &&
	       strcmp(e->sections[i].name, object_part_name(PART_SIG_FILE));
}

static int put_section(struct bpfkey_ctx *ctx, const struct elf_section *s, struct buf *b)
{
	uint8_t digest[SHA256_LEN];
	int r = bk_sha256(ctx, s->data, digest);

	if (r < 0)
		return r;
	buf_be32(b, strlen(s->name));
	buf_put(b, s->name, strlen(s->name));
	buf_be32(b, s->type);
	buf_be64(b, s->flags);
	buf_be64(b, s->size);
	buf_put(b, digest, sizeof(digest));
	return 0;
}

int object_digests(struct bpfkey_ctx *ctx, const struct elf *e, const struct elf_origin *origin,
		   struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(ELF_OBJECT_MAX), frame = BUF(0);
	uint8_t digest[SHA256_LEN];
	uint32_t n = 0;
	int r;

	r = elf_frame(ctx, e, &frame);
	r = r < 0 ? r : bk_sha256(ctx, buf_view(&frame), digest);
	if (r < 0)
		return r;
	for (size_t i = 1; i < e->n; i++)
		n += is_listed(e, i);

	buf_put(&b, magic, sizeof(magic));
	buf_be64(&b, origin->size);
	buf_be64(&b, origin->shoff);
	buf_be16(&b, origin->shnum);
	buf_be16(&b, origin->shstrndx);
	buf_put(&b, digest, sizeof(digest));
	buf_be32(&b, n);
	for (size_t i = 1; i < e->n; i++) {
		if (!is_listed(e, i))
			continue;
		r = put_section(ctx, &e->sections[i], &b);
		if (r < 0)
			return r;
	}
	if (!buf_ok(&b))
		return bk_out_of_memory(ctx);
	*ret = b;
	b = BUF(0);
	return 0;
}

struct list {
	struct rd r;
	struct view origin, frame;
	uint32_t n;
};

static struct list list_open(struct view in)
{
	struct list l = { .r = rd_init(in) };

	rd_bytes(&l.r, sizeof(magic));
	l.origin = rd_bytes(&l.r, 20);
	l.frame = rd_bytes(&l.r, SHA256_LEN);
	l.n = rd_u32(&l.r);
	return l;
}

bool object_digests_are(struct view list)
{
	struct list l = list_open(list);

	if (list.n < sizeof(magic) || memcmp(list.p, magic, sizeof(magic)))
		return false;
	for (uint32_t i = 0; i < l.n && !l.r.failed; i++) {
		rd_blob(&l.r, ELF_OBJECT_MAX);
		rd_bytes(&l.r, 20 + SHA256_LEN);
	}
	return !rd_end(&l.r);
}

static bool same(struct view a, struct view b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

int object_compare(struct bpfkey_ctx *ctx, struct view signed_list, struct view found)
{
	struct list a = list_open(signed_list), b = list_open(found);

	if (same(signed_list, found))
		return 0;
	if (signed_list.n < sizeof(magic) || memcmp(signed_list.p, magic, sizeof(magic)))
		return bk_fail(ctx, -BPFKEY_E_MALFORMED, "its digest list is of a kind that this "
			       "program does not know");
	for (uint32_t i = 0; i < a.n && i < b.n && !a.r.failed; i++) {
		struct view a_name = rd_blob(&a.r, ELF_OBJECT_MAX);
		struct view b_name = rd_blob(&b.r, ELF_OBJECT_MAX);
		struct view a_rest = rd_bytes(&a.r, 20 + SHA256_LEN);
		struct view b_rest = rd_bytes(&b.r, 20 + SHA256_LEN);

		if (!same(a_name, b_name))
			return bk_fail(ctx, -BPFKEY_E_TAMPERED, "section '%.*s' stands where the "
				       "signer had another", (int)b_name.n,
				       b_name.n ? (const char *)b_name.p : "");
		if (!same(a_rest, b_rest))
			return bk_fail(ctx, -BPFKEY_E_TAMPERED, "section '%.*s' is not what was "
				       "signed", (int)b_name.n,
				       b_name.n ? (const char *)b_name.p : "");
	}
	if (a.n != b.n)
		return bk_fail(ctx, -BPFKEY_E_TAMPERED, "sections were added or taken away after "
			       "it was signed");
	return bk_fail(ctx, -BPFKEY_E_TAMPERED, "its headers, or bytes between its sections, are "
		       "not what was signed");
}
