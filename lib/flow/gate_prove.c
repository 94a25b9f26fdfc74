/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The self-test. For this process alone the gate decides as when enforcing;
 * then a program that nobody signed must be refused, and one that a build key
 * signed must be admitted with exactly one key seen. The signed one comes from
 * the administrator: a gate that could make its own would be no test.
 */
#include "gate_flow.h"

#include <errno.h>
#include <string.h>

#include <bpfkey.h>

#include "../base/file.h"
#include "../kernel/load.h"
#include "object.h"

#define KEPT_DIR BPFKEY_STATE_DIR "/gate"
#define KEPT KEPT_DIR "/self-test.bpf.o"

static int stop_proving(struct gate *g, int r)
{
	int stopped = gate_prove(g, false);

	return r < 0 ? r : stopped;
}

static int refuses(struct bpfkey_ctx *ctx)
{
	int err = gate_try_unsigned();

	if (err == EPERM)
		return 0;
	if (err)
		return bk_fail_errno(ctx, -BPFKEY_E_SELF_TEST, err, "the self-test could not see "
				     "whether an unsigned program is refused");
	bk_hint(ctx, "'bpf' must be in /sys/kernel/security/lsm: boot with lsm=...,bpf, and "
		     "kernel.ftrace_enabled must be 1");
	return bk_fail(ctx, -BPFKEY_E_SELF_TEST, "an unsigned program loads although the gate is "
		       "attached: its hooks are not called");
}

int gate_refuses(struct bpfkey_ctx *ctx, struct gate *g)
{
	int r = gate_prove(g, true);

	if (!r)
		r = refuses(ctx);
	return stop_proving(g, r);
}

static int open_object(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_object **ret)
{
	_cleanup_(buf_done) struct buf file = BUF(ELF_OBJECT_MAX);
	int r = bk_file_read(ctx, path, ELF_OBJECT_MAX, &file);

	if (!r)
		r = object_from_bytes(ctx, path, &file, ret);
	return r < 0 ? bk_fail(ctx, r, "'%s' cannot serve as the self-test", path) : 0;
}

int gate_check_self_test(struct bpfkey_ctx *ctx, const char *path)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = NULL;

	return open_object(ctx, path, &o);
}

int gate_keep_self_test(struct bpfkey_ctx *ctx, const char *path)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = NULL;
	_cleanup_(bk_freep) char *dir = NULL, *kept = NULL;
	int r;

	r = bk_path(ctx, KEPT_DIR, &dir);
	if (!r)
		r = bk_path(ctx, KEPT, &kept);
	if (!r)
		r = open_object(ctx, path, &o);
	if (!r)
		r = bk_dir_make(ctx, dir, 0700, NULL);
	if (!r)
		r = bk_file_replace(ctx, kept, 0600, buf_view(&o->file), BK_FILE_FORCE);
	return r < 0 ? bk_fail(ctx, r, "cannot keep the object for the self-test") : 0;
}

static int load(struct bpfkey_ctx *ctx, struct bpfkey_object *o, int32_t ring)
{
	struct load_result result = LOAD_RESULT_INIT;
	struct load_request req = {
		.insns = o->part[PART_LOADER],
		.metadata = o->part[PART_METADATA],
		.sig_insns = object_signature(o, BPFKEY_SIGNATURE_INSNS),
		.sig_metadata = object_signature(o, BPFKEY_SIGNATURE_METADATA),
		.digest = o->info.loader_digest,
		.keyring = ring,
		.manifest = &o->manifest,
	};
	int r = load_signed(ctx, &req, &result);

	load_result_done(&result);
	return r < 0 ? bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the self-test could not load '%s', which "
			       "is signed", o->path) : 0;
}

/* The events of this process since @since: one signed load, allowed, by one key. */
static int judge(struct bpfkey_ctx *ctx, struct gate *g, uint64_t since)
{
	_cleanup_(bk_freep) struct bpfkey_gate_event *events = NULL;
	size_t n = 0, good = 0, refused = 0;
	int r = gate_collect_events(ctx, g, since, &events, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct bpfkey_gate_event *e = &events[i];

		if (e->pid != (uint32_t)getpid() || e->inner)
			continue;
		good += e->is_signed && e->allowed && e->enforced && e->n_keys == 1;
		refused += !e->is_signed && !e->allowed && e->enforced;
	}
	if (good == 1 && refused >= 1)
		return 0;
	return bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the gate recorded %zu signed loads with one key "
		       "instead of one, and %zu refusals", good, refused);
}

static int find_object(struct bpfkey_ctx *ctx, const char *path, char **ret)
{
	int r;

	if (path) {
		*ret = strdup(path);
		return *ret ? 0 : bk_out_of_memory(ctx);
	}
	r = bk_path(ctx, KEPT, ret);
	if (r < 0 || !access(*ret, R_OK))
		return r;
	bk_hint(ctx, "name one that a build key of this machine signed: "
		     "keyctl-bpf gate mode enforce --self-test OBJ");
	return bk_fail(ctx, -BPFKEY_E_SELF_TEST, "the self-test needs a signed object, and none "
		       "was kept when the gate was installed");
}

/* The rules come in no order, and those of other roles name other keyrings. */
static int ring_of_build_keys(struct bpfkey_ctx *ctx, struct gate *g, int32_t *ret)
{
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	size_t n = 0;
	int r = gate_active_rules(ctx, g, &rules, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (rules[i].kind == GATE_RULE_BUILD) {
			*ret = rules[i].ring;
			return 0;
		}
	return bk_fail(ctx, -BPFKEY_E_NOT_ENROLLED, "the gate has no rule for a build key: no "
		       "signed object would be admitted");
}

int gate_self_test(struct bpfkey_ctx *ctx, struct gate *g, const char *path)
{
	_cleanup_(bpfkey_object_freep) struct bpfkey_object *o = NULL;
	_cleanup_(bk_freep) char *file = NULL;
	struct gate_counters before;
	int32_t ring = 0;
	int r;

	r = find_object(ctx, path, &file);
	if (!r)
		r = open_object(ctx, file, &o);
	if (!r)
		r = ring_of_build_keys(ctx, g, &ring);
	if (!r)
		r = gate_read_counters(g, &before);
	if (!r)
		r = gate_prove(g, true);
	if (r < 0)
		return r;
	r = refuses(ctx);
	if (!r)
		r = load(ctx, o, ring);
	r = stop_proving(g, r);
	return r < 0 ? r : judge(ctx, g, before.events);
}
