/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate KEY CERT KEYRING COUNT <OBJECT: what a program does that generates BPF programs. What it
 * has in memory it signs with its delegated key, and loads, COUNT times in one process; KEYRING is
 * the serial of the keyring of delegated keys. A gate that enforces lets it, and nobody else.
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpfkey.h>

#define OBJECT_MAX (16u << 20)

static int load(struct bpfkey_ctx *ctx, const void *data, size_t n, int32_t keyring)
{
	struct bpfkey_load_opts opts = { .sz = sizeof(opts), .keyring = keyring, .hold = true };
	struct bpfkey_object *o = NULL;
	struct bpfkey_loaded *l = NULL;
	int r = bpfkey_object_open_mem(ctx, "generated", data, n, &o);

	if (r >= 0)
		r = bpfkey_object_load(o, &opts, &l);
	/* Nothing was attached: the programs go with this. */
	bpfkey_loaded_free(l);
	bpfkey_object_free(o);
	return r;
}

static int generate(struct bpfkey_ctx *ctx, char **argv, const void *data, size_t n)
{
	struct bpfkey_signer *signer = NULL;
	int r = bpfkey_signer_open(ctx, argv[1], argv[2], &signer), i;

	for (i = 0; r >= 0 && i < atoi(argv[4]); i++) {
		void *out = NULL;
		size_t out_n = 0;

		r = bpfkey_sign_object_mem(signer, "generated", data, n, NULL, &out, &out_n);
		if (r >= 0)
			r = load(ctx, out, out_n, atoi(argv[3]));
		bpfkey_free(out);
		if (r < 0)
			break;
	}
	printf("loaded=%d\n", i);
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
	r = generate(ctx, argv, data, n);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", bpfkey_err_name(r), bpfkey_ctx_message(ctx));
	bpfkey_ctx_free(ctx);
	free(data);
	return bpfkey_err_exit(r);
}
