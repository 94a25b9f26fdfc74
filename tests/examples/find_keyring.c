/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find_keyring: prints the number that a loader passes to the kernel as
 * keyring_id on this machine.
 */
#include <stdio.h>

#include <bpfkey.h>

int main(void)
{
	struct bpfkey_ctx *ctx = NULL;
	int32_t id = 0;
	int r = bpfkey_ctx_new(&ctx);

	if (r < 0)
		return bpfkey_err_exit(r);
	r = bpfkey_ring_id(ctx, &id);
	if (r < 0)
		fprintf(stderr, "%s (%s)\n", bpfkey_ctx_message(ctx), bpfkey_ctx_hint(ctx));
	else
		printf("%d\n", id);
	bpfkey_ctx_free(ctx);
	return bpfkey_err_exit(r);
}
