# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The mount point is removed from another mount namespace. Hole 3.
# record: unsigned
# last: pins
control() {
	naive_falls unshare -m sh -c 'mkdir -p /run/view && mount --make-rprivate / && mount --bind /run/pins /run/view &&
		umount -l /run/pins && rmdir /run/view/bpf'
}
attempt() {
	unshare -m sh -c 'mount --make-rprivate / && umount -l /sys/fs/bpf && rmdir /sys/fs/bpf' 2>/dev/null
	unsigned
}
