/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a struct bpfkey_key holds, for the files that look into one. */
#ifndef BK_KEY_HANDLE_H
#define BK_KEY_HANDLE_H

#include <bpfkey/key.h>

#include "../crypto/algo.h"
#include "../model/sealed.h"
#include "key_file.h"

struct bpfkey_key {
	char *path;
	char alg[ALGO_NAME_MAX];
	struct sidecar meta;
	struct buf pem;		/* of a key in a TPM, which alone can read what is secret in it */
	struct sealed sealed;	/* of a sealed key */
	struct bpfkey_key_info info;
	struct key_slot_text {
		char name[80];
	} *names;
	struct bpfkey_key_slot *slots;
};
DEFINE_CLEANUP(struct bpfkey_key *, bpfkey_key_free)

#endif
