/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy images: written of what this machine has, and given to the gate. */
#include "gate_flow.h"

#include <string.h>
#include <time.h>

#include <bpfkey/gate_image.h>

#include "../base/file.h"
#include "opts.h"

_Static_assert(BPFKEY_GATE_SIGNERS == GATE_IMAGE_SIGS, "one number for both");
_Static_assert(sizeof(struct gate_image) + GATE_IMAGE_RULES * sizeof(struct gate_rule) ==
		       GATE_IMAGE_MAX,
	       "the buffer in the kernel has room for the whole");

static __u32 role_of(const struct gate_rule *rule)
{
	switch (rule->kind) {
	case GATE_RULE_BUILD:
		return GATE_ROLE_BUILD;
	case GATE_RULE_DELEGATE:
		return GATE_ROLE_DELEGATED;
	case GATE_RULE_LOADER_KEY:
		return GATE_ROLE_LOADER;
	case GATE_RULE_POLICY:
		return GATE_ROLE_POLICY;
	default:
		return GATE_ROLE_NONE;
	}
}

/* A rule as it is on every machine and at every boot. */
static struct gate_rule portable(const struct gate_rule *rule, const struct gate_clock *clock)
{
	struct gate_rule p = *rule;

	p.ring = role_of(rule);
	p.ring_type = 0;
	p.epoch = 0;
	p.until = rule->until ? gate_calendar(clock, rule->until) : 0;
	return p;
}

static int put_image(struct bpfkey_ctx *ctx, const struct bpfkey_gate_image_opts *opts,
		     const struct gate_rule *rules, size_t n, struct buf *b)
{
	struct gate_clock clock = gate_clock_now();
	struct gate_image h = {
		.magic = GATE_IMAGE_MAGIC,
		.abi = GATE_ABI,
		.rules = n,
		.version = opts->version,
		.created = time(NULL),
		.mode = (__u32)opts->mode,
		.threshold = opts->threshold,
	};

	buf_put(b, &h, sizeof(h));
	for (size_t i = 0; i < n; i++) {
		struct gate_rule rule = portable(&rules[i], &clock);

		buf_put(b, &rule, sizeof(rule));
	}
	return b->failed ? bk_out_of_memory(ctx) : 0;
}

static int next_version(struct bpfkey_ctx *ctx, uint64_t *version)
{
	_cleanup_(gate_closep) struct gate *g = NULL;
	struct gate_state state;
	int r;

	if (*version)
		return 0;
	r = gate_open(ctx, &g);
	if (!r)
		r = gate_read_state(g, &state);
	if (!r)
		*version = state.version + 1;
	return r < 0 ? bk_fail(ctx, r,
			       "the version of the policy in force is not known, and none "
			       "was given")
		     : 0;
}

static int check_opts(struct bpfkey_ctx *ctx, const struct bpfkey_gate_image_opts *o)
{
	if (!o->threshold || o->threshold > BPFKEY_GATE_SIGNERS)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "the threshold is from 1 to %d",
			       BPFKEY_GATE_SIGNERS);
	if (o->mode != BPFKEY_GATE_AUDIT && o->mode != BPFKEY_GATE_ENFORCE)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an image's mode is audit or enforce");
	return 0;
}

static int collect(struct bpfkey_ctx *ctx, struct bpfkey_gate_image_opts *o,
		   struct gate_rule **rules, size_t *n)
{
	int r = next_version(ctx, &o->version);

	if (!r)
		r = gate_rules_of_ring(ctx, o->staging, o->types, rules, n);
	if (!r && !*n)
		r = bk_fail(ctx, -BPFKEY_E_NOT_ENROLLED,
			    "no build key is enrolled: an image without "
			    "one would deny everything");
	if (!r)
		r = gate_add_policy_keys(ctx, rules, n, o->threshold);
	if (!r && *n > GATE_IMAGE_RULES)
		r = bk_fail(ctx, -BPFKEY_E_TOO_BIG,
			    "%zu rules are more than the %d that an image "
			    "holds",
			    *n, GATE_IMAGE_RULES);
	return r;
}

static int write_image(struct bpfkey_ctx *ctx, const char *path, struct bpfkey_gate_image_opts *o,
		       struct bpfkey_gate_image_info *ret)
{
	_cleanup_(bk_freep) struct gate_rule *rules = NULL;
	_cleanup_(buf_done) struct buf b = BUF(GATE_IMAGE_MAX);
	size_t n = 0, keys = 0;
	int r = collect(ctx, o, &rules, &n);

	if (!r)
		r = put_image(ctx, o, rules, n, &b);
	if (!r)
		r = bk_file_replace(ctx, path, 0644, buf_view(&b), o->force ? BK_FILE_FORCE : 0);
	for (size_t i = 0; i < n; i++)
		keys += rules[i].kind == GATE_RULE_POLICY;
	if (!r)
		*ret = (struct bpfkey_gate_image_info){
			.version = o->version,
			.created = ((struct gate_image *)b.p)->created,
			.threshold = o->threshold,
			.rules = n,
			.policy_keys = keys,
			.mode = o->mode,
		};
	return r;
}

int bpfkey_gate_image_write(struct bpfkey_ctx *ctx, const char *path,
			    const struct bpfkey_gate_image_opts *opts,
			    struct bpfkey_gate_image_info *ret)
{
	struct bpfkey_gate_image_info info = {0};
	struct bpfkey_gate_image_opts o;
	int r;

	bk_enter(ctx);
	r = opts_take(ctx, &o, sizeof(o), opts);
	if (!r)
		r = check_opts(ctx, &o);
	if (!r)
		r = write_image(ctx, path, &o, &info);
	if (r < 0)
		return bk_fail(ctx, r, "cannot write the policy image '%s'", path);
	return ret ? opts_give(ctx, ret, &info, sizeof(info)) : 0;
}

int bpfkey_gate_apply(struct bpfkey_ctx *ctx, const char *path, const char *const *sigs, size_t n,
		      unsigned int *ret_signers)
{
	struct buf sig[BPFKEY_GATE_SIGNERS] = {0};
	struct view views[BPFKEY_GATE_SIGNERS];
	_cleanup_(buf_done) struct buf image = BUF(GATE_IMAGE_MAX);
	_cleanup_(gate_closep) struct gate *g = NULL;
	size_t i = 0;
	int r;

	bk_enter(ctx);
	*ret_signers = 0;
	if (!n || n > BPFKEY_GATE_SIGNERS)
		return bk_fail(ctx, -BPFKEY_E_USAGE, "an image comes with 1 to %d signatures",
			       BPFKEY_GATE_SIGNERS);
	r = gate_open(ctx, &g);
	if (!r)
		r = bk_file_read(ctx, path, GATE_IMAGE_MAX, &image);
	for (; !r && i < n; i++) {
		sig[i] = BUF(GATE_IMAGE_SIG_MAX);
		r = bk_file_read(ctx, sigs[i], GATE_IMAGE_SIG_MAX, &sig[i]);
		views[i] = buf_view(&sig[i]);
	}
	if (!r)
		r = gate_apply(g, buf_view(&image), views, n, ret_signers);
	while (i-- > 0)
		buf_done(&sig[i]);
	return r < 0 ? bk_fail(ctx, r, "cannot apply the policy image '%s'", path) : 0;
}
