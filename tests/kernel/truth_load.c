/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * truth_load PREFIX RING DELEGATED-RING: tries to load a program of each type by
 * each signer of tests/kernel/truth.table, signed as SIGNER.sig says. Each is
 * named PREFIX_SIGNER_TYPE, so that the gate's record tells them apart. Prints
 * "NAME=ERRNO" for each.
 */
#include "attacks/attack.h"

static const char *const signers[] = {
	"none", "build", "delegated", "expired", "revoked", "stranger",
};

static const uint32_t types[] = {
	BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SYSCALL,
};

int main(int argc, char **argv)
{
	struct buf sig = BUF(FILE_MAX);
	char path[64], name[16];
	int done;

	if (argc != 4)
		return 2;
	for (size_t s = 0; s < ARRAY_SIZE(signers); s++) {
		bool delegated = !strcmp(signers[s], "delegated");
		struct tiny t = { .keyring = atoi(argv[delegated ? 3 : 2]), .name = name };

		buf_done(&sig);
		sig = (struct buf)BUF(FILE_MAX);
		snprintf(path, sizeof(path), "%s.sig", signers[s]);
		if (s && bk_file_read(NULL, path, FILE_MAX, &sig))
			return 2;
		t.sig = buf_view(&sig);
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			t.type = types[i];
			done = snprintf(name, sizeof(name), "%s_%s_%u", argv[1], signers[s],
					t.type);
			if (done >= (int)sizeof(name))
				return 2;
			printf("%s=%s\n", name, name_of(try_tiny(&t)));
		}
	}
	buf_done(&sig);
	return 0;
}
