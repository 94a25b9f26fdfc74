// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dot keyrings of signed BPF, for kernels that do not make .bpf themselves.
 *
 * Userspace cannot make a keyring whose name begins with a dot, so whoever finds one of these knows
 * that the kernel made it. No process possesses them and nothing links them, hence only the bits of
 * the owner, the initial namespace's root, decide who changes them.
 *
 *   .bpf            build keys: loaders pass its serial as keyring_id
 *   .bpf_loader     keys that sign trusted loaders
 *   .bpf_delegated  delegated keys
 *   .bpf_policy     keys that sign the gate's policy
 *   .bpf_anchor     what may vouch for new keys in .bpf
 *
 * Parameters, all fixed when the module is loaded:
 *
 *   keyring_unsealed  as the kernel's own bpf.keyring_unsealed: without it every keyring is sealed
 *                     empty, for good; with it root may fill and then seal them. One rule for all
 *                     five: a machine whose boot chain did not ask for it takes no key after boot.
 *   native            do not make .bpf. Also set by the module itself where the kernel knows
 *                     KEY_SPEC_BPF_KEYRING, so that there are never two.
 *   serials           read only: a line "NAME SERIAL" for each keyring that the module made.
 *
 * There is no way to unload it: a serial that loaders were told must not come to mean another ring.
 * Kernels with CONFIG_MODULE_FORCE_UNLOAD let root insist (rmmod -f). The keyrings then stay as
 * they are, since nothing in them points here, and so does the empty folder
 * /sys/kernel/bpf_keyring, which makes every later load fail: there is never a second .bpf.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/key.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>

/* uapi/linux/keyctl.h of the first kernel that has a .bpf of its own */
#define SPEC_BPF_KEYRING (-9)

/*
 * What the kernel gives .dm-verity and its own .bpf. The possessor is everybody who loads a
 * program: the verifier searches as one, so a possessor may search and nothing else.
 */
#define RING_PERM \
	(KEY_POS_SEARCH | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_WRITE | KEY_USR_SEARCH | \
	 KEY_USR_SETATTR)

static struct {
	const char *name;
	struct key *ring;
} rings[] = {
	{ .name = ".bpf" },
	{ .name = ".bpf_loader" },
	{ .name = ".bpf_delegated" },
	{ .name = ".bpf_policy" },
	{ .name = ".bpf_anchor" },
};

static bool keyring_unsealed;
module_param(keyring_unsealed, bool, 0444);
MODULE_PARM_DESC(keyring_unsealed, "leave the keyrings open for root to fill and seal");

static bool native;
module_param(native, bool, 0444);
MODULE_PARM_DESC(native, "the kernel has a .bpf keyring of its own: make only the others");

static int serials_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static int serials_get(char *buf, const struct kernel_param *kp)
{
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(rings); i++)
		if (rings[i].ring)
			n += sysfs_emit_at(buf, n, "%s %d\n", rings[i].name,
					   key_serial(rings[i].ring));
	return n;
}

static const struct kernel_param_ops serials_ops = {
	.set = serials_set,
	.get = serials_get,
};
module_param_cb(serials, &serials_ops, NULL, 0444);
MODULE_PARM_DESC(serials, "serial of each keyring (read only)");

/* Kernels without the id answer EINVAL; every other answer means that they know it. */
static bool __init kernel_has_bpf_keyring(void)
{
	key_ref_t ref = lookup_user_key(SPEC_BPF_KEYRING, 0, KEY_NEED_SEARCH);

	if (IS_ERR(ref))
		return PTR_ERR(ref) != -EINVAL;
	key_ref_put(ref);
	return true;
}

/*
 * Not KEY_ALLOC_SET_KEEP: every key put into such a keyring would inherit it, and then a build key
 * could neither be unlinked nor revoked nor be given its certificate's end as a timeout.
 */
static struct key *__init make_ring(const char *name)
{
	struct key *ring;
	int r;

	ring = keyring_alloc(name, GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(), RING_PERM,
			     KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(ring) || keyring_unsealed)
		return ring;

	r = keyring_restrict(make_key_ref(ring, true), NULL, NULL);
	if (r < 0) {
		key_put(ring);
		return ERR_PTR(r);
	}
	return ring;
}

static void __init drop_rings(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		key_put(rings[i].ring); /* takes NULL */
		rings[i].ring = NULL;
	}
}

static int __init bpf_keyring_init(void)
{
	struct kobject *mark;
	struct key *ring;
	int i;

	mark = kobject_create_and_add("bpf_keyring", kernel_kobj);
	if (!mark)
		return -EBUSY; /* the mark is there, or no memory: either way nothing was made */

	native = native || kernel_has_bpf_keyring();
	for (i = native ? 1 : 0; i < ARRAY_SIZE(rings); i++) {
		ring = make_ring(rings[i].name);
		if (IS_ERR(ring)) {
			drop_rings();
			kobject_put(mark);
			return PTR_ERR(ring);
		}
		rings[i].ring = ring;
	}
	pr_info("bpf_keyring: made %s.bpf_{loader,delegated,policy,anchor}, %s\n",
		native ? "" : ".bpf and ", keyring_unsealed ? "unsealed" : "sealed empty");
	return 0;
}

module_init(bpf_keyring_init);
MODULE_DESCRIPTION("The .bpf keyring and its companions");
MODULE_AUTHOR("keyctl-bpf");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
