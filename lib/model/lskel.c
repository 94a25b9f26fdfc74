/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lskel.h"

#include <string.h>

#include "lskel_lex.h"

#define DATA_MAX (24u << 20)
#define INSNS_MAX (8u << 20)
#define SIG_MAX 8192
#define HASH_LEN 32

/* What the body of the load function hands to bpf_load_and_run(). */
enum { USES_SIGNATURE = 1, USES_EXCL = 2, USES_KEYRING = 4, USES_DATA = 8, USES_INSNS = 16 };

struct parser {
	struct lskel_lex l;
	struct lskel *s;
	unsigned int uses;
	bool loads;
};

void lskel_done(struct lskel *s)
{
	free(s->name);
	for (size_t i = 0; i < s->n_maps; i++)
		free(s->maps[i]);
	for (size_t i = 0; i < s->n_programs; i++) {
		free(s->programs[i].name);
		free(s->programs[i].target);
	}
	buf_done(&s->data);
	buf_done(&s->insns);
	buf_done(&s->sig);
	buf_done(&s->excl_hash);
	*s = (struct lskel){ 0 };
}

bool lskel_is(struct view text)
{
	return text.n && memmem(text.p, text.n, "bpf_loader_ctx", strlen("bpf_loader_ctx"));
}

static int next(struct parser *p)
{
	return lskel_lex_next(&p->l);
}

/* The token at hand must be @s; the one after it is then at hand. */
static int want(struct parser *p, const char *s)
{
	if (!lskel_lex_is(&p->l, s))
		return lskel_lex_fail(&p->l, "not what bpftool writes there");
	return next(p);
}

static int want_name(struct parser *p, char **ret)
{
	struct view v = lskel_lex_text(&p->l);
	char *name;
	int r;

	if (p->l.kind != LSKEL_LEX_NAME || v.n > LSKEL_NAME_MAX)
		return lskel_lex_fail(&p->l, "not a name, where one belongs");
	name = strndup((const char *)v.p, v.n);
	if (!name)
		return bk_out_of_memory(p->l.ctx);
	r = next(p);
	if (r < 0) {
		free(name);
		return r;
	}
	*ret = name;
	return 0;
}

/* Past the bracket that closes the @open one at hand. */
static int skip_block(struct parser *p, const char *open, const char *close)
{
	size_t depth = 0;
	int r;

	do {
		if (p->l.kind == LSKEL_LEX_END)
			return lskel_lex_fail(&p->l, "the end of the file within a block");
		depth += lskel_lex_is(&p->l, open);
		depth -= lskel_lex_is(&p->l, close);
		r = next(p);
	} while (r >= 0 && depth);
	return r;
}

/* "struct bpf_map_desc NAME;" again and again, up to the brace. */
static int descriptors(struct parser *p, const char *type, bool maps)
{
	struct lskel *s = p->s;
	size_t n = maps ? s->n_maps : s->n_programs;
	int r = 0;

	if (n)
		return lskel_lex_fail(&p->l, "a second list of maps or programs");
	while (r >= 0 && !lskel_lex_is(&p->l, "}")) {
		if (n == LSKEL_NAMES_MAX)
			return lskel_lex_fail(&p->l, "more maps or programs than a loader has "
					      "room for");
		r = want(p, "struct");
		r = r < 0 ? r : want(p, type);
		r = r < 0 ? r : want_name(p, maps ? &s->maps[n] : &s->programs[n].name);
		if (r < 0)
			return r;
		n++;
		*(maps ? &s->n_maps : &s->n_programs) = n;
		r = want(p, ";");
	}
	return r < 0 ? r : next(p);
}

/* "struct {" was read: the list of maps, of programs, or of links. */
static int member_list(struct parser *p)
{
	struct lskel_lex first = p->l;
	int r;

	if (lskel_lex_is(&p->l, "int")) {
		while (!lskel_lex_is(&p->l, "}")) {
			if (p->l.kind == LSKEL_LEX_END)
				return lskel_lex_fail(&p->l, "the end of the file within a struct");
			r = next(p);
			if (r < 0)
				return r;
		}
		r = next(p);
		r = r < 0 ? r : want(p, "links");
		p->s->field_at = p->l.end;
		return r < 0 ? r : want(p, ";");
	}
	if (p->s->field_at)
		return lskel_lex_fail(&p->l, "maps or programs behind the links");
	r = next(p);
	if (r < 0)
		return r;
	if (lskel_lex_is(&p->l, "bpf_map_desc")) {
		p->l = first;
		r = p->s->n_programs ? lskel_lex_fail(&p->l, "maps behind the programs") :
				       descriptors(p, "bpf_map_desc", true);
		r = r < 0 ? r : want(p, "maps");
	} else {
		p->l = first;
		r = descriptors(p, "bpf_prog_desc", false);
		r = r < 0 ? r : want(p, "progs");
	}
	return r < 0 ? r : want(p, ";");
}

/* Behind the links are pointers to data, which only the program uses. */
static int member_behind(struct parser *p)
{
	int r;

	if (!p->s->field_at)
		return lskel_lex_fail(&p->l, "a member that no loader has");
	if (lskel_lex_is(&p->l, "__s32")) {
		r = next(p);
		p->s->has_keyring_id = true;
		r = r < 0 ? r : want(p, "keyring_id");
		return r < 0 ? r : want(p, ";");
	}
	while (!lskel_lex_is(&p->l, ";")) {
		if (p->l.kind == LSKEL_LEX_END)
			return lskel_lex_fail(&p->l, "the end of the file within a struct");
		r = lskel_lex_is(&p->l, "{") ? skip_block(p, "{", "}") : next(p);
		if (r < 0)
			return r;
	}
	return next(p);
}

static int member(struct parser *p)
{
	struct lskel_lex first = p->l;
	int r;

	if (!lskel_lex_is(&p->l, "struct"))
		return member_behind(p);
	r = next(p);
	if (r < 0)
		return r;
	if (lskel_lex_is(&p->l, "{")) {
		r = next(p);
		return r < 0 ? r : member_list(p);
	}
	p->l = first;
	return member_behind(p);
}

/* "struct NAME {" may begin the one that starts with the loader's context. */
static int top_struct(struct parser *p)
{
	struct lskel_lex first;
	struct view name;
	int r = next(p);

	name = lskel_lex_text(&p->l);
	if (r < 0 || p->l.kind != LSKEL_LEX_NAME)
		return r;
	first = p->l;
	r = next(p);
	if (r < 0 || !lskel_lex_is(&p->l, "{"))
		return r;
	r = next(p);
	if (r < 0 || !lskel_lex_is(&p->l, "struct"))
		return r;
	r = next(p);
	if (r < 0 || !lskel_lex_is(&p->l, "bpf_loader_ctx"))
		return r;
	if (p->s->name)
		return lskel_lex_fail(&p->l, "a second light skeleton in the same header");
	if (name.n > LSKEL_NAME_MAX)
		return lskel_lex_fail(&first, "a name that is too long");
	p->s->name = strndup((const char *)name.p, name.n);
	if (!p->s->name)
		return bk_out_of_memory(p->l.ctx);
	r = next(p);
	r = r < 0 ? r : want(p, "ctx");
	r = r < 0 ? r : want(p, ";");
	while (r >= 0 && !lskel_lex_is(&p->l, "}"))
		r = member(p);
	if (r >= 0 && (!p->s->n_programs || !p->s->field_at))
		r = lskel_lex_fail(&p->l, "a light skeleton without programs");
	return r < 0 ? r : next(p);
}

/* One literal or several in a row. */
static int string_value(struct parser *p, struct buf *b, size_t max, struct lskel_span *ret_at)
{
	struct lskel_span span = { p->l.at, 0 };
	int r = 0;

	if (b->p)
		return lskel_lex_fail(&p->l, "the same array twice");
	*b = BUF(max);
	if (p->l.kind != LSKEL_LEX_STRING)
		return lskel_lex_fail(&p->l, "not a string, where one belongs");
	while (r >= 0 && p->l.kind == LSKEL_LEX_STRING) {
		span.n = p->l.end - span.at;
		r = lskel_lex_decode(&p->l, b);
		r = r < 0 ? r : next(p);
	}
	if (r < 0)
		return r;
	if (b->no_memory)
		return bk_out_of_memory(p->l.ctx);
	if (!buf_ok(b))
		return lskel_lex_fail(&p->l, "an array that is too large");
	*ret_at = span;
	return 0;
}

/* "static const char NAME[] __attribute__((...)) = " was begun with "static". */
static int array(struct parser *p)
{
	const struct {
		const char *name;
		struct buf *to;
		size_t max;
		struct lskel_span *at;
	} known[] = {
		{ "opts_data", &p->s->data, DATA_MAX, NULL },
		{ "opts_insn", &p->s->insns, INSNS_MAX, &p->s->insns_at },
		{ "opts_sig", &p->s->sig, SIG_MAX, &p->s->sig_at },
		{ "opts_excl_hash", &p->s->excl_hash, HASH_LEN, &p->s->excl_at },
	};
	struct lskel_span unwanted;
	size_t i;
	int r = next(p);

	r = r < 0 ? r : want(p, "const");
	r = r < 0 ? r : want(p, "char");
	if (r < 0)
		return r;
	for (i = 0; i < ARRAY_SIZE(known) && !lskel_lex_is(&p->l, known[i].name); i++)
		;
	if (i == ARRAY_SIZE(known))
		return lskel_lex_fail(&p->l, "an array that no loader has");
	while (r >= 0 && !lskel_lex_is(&p->l, "=")) {
		if (p->l.kind == LSKEL_LEX_END || lskel_lex_is(&p->l, ";"))
			return lskel_lex_fail(&p->l, "an array without a value");
		r = next(p);
	}
	r = r < 0 ? r : next(p);
	r = r < 0 ? r : string_value(p, known[i].to, known[i].max,
				     known[i].at ? known[i].at : &unwanted);
	if (r < 0)
		return r;
	if (known[i].to == &p->s->insns)
		p->s->body_at = p->l.end;
	return want(p, ";");
}

/* "opts.FIELD = (void *)ARRAY;": of the arrays that were read, and no others. */
static int use(struct parser *p)
{
	static const struct {
		const char *field;
		unsigned int bit;
		const char *value[7];
	} fields[] = {
		{ "signature", USES_SIGNATURE, { "(", "void", "*", ")", "opts_sig", ";" } },
		{ "excl_prog_hash", USES_EXCL,
		  { "(", "void", "*", ")", "opts_excl_hash", ";" } },
		{ "keyring_id", USES_KEYRING, { "skel", "-", ">", "keyring_id", ";" } },
		{ "data", USES_DATA, { "(", "void", "*", ")", "opts_data", ";" } },
		{ "insns", USES_INSNS, { "(", "void", "*", ")", "opts_insn", ";" } },
	};
	size_t i;
	int r = next(p);

	if (r < 0 || !lskel_lex_is(&p->l, "."))
		return r;
	r = next(p);
	for (i = 0; r >= 0 && i < ARRAY_SIZE(fields); i++)
		if (lskel_lex_is(&p->l, fields[i].field))
			break;
	if (r < 0 || i == ARRAY_SIZE(fields))
		return r;
	if (p->uses & fields[i].bit)
		return lskel_lex_fail(&p->l, "the same option of the loader twice");
	p->uses |= fields[i].bit;
	r = next(p);
	r = r < 0 ? r : want(p, "=");
	for (size_t k = 0; r >= 0 && fields[i].value[k]; k++)
		r = want(p, fields[i].value[k]);
	return r;
}

static int load_body(struct parser *p)
{
	size_t depth = 0;
	int r = 0;

	if (p->loads)
		return lskel_lex_fail(&p->l, "a second load function");
	p->loads = true;
	do {
		if (p->l.kind == LSKEL_LEX_END)
			return lskel_lex_fail(&p->l, "the end of the file within a function");
		depth += lskel_lex_is(&p->l, "{");
		depth -= lskel_lex_is(&p->l, "}");
		if (lskel_lex_is(&p->l, "static"))
			r = array(p);
		else if (lskel_lex_is(&p->l, "opts"))
			r = use(p);
		else
			r = next(p);
	} while (r >= 0 && depth);
	return r;
}

/* What the attach function of a program names: skel_raw_tracepoint_open("NAME", ...). */
static int attach_body(struct parser *p, struct lskel_program *program)
{
	_cleanup_(buf_done) struct buf b = BUF(LSKEL_NAME_MAX);
	size_t depth = 0;
	int r = 0;

	do {
		if (p->l.kind == LSKEL_LEX_END)
			return lskel_lex_fail(&p->l, "the end of the file within a function");
		depth += lskel_lex_is(&p->l, "{");
		depth -= lskel_lex_is(&p->l, "}");
		if (p->l.kind == LSKEL_LEX_STRING)
			r = lskel_lex_decode(&p->l, &b);
		r = r < 0 ? r : next(p);
	} while (r >= 0 && depth);
	if (r < 0 || !b.n)
		return r;
	if (!buf_ok(&b) || memchr(b.p, 0, b.n) || program->target)
		return lskel_lex_fail(&p->l, "an attach function that is not understood");
	program->target = buf_steal_str(&b);
	return program->target ? 0 : bk_out_of_memory(p->l.ctx);
}

static bool ends_as(struct view v, const char *a, const char *b, const char *c)
{
	size_t n = strlen(a), k = strlen(b), m = strlen(c);

	return v.n == n + k + m && !memcmp(v.p, a, n) && !memcmp(v.p + n, b, k) &&
	       !memcmp(v.p + n + k, c, m);
}

/* A name at the outermost level: of a function that matters, or of nothing. */
static int top_name(struct parser *p)
{
	struct view v = lskel_lex_text(&p->l);
	struct lskel_program *program = NULL;
	bool loads = p->s->name && ends_as(v, p->s->name, "__load", "");
	int r = next(p);

	for (size_t i = 0; p->s->name && v.n > strlen(p->s->name) + 2 && i < p->s->n_programs; i++)
		if (!memcmp(v.p + strlen(p->s->name), "__", 2) &&
		    !memcmp(v.p, p->s->name, strlen(p->s->name)) &&
		    ends_as((struct view){ v.p + strlen(p->s->name) + 2,
					   v.n - strlen(p->s->name) - 2 },
			    p->s->programs[i].name, "__attach", ""))
			program = &p->s->programs[i];
	if (r < 0 || (!loads && !program) || !lskel_lex_is(&p->l, "("))
		return r;
	r = skip_block(p, "(", ")");
	if (r < 0 || !lskel_lex_is(&p->l, "{"))	/* a call of it */
		return r;
	return loads ? load_body(p) : attach_body(p, program);
}

/* What the pieces must amount to. */
static int check(struct parser *p)
{
	struct lskel *s = p->s;
	unsigned int signs = USES_SIGNATURE | USES_EXCL | USES_KEYRING;
	bool is_signed = s->sig.n;

	if (!s->name)
		return bk_fail(p->l.ctx, -BPFKEY_E_FORMAT, "it holds no light skeleton");
	if (!p->loads || !s->insns.n || s->insns.n % 8 || !s->data.n ||
	    (p->uses & (USES_DATA | USES_INSNS)) != (USES_DATA | USES_INSNS))
		return bk_fail(p->l.ctx, -BPFKEY_E_FORMAT, "function '%s__load' holds no loader",
			       s->name);
	if ((p->uses & signs) != (is_signed ? signs : 0) || s->has_keyring_id != is_signed ||
	    s->excl_hash.n != (is_signed ? HASH_LEN : 0) ||
	    (is_signed && (s->sig_at.at < s->insns_at.at || s->excl_at.at < s->sig_at.at)))
		return bk_fail(p->l.ctx, -BPFKEY_E_FORMAT, "it has some of what belongs to a "
			       "signature, but not all of it");
	return 0;
}

int lskel_parse(struct bpfkey_ctx *ctx, struct view text, struct lskel *ret)
{
	_cleanup_(lskel_done) struct lskel s = { 0 };
	struct parser p = { .l = { .ctx = ctx, .text = text }, .s = &s };
	int r = next(&p);

	while (r >= 0 && p.l.kind != LSKEL_LEX_END) {
		if (lskel_lex_is(&p.l, "struct"))
			r = top_struct(&p);
		else if (p.l.kind == LSKEL_LEX_NAME)
			r = top_name(&p);
		else
			r = next(&p);
	}
	r = r < 0 ? r : check(&p);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct lskel){ 0 };
	return 0;
}
