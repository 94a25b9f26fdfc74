/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Load a signed object, pin and attach what it makes: all of it or nothing. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <bpfkey/load.h>

#include "../kernel/attach.h"
#include "../kernel/keyring.h"
#include "../kernel/load.h"
#include "skeleton.h"
#include "opts.h"

#define BPFFS "/sys/fs/bpf"
#define PROG_TYPE_XDP 6		/* BPF_PROG_TYPE_XDP; kernel headers are for lib/kernel */
#define PROG_TYPE_KPROBE 2	/* BPF_PROG_TYPE_KPROBE */

/* For each program at most: its pin, its attachment, the pin of that. */
#define STEPS_MAX (MANIFEST_MAPS_MAX + 3 * MANIFEST_PROGRAMS_MAX)

struct bpfkey_loaded {
	struct bpfkey_loaded_info info;
	struct load_result result;
	struct bpfkey_loaded_item *programs, *maps;
	struct attach_step steps[STEPS_MAX];
	size_t n_steps;
};

/* What the options amount to for this object. */
struct plan {
	struct bpfkey_object *o;
	struct bpfkey_load_opts opts;
	int32_t keyring;
	uint32_t xdp_flags;
	const char *functions[MANIFEST_PROGRAMS_MAX];	/* of --target, per program */
};

static void undo(struct bpfkey_loaded *l)
{
	while (l->n_steps)
		attach_step_undo(&l->steps[--l->n_steps]);
}

static void loaded_undo(struct bpfkey_loaded **l)
{
	if (!*l)
		return;
	undo(*l);
	bpfkey_loaded_free(*l);
}

static void free_items(struct bpfkey_loaded_item *v, size_t n)
{
	for (size_t i = 0; v && i < n; i++) {
		free((char *)v[i].name);
		free((char *)v[i].pin);
		free((char *)v[i].attached);
	}
	free(v);
}

void bpfkey_loaded_free(struct bpfkey_loaded *l)
{
	if (!l)
		return;
	while (l->n_steps)
		attach_step_done(&l->steps[--l->n_steps]);
	load_result_done(&l->result);
	free_items(l->programs, l->info.programs);
	free_items(l->maps, l->info.maps);
	free(l);
}

const struct bpfkey_loaded_info *bpfkey_loaded_info(const struct bpfkey_loaded *l)
{
	return &l->info;
}

const struct bpfkey_loaded_item *bpfkey_loaded_program(const struct bpfkey_loaded *l, size_t i)
{
	return i < l->info.programs ? &l->programs[i] : NULL;
}

const struct bpfkey_loaded_item *bpfkey_loaded_map(const struct bpfkey_loaded *l, size_t i)
{
	return i < l->info.maps ? &l->maps[i] : NULL;
}

static int find_fd(const struct bpfkey_loaded_item *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return v[i].fd;
	return -BPFKEY_E_NOT_FOUND;
}

int bpfkey_loaded_program_fd(const struct bpfkey_loaded *l, const char *name)
{
	return find_fd(l->programs, l->info.programs, name);
}

int bpfkey_loaded_map_fd(const struct bpfkey_loaded *l, const char *name)
{
	return find_fd(l->maps, l->info.maps, name);
}

static bool is_chosen(const struct plan *p, size_t i)
{
	return !p->opts.program || !strcmp(p->opts.program, p->o->manifest.programs[i].name);
}

/* How many of the programs that --prog leaves does @fits accept? */
static size_t count(const struct plan *p, bool (*fits)(const struct manifest_program *))
{
	size_t n = 0;

	for (size_t i = 0; i < p->o->manifest.n_programs; i++)
		n += is_chosen(p, i) && fits(&p->o->manifest.programs[i]);
	return n;
}

static bool is_any(const struct manifest_program *p _unused_)
{
	return true;
}

static bool is_xdp(const struct manifest_program *p)
{
	return p->type == PROG_TYPE_XDP;
}

static int plan_target(struct plan *p, const char *target)
{
	const struct manifest *m = &p->o->manifest;
	const char *colon = strchr(target, ':');
	size_t i, n = colon ? (size_t)(colon - target) : 0;

	if (!n || !colon[1])
		return bk_fail(p->o->ctx, -BPFKEY_E_USAGE, "'%s' is not PROGRAM:FUNCTION", target);
	for (i = 0; i < m->n_programs; i++)
		if (strlen(m->programs[i].name) == n && !memcmp(m->programs[i].name, target, n))
			break;
	if (i == m->n_programs)
		return bk_fail(p->o->ctx, -BPFKEY_E_NOT_FOUND, "it has no program '%.*s'", (int)n,
			       target);
	if (m->programs[i].type != PROG_TYPE_KPROBE && strcmp(m->programs[i].target, colon + 1))
		return bk_fail(p->o->ctx, -BPFKEY_E_MISMATCH, "program '%s' was signed for '%s', "
			       "not for '%s'", m->programs[i].name, m->programs[i].target,
			       colon + 1);
	if (m->programs[i].type != PROG_TYPE_KPROBE && !attach_is_named(&m->programs[i]))
		return bk_fail(p->o->ctx, -BPFKEY_E_USAGE, "program '%s' does not attach to a "
			       "function", m->programs[i].name);
	p->functions[i] = colon + 1;
	return 0;
}

/* Everything that can be known to be wrong before the kernel is asked. */
static int plan_attach(struct plan *p)
{
	const struct bpfkey_load_opts *o = &p->opts;
	struct bpfkey_ctx *ctx = p->o->ctx;
	int r = attach_mode(ctx, o->xdp_mode, &p->xdp_flags);

	if (r < 0)
		return r;
	if (o->program && !count(p, is_any))
		return bk_fail(ctx, -BPFKEY_E_NOT_FOUND, "it has no program '%s'", o->program);
	if (o->xdp_mode && !o->dev)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an XDP mode without an interface");
	if (o->dev && !count(p, is_xdp))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it has no XDP program for interface '%s'",
			       o->dev);
	if (o->dev && count(p, is_xdp) > 1) {
		bk_hint(ctx, "choose one with --prog NAME; keyctl-bpf inspect lists them");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it has %zu XDP programs, and interface '%s' "
			       "takes one", count(p, is_xdp), o->dev);
	}
	if (o->cgroup && !count(p, attach_is_cgroup))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it has no program for a cgroup");
	if (o->attach && !count(p, attach_is_named))
		return bk_fail(ctx, -BPFKEY_E_USAGE, "it has no program that says what it "
			       "attaches to");
	if ((o->attach || o->target_n) && !o->pin_dir && !o->hold) {
		bk_hint(ctx, "add --pin DIR: the pin is what keeps the program attached");
		return bk_fail(ctx, -BPFKEY_E_USAGE, "without a pin the program would be detached "
			       "when this command ends");
	}
	for (size_t i = 0; r >= 0 && i < o->target_n; i++)
		r = plan_target(p, o->target[i]);
	return r;
}

/* EINVAL of a load is ambiguous, so look first. Being denied a look is no proof of absence. */
static int check_keyring(struct bpfkey_ctx *ctx, int32_t id)
{
	struct ring_desc d;
	int r = ring_describe(id, &d);

	if (r == -ENOKEY || r == -EINVAL) {
		bk_hint(ctx, "see keyctl-bpf keyring show");
		return bk_fail(ctx, -BPFKEY_E_NO_KEYRING, "no keyring has the id %d", id);
	}
	if (!r && strcmp(d.type, "keyring"))
		return bk_fail(ctx, -BPFKEY_E_NO_KEYRING, "id %d is a key of type '%s', not a "
			       "keyring; the kernel verifies against keyrings only", id, d.type);
	return 0;
}

static int find_keyring(struct plan *p)
{
	if (!p->opts.keyring)
		return ring_for_loaders(p->o->ctx, &p->keyring);
	p->keyring = p->opts.keyring;
	return check_keyring(p->o->ctx, p->keyring);
}

/* @name below the pin directory (or @base); bpffs allows no dots in names. */
static int pin_path(struct plan *p, const char *base, const char *name, const char *suffix,
		    char **ret)
{
	char *path;

	if (!*name || strchr(name, '/'))
		return bk_fail(p->o->ctx, -BPFKEY_E_MALFORMED, "'%s' is no name to pin by", name);
	if (asprintf(&path, "%s/%s%s", p->opts.pin_dir ? p->opts.pin_dir : base, name, suffix) < 0)
		return bk_out_of_memory(p->o->ctx);
	for (char *c = strrchr(path, '/'); *c; c++)
		if (*c == '.')
			*c = '_';
	*ret = path;
	return 0;
}

static int pin(struct plan *p, struct bpfkey_loaded *l, int fd, const char *name,
	       const char *suffix, const char **ret_path)
{
	char *path = NULL;
	int r = pin_path(p, BPFFS, name, suffix, &path);

	r = r < 0 ? r : attach_pin(p->o->ctx, fd, path, &l->steps[l->n_steps]);
	if (r < 0) {
		free(path);
		return r;
	}
	l->n_steps++;
	if (ret_path)
		*ret_path = path;
	else
		free(path);
	return 0;
}

/* A pin that is in the way is found before anything is loaded. */
static int check_pins(struct plan *p)
{
	const struct manifest *m = &p->o->manifest;
	int r = p->opts.pin_dir ? attach_pin_dir(p->o->ctx, p->opts.pin_dir) : 0;

	for (size_t i = 0; r >= 0 && i < m->n_maps + m->n_programs; i++) {
		bool is_map = i < m->n_maps;
		const char *name = is_map ? m->maps[i].pin : m->programs[i - m->n_maps].name;
		_cleanup_(bk_freep) char *path = NULL;

		if (is_map ? !*name : !p->opts.pin_dir)
			continue;
		r = pin_path(p, BPFFS, name, "", &path);
		if (r < 0 || access(path, F_OK))
			continue;
		bk_hint(p->o->ctx, "choose another directory with --pin DIR, or remove it");
		r = bk_fail(p->o->ctx, -BPFKEY_E_EXISTS, "something is pinned at '%s' already",
			    path);
	}
	return r;
}

static int note(struct plan *p, struct bpfkey_loaded *l, size_t i, const char *fmt, ...)
	_printf_(4, 5);
static int note(struct plan *p, struct bpfkey_loaded *l, size_t i, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return bk_out_of_memory(p->o->ctx);
	l->programs[i].attached = text;
	return 0;
}

static int attach_link(struct plan *p, struct bpfkey_loaded *l, size_t i)
{
	const struct manifest_program *m = &p->o->manifest.programs[i];
	const char *to = p->functions[i] ? p->functions[i] : m->target;
	struct attach_step *s = &l->steps[l->n_steps];
	int r;

	if (m->type == PROG_TYPE_KPROBE)
		r = attach_kprobe(p->o->ctx, m, l->result.programs[i], to, s);
	else
		r = attach_named(p->o->ctx, m, l->result.programs[i], s);
	if (r < 0)
		return r;
	l->n_steps++;
	l->programs[i].link_fd = s->fd;
	if (p->opts.pin_dir)
		r = pin(p, l, s->fd, m->name, "_link", NULL);
	return r < 0 ? r : note(p, l, i, "%s", to);
}

static int attach_one(struct plan *p, struct bpfkey_loaded *l, size_t i)
{
	const struct manifest_program *m = &p->o->manifest.programs[i];
	const struct bpfkey_load_opts *o = &p->opts;
	struct attach_step *s = &l->steps[l->n_steps];
	int fd = l->result.programs[i], r;

	if (o->dev && is_xdp(m)) {
		r = attach_xdp(p->o->ctx, fd, o->dev, p->xdp_flags, s);
		l->n_steps += r >= 0;
		return r < 0 ? r : note(p, l, i, "xdp on %s%s%s%s", o->dev,
					o->xdp_mode ? " (" : "", o->xdp_mode ? o->xdp_mode : "",
					o->xdp_mode ? ")" : "");
	}
	if (o->cgroup && attach_is_cgroup(m)) {
		r = attach_cgroup(p->o->ctx, m, fd, o->cgroup, s);
		l->n_steps += r >= 0;
		return r < 0 ? r : note(p, l, i, "cgroup %s", o->cgroup);
	}
	if (p->functions[i] || (o->attach && attach_is_named(m)))
		return attach_link(p, l, i);
	return 0;
}

static int fill_items(struct plan *p, struct bpfkey_loaded *l)
{
	const struct manifest *m = &p->o->manifest;

	l->programs = calloc(m->n_programs + 1, sizeof(*l->programs));
	l->maps = calloc(m->n_maps + 1, sizeof(*l->maps));
	if (!l->programs || !l->maps)
		return bk_out_of_memory(p->o->ctx);
	l->info.programs = m->n_programs;
	l->info.maps = m->n_maps;
	for (size_t i = 0; i < m->n_programs; i++) {
		int fd = l->result.programs[i];

		l->programs[i] = (struct bpfkey_loaded_item){ strdup(m->programs[i].name), fd,
							      load_prog_id(fd), NULL, NULL, -1 };
		if (!l->programs[i].name)
			return bk_out_of_memory(p->o->ctx);
	}
	for (size_t i = 0; i < m->n_maps; i++) {
		int fd = l->result.maps[i];

		l->maps[i] = (struct bpfkey_loaded_item){ strdup(m->maps[i].name), fd,
							  load_map_id(fd), NULL, NULL, -1 };
		if (!l->maps[i].name)
			return bk_out_of_memory(p->o->ctx);
	}
	return 0;
}

static int pin_all(struct plan *p, struct bpfkey_loaded *l)
{
	const struct manifest *m = &p->o->manifest;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < m->n_maps; i++)
		if (*m->maps[i].pin)
			r = pin(p, l, l->result.maps[i], m->maps[i].pin, "", &l->maps[i].pin);
	for (size_t i = 0; r >= 0 && p->opts.pin_dir && i < m->n_programs; i++)
		r = pin(p, l, l->result.programs[i], m->programs[i].name, "", &l->programs[i].pin);
	return r;
}

static int load(struct plan *p, struct bpfkey_loaded **ret)
{
	_cleanup_(loaded_undo) struct bpfkey_loaded *l = calloc(1, sizeof(*l));
	const struct load_request req = {
		.insns = p->o->part[PART_LOADER],
		.metadata = p->o->part[PART_METADATA],
		.sig_insns = p->o->part[PART_SIG_INSNS],
		.sig_metadata = p->o->part[PART_SIG_METADATA],
		.digest = p->o->info.loader_digest,
		.keyring = p->keyring,
		.manifest = &p->o->manifest,
	};
	int r;

	if (!l)
		return bk_out_of_memory(p->o->ctx);
	l->result = LOAD_RESULT_INIT;
	r = load_signed(p->o->ctx, &req, &l->result);
	if (r == -BPFKEY_E_KERNEL && p->o->skeleton)
		return bk_fail(p->o->ctx, r, "its signature is for Linux %s",
			       p->o->skeleton->info.kernels);
	if (r < 0)
		return r;
	l->info.generation = l->result.generation;
	l->info.keyring = p->keyring;
	r = fill_items(p, l);
	r = r < 0 ? r : pin_all(p, l);
	for (size_t i = 0; r >= 0 && i < p->o->manifest.n_programs; i++)
		if (is_chosen(p, i))
			r = attach_one(p, l, i);
	if (r < 0)
		return r;
	*ret = steal(&l);
	return 0;
}

int bpfkey_object_load(struct bpfkey_object *o, const struct bpfkey_load_opts *opts,
		       struct bpfkey_loaded **ret)
{
	struct plan p = { .o = o };
	int r = 0;

	bk_enter(o->ctx);
	if (opts)
		r = opts_take(o->ctx, &p.opts, sizeof(p.opts), opts);
	if (r >= 0 && o->skeleton)
		r = skeleton_check(o);
	r = r < 0 ? r : plan_attach(&p);
	r = r < 0 ? r : find_keyring(&p);
	r = r < 0 ? r : check_pins(&p);
	r = r < 0 ? r : load(&p, ret);
	return r < 0 ? object_error(o, r, "load") : 0;
}
