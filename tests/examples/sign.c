/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sign KEY CERT NAME VERSION <OBJECT >SIGNED: what a build system does that
 * holds its objects in memory. VERSION is what LINUX_KERNEL_VERSION becomes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpfkey.h>

#define OBJECT_MAX (16u << 20)

/* The signatures alone, too: for those who write a header or an image of their own. */
static int check_parts(struct bpfkey_ctx *ctx, const void *data, size_t n)
{
	struct bpfkey_object *o = NULL;
	const void *part = NULL;
	size_t part_n = 0;
	int r = bpfkey_object_open_mem(ctx, "the result", data, n, &o);

	for (int p = 0; r >= 0 && p < BPFKEY_PART__END; p++) {
		r = bpfkey_object_part(o, (enum bpfkey_object_part)p, &part, &part_n);
		if (r >= 0)
			fprintf(stderr, "part %d: %zu bytes\n", p, part_n);
	}
	bpfkey_object_free(o);
	return r;
}

static int sign(struct bpfkey_ctx *ctx, char **argv, const void *data, size_t n)
{
	const char *settings[] = { "answer=42" };
	struct bpfkey_sign_opts opts = { .sz = sizeof(opts), .kernel_version = argv[4],
					 .set = settings, .set_n = 1 };
	struct bpfkey_signer *signer = NULL;
	void *out = NULL;
	size_t out_n = 0;
	int r = bpfkey_signer_open(ctx, argv[1], argv[2], &signer);

	if (r >= 0)
		r = bpfkey_sign_object_mem(signer, argv[3], data, n, &opts, &out, &out_n);
	if (r >= 0)
		r = check_parts(ctx, out, out_n);
	if (r >= 0 && (fwrite(out, 1, out_n, stdout) != out_n || fflush(stdout)))
		r = -BPFKEY_E_IO;
	bpfkey_free(out);
	bpfkey_signer_free(signer);
	return r;
}

int main(int argc, char **argv)
{
	struct bpfkey_ctx *ctx = NULL;
	char *data = malloc(OBJECT_MAX);
	size_t n;
	int r;

	if (argc != 5 || !data || bpfkey_ctx_new(&ctx) < 0)
		return 2;
	n = fread(data, 1, OBJECT_MAX, stdin);
	r = sign(ctx, argv, data, n);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", bpfkey_err_name(r), bpfkey_ctx_message(ctx));
	bpfkey_ctx_free(ctx);
	free(data);
	return bpfkey_err_exit(r);
}
