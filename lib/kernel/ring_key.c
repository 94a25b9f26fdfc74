/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring_key.h"

#include <errno.h>
#include <keyutils.h>
#include <time.h>

#include <bpfkey.h>

#include "keyerr.h"

/* Where keys are made ready: nobody else sees it, and it ends with the process. */
#define WORKBENCH KEY_SPEC_PROCESS_KEYRING

int ringkey_try(struct view der)
{
	key_serial_t key = add_key("asymmetric", "keyctl-bpf:try", der.p, der.n, WORKBENCH);

	if (key < 0)
		return errno;
	ringkey_drop(key);
	return 0;
}

void ringkey_drop(int32_t serial)
{
	keyctl_unlink(serial, WORKBENCH);
}

bool ringkey_hold(int32_t serial)
{
	return !keyctl_link(serial, WORKBENCH);
}

/*
 * The kernel counts from its own now, which may be a second after ours: set
 * until both are the same, or the key outlives its certificate. A timeout is a
 * 32-bit number of seconds (136 years have to do), and 0 would mean no end.
 */
static int set_end(int32_t key, int64_t end)
{
	int64_t now, left;

	do {
		now = time(NULL);
		left = end - now;
		left = left > UINT32_MAX ? UINT32_MAX : left < 1 ? 1 : left;
		if (keyctl_set_timeout(key, (unsigned int)left))
			return -1;
	} while (time(NULL) != now);
	return 0;
}

int ringkey_prepare(struct bpfkey_ctx *ctx, struct view der, const char *description,
		    int64_t end, int32_t *ret_serial)
{
	key_serial_t key = add_key("asymmetric", description, der.p, der.n, WORKBENCH);
	int err;

	if (key < 0)
		return keyerr_parse(ctx, errno, "the kernel does not take the certificate");
	if (!set_end(key, end) && !keyctl_setperm(key, BPFKEY_PERM_KEY)) {
		*ret_serial = key;
		return 0;
	}
	err = errno;
	ringkey_drop(key);
	return keyerr_other(ctx, err, "cannot set timeout and permissions of the new key");
}

int ringkey_link(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t key)
{
	if (keyctl_link(key, ring->serial))
		return keyerr_add(ctx, errno, "keyring '%s' does not take the key", ring->name);
	return 0;
}

int ringkey_unlink(struct bpfkey_ctx *ctx, const struct ring *ring, int32_t key)
{
	if (!keyctl_unlink(key, ring->serial))
		return 0;
	if (errno == ENOENT)
		return bk_fail(ctx, -BPFKEY_E_NOT_ENROLLED, "keyring '%s' no longer holds key %d",
			       ring->name, key);
	if (errno == EACCES) {
		bk_hint(ctx, "make the kernel refuse it until then: keyctl revoke %d", key);
		return bk_fail(ctx, -BPFKEY_E_SEALED,
			       "keyring '%s' is locked and keeps its keys until the next boot",
			       ring->name);
	}
	return keyerr_other(ctx, errno, "cannot unlink key %d from keyring '%s'", key, ring->name);
}
