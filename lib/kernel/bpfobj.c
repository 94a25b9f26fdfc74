/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpfobj.h"

#include <errno.h>
#include <string.h>

/* A row of embed.S. */
struct image {
	const char *name;
	const uint8_t *start, *end;
};

extern const struct image bk_bpfobj_table[] __attribute__((visibility("hidden")));

/* libbpf's callback is one for the process and has no argument: these are each thread's. */
static __thread struct bpfkey_ctx *log_ctx;
static __thread char last_warning[512];

static _printf_(2, 0) int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[1024];
	char *rest = NULL;

	if (vsnprintf(line, sizeof(line), fmt, ap) < 0)
		return 0;
	for (char *s = strtok_r(line, "\n", &rest); s; s = strtok_r(NULL, "\n", &rest)) {
		if (!strncmp(s, "libbpf: ", 8))
			s += 8;
		if (level == LIBBPF_WARN)
			snprintf(last_warning, sizeof(last_warning), "%.*s",
				 (int)sizeof(last_warning) - 1, s);
		bk_log(log_ctx, BPFKEY_LOG_DEBUG, "libbpf: %s", s);
	}
	return 0;
}

struct bpfobj_hearing bpfobj_capture(struct bpfkey_ctx *ctx)
{
	struct bpfobj_hearing h = { libbpf_set_print(on_print), log_ctx };

	log_ctx = ctx;
	last_warning[0] = 0;
	return h;
}

void bpfobj_release(struct bpfobj_hearing *h)
{
	log_ctx = h->ctx;
	libbpf_set_print(h->before);
}

int bpfobj_open(struct bpfkey_ctx *ctx, const char *name, struct bpf_object **ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name);
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	const struct image *i = bk_bpfobj_table;
	struct bpf_object *obj;

	while (i->name && strcmp(i->name, name))
		i++;
	if (!i->name)
		return bk_fail(ctx, -BPFKEY_E_INTERNAL, "no BPF object '%s' in the library", name);
	obj = bpf_object__open_mem(i->start, (size_t)(i->end - i->start), &opts);
	if (!obj)
		return bk_fail_errno(ctx, -BPFKEY_E_INTERNAL, errno,
				     "cannot open the BPF object '%s'", name);
	*ret = obj;
	return 0;
}

/* load_code - what sort of refusal a failed load is. */
static int load_code(int err)
{
	switch (err) {
	case EPERM:
		return -BPFKEY_E_PRIVILEGE;
	case ENOMEM:
		return -BPFKEY_E_NOMEM;
	default:
		return -BPFKEY_E_NO_KERNEL;
	}
}

int bpfobj_load(struct bpfkey_ctx *ctx, struct bpf_object *obj, const char *name)
{
	_cleanup_(bpfobj_release) _unused_ struct bpfobj_hearing h = bpfobj_capture(ctx);
	int r = bpf_object__load(obj);

	if (!r)
		return 0;
	if (r == -EPERM && geteuid())
		bk_hint(ctx, "run it as root");
	else if (r == -EPERM)
		bk_hint(ctx, "see whether a policy refuses it: keyctl-bpf gate log");
	else
		bk_hint(ctx, "keyctl-bpf doctor tells what this kernel lacks; --verbose shows what "
			     "the verifier said");
	if (last_warning[0])
		bk_fail(ctx, load_code(-r), "%s", last_warning);
	return bk_fail_errno(ctx, load_code(-r), -r, "cannot load the BPF object '%s'", name);
}

void bpfobj_closep(struct bpf_object **obj)
{
	bpf_object__close(*obj);
}
