// SPDX-License-Identifier: GPL-2.0-or-later
#include "sign_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "msg.h"
#include "out.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where what is made of @in goes: malloc'ed, NULL without memory. */
static char *output_of(const struct sign_jobs *a, const char *in)
{
	size_t n = strlen(in);
	char *path;

	if (a->in_place)
		return strdup(in);
	if (a->out && (a->opts.flags & BPFKEY_SIGN_HEADER || !is_dir(a->out)))
		return strdup(a->out);
	if (a->out)
		return asprintf(&path, "%s/%s%s", a->out, base_of(in), a->raw ? ".p7s" : "") < 0 ?
			       NULL : path;
	if (n > 2 && !strcmp(in + n - 2, ".o"))
		n -= 2;
	return asprintf(&path, "%.*s.signed.o", (int)n, in) < 0 ? NULL : path;
}

int sign_jobs_check(struct cli *cli, const struct sign_jobs *a)
{
	if (a->out && a->in_place)
		return bad_usage(cli, "--out and --in-place exclude one another");
	if (a->out && cli->argc + a->raw > 1 && !is_dir(a->out))
		return bad_usage(cli, "for more than one file --out must be a directory");
	return 0;
}

static int make_jobs(struct cli *cli, const struct sign_jobs *a, struct bpfkey_sign_job *jobs)
{
	for (int i = 0; i < cli->argc; i++) {
		jobs[i].in = cli->argv[i];
		jobs[i].out = output_of(a, cli->argv[i]);
		if (!jobs[i].out)
			return -BPFKEY_E_NOMEM;
		for (int k = 0; k < i; k++)
			if (!strcmp(jobs[k].out, jobs[i].out))
				return bad_usage(cli, "two objects would become '%s'", jobs[i].out);
	}
	return 0;
}

int sign_jobs_open(struct cli *cli, const struct sign_jobs *a, struct bpfkey_signer **ret)
{
	struct bpfkey_signer *s = NULL;
	int r = bpfkey_signer_open(cli->ctx, a->key, a->cert, &s);

	if (r >= 0 && a->hash)
		r = bpfkey_signer_use_hash(s, a->hash);
	if (r >= 0 && a->log)
		r = bpfkey_signer_set_log(s, a->log, cli->dry_run ? BPFKEY_SIGN_DRY_RUN : 0);
	if (r < 0) {
		bpfkey_signer_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sign_jobs_signer(struct cli *cli, const struct bpfkey_signer *s)
{
	const struct bpfkey_cert_info *c = bpfkey_signer_cert(s);
	const char *limit;

	for (size_t i = 0; (limit = bpfkey_signer_limit(s, i)); i++)
		msg_warning(cli, limit);
	out_open(cli->out, "signer");
	out_str(cli->out, "subject", c->subject);
	out_str(cli->out, "algorithm", c->alg);
	out_hex(cli->out, "key_id", c->key_id, c->key_id_len);
	out_hex(cli->out, "fingerprint", c->fingerprint, sizeof(c->fingerprint));
	out_str(cli->out, "certificate", bpfkey_signer_cert_from(s));
	out_str(cli->out, "hash", bpfkey_signer_hash(s));
	out_list(cli->out, "limits");
	for (size_t i = 0; (limit = bpfkey_signer_limit(s, i)); i++)
		out_str(cli->out, NULL, limit);
	out_close(cli->out);
	out_close(cli->out);
}

/* What the new signature is good for, as the file that was written tells. */
static void put_kernels(struct cli *cli, const struct bpfkey_sign_job *job)
{
	const struct bpfkey_skeleton_info *s = NULL;
	struct bpfkey_object *o = NULL;
	const char *kernels = NULL;

	if (job->result >= 0 && !cli->dry_run && !bpfkey_object_open(cli->ctx, job->out, &o)) {
		s = bpfkey_object_skeleton(o);
		kernels = s ? s->kernels : "6.18 and later";
	}
	out_str(cli->out, "kernels", kernels);
	if (s && (s->set_sizes || s->set_contents))
		out_note(cli->out, "a program that loads '%s' may set sizes and contents of maps, "
			 "whatever was signed", job->out);
	bpfkey_object_free(o);
}

/* One row for each object; of several, failures stand in the rows. */
static int put_jobs(struct cli *cli, const struct sign_jobs *a, const struct bpfkey_sign_job *jobs,
		    int r)
{
	int failed = 0, made = 0;

	out_list(cli->out, "objects");
	for (int i = 0; i < cli->argc; i++) {
		out_open(cli->out, NULL);
		out_str(cli->out, "input", jobs[i].in);
		out_str(cli->out, "output", jobs[i].result < 0 ? NULL : jobs[i].out);
		out_str(cli->out, "result", bpfkey_err_name(jobs[i].result));
		if (a->again)
			put_kernels(cli, &jobs[i]);
		out_str(cli->out, "reason", jobs[i].message);
		out_close(cli->out);
		failed += jobs[i].result < 0;
		made += jobs[i].result >= 0;
	}
	out_close(cli->out);
	if (made && !cli->dry_run)
		out_changed(cli->out);
	if (cli->dry_run)
		out_note(cli->out, "nothing was written: dry run");
	if (!failed)
		return 0;
	if (cli->argc == 1) {
		cmd_hint(cli, "%s", jobs[0].hint ? jobs[0].hint : "");
		return cmd_fail(cli, r, "%s", jobs[0].message ? jobs[0].message : "");
	}
	out_answered(cli->out);
	return cmd_fail(cli, r, "%d of %d objects could not be signed", failed, cli->argc);
}

int sign_jobs_run(struct cli *cli, struct sign_jobs *a)
{
	struct bpfkey_sign_job *jobs = calloc(cli->argc, sizeof(*jobs));
	struct bpfkey_signer *s = NULL;
	int r = jobs ? make_jobs(cli, a, jobs) : -BPFKEY_E_NOMEM;

	r = r < 0 ? r : sign_jobs_open(cli, a, &s);
	if (r >= 0) {
		if (a->in_place || a->force)
			a->opts.flags |= BPFKEY_SIGN_FORCE;
		if (cli->dry_run)
			a->opts.flags |= BPFKEY_SIGN_DRY_RUN;
		r = bpfkey_sign_objects(s, jobs, cli->argc, &a->opts);
		sign_jobs_signer(cli, s);
		r = put_jobs(cli, a, jobs, r);
		bpfkey_sign_jobs_done(jobs, cli->argc);
	}
	bpfkey_signer_free(s);
	for (int i = 0; jobs && i < cli->argc; i++)
		free((char *)jobs[i].out);
	free(jobs);
	return r;
}
