/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keyrings of all kinds behind one interface: native, module, staging, ordinary. Found
 * by id or by the module's word, then described and checked (type, name,
 * owner) before anybody writes to one or passes its number on.
 */
#ifndef BK_KEYRING_H
#define BK_KEYRING_H

#include <bpfkey/keyring.h>

#include "../base/buf.h"
#include "../base/ctx.h"

#define RING_NAME_MAX 72

struct ring {
	enum bpfkey_ring_kind kind;
	int32_t serial;
	int32_t id;		/* what loaders pass: BPFKEY_SPEC_BPF_KEYRING or serial */
	uint32_t perm;
	char name[RING_NAME_MAX];
};

/* What KEYCTL_DESCRIBE says. */
struct ring_desc {
	char type[16];
	uint32_t uid, gid, perm;
	char name[256];
};

/* ring_describe - 0, or -errno (positive numbers of the kernel, negated). */
int ring_describe(int32_t serial, struct ring_desc *ret);

/* ring_need_root - the sentence for everybody else. */
int ring_need_root(struct bpfkey_ctx *ctx);

/*
 * ring_find - the native or module keyring of a role, or a staging one
 * @staging: NULL or its name
 */
int ring_find(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
	      struct ring *ret);

/* ring_name - ".bpf", ".bpf_loader", ... */
const char *ring_name(enum bpfkey_role role);

/* ring_make_staging - an ordinary keyring linked in root's user keyring. */
int ring_make_staging(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		      struct ring *ret);

/* ring_make_ordinary - a companion of a native .bpf where the module is not to be had. */
int ring_make_ordinary(struct bpfkey_ctx *ctx, enum bpfkey_role role);

/* ring_native_exists - does this kernel know KEY_SPEC_BPF_KEYRING? */
bool ring_native_exists(void);

/*
 * ring_module.c: bpf_keyring.ko, which makes the keyrings that a kernel lacks
 *
 * ring_module_load - by modprobe, unsealed
 * ring_module_serial - of the keyring that it calls @name: -BPFKEY_E_NO_KEYRING,
 * or _FOREIGN when somebody else in the kernel made one of that name
 */
int ring_module_load(struct bpfkey_ctx *ctx);
bool ring_module_loaded(void);
int ring_module_serial(struct bpfkey_ctx *ctx, const char *name, int32_t *ret);

/* ring_publish.c: ring_publish - the id into BPFKEY_KEYRING_ID_FILE, atomically. */
int ring_publish(struct bpfkey_ctx *ctx, int32_t id, bool *ret_changed);
int ring_published(struct bpfkey_ctx *ctx, int32_t *ret_id);

/* ring_for_loaders - the published one, or that of the .bpf which this kernel has. */
int ring_for_loaders(struct bpfkey_ctx *ctx, int32_t *ret_id);

/* ring_list - the serials inside; @ret is malloc'ed. */
int ring_list(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t **ret, size_t *ret_n);

/*
 * ring_restrict - seal: @anchor 0 for "nothing ever again", else the serial of
 * the keyring that must vouch; ring_set_perm - then narrow the permissions.
 */
int ring_restrict(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t anchor);
int ring_set_perm(struct bpfkey_ctx *ctx, const struct ring *ring, uint32_t perm);

#endif
