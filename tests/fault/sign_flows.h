/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows of faults.c that make signed objects; for it alone. */
#ifndef SIGN_FLOWS_H
#define SIGN_FLOWS_H

#include <stdio.h>

#include <bpfkey.h>

#include "lib/base/file.h"
#include "lib/flow/agent_serve.h"

static int sign_with(struct bpfkey_ctx *ctx, const char *who, const char *in, const char *out,
		     unsigned int flags)
{
	const struct bpfkey_sign_opts opts = { .sz = sizeof(opts), .flags = flags };
	struct bpfkey_signer *s = NULL;
	char key[16], cert[16];
	int r;

	snprintf(key, sizeof(key), "%s.pem", who);
	snprintf(cert, sizeof(cert), "%s.crt", who);
	r = bpfkey_signer_open(ctx, key, cert, &s);
	r = r < 0 ? r : bpfkey_sign_object(s, in, out, &opts);
	bpfkey_signer_free(s);
	return r;
}

_unused_ static int resign(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "good.o", "out/signed.o", BPFKEY_SIGN_AGAIN);
}

_unused_ static int resign_header(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "in.lskel.h", "out/signed.o", BPFKEY_SIGN_AGAIN);
}

_unused_ static int write_header(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "in.bpf.o", "out/signed.h", BPFKEY_SIGN_HEADER);
}

_unused_ static int file_sign(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "file", "in.bpf.o", "out/signed.o", 0);
}

_unused_ static int tpm_sign(struct bpfkey_ctx *ctx)
{
	return sign_with(ctx, "tpm", "in.bpf.o", "out/signed.o", 0);
}

static int ask_agent(struct bpfkey_ctx *ctx, struct bpfkey_signer *s, const struct agent_wire *w)
{
	const struct agent_serve serve = { .loader = "gen", .signer = s, .types = ~0ULL };
	_cleanup_(buf_done) struct buf in = BUF(1 << 20), out = BUF(0);
	struct bpfkey_agent_event e = { 0 };
	int r;

	agent_wire_put(&in, w);
	if (!buf_ok(&in))
		return bk_out_of_memory(ctx);
	r = agent_serve_request(ctx, &serve, buf_view(&in), &e, &out);
	return r < 0 ? r : e.result;
}

static struct view view_of(struct bpfkey_object *o, enum bpfkey_object_part part)
{
	const void *p = NULL;
	size_t n = 0;

	bpfkey_object_part(o, part, &p, &n);
	return (struct view){ p, n };
}

/* What the agent does once it knows who asks. */
_unused_ static int agent_sign(struct bpfkey_ctx *ctx)
{
	struct agent_wire w = { .kind = AGENT_WIRE_SIGN_LOADER };
	struct bpfkey_signer *s = NULL;
	struct bpfkey_object *o = NULL;
	int r = bpfkey_signer_open(ctx, "file.pem", "file.crt", &s);

	if (!r)
		r = bpfkey_object_open(ctx, "good.o", &o);
	if (!r) {
		w.insns = view_of(o, BPFKEY_PART_LOADER);
		w.metadata = view_of(o, BPFKEY_PART_METADATA);
		r = ask_agent(ctx, s, &w);
	}
	if (!r) {
		w = (struct agent_wire){ .kind = AGENT_WIRE_SIGN_LIST,
					 .list = view_of(o, BPFKEY_PART_DIGESTS) };
		r = ask_agent(ctx, s, &w);
	}
	bpfkey_object_free(o);
	bpfkey_signer_free(s);
	return r;
}

/* Several in one call: each is begun before the one before it is finished. */
_unused_ static int tpm_sign_many(struct bpfkey_ctx *ctx)
{
	const struct bpfkey_sign_opts opts = { .sz = sizeof(opts), .flags = BPFKEY_SIGN_RAW };
	struct bpfkey_sign_job jobs[] = {
		{ .in = "in.bpf.o", .out = "out/a.sig" },
		{ .in = "tpm.crt", .out = "out/b.sig" },
		{ .in = "file.crt", .out = "out/c.sig" },
	};
	const size_t n = ARRAY_SIZE(jobs);
	struct bpfkey_signer *s = NULL;
	int r = bpfkey_signer_open(ctx, "tpm.pem", "tpm.crt", &s);

	r = r < 0 ? r : bpfkey_sign_objects(s, jobs, n, &opts);
	/* One may fail without the others, and each has a sentence of its own. */
	for (size_t i = 0; r < 0 && i < n; i++) {
		if (jobs[i].message)
			bk_fail(ctx, jobs[i].result, "%s", jobs[i].message);
		else if (!jobs[i].result)
			unlink(jobs[i].out);
	}
	bpfkey_sign_jobs_done(jobs, n);
	bpfkey_signer_free(s);
	return r;
}

_unused_ static int logged_sign(struct bpfkey_ctx *ctx)
{
	struct bpfkey_signer *s = NULL;
	int r = bpfkey_signer_open(ctx, "file.pem", "file.crt", &s);

	r = r < 0 ? r : bpfkey_signer_set_log(s, "log", 0);
	r = r < 0 ? r : bpfkey_sign_object(s, "in.bpf.o", "out/signed.o", NULL);
	bpfkey_signer_free(s);
	return r;
}

/* From memory into memory: what comes out opens again and verifies. */
_unused_ static int memory(struct bpfkey_ctx *ctx)
{
	_cleanup_(buf_done) struct buf in = BUF(1u << 20);
	_cleanup_(bk_freep) void *out = NULL;
	struct bpfkey_signer *s = NULL;
	struct bpfkey_object *o = NULL;
	struct bpfkey_cert *cert = NULL;
	size_t n = 0;
	int r = bpfkey_signer_open(ctx, "file.pem", "file.crt", &s);

	r = r < 0 ? r : bk_file_read(ctx, "in.bpf.o", in.max, &in);
	r = r < 0 ? r : bpfkey_sign_object_mem(s, "in.bpf.o", in.p, in.n, NULL, &out, &n);
	r = r < 0 ? r : bpfkey_object_open_mem(ctx, "out", out, n, &o);
	r = r < 0 ? r : bpfkey_cert_open(ctx, "file.crt", &cert);
	r = r < 0 ? r : bpfkey_object_verify(o, &cert, 1, "all", NULL);
	bpfkey_object_free(o);
	bpfkey_cert_free(cert);
	bpfkey_signer_free(s);
	return r;
}

#endif
