/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyring.h"

#include <errno.h>
#include <keyutils.h>
#include <string.h>

#include <bpfkey.h>

#include "../base/text.h"
#include "keyerr.h"

static const struct {
	const char *name, *suffix;
} names[BPFKEY_ROLE__END] = {
	[BPFKEY_ROLE_BUILD] = {BPFKEY_RING_BPF, ""},
	[BPFKEY_ROLE_DELEGATED] = {BPFKEY_RING_DELEGATED, "_delegated"},
	[BPFKEY_ROLE_LOADER] = {BPFKEY_RING_LOADER, "_loader"},
	[BPFKEY_ROLE_POLICY] = {BPFKEY_RING_POLICY, "_policy"},
	[BPFKEY_ROLE_ANCHOR] = {BPFKEY_RING_ANCHOR, "_anchor"},
};

const char *ring_name(enum bpfkey_role role)
{
	return names[role].name;
}

int ring_need_root(struct bpfkey_ctx *ctx)
{
	if (!geteuid())
		return 0;
	bk_hint(ctx, "run it as root");
	return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "the keyrings belong to root, this is user %u",
		       geteuid());
}

int ring_describe(int32_t serial, struct ring_desc *ret)
{
	_cleanup_(bk_freep) char *text = NULL;
	struct ring_desc d = {0};
	int at = 0;

	if (keyctl_describe_alloc(serial, &text) < 0)
		return -errno;
	/* type;uid;gid;perm;description, where only the last may hold ';' */
	if (sscanf(text, "%15[^;];%u;%u;%x;%n", d.type, &d.uid, &d.gid, &d.perm, &at) < 4 || !at)
		return -EPROTO;
	snprintf(d.name, sizeof(d.name), "%.255s", text + at);
	*ret = d;
	return 0;
}

/*
 * check_dot - a keyring whose name begins with a dot was made by the kernel:
 * the system calls make none. A key of another type may bear any name.
 */
static int check_dot(struct bpfkey_ctx *ctx, int32_t serial, const char *name, struct ring *ret)
{
	struct ring_desc d;
	int r = ring_describe(serial, &d);

	if (r == -EACCES || r == -EPERM)
		return bk_fail(ctx, -BPFKEY_E_PRIVILEGE, "not permitted to look at keyring '%s'",
			       name);
	if (r < 0)
		return keyerr_other(ctx, -r, "cannot look at keyring '%s' (%d)", name, serial);
	if (strcmp(d.type, "keyring") || strcmp(d.name, name) || d.uid || d.gid)
		return bk_fail(
			ctx, -BPFKEY_E_FOREIGN,
			"key %d should be the keyring '%s' of root, but is the %s '%s' of user %u",
			serial, name, d.type, d.name, d.uid);
	ret->perm = d.perm;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	return 0;
}

bool ring_native_exists(void)
{
	struct ring_desc d;

	/* Kernels without the id say EINVAL; EACCES is a sealed ring under another user. */
	return ring_describe(BPFKEY_SPEC_BPF_KEYRING, &d) != -EINVAL;
}

static int find_native(struct bpfkey_ctx *ctx, struct ring *ret)
{
	struct ring ring = {.kind = BPFKEY_RING_NATIVE, .id = BPFKEY_SPEC_BPF_KEYRING};
	key_serial_t serial = keyctl_get_keyring_ID(BPFKEY_SPEC_BPF_KEYRING, 0);
	int r;

	/* A sealed ring lets nobody search for its serial; the id serves as well. */
	ring.serial = serial > 0 ? serial : BPFKEY_SPEC_BPF_KEYRING;
	r = check_dot(ctx, ring.serial, BPFKEY_RING_BPF, &ring);
	if (r < 0)
		return bk_fail(ctx, r, "this kernel knows a .bpf keyring of its own");
	*ret = ring;
	return 0;
}

static int find_module(struct bpfkey_ctx *ctx, enum bpfkey_role role, struct ring *ret)
{
	struct ring ring = {.kind = BPFKEY_RING_MODULE};
	const char *name = names[role].name;
	int r = ring_module_serial(ctx, name, &ring.serial);

	if (r < 0)
		return r;
	r = check_dot(ctx, ring.serial, name, &ring);
	if (r < 0)
		return r;
	ring.id = ring.serial;
	*ret = ring;
	return 0;
}

/* staging_name - "dev" and "dev_anchor"; the rules of names keep dots away. */
static int staging_name(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
			char ret[RING_NAME_MAX])
{
	if (!text_is_name(staging) || strlen(staging) > 48)
		return bk_fail(ctx, -BPFKEY_E_USAGE,
			       "'%s' is no name for a staging keyring: 1 to 48 letters, digits and "
			       "'._-', not beginning with a dot",
			       staging);
	snprintf(ret, RING_NAME_MAX, "%s%s", staging, names[role].suffix);
	return 0;
}

/*
 * find_in_user - @ring by its name, 1 when it is there
 *
 * Root's user keyring is read, not searched: a locked ring grants no search.
 */
static int find_in_user(struct bpfkey_ctx *ctx, struct ring *ring)
{
	_cleanup_(bk_freep) void *list = NULL;
	struct ring_desc d;
	int n = keyctl_read_alloc(KEY_SPEC_USER_KEYRING, &list);

	if (n < 0)
		return keyerr_other(ctx, errno, "cannot read root's user keyring");
	for (size_t i = 0; i < (size_t)n / sizeof(key_serial_t); i++) {
		key_serial_t serial = ((key_serial_t *)list)[i];

		if (ring_describe(serial, &d) || strcmp(d.type, "keyring") ||
		    strcmp(d.name, ring->name))
			continue;
		if (d.uid)
			return bk_fail(ctx, -BPFKEY_E_FOREIGN, "keyring '%s' belongs to user %u",
				       ring->name, d.uid);
		ring->serial = ring->id = serial;
		ring->perm = d.perm;
		return 1;
	}
	return 0;
}

static int find_staging(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
			struct ring *ret)
{
	struct ring ring = {.kind = BPFKEY_RING_STAGING};
	int r = staging_name(ctx, role, staging, ring.name);

	r = r < 0 ? r : find_in_user(ctx, &ring);
	if (r > 0)
		*ret = ring;
	if (r)
		return r < 0 ? r : 0;
	bk_hint(ctx, "keyctl-bpf keyring create --staging %s", staging);
	return bk_fail(ctx, -BPFKEY_E_NO_KEYRING, "no staging keyring '%s'", ring.name);
}

/* "bpf:anchor": no staging keyring has a colon in its name. */
static struct ring ordinary(enum bpfkey_role role)
{
	struct ring ring = {.kind = BPFKEY_RING_ORDINARY};

	snprintf(ring.name, sizeof(ring.name), BPFKEY_ORDINARY_PREFIX "%s", names[role].suffix + 1);
	return ring;
}

/* A companion of a native .bpf: the module's, or else an ordinary one. */
static int find_companion(struct bpfkey_ctx *ctx, enum bpfkey_role role, struct ring *ret)
{
	struct ring ring = ordinary(role);
	int r;

	if (ring_module_loaded())
		return find_module(ctx, role, ret);
	r = find_in_user(ctx, &ring);
	if (r > 0)
		*ret = ring;
	if (r)
		return r < 0 ? r : 0;
	bk_hint(ctx, "keyctl-bpf keyring create");
	return bk_fail(ctx, -BPFKEY_E_NO_KEYRING, "no keyring '%s': this kernel makes .bpf only, "
		       "and the module bpf_keyring is not loaded", names[role].name);
}

int ring_find(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging, struct ring *ret)
{
	int r = ring_need_root(ctx);

	if (r < 0)
		return r;
	if (staging)
		return find_staging(ctx, role, staging, ret);
	if (!ring_native_exists())
		return find_module(ctx, role, ret);
	return role == BPFKEY_ROLE_BUILD ? find_native(ctx, ret) : find_companion(ctx, role, ret);
}

static int make_in_user(struct bpfkey_ctx *ctx, struct ring *ring)
{
	key_serial_t serial;
	int err;

	/* Permissions first: once it hangs in the user keyring, changing them needs possession. */
	serial = add_key("keyring", ring->name, NULL, 0, KEY_SPEC_PROCESS_KEYRING);
	if (serial < 0)
		return keyerr_other(ctx, errno, "cannot make keyring '%s'", ring->name);
	err = keyctl_setperm(serial, BPFKEY_PERM_STAGING) ||
			      keyctl_link(serial, KEY_SPEC_USER_KEYRING)
		      ? errno
		      : 0;
	keyctl_unlink(serial, KEY_SPEC_PROCESS_KEYRING);
	if (err)
		return keyerr_other(ctx, err, "cannot make keyring '%s'", ring->name);
	ring->serial = ring->id = serial;
	ring->perm = BPFKEY_PERM_STAGING;
	return 0;
}

int ring_make_staging(struct bpfkey_ctx *ctx, enum bpfkey_role role, const char *staging,
		      struct ring *ret)
{
	struct ring ring = {.kind = BPFKEY_RING_STAGING};
	int r = staging_name(ctx, role, staging, ring.name);

	r = r < 0 ? r : make_in_user(ctx, &ring);
	if (r < 0)
		return r;
	*ret = ring;
	return 0;
}

int ring_make_ordinary(struct bpfkey_ctx *ctx, enum bpfkey_role role)
{
	struct ring ring = ordinary(role);

	return make_in_user(ctx, &ring);
}

int ring_list(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t **ret, size_t *ret_n)
{
	void *list = NULL;
	int n = keyctl_read_alloc(ring->serial, &list);

	if (n < 0)
		return keyerr_other(ctx, errno, "cannot read keyring '%s'", ring->name);
	*ret = list;
	*ret_n = (size_t)n / sizeof(key_serial_t);
	return 0;
}

int ring_restrict(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t anchor)
{
	char rule[48];
	long r;

	snprintf(rule, sizeof(rule), "key_or_keyring:%d", anchor);
	r = anchor ? keyctl_restrict_keyring(ring->serial, "asymmetric", rule)
		   : keyctl_restrict_keyring(ring->serial, NULL, NULL);
	if (r < 0)
		return keyerr_restrict(ctx, errno, "cannot restrict keyring '%s'", ring->name);
	return 0;
}

int ring_set_perm(struct bpfkey_ctx *ctx, const struct ring *ring, uint32_t perm)
{
	if (keyctl_setperm(ring->serial, perm))
		return keyerr_other(ctx, errno, "cannot set the permissions of keyring '%s'",
				    ring->name);
	return 0;
}
