// SPDX-License-Identifier: LGPL-2.1-or-later
/* What enforcement would have denied of what was seen in audit mode, and what would allow it. */
#include <string.h>
#include <unistd.h>

#include "../base/file.h"
#include "../bpf/decide.h"
#include "gate_flow.h"
#include "loader_files.h"

#define SELF "keyctl-bpf"

struct simulation {
	struct bpfkey_ctx *ctx;
	struct bpfkey_gate_would *v;
	size_t n;
};

bool gate_passed_later(const struct bpfkey_gate_event *all, size_t n, size_t i)
{
	for (size_t k = i + 1; k < n; k++)
		if (!strcmp(all[k].comm, all[i].comm) && !strcmp(all[k].name, all[i].name) &&
		    !strcmp(all[k].prog_type, all[i].prog_type) && all[k].allowed)
			return true;
	return false;
}

/* The record has the process's name; its file is known while it lives, if it still is the same. */
static void find_binary(const struct bpfkey_gate_event *e, char *ret, size_t max)
{
	_cleanup_(buf_done) struct buf comm = BUF(64);
	char path[64];
	ssize_t n;

	ret[0] = 0;
	snprintf(path, sizeof(path), "/proc/%u/comm", e->pid);
	if (bk_file_read(NULL, path, 64, &comm) < 0 ||
	    strncmp(buf_cstr(&comm), e->comm, strlen(e->comm)) != 0)
		return;
	snprintf(path, sizeof(path), "/proc/%u/exe", e->pid);
	n = readlink(path, ret, max - 1);
	ret[n > 0 ? n : 0] = 0;
	if (strstr(ret, " (deleted)") || strchr(ret, '\''))
		ret[0] = 0;
}

static struct bpfkey_gate_would *group_of(struct simulation *s, const struct bpfkey_gate_event *e)
{
	struct bpfkey_gate_would *more;

	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].comm, e->comm) && !strcmp(s->v[i].reason, e->reason))
			return &s->v[i];
	more = reallocarray(s->v, s->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	s->v = more;
	more[s->n] = (struct bpfkey_gate_would){ .reason = e->reason, .sentence = e->sentence };
	memcpy(more[s->n].comm, e->comm, sizeof(e->comm));
	return &more[s->n++];
}

static int take(struct simulation *s, const struct bpfkey_gate_event *e)
{
	struct bpfkey_gate_would *w = group_of(s, e);
	unsigned int type = 64;

	if (!w)
		return bk_out_of_memory(s->ctx);
	if (!bpfkey_prog_type_parse(e->prog_type, &type) && type < 64)
		w->types |= 1ULL << type;
	memcpy(w->program, e->name, sizeof(w->program));
	w->loads++;
	w->last = e->time;
	w->pid = e->pid;
	if (!w->binary[0])
		find_binary(e, w->binary, sizeof(w->binary));
	return 0;
}

static void put_types(struct buf *b, uint64_t types)
{
	for (unsigned int i = 0, n = 0; i < 64; i++)
		if (types >> i & 1)
			buf_printf(b, "%s%s", n++ ? "," : "", bpfkey_prog_type_name(i));
}

/* A name for the entry: that of the binary, as far as it is one. */
static void put_name(struct buf *b, const char *path)
{
	const char *base = strrchr(path, '/');

	for (base = base ? base + 1 : path; *base; base++)
		buf_printf(b, "%c", strchr("._-", *base) || (*base >= '0' && *base <= '9') ||
			   (*base >= 'a' && *base <= 'z') || (*base >= 'A' && *base <= 'Z') ?
			   *base : '-');
}

/* The binary as a trusted loader, for those of its types that one may load unsigned. */
static void propose_loader(struct bpfkey_gate_would *w, struct buf *b)
{
	uint64_t types = w->types & ~GATE_TRUSTED_MASKED;

	if (!types || !w->binary[0])
		return;
	w->lends_trust = loader_is_generic(w->binary);
	buf_printf(b, "keyctl-bpf loader allow '%s' --name ", w->binary);
	put_name(b, w->binary);
	buf_printf(b, " --types ");
	put_types(b, types);
	buf_printf(b, " --with-libraries%s", w->lends_trust ? " --lends-trust" : "");
}

static const struct {
	const char *reason, *command;
} remedies[] = {
	{ "unknown-key", "keyctl-bpf keyring enroll CERT" },
	{ "expired", "keyctl-bpf resign OBJ --key KEY --cert CERT" },
	{ "other-keyring", "keyctl-bpf load OBJ" },
	{ "negative-keyring", "keyctl-bpf load OBJ" },
	{ "metadata", "keyctl-bpf sign OBJ --key KEY --cert CERT --out SIGNED" },
	{ "type", "keyctl-bpf sign OBJ --key KEY --cert CERT --out SIGNED" },
	{ "not-its-loader", "keyctl-bpf delegation list" },
	{ "trusted-expired", "keyctl-bpf loader list" },
};

/* What the administrator would do; nothing where nothing helps. */
static void propose(struct bpfkey_gate_would *w)
{
	_cleanup_(buf_done) struct buf b = BUF(sizeof(w->command));

	if (!strcmp(w->reason, "unsigned") || !strcmp(w->reason, "trusted-type"))
		propose_loader(w, &b);
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (!strcmp(w->reason, remedies[i].reason))
			buf_printf(&b, "%s", remedies[i].command);
	w->ready = w->binary[0] && b.n && !strncmp(buf_cstr(&b), "keyctl-bpf loader allow", 23);
	w->full_power = bpfkey_types_full_power(w->types);
	if (buf_ok(&b))
		snprintf(w->command, sizeof(w->command), "%s", buf_cstr(&b));
}

int bpfkey_gate_simulate(struct bpfkey_ctx *ctx, int64_t since, struct bpfkey_gate_would **ret,
			 size_t *ret_n)
{
	_cleanup_(bk_freep) struct bpfkey_gate_event *all = NULL;
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct simulation s = { .ctx = ctx };
	size_t n = 0;
	int r;

	bk_enter(ctx);
	r = gate_open(ctx, &g);
	if (!r)
		r = gate_collect_events(ctx, g, 0, &all, &n);
	for (size_t i = 0; !r && i < n; i++) {
		const struct bpfkey_gate_event *e = &all[i];

		if (!e->allowed && !e->enforced && !e->call && e->time >= since &&
		    strcmp(e->comm, SELF) && !gate_passed_later(all, n, i))
			r = take(&s, e);
	}
	if (r < 0) {
		free(s.v);
		return r;
	}
	for (size_t i = 0; i < s.n; i++)
		propose(&s.v[i]);
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}
