/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A light skeleton with another signature: what is not the signature stays as it is. */
#include <string.h>

#include "lskel.h"

#define WIDTH 78

/* As bpftool breaks them, so that a difference between two headers is the signature's. */
void lskel_string(struct buf *b, struct view v)
{
	size_t column = 0;

	buf_str(b, "\"\\\n");
	for (size_t i = 0; i < v.n; i++) {
		size_t n = v.p[i] ? 4 : 2;

		column += n;
		if (column > WIDTH) {
			buf_str(b, "\\\n");
			column = n;
		}
		if (v.p[i])
			buf_printf(b, "\\x%02x", v.p[i]);
		else
			buf_str(b, "\\0");
	}
	buf_str(b, "\"");
}

/* Pieces of the text in their order, with what replaces or joins them. */
struct copy {
	struct view text;
	struct buf *b;
	size_t done;
};

static void copy_to(struct copy *c, size_t at)
{
	buf_put(c->b, c->text.p + c->done, at - c->done);
	c->done = at;
}

static void replace(struct copy *c, struct lskel_span at, struct view v)
{
	copy_to(c, at.at);
	lskel_string(c->b, v);
	c->done += at.n;
}

static void add_array(struct buf *b, const char *name, struct view v)
{
	buf_printf(b, "\tstatic const char %s[] __attribute__((__aligned__(8))) = ", name);
	lskel_string(b, v);
	buf_str(b, ";\n");
}

static void add_signature(struct copy *c, size_t body_at, struct view sig, struct view excl_hash)
{
	copy_to(c, body_at);
	buf_str(c->b, "\n");
	add_array(c->b, "opts_sig", sig);
	add_array(c->b, "opts_excl_hash", excl_hash);
	buf_str(c->b, "\topts.signature = (void *)opts_sig;\n"
		      "\topts.signature_sz = sizeof(opts_sig) - 1;\n"
		      "\topts.excl_prog_hash = (void *)opts_excl_hash;\n"
		      "\topts.excl_prog_hash_sz = sizeof(opts_excl_hash) - 1;\n"
		      "\topts.keyring_id = skel->keyring_id;");
}

int lskel_rewrite(struct bpfkey_ctx *ctx, struct view text, const struct lskel *s,
		  struct view insns, struct view sig, struct view excl_hash, struct buf *ret)
{
	_cleanup_(buf_done) struct buf b = BUF(LSKEL_FILE_MAX);
	struct copy c = { .text = text, .b = &b };

	if (!s->has_keyring_id) {
		copy_to(&c, s->field_at);
		buf_str(&b, "\n\t__s32 keyring_id;");
	}
	if (insns.n)
		replace(&c, s->insns_at, insns);
	if (!s->sig.n) {
		add_signature(&c, s->body_at, sig, excl_hash);
	} else {
		replace(&c, s->sig_at, sig);
		replace(&c, s->excl_at, excl_hash);
	}
	copy_to(&c, text.n);
	if (b.no_memory)
		return bk_out_of_memory(ctx);
	if (!buf_ok(&b))
		return bk_fail(ctx, -BPFKEY_E_TOO_BIG, "the header would be larger than %u MiB",
			       LSKEL_FILE_MAX >> 20);
	*ret = b;
	b = BUF(0);
	return 0;
}
